#pragma once

#include "outbox.hpp"

namespace chatroom::detail {

/// Who asks: a user, or the host.
struct asker {
    u32 user = nil;
    bool by_host = false;
};

// The reads. Each passes the one gate, `can_see`, and fills a page with what it is asked for.

error read_history(const state& in, asker who, u32 room, const history& what, message* out,
                   u32 capacity, history_page& page) noexcept;
error read_rooms(const state& in, const rooms& what, room_item* out, u32 capacity,
                 rooms_page& page) noexcept;
error read_members(const state& in, asker who, u32 room, const members& what, member_item* out,
                   u32 capacity, members_page& page) noexcept;

}  // namespace chatroom::detail
