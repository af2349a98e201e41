#pragma once

#include "../base/text.hpp"
#include "record.hpp"

namespace chatroom::detail {

/// Judges the texts and lists of a command against limits and rules, and puts names into the form
/// in which they are kept. With `names` null, as for records, only what could harm is judged.
error judge(const described& shape, void* body, const limits& sizes, const text_rules* names,
            scratch& more, fault& why) noexcept;

}  // namespace chatroom::detail
