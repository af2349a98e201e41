#pragma once

#include "../client.hpp"
#include "texts.hpp"
#include "wire.hpp"

namespace chatroom::detail {

/// A set of changes.
using news = u32;
constexpr news news_of(client_news what) noexcept { return u32{1} << static_cast<u32>(what); }

/// An entry of a room. Nick and text stand together in the store.
struct entry_data {
    u64 from = 0;           ///< The number of a message.
    u64 to = 0;             ///< Likewise, but of a gap its end.
    u64 time = 0;
    u64 user = 0;
    u64 reply_to = 0;
    u32 text = nil;
    u32 bytes = 0;
    u8 nick_size = 0;
    message_kind kind = message_kind::text;
    client_entry_kind what = client_entry_kind::message;
};

/// What all timelines of a client share.
struct timeline_rules {
    text_store* texts = nullptr;
    u32 entries_max = 0;
    u32 text_bytes_max = 0;
    u32 fill_max = 0;

    u32 capacity() const noexcept { return entries_max + entries_max / 2 + 4; }
    u32 text_capacity() const noexcept { return text_bytes_max + text_bytes_max / 4; }
};

/// What is known of a room's messages: from `begin` to `last` each number is in one entry.
struct timeline {
    const timeline_rules* rules = nullptr;
    entry_data* entries = nullptr;
    u32 count = 0;
    u32 holes = 0;
    u32 text_bytes = 0;
    bool complete = false;   ///< Nothing older is kept by the server.
    u64 begin = 1;
    u64 last = 0;
    u64 blind = 0;           ///< Up to here somebody may have said what was never told here.
    u64 had = 0;             ///< Up to here all was told before a restart.

    /// Forgets all; what comes next is `from`.
    news restart(u64 from) noexcept;

    /// Takes a message that is told live or after a `joined`.
    news take(const message& m) noexcept;

    /// What is told from now on begins at `from`, and the server keeps nothing below `first`.
    /// After a restart, what was told before it is not missed.
    news miss(u64 from, u64 first) noexcept;

    /// Takes a `gap`: what is held of it stays, holes in it are lost.
    news lose(u64 from, u64 to) noexcept;

    /// The newest hole, null when there is none.
    const entry_data* hole() const noexcept;

    /// Takes the page that was asked for from `below` downwards, to fill a hole.
    news fill(u64 below, const incoming_list& page, bool page_complete) noexcept;

    /// Takes the page that was asked for below `begin`.
    /// @param all  whether there was place for all of it
    news prepend(u64 below, const incoming_list& page, bool page_complete, bool& all) noexcept;

    /// Forgets the oldest when there are too many; seldom, so that it costs little.
    news trim(bool held) noexcept;

    /// Where a number is among the entries, or `nowhere`.
    u32 find(u64 number) const noexcept;

    client_entry entry(u32 at) const noexcept;

private:
    /// The part of a page that leads without a hole up to the number before `below`.
    struct run {
        u32 begin = 0;   ///< Place in the page.
        u32 count = 0;
        u32 bytes = 0;   ///< What its texts take.
    };
    static run run_below(const incoming_list& page, u64 below, u64 from) noexcept;
    static void shorten(run& of, const incoming_list& page, u32 least, u32 most,
                        u32 bytes) noexcept;

    news patch(const message& m) noexcept;
    news skip(u64 to) noexcept;
    bool lose_holes(u64 from, u64 to) noexcept;
    news make_place(u32 more) noexcept;
    void forget(u32 oldest) noexcept;
    entry_data* splice(u32 at, u32 gone, u32 come) noexcept;
    void put_gap(entry_data& at, u64 from, u64 to, client_entry_kind what) noexcept;
    void put_message(entry_data& at, const message& m) noexcept;
    void put_run(entry_data* to, const run& from, const incoming_list& page) noexcept;
};

}  // namespace chatroom::detail
