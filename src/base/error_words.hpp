#pragma once

#include "error.hpp"

namespace chatroom::detail {

// As `error_name` and `error_text`, of what a server can answer with: frames say no other, and a
// server does not link the words of what only a client meets.

const char* server_error_name(error why) noexcept;
const char* server_error_text(error why) noexcept;

}  // namespace chatroom::detail
