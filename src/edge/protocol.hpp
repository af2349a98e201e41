#pragma once

#include "../base/json.hpp"
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

/// Names the room where a command with a room names none.
void fill_room(const described& shape, void* body, std::string_view room) noexcept;

/// One bit for each member of a command.
inline u32 bit_of(const described_member& m) noexcept { return u32{1} << m.tag; }

/// Whether those that must be there were named, out of the bits of those that were. Texts are left
/// to the gate, for which an empty one is missing.
error check_named(const described& shape, u32 named, fault& why) noexcept;

/// The number of a choice by its name; false when there is none of this name.
bool find_choice(const described_member& m, std::string_view name, u64& value) noexcept;

/// The member of this name; null for those of later versions.
const described_member* find_json_member(const described& shape, const json_member& from) noexcept;

/// Reads any value but a list into its member; null as if it were not there.
error read_json_value(const json_member& from, void* body, const described_member& m,
                      scratch& more, fault& why) noexcept;

/// Writes a command's or an event's frame. @return its size; 0 when it does not fit
std::size_t write_json_frame(const described& shape, const void* body, char* out,
                             std::size_t capacity) noexcept;

}  // namespace chatroom::detail
