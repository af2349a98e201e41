#include "engine.hpp"

#include <cstring>
#include <new>

#include "core.hpp"

namespace chatroom {

using namespace detail;

template <typename T>
constexpr bool fits_in(std::size_t published) noexcept {
    return sizeof(T) <= published;
}
static_assert(fits_in<core>(item_bytes::engine) && fits_in<user_data>(item_bytes::user) &&
              fits_in<binding_data>(item_bytes::binding) &&
              fits_in<token_data>(item_bytes::token) &&
              fits_in<node_data>(item_bytes::node) &&
              fits_in<room_data>(item_bytes::room) && fits_in<chunk>(item_bytes::chunk) &&
              fits_in<membership_data>(item_bytes::membership) &&
              fits_in<session_data>(item_bytes::session) && fits_in<recipient>(item_bytes::face) &&
              fits_in<reply_data>(item_bytes::reply) && fits_in<room_edge>(item_bytes::edge) &&
              fits_in<message>(item_bytes::message) && fits_in<room_item>(item_bytes::room_item) &&
              fits_in<member_item>(item_bytes::member_item) &&
              fits_in<pending_record>(item_bytes::pending) && fits_in<cursor>(item_bytes::cursor) &&
              fits_in<boot>(item_bytes::boot),
              "footprint_bound counts with these");

const name_rules& names::ascii() noexcept { return text_ascii(); }
const name_rules& names::unicode() noexcept { return text_unicode(); }

// An engine in a block that may begin anywhere. @return null: the block is too small
static core* make_core(void* block, std::size_t bytes, const config& how,
                       const environment& from_host, const registration& parts) noexcept {
    if (bytes < sizeof(core) + arena::slack) return nullptr;
    const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(block) + (arena::slack - 1);
    // One more than may be taken, which tells what is full from what is too much.
    const std::size_t most = smaller(bytes - arena::slack + 1, arena::bytes_max);
    arena memory{reinterpret_cast<char*>(start & ~std::uintptr_t{arena::slack - 1}), sizeof(core),
                 most};
    core* const made = new (memory.base) core(how, from_host, parts);
    made->claim(memory, parts);
    made->block = block;
    made->block_bytes = bytes;
    return memory.used < most ? made : nullptr;
}

std::size_t footprint(const config& how, const registration& with) noexcept {
    return config_valid(how) ? core::bytes(how, with) : 0;
}

// Of entropy, or of none, where nobody is to be feared.
[[gnu::noinline]] static void make_key(const u32 (&seeds)[4], hash_key& key) noexcept {
    u8 digest[sha256::digest_bytes];
    const void* from = seeds;
    std::size_t bytes = sizeof seeds;
    constexpr std::size_t part = 24;
    static_assert(sizeof key % part == 0 && part <= sizeof digest);
    for (std::size_t at = 0; at != sizeof key; at += part) {
        sha256_of(from, bytes, digest);
        std::memcpy(reinterpret_cast<char*>(&key) + at, digest, part);
        from = digest;
        bytes = sizeof digest;
    }
    key.factor |= 1;
}

error engine::open_with(const config& how, const environment& from_host,
                        const registration& parts) noexcept {
    if (moving_) return error::inside_callback;
    if (core_ != nullptr) return error::engine_open;
    const bool unheard = from_host.log.fn != nullptr && parts.records == nullptr;
    if (from_host.send.fn == nullptr || unheard) return error::invalid_argument;
    if (!config_valid(how)) return error::config_invalid;
    const memory& from = from_host.memory;
    core* made = nullptr;
    std::size_t bytes = from.buffer_bytes;
    if (from.buffer != nullptr) {
        made = make_core(from.buffer, bytes, how, from_host, parts);
        if (made == nullptr) return error::memory_short;
    } else {
        bytes = core::bytes(how, parts);
        if (bytes == 0 || from.allocate == nullptr) return error::memory_short;
    }
    u32 seeds[4] = {};
    void* block = nullptr;
    moving_ = true;
    const bool seeded = from_host.entropy.fn == nullptr ||
                        from_host.entropy.fn(seeds, sizeof seeds, from_host.entropy.context);
    if (seeded && made == nullptr) block = from.allocate(bytes, from.context);
    moving_ = false;
    if (!seeded) return error::entropy_failed;
    if (made == nullptr && block == nullptr) return error::memory_short;
    if (made == nullptr) made = make_core(block, bytes, how, from_host, parts);
    core_ = made;
    make_key(seeds, core_->in.key);
    if (from.zeroed) return error::none;
    core_->in.clear();
    core_->out.clear();
    return error::none;
}

registration detail::everything() noexcept {
    static const feature* const all_features[] = {&features::guests(), &features::rooms(),
                                                  &features::posts(), &features::settings()};
    static const codec* const all_codecs[] = {&codecs::json(), &codecs::lines(),
                                              &codecs::binary()};
    return {{all_features, sizeof all_features / sizeof *all_features},
            {all_codecs, sizeof all_codecs / sizeof *all_codecs},
            &names::unicode(),
            &parts::records()};
}

std::size_t footprint(const config& how) noexcept { return footprint(how, everything()); }

error engine::open(const config& how, const environment& from_host) noexcept {
    return open_with(how, from_host, everything());
}

error engine::open(const config& how, sender send) noexcept {
    environment from_host = hosted();
    from_host.send = send;
    return open(how, from_host);
}

void engine::close() noexcept {
    if (core_ == nullptr || core_->busy || moving_) return;
    const memory from = core_->env.memory;
    void* const block = core_->block;
    const std::size_t bytes = core_->block_bytes;
    core_ = nullptr;
    if (from.buffer != nullptr || from.release == nullptr) return;
    moving_ = true;
    from.release(block, bytes, from.context);
    moving_ = false;
}

// Sessions.

static error check_peer(const core& c, const peer& who) noexcept {
    const u32 by = static_cast<u32>(who.wire);
    if (by > static_cast<u32>(wire::typed)) return error::invalid_argument;
    if (who.wire != wire::typed && c.out.codecs[by] == nullptr) return error::codec_missing;
    const bool short_frames =
        who.frame_bytes_max != 0 && who.frame_bytes_max < frame_bytes_min(c.in.capacity);
    if (short_frames || who.frame_bytes_max > c.in.capacity.frame_bytes_max) {
        return error::invalid_argument;
    }
    return c.out.sessions.full() ? error::sessions_full : error::none;
}

// Logs a new session in as the user whom the host vouches for.
[[gnu::noinline]] static error bind_peer(core& c, u32 slot, const peer& who) noexcept {
    bind by;
    by.identity = who.user;
    by.nick = who.nick;
    c.why.clear();
    error e = who.nick.empty() ? c.why(error::nick_invalid, "nick")
                               : c.offer_engine(command_type::bind, &by, slot);
    if (e != error::none && e != error::pending) {
        offering from;
        from.slot = slot;
        from.session = c.out.sessions[slot].id;
        c.refuse(nullptr, nullptr, from);
    }
    return e;
}

result<session_id> engine::connect(const peer& who) noexcept {
    if (core_ == nullptr) return {session_id{}, error::engine_closed};
    core& c = *core_;
    if (!who.user.empty() && c.busy) return {session_id{}, error::inside_callback};
    if (error e = check_peer(c, who); e != error::none) return {session_id{}, e};
    const u32 slot = c.out.open_session(who.tag);
    session_data& d = c.out.sessions[slot];
    const session_id id{d.id};
    d.wire = who.wire;
    d.frame_bytes_max =
        who.frame_bytes_max != 0 ? who.frame_bytes_max : c.in.capacity.frame_bytes_max;
    const bool apart =
        who.wire != wire::typed && d.frame_bytes_max < c.in.capacity.frame_bytes_max;
    d.audience = apart ? told_apart : static_cast<u8>(who.wire);
    if (c.busy) {   // No frame inside a frame: it is welcomed when the outer call is done.
        c.out.want_work(slot);
        return {id, error::none};
    }
    c.begin_call();
    error e = error::none;
    if (!who.user.empty()) e = bind_peer(c, slot, who);
    const bool kept = e == error::none || e == error::pending;
    if (kept && !c.out.greet(slot)) c.out.want_work(slot);
    if (!kept && !d.ended) c.out.end(slot);
    c.end_call();
    return {kept ? id : session_id{}, e};
}

// The slot of a session that has not ended; none for any other.
static u32 slot_of(const core& c, session_id session) noexcept {
    const u32 slot = c.out.find(session);
    return slot == nil || c.out.sessions[slot].ended ? nil : slot;
}

error engine::disconnect(session_id session) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = slot_of(*core_, session);
    if (slot == nil) return error::session_unknown;
    if (core_->busy) {
        core_->out.end(slot);
        return error::none;
    }
    core_->begin_call();
    core_->out.end(slot);
    core_->end_call();
    return error::none;
}

error engine::pause(session_id session) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = slot_of(*core_, session);
    if (slot == nil) return error::session_unknown;
    core_->out.pause(slot);
    return error::none;
}

error engine::unpause(session_id session) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u32 slot = slot_of(*core_, session);
    if (slot == nil) return error::session_unknown;
    core_->out.unpause(slot);
    if (core_->busy) return error::none;
    core_->begin_call();
    core_->end_call();
    return error::none;
}

error engine::receive(session_id session, std::string_view frame) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core& c = *core_;
    const u32 slot = slot_of(c, session);
    if (slot == nil) return error::session_unknown;
    const session_data& d = c.out.sessions[slot];
    if (c.out.frames == nullptr) return error::codec_missing;
    if (d.paused || d.replying || d.waiting || d.taking) return error::paused;
    if (c.busy) return c.queue_frame(slot, frame);
    c.begin_call();
    c.out.sessions[slot].taking = true;
    c.out.frames->take(c, slot, frame);
    c.out.sessions[slot].taking = false;
    c.end_call();
    return error::none;
}

result<outcome> engine::submit(session_id session, const command& what, user_id user) noexcept {
    result<outcome> done{{}, error::engine_closed};
    if (core_ == nullptr) return done;
    core& c = *core_;
    if (c.busy) {
        done.why = c.queue_command(session, what, user, done.value);
        return done;
    }
    c.begin_call();
    done.why = c.submit(session, what, &done.value, user, 0);
    c.end_call();
    return done;
}

const failure& engine::why() const noexcept {
    static constexpr failure nothing{};
    return core_ != nullptr ? core_->told : nothing;
}

// Time.

error engine::tick(std::uint64_t now_ms, bool leap_confirmed) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core& c = *core_;
    const u64 from = larger(c.now, c.in.time);   // Other nodes may have told a later time.
    if (c.timed && !leap_confirmed && now_ms > from &&
        now_ms - from > c.pace.clock_leap_max_ms) {
        return error::clock_leap;
    }
    if (now_ms >= u64{1} << 53) return error::invalid_argument;
    c.now = larger(c.now, u64{now_ms});
    c.timed = true;
    if (c.busy) return error::none;
    c.begin_call();
    c.tick();
    c.end_call();
    return error::none;
}

error engine::advance(std::uint64_t elapsed_ms) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    const u64 from = larger(core_->now, core_->in.time);
    if (elapsed_ms >= (u64{1} << 53) - from) return error::invalid_argument;
    return tick(from + elapsed_ms);
}

std::uint64_t engine::next_tick() const noexcept {
    return core_ == nullptr ? ~u64{0} : core_->next_due();
}

// Records and snapshots.

error engine::commit(std::string_view record) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    if (core_->busy) return error::inside_callback;
    core_->begin_call();
    const bool whole = !record.empty() && record_size(record) == record.size();
    const error e = whole ? core_->commit(record, origin::elsewhere) : error::record_invalid;
    core_->end_call();
    return e;
}

error engine::abandon(std::uint64_t number) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core& c = *core_;
    if (c.busy) return error::inside_callback;
    pending_record* const w = c.find_waiting(number);
    if (w == nullptr) return error::invalid_argument;
    c.begin_call();
    c.give_up(*w);
    c.end_call();
    return error::none;
}

result<recovery> engine::recover(std::string_view log) noexcept {
    result<recovery> done{{}, error::engine_closed};
    if (core_ == nullptr) return done;
    core& c = *core_;
    done.why = error::inside_callback;
    if (c.busy) return done;
    c.begin_call();
    recovery& come = done.value;
    error& e = done.why;
    e = error::none;
    while (come.bytes < log.size() && e == error::none) {
        std::string_view rest = log;
        rest.remove_prefix(static_cast<std::size_t>(come.bytes));
        const std::size_t size = record_size(rest);
        if (size == 0) {
            rest.remove_prefix(1);
            e = any_record(rest) ? error::log_damaged : error::log_torn;
            break;
        }
        e = c.commit({rest.data(), size}, origin::recovery);
        if (e == error::already_applied || e == error::incarnation_stale) e = error::none;
        if (e != error::none) break;
        ++come.records;
        come.bytes += size;
    }
    c.end_call();
    return done;
}

result<fingerprint> engine::digest() noexcept {
    fingerprint print;
    if (core_ == nullptr) return {print, error::engine_closed};
    if (core_->busy) return {print, error::inside_callback};
    write_snapshot(core_->in, scope::everything, nullptr, 0, &print);
    return {print, error::none};
}

result<std::size_t> engine::snapshot(void* out, std::size_t capacity, scope what) noexcept {
    if (core_ == nullptr) return {0, error::engine_closed};
    if (core_->busy) return {0, error::inside_callback};
    char* const to = static_cast<char*>(out);
    const std::size_t size = write_snapshot(core_->in, what, to, capacity, nullptr);
    const bool written = to != nullptr && size <= capacity;
    return {size, written ? error::none : error::memory_short};
}

error engine::restore(std::string_view snapshot) noexcept {
    if (core_ == nullptr) return error::engine_closed;
    core& c = *core_;
    if (c.busy) return error::inside_callback;
    if (c.out.sessions.count != 0) return error::invalid_argument;
    c.begin_call();
    c.why.clear();
    const error e = c.restore(snapshot);
    c.end_call();
    return e;
}

// Reads.

static asker who_asks(const core& c, viewer by, bool& known) noexcept {
    asker who;
    known = true;
    if (by.session == host) {
        who.by_host = true;
    } else if (by.user != 0) {
        who.user = c.in.find_user(by.user);
        known = who.user != nil;
    } else {
        const u32 slot = slot_of(c, by.session);
        known = slot != nil;
        if (known) who.user = c.out.sessions[slot].user;
    }
    return who;
}

// The room of a name as people type it.
static u32 room_named(const core& c, std::string_view name) noexcept {
    if (!small_code && room_name_is_plain(name)) return c.in.find_room(name);
    char folded[64];
    const std::size_t most = c.in.capacity.room_name_bytes_max;
    const std::size_t size = room_name_fold(name, *c.names, folded, most);
    return size == 0 || size == size_short ? nil : c.in.find_room({folded, size});
}

static u32 page_capacity(std::size_t capacity) noexcept {
    return static_cast<u32>(smaller(capacity, std::size_t{0xffffff}));
}

result<history_page> engine::history(viewer by, const chatroom::history& what, message* out,
                                     std::size_t capacity) noexcept {
    history_page page;
    if (core_ == nullptr) return {page, error::engine_closed};
    bool known = true;
    const asker who = who_asks(*core_, by, known);
    if (!known) return {page, error::session_unknown};
    const error e = read_history(core_->in, who, room_named(*core_, what.room), what, out,
                                 page_capacity(capacity), page);
    return {page, e};
}

result<rooms_page> engine::rooms(viewer by, const chatroom::rooms& what, room_item* out,
                                 std::size_t capacity) noexcept {
    rooms_page page;
    if (core_ == nullptr) return {page, error::engine_closed};
    bool known = true;
    who_asks(*core_, by, known);
    if (!known) return {page, error::session_unknown};
    const error e = read_rooms(core_->in, what, out, page_capacity(capacity), page);
    return {page, e};
}

result<members_page> engine::members(viewer by, const chatroom::members& what, member_item* out,
                                     std::size_t capacity) noexcept {
    members_page page;
    if (core_ == nullptr) return {page, error::engine_closed};
    bool known = true;
    const asker who = who_asks(*core_, by, known);
    if (!known) return {page, error::session_unknown};
    const error e = read_members(core_->in, who, room_named(*core_, what.room), what, out,
                                 page_capacity(capacity), page);
    return {page, e};
}

result<joined> engine::room(viewer by, std::string_view name) noexcept {
    joined found;
    if (core_ == nullptr) return {found, error::engine_closed};
    bool known = true;
    const asker who = who_asks(*core_, by, known);
    if (!known) return {found, error::session_unknown};
    const u32 at = room_named(*core_, name);
    if (!core_->in.can_see(who.user, who.by_host, at)) return {found, error::room_unknown};
    return {core_->out.describe_room(at, who.user, who.by_host), error::none};
}

}  // namespace chatroom
