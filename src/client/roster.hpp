#pragma once

#include "../client.hpp"
#include "../base/memory.hpp"
#include "texts.hpp"
#include "wire.hpp"

namespace chatroom::detail {

/// A member of a room; its nick stands in the column.
struct member_data {
    u64 user = 0;
    u8 nick_size = 0;
    bool online = false;
    bool read = false;     ///< It was told by the reading under way.
};

/// Who is in a room: read page by page, then followed from notice to notice.
struct roster {
    member_data* members = nullptr;
    column nicks{};
    u32 capacity = 0;
    u32 size = 0;
    u32 count = 0;         ///< How many are in the room.
    u64 number = 0;        ///< Raised by the server with every change.
    u64 read_at = 0;       ///< Not to be read before this time.
    bool known = false;    ///< `members` is right.

    /// Whether it is to be read, once `read_at` has come.
    bool waits() const noexcept { return stale && !reading; }

    /// What is read on this connection, or was going to be, does not come.
    void cut() noexcept { known = stale = reading = false; }

    /// Takes the state of the room. @return whether `members` may still be right
    bool take_state(u32 members_count, u64 roster_number) noexcept;

    // Take notices. @return whether they followed
    bool take_entered(const entered& what) noexcept;
    bool take_exited(const exited& what) noexcept;
    bool take_renamed(const renamed& what) noexcept;

    /// `members` is not right any more. Rooms too large are not read. @return whether that is new
    bool miss() noexcept;

    /// `members` is right but for `online`, of which no notice tells: read again.
    void refresh() noexcept { stale = stale || known; }

    /// Begins to read: ask for the first page.
    void begin_reading(u64 now, u32 pause_ms) noexcept;

    /// A page was refused.
    void give_up() noexcept { reading = false; }

    /// Takes a page that was asked for with `after`.
    /// @param next  the `after` to ask for next
    /// @return whether to ask; if not, `known` says how it ended
    bool take_page(const members_page& page, const incoming_list& items, u64 after,
                   u64& next) noexcept;

    client_member member(u32 at) const noexcept;

private:
    bool stale = false;
    bool reading = false;
    u32 restarts = 0;
    u32 read = 0;              ///< Members told by the reading,
    u64 read_number = 0;       ///< as of which number,
    u64 wanted = 0;            ///< and after whom the next page begins.

    u32 find(u64 user) const noexcept;
    bool put(u64 user, std::string_view nick, bool online) noexcept;
    void remove(u32 at) noexcept;
    void begin_again() noexcept;
    void drop_unread() noexcept;
    void end(bool whole) noexcept;
};

/// The longest beginning of a text that ends with a whole character.
std::string_view cut_text(std::string_view text, u32 bytes_max) noexcept;

}  // namespace chatroom::detail
