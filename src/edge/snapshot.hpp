#pragma once

#include "../engine.hpp"
#include "../state/state.hpp"

namespace chatroom::detail {

/// Writes the shared state, or with `print` its fingerprint alone.
///
/// @return the bytes it takes; nothing is written when that is more than `capacity`
std::size_t write_snapshot(const state& in, scope what, char* out, std::size_t capacity,
                           fingerprint* print) noexcept;

/// Fills an empty state. After an error it is to be reset.
error read_snapshot(state& into, std::string_view bytes, fault& why) noexcept;

}  // namespace chatroom::detail
