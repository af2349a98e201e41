#include "client.hpp"

#include <new>

#include "client/core.hpp"

namespace chatroom {

using detail::client_core;
using detail::nil;
using detail::u32;
using detail::u64;

// Memory.

static bool is_valid(const client_config& how) noexcept {
    const auto within = [](u32 value, u32 least, u32 most) noexcept {
        return value >= least && value <= most;
    };
    constexpr u32 bytes_most = 1u << 24;
    return within(how.rooms_max, 1, 1000) && within(how.entries_max, 4, 65536) &&
           within(how.text_bytes_max, 0, bytes_most) && within(how.members_max, 0, 65536) &&
           within(how.posts_max, 0, 4096) && within(how.post_bytes_max, 0, bytes_most) &&
           within(how.asks_max, 1, 4096) && within(how.ask_bytes_max, 128, bytes_most) &&
           within(how.commands_max, 1, 4096) && within(how.frame_bytes_max, 512, bytes_most) &&
           within(how.nick_bytes_max, 1, 64) && within(how.room_name_bytes_max, 1, 64) &&
           within(how.title_bytes_max, 0, 1024) && within(how.topic_bytes_max, 0, 1024) &&
           how.ping_ms != 0 && how.fill_max != 0 &&
           u64{how.rooms_max} * how.text_bytes_max <= 1u << 30 &&
           u64{how.rooms_max} * how.entries_max <= 1u << 24;
}

std::size_t client_footprint(const client_config& how) noexcept {
    if (!is_valid(how)) return 0;
    detail::arena counted;
    counted.take(sizeof(client_core), alignof(client_core));
    client_core probe;
    probe.how = how;
    probe.claim(counted);
    return counted.total();
}

error client::open(const client_config& how, const client_environment& from) noexcept {
    return open_with(how, from, client_codecs::json());
}

error client::open_with(const client_config& how, const client_environment& from,
                        const client_codec& frames) noexcept {
    if (core_ != nullptr) return error::engine_open;
    if (from.send.fn == nullptr || from.entropy.fn == nullptr) return error::invalid_argument;
    const std::size_t bytes = client_footprint(how);
    if (bytes == 0) return error::config_invalid;
    const chatroom::memory& place = from.memory;
    if (place.buffer != nullptr ? place.buffer_bytes < bytes : place.allocate == nullptr) {
        return error::memory_short;
    }
    void* const block =
        place.buffer != nullptr ? place.buffer : place.allocate(bytes, place.context);
    if (block == nullptr) return error::memory_short;
    const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(block) + 63;
    detail::arena claimed{reinterpret_cast<char*>(start & ~std::uintptr_t{63}), 0};
    core_ = new (claimed.take(sizeof(client_core), alignof(client_core))) client_core;
    core_->how = how;
    core_->host = from;
    core_->frames = &frames;
    core_->block = block;
    core_->block_bytes = bytes;
    core_->claim(claimed);
    return error::none;
}

void client::close() noexcept {
    if (core_ == nullptr || core_->telling || core_->sending) return;
    const chatroom::memory from = core_->host.memory;
    void* const block = core_->block;
    const std::size_t bytes = core_->block_bytes;
    core_ = nullptr;
    if (from.buffer == nullptr && from.release != nullptr) from.release(block, bytes, from.context);
}

// The connection and the time.

error client::connected() noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core_->connected();
    core_->finish();
    return error::none;
}

error client::disconnected() noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core_->disconnected();
    core_->finish();
    return error::none;
}

error client::receive(std::string_view frame) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    if (core_->telling) return error::inside_callback;
    core_->receive(frame);
    return error::none;
}

error client::tick(std::uint64_t now_ms) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core_->now = detail::larger<u64>(core_->now, now_ms);
    core_->tick();
    core_->finish();
    return error::none;
}

std::uint64_t client::next_tick() const noexcept {
    return core_ != nullptr ? core_->next_tick() : ~std::uint64_t{0};
}

// Commands.

error client::login(std::string_view nick, std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const error why = core_->ask_login(nick, tag);
    core_->finish();
    return why;
}

error client::logout(std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const error why = core_->ask_logout(tag);
    core_->finish();
    return why;
}

static error ask(client_core* core, detail::errand what, const detail::described& shape,
                 const void* body, u64 tag) noexcept {
    if (core == nullptr) return error::engine_closed;
    const error why = core->ask_as_user(what, shape, body, tag);
    core->finish();
    return why;
}

error client::rename(std::string_view nick, std::uint64_t tag) noexcept {
    const chatroom::nick what{nick};
    return ask(core_, detail::errand::asked, detail::shape_command_nick, &what, tag);
}

error client::join(std::string_view room, std::uint64_t tag) noexcept {
    const chatroom::join what{room, core_ != nullptr ? core_->how.join_history : 0};
    return ask(core_, detail::errand::enter, detail::shape_command_join, &what, tag);
}

error client::create(const chatroom::create& what, std::uint64_t tag) noexcept {
    return ask(core_, detail::errand::enter, detail::shape_command_create, &what, tag);
}

error client::leave(std::string_view room, std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const chatroom::leave what{room};
    const error why =
        core_->ask_as_user(detail::errand::leave, detail::shape_command_leave, &what, tag);
    if (why == error::none) core_->commands[core_->queue.last].room = core_->find_room(room);
    core_->finish();
    return why;
}

error client::set(const chatroom::set& what, std::uint64_t tag) noexcept {
    return ask(core_, detail::errand::asked, detail::shape_command_set, &what, tag);
}

error client::list_rooms(std::uint64_t tag) noexcept {
    const chatroom::rooms what;
    return ask(core_, detail::errand::list_rooms, detail::shape_command_rooms, &what, tag);
}

error client::submit(const command& what, std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const detail::described* const* shape = detail::all_commands();
    while (*shape != nullptr && (*shape)->type != static_cast<detail::u16>(what.type)) ++shape;
    if (*shape == nullptr) return error::invalid_argument;
    const error why = core_->ask(detail::errand::asked, **shape, what.body, tag);
    if (const chatroom::members* asked = what.as<chatroom::members>();
        asked != nullptr && why == error::none) {
        core_->commands[core_->queue.last].number = asked->after;
    }
    core_->finish();
    return why;
}

error client::older(std::string_view room, std::uint64_t tag) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = core_->find_room(room);
    if (slot == nil) return error::room_unknown;
    const error why = core_->ask_older(slot, tag);
    core_->finish();
    return why;
}

error client::hold(std::string_view room, bool held) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = core_->find_room(room);
    if (slot == nil) return error::room_unknown;
    core_->rooms[slot].held = held;
    if (!held) core_->note_all(slot, core_->rooms[slot].messages.trim(false));
    core_->finish();
    return error::none;
}

error client::refresh(std::string_view room) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = core_->find_room(room);
    if (slot == nil) return error::room_unknown;
    core_->rooms[slot].people.refresh();
    core_->read_members(slot);
    core_->finish();
    return error::none;
}

error client::see(std::string_view room) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = core_->find_room(room);
    if (slot == nil) return error::room_unknown;
    detail::held_room& r = core_->rooms[slot];
    if (r.seen >= r.messages.last) return error::none;
    r.seen = r.messages.last;
    if (r.unread != 0) core_->note(slot, client_news::room);
    r.unread = 0;
    core_->finish();
    return error::none;
}

// Posts.

result<std::uint64_t> client::post(std::string_view room, std::string_view text,
                                   const post_options& how) noexcept {
    if (core_ == nullptr) return {0, error::engine_closed};
    const u32 slot = core_->find_room(room);
    if (slot == nil) return {0, error::room_unknown};
    const auto id = core_->add_post(slot, text, how);
    core_->finish();
    return id;
}

error client::resend(std::uint64_t post) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    detail::held_post* const p = core_->find_post(post);
    if (p == nullptr || p->why == error::none) return error::invalid_argument;
    p->why = error::none;
    p->limit = p->retry_ms = 0;
    p->sent = false;
    core_->note(p->room, client_news::posts);
    core_->send_posts(p->room);
    core_->finish();
    return error::none;
}

error client::discard(std::uint64_t post) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    detail::held_post* const p = core_->find_post(post);
    if (p == nullptr || p->why == error::none) return error::invalid_argument;
    core_->note(p->room, client_news::posts);
    core_->remove_post(static_cast<u32>(p - core_->posts));
    core_->finish();
    return error::none;
}

// After a restart.

result<std::size_t> client::save(void* out, std::size_t capacity) const noexcept {
    if (core_ == nullptr) return {0, error::engine_closed};
    const std::size_t size = core_->save(static_cast<char*>(out), capacity);
    return {size, size <= capacity ? error::none : error::memory_short};
}

error client::restore(std::string_view saved) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    if (core_->telling || core_->sending) return error::inside_callback;
    const error why = core_->restore(saved);
    core_->finish();
    return why;
}

// Reads.

client_state client::state() const noexcept {
    return core_ != nullptr ? core_->state : client_state::offline;
}

error client::why() const noexcept { return core_ != nullptr ? core_->why : error::none; }

std::uint64_t client::user() const noexcept { return core_ != nullptr ? core_->user : 0; }

std::string_view client::nick() const noexcept {
    return core_ != nullptr ? core_->nick.view() : std::string_view{};
}

welcome client::limits() const noexcept { return core_ != nullptr ? core_->limits : welcome{}; }

bool client::wants_close() const noexcept { return core_ != nullptr && core_->wants_close; }

std::uint64_t client::faults() const noexcept { return core_ != nullptr ? core_->faults : 0; }

static client_room read_slot(const client_core& of, u32 slot) noexcept {
    const detail::held_room& r = of.rooms[slot];
    client_room out;
    out.name = of.name(slot);
    out.title = of.titles.view(slot, r.title_size);
    out.topic = of.topics.view(slot, r.topic_size);
    out.rights = of.rights.view(slot, r.rights_size);
    out.id = r.id;
    out.owner = r.owner;
    out.capacity = r.capacity;
    out.count = r.people.count;
    out.roster = r.people.number;
    out.begin = r.messages.begin;
    out.last = r.messages.last;
    out.seen = r.seen;
    out.unread = r.unread;
    out.persistent = r.persistent;
    out.managed = r.managed;
    out.live = r.live;
    out.members_known = r.people.known;
    out.complete = r.messages.complete;
    out.loading = r.loading;
    return out;
}

static client_room read_room(const client_core& of, u32, u32 at) noexcept {
    return read_slot(of, of.order[at]);
}

static client_entry read_entry(const client_core& of, u32 slot, u32 at) noexcept {
    return of.rooms[slot].messages.entry(at);
}

static client_member read_member(const client_core& of, u32 slot, u32 at) noexcept {
    return of.rooms[slot].people.member(at);
}

// There are few: the place among those of a room is found by counting.
static client_post read_post(const client_core& of, u32 slot, u32 at) noexcept {
    u32 place = 0;
    while (of.posts[place].room != slot || at-- != 0) ++place;
    const detail::held_post& p = of.posts[place];
    return {p.id, of.text_of_post(p), p.kind, p.reply_to, p.time, p.why, p.limit, p.retry_ms};
}

client_list<client_room> client::rooms() const noexcept {
    if (core_ == nullptr) return {};
    return {read_room, core_, 0, core_->rooms_count};
}

result<client_room> client::room(std::string_view name) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(name) : nil;
    if (slot == nil) return {{}, error::room_unknown};
    return {read_slot(*core_, slot), error::none};
}

client_list<client_entry> client::entries(std::string_view room) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(room) : nil;
    if (slot == nil) return {};
    return {read_entry, core_, slot, core_->rooms[slot].messages.count};
}

client_list<client_member> client::members(std::string_view room) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(room) : nil;
    if (slot == nil) return {};
    return {read_member, core_, slot, core_->rooms[slot].people.size};
}

client_list<client_post> client::posts(std::string_view room) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(room) : nil;
    if (slot == nil) return {};
    u32 count = 0;
    for (u32 i = 0; i < core_->posts_count; ++i) count += core_->posts[i].room == slot ? 1 : 0;
    return {read_post, core_, slot, count};
}

result<client_entry> client::message(std::string_view room, std::uint64_t number) const noexcept {
    const u32 slot = core_ != nullptr ? core_->find_room(room) : nil;
    if (slot == nil) return {{}, error::room_unknown};
    const detail::timeline& in = core_->rooms[slot].messages;
    const u32 at = in.find(number);
    const bool there = at != detail::nowhere && in.entries[at].what == client_entry_kind::message;
    if (!there) return {{}, error::reply_unknown};
    return {in.entry(at), error::none};
}

}  // namespace chatroom
