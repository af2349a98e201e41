#pragma once

// A state that stands alone, without an outbox that delivers what changes in it.

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

}  // namespace bench
