#pragma once

// A state that stands alone, without an outbox that delivers what changes in it.

#include <random>

#include "state/state.hpp"

namespace bench {

using chatroom::detail::u32;

inline constexpr chatroom::detail::watcher nobody{
    [](void*, u32, bool, bool) {},
    [](void*, u32) {},
    [](void*, u32, u32) {},
    [](void*, u32, u32, chatroom::parting) {},
    [](void*, u32, std::string_view) {},
    [](void*, u32) {},
    [](void*, u32) {},
    [](void*, u32) {},
};

inline chatroom::detail::hash_key random_key() {
    std::mt19937_64 random(1);
    chatroom::detail::hash_key key;
    key.factor = random() | 1;
    for (u32& word : key.words) word = static_cast<u32>(random());
    return key;
}

}  // namespace bench
