#pragma once

#include "codec.hpp"

namespace chatroom::detail {

/// Finds what a command's frame names: the description, and memory for its struct.
error begin_command(const command_rule* rule, std::string_view op, scratch& more, decoded& out,
                    fault& why) noexcept;

}  // namespace chatroom::detail
