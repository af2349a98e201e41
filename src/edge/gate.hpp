#pragma once

#include "../base/text.hpp"
#include "record.hpp"

namespace chatroom::detail {

/// Judges the texts, numbers and lists of a command against limits and rules, and puts names into
/// the form in which they are kept.
error judge(const described& shape, void* body, const limits& sizes, const text_rules& names,
            scratch& more, fault& why) noexcept;

/// Judges those of a record: against limits, and for what could harm.
error judge_stored(const described& shape, void* body, const limits& sizes, scratch& more,
                   fault& why) noexcept;

}  // namespace chatroom::detail
