#pragma once

#include "codec.hpp"

namespace chatroom::detail {

/// Finds what a command's frame names: the description, and memory for its struct.
error begin_command(const command_rule* rule, std::string_view op, scratch& more, decoded& out,
                    fault& why) noexcept;

/// Whether a line that names no room means the session's; not where a new one is meant.
inline bool takes_current_room(const described& shape) noexcept {
    return shape.type != static_cast<u16>(command_type::create) &&
           shape.type != static_cast<u16>(command_type::join);
}

}  // namespace chatroom::detail
