#pragma once

// chatroom::engine for Python: the callbacks, and what the sessions are known by. One member
// function for each of the engine's, in the order of engine.hpp.

#include <memory>

#include "calls.hpp"

namespace binding {

/// What Python gives to `open`; none: there is no such callback.
struct callbacks {
    py::object send, deliver, log, observe, settled, entropy;
};

class engine {
public:
    engine() = default;
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    void open(const py::object& how, const py::object& features, const std::string& names,
              callbacks host);
    void close();
    bool closed() const { return !open_; }

    py::object connect(py::object tag, const std::string& wire, std::uint32_t frame_bytes_max,
                       const py::object& user, const py::object& nick);
    void disconnect(std::uint32_t session);
    bool receive(std::uint32_t session, const py::object& frame);
    py::object submit(std::uint32_t session, const py::object& command, std::uint64_t user);
    py::object submit_values(std::uint32_t session, std::uint16_t type, const py::tuple& values,
                             std::uint64_t user);
    void pause(std::uint32_t session);
    void unpause(std::uint32_t session);

    void tick(const std::optional<std::uint64_t>& now_ms, bool leap_confirmed);
    void advance(std::uint64_t elapsed_ms);
    std::uint64_t next_tick();

    void commit(const py::object& record);
    void abandon(std::uint64_t number);
    py::object recover(const py::object& log);
    py::bytes digest();
    py::bytes snapshot(const std::string& scope);
    void restore(const py::object& snapshot);

    py::object history(const py::object& by, const py::tuple& values);
    py::object rooms(const py::object& by, const py::tuple& values);
    py::object members(const py::object& by, const py::tuple& values);
    py::object room(const py::object& by, const py::object& name);
    py::object stats();

    // For Python's garbage collector: a callback often knows who owns the engine.
    int traverse(visitproc visit, void* arg);
    void clear();

private:
    class turn;

    /// A connection as Python knows it. Its address is the engine's tag.
    struct seat {
        py::object session, tag;
    };

    static void on_send(const chatroom::recipients& to, const chatroom::event& what,
                        std::string_view frame, void* self);
    static chatroom::stored on_log(std::string_view record, std::uint64_t number, void* self);
    static void on_observe(const chatroom::observation& seen, void* self);
    static bool on_entropy(void* out, std::size_t bytes, void* self);

    py::list sessions_of(const chatroom::recipients& to);
    py::object session_object(std::uint32_t id);
    py::object observation_object(const chatroom::observation& seen);
    py::object settlement_object(const chatroom::observation& seen) const;
    py::object outcome_of(const chatroom::result<chatroom::outcome>& done);
    chatroom::viewer viewer_of(const py::object& by) const;
    template <typename T>
    std::vector<T> room_for(std::uint32_t limit, std::uint64_t there_can_be) const;
    void demand(error why) const;
    py::object error_object(error why, const chatroom::recovery* come = nullptr) const;
    [[noreturn]] void refuse(error why, const chatroom::recovery* come = nullptr) const;

    chatroom::engine chat_;
    chatroom::config how_{};
    std::vector<const chatroom::feature*> features_;   ///< The engine keeps the address.
    callbacks host_;
    bool open_ = false;
    std::unordered_map<std::uint32_t, std::unique_ptr<seat>> seats_;
    std::vector<std::uint32_t> ended_;      ///< By the engine, during the call under way.
    calls calls_{"the engine is in use by another thread: use chatroom.threaded.Engine, or one "
                 "engine for each thread", "a callback of chatroom.Engine"};
};

/// A call into the engine. At the end of the outermost one, sessions that ended are forgotten.
class engine::turn {
public:
    explicit turn(engine& of) : of_(of), call_(of.calls_) {}
    ~turn() {
        if (!call_.is_outermost()) return;
        for (const std::uint32_t id : of_.ended_) {
            const auto found = of_.seats_.find(id);
            if (found == of_.seats_.end()) continue;
            gone_.push_back(std::move(found->second));
            of_.seats_.erase(found);
        }
        of_.ended_.clear();
    }

    bool failed() const { return call_.failed(); }
    void finish() { call_.finish(); }

private:
    engine& of_;
    std::vector<std::unique_ptr<seat>> gone_;   // Until the call is over: they may call back.
    calls::turn call_;
};

// ---- Errors.

inline py::object engine::error_object(error why, const chatroom::recovery* come) const {
    chatroom::failure facts = chat_.why();
    if (facts.error != why) facts = {};   // It tells of an earlier command.
    if (why == error::config_invalid) facts.field = chatroom::config_fault(how_);
    return known().make_error(
        int(why), text(facts.field), facts.limit, facts.value, facts.at, text(facts.found),
        facts.retry_ms,
        come == nullptr ? py::none() : known().recovery(come->records, come->bytes));
}

inline void engine::refuse(error why, const chatroom::recovery* come) const {
    const py::object made = error_object(why, come);
    PyErr_SetObject(py::type::of(made).ptr(), made.ptr());
    throw py::error_already_set();
}

inline void engine::demand(error why) const {
    if (why != error::none) refuse(why);
}

// ---- Callbacks. No exception goes through the engine.

inline py::list engine::sessions_of(const chatroom::recipients& to) {
    py::list made(to.size());
    Py_ssize_t count = 0;
    for (const chatroom::recipient& each : to) {
        seat& at = *reinterpret_cast<seat*>(static_cast<std::uintptr_t>(each.tag));
        if (!at.session) {   // Still inside `connect`: it is being welcomed.
            at.session = known().session(std::uint32_t(each.id));
            at.session.attr("tag") = at.tag;
        }
        PyList_SET_ITEM(made.ptr(), count++, py::object(at.session).release().ptr());
    }
    // Those who ended since the call began are not met.
    if (count != PyList_GET_SIZE(made.ptr()) &&
        PyList_SetSlice(made.ptr(), count, PyList_GET_SIZE(made.ptr()), nullptr) != 0) {
        throw py::error_already_set();
    }
    return made;
}

inline void engine::on_send(const chatroom::recipients& to, const chatroom::event& what,
                            std::string_view frame, void* context) {
    engine& self = *static_cast<engine*>(context);
    self.calls_.guarded([&] {
        py::list sessions = self.sessions_of(to);
        if (what.type == chatroom::event_type::bye) {
            for (const chatroom::recipient& each : to) self.ended_.push_back(each.id);
            for (const py::handle session : sessions) session.attr("ended") = true;
        }
        if (sessions.empty()) return;
        if (!frame.empty() && self.host_.send) {
            self.host_.send(std::move(sessions), bytes(frame));
        } else if (frame.empty() && self.host_.deliver) {
            self.host_.deliver(std::move(sessions),
                               to_python(*chatroom::detail::describe(what.type), what.body));
        }
    });
}

inline chatroom::stored stored_of(const py::object& answer) {
    if (answer.is(py::bool_(true))) return chatroom::stored::yes;
    if (answer.is(py::bool_(false))) return chatroom::stored::no;
    const bool is_text = py::isinstance<py::str>(answer);
    if (is_text && view_of(answer, "log") == "pending") return chatroom::stored::pending;
    PyErr_Format(PyExc_TypeError, "log must return True, False or PENDING, not %R", answer.ptr());
    throw py::error_already_set();
}

inline chatroom::stored engine::on_log(std::string_view record, std::uint64_t number,
                                       void* context) {
    engine& self = *static_cast<engine*>(context);
    chatroom::stored answer = chatroom::stored::no;
    if (!self.host_.log) return answer;   // Python is taking the engine apart.
    self.calls_.guarded([&] { answer = stored_of(self.host_.log(bytes(record), number)); });
    return answer;
}

inline py::object engine::session_object(std::uint32_t id) {
    if (id == 0) return py::none();
    const auto found = seats_.find(id);
    if (found != seats_.end() && found->second->session) return found->second->session;
    return known().session(id);
}

inline py::object engine::observation_object(const chatroom::observation& seen) {
    static constexpr const char* origins[] = {"here", "elsewhere", "recovery"};
    py::object command = py::none();
    if (seen.command != nullptr) {
        const auto shape = known().commands.find(std::uint16_t(seen.command->type));
        if (shape != known().commands.end()) {
            command = to_python(*shape->second, seen.command->body);
        }
    }
    return known().observation(
        origins[int(seen.origin)], session_object(seen.session), user_id(seen.user), command,
        seen.why == error::none ? py::object(py::none()) : text(chatroom::error_name(seen.why)),
        seen.at, seen.ticket, seen.number, seen.time);
}

/// What a command came to that was queued or pending: an outcome, or the exception.
inline py::object engine::settlement_object(const chatroom::observation& seen) const {
    if (seen.why != error::none) return error_object(seen.why);
    return known().outcome("done", seen.ticket, seen.number, seen.time, user_id(seen.user), "");
}

inline void engine::on_observe(const chatroom::observation& seen, void* context) {
    engine& self = *static_cast<engine*>(context);
    self.calls_.guarded([&] {
        if (self.host_.settled && seen.ticket != 0) {
            self.host_.settled(seen.ticket, self.settlement_object(seen));
        }
        if (self.host_.observe) self.host_.observe(self.observation_object(seen));
    });
}

inline bool engine::on_entropy(void* out, std::size_t size, void* context) {
    engine& self = *static_cast<engine*>(context);
    bool drawn = false;
    if (!self.host_.entropy) return drawn;
    self.calls_.guarded([&] {
        draw(self.host_.entropy, out, size);
        drawn = true;
    });
    return drawn;
}

// ---- Opening and closing.

inline const chatroom::feature* feature_of(const std::string& name) {
    using namespace chatroom;
    const std::pair<const char*, const feature& (*)() noexcept> all[] = {
        {"guests", features::guests}, {"rooms", features::rooms},
        {"posts", features::posts}, {"settings", features::settings}};
    for (const auto& [called, get] : all) {
        if (name == called) return &get();
    }
    throw py::value_error("features: no feature is called " + name);
}

struct budget {
    const char* name;
    std::uint32_t chatroom::budgets::*member;
};

// The engine has no table of them, since they stand in no record.
inline constexpr budget budgets[] = {
    {"deliveries_per_call", &chatroom::budgets::deliveries_per_call},
    {"queued_per_call", &chatroom::budgets::queued_per_call},
    {"presence_ms", &chatroom::budgets::presence_ms},
    {"bad_frames_max", &chatroom::budgets::bad_frames_max},
    {"clock_leap_max_ms", &chatroom::budgets::clock_leap_max_ms},
};
static_assert(sizeof(chatroom::budgets) == sizeof budgets / sizeof *budgets * 4,
              "every budget is listed");

inline chatroom::config config_of(const py::object& from) {
    chatroom::config how;
    scratch unused;
    fill(chatroom::detail::shape_limits, from.attr("limits"), &how.limits, unused);
    fill(chatroom::detail::shape_policies, from.attr("policies"), &how.policies, unused);
    const py::object own = from.attr("budgets");
    for (const budget& each : budgets) {
        how.budgets.*each.member = own.attr(each.name).cast<std::uint32_t>();
    }
    how.node = from.attr("node").cast<std::uint32_t>();
    how.incarnation = from.attr("incarnation").cast<std::uint32_t>();
    return how;
}

inline void engine::open(const py::object& how, const py::object& features,
                         const std::string& names, callbacks host) {
    turn now(*this);
    if (open_) refuse(error::engine_open);
    how_ = config_of(how);
    if (names != "unicode" && names != "ascii") {
        throw py::value_error("names: must be unicode or ascii");
    }
    features_.clear();
    for (const py::handle each : features) {
        features_.push_back(feature_of(each.cast<std::string>()));
    }
    const chatroom::codec* const codecs[] = {&chatroom::codecs::json(), &chatroom::codecs::lines(),
                                             &chatroom::codecs::binary()};
    chatroom::environment from_host = chatroom::hosted();
    from_host.send = {on_send, this};
    if (host.log) from_host.log = {on_log, this};
    if (host.observe || host.settled) from_host.observe = {on_observe, this};
    if (host.entropy) from_host.entropy = {on_entropy, this};
    host_ = std::move(host);
    const error why = chat_.open_with(
        how_, from_host,
        {{features_.data(), features_.size()},
         {codecs, sizeof codecs / sizeof *codecs},
         names == "ascii" ? &chatroom::names::ascii() : &chatroom::names::unicode(),
         &chatroom::parts::records()});
    open_ = why == error::none;
    if (!open_) host_ = {};
    now.finish();
    demand(why);
}

inline void engine::close() {
    turn now(*this);
    if (calls_.nested()) refuse(error::inside_callback);
    chat_.close();
    open_ = false;
    // What they held may call back; by then the engine is closed.
    const auto seats = std::move(seats_);
    seats_.clear();
    const callbacks host = std::move(host_);
    host_ = {};
}

inline int engine::traverse(visitproc visit, void* arg) {
    for (PyObject* each : {host_.send.ptr(), host_.deliver.ptr(), host_.log.ptr(),
                           host_.observe.ptr(), host_.settled.ptr(), host_.entropy.ptr()}) {
        Py_VISIT(each);
    }
    for (const auto& [id, at] : seats_) {
        Py_VISIT(at->session.ptr());
        Py_VISIT(at->tag.ptr());
    }
    return 0;
}

inline void engine::clear() {
    const callbacks host = std::move(host_);
    host_ = {};
    for (const auto& [id, at] : seats_) at->tag = py::none();
    for (const auto& [id, at] : seats_) at->session = known().session(id);
}

// ---- Sessions and commands.

inline chatroom::wire wire_of(const std::string& name) {
    static constexpr const char* names[] = {"json", "lines", "binary", "typed"};
    for (int i = 0; i < 4; ++i) {
        if (name == names[i]) return chatroom::wire(i);
    }
    throw py::value_error("wire: must be one of json, lines, binary, typed");
}

inline py::object engine::connect(py::object tag, const std::string& wire,
                                  std::uint32_t frame_bytes_max, const py::object& user,
                                  const py::object& nick) {
    turn now(*this);
    auto at = std::make_unique<seat>();
    at->tag = std::move(tag);
    chatroom::peer who;
    who.tag = reinterpret_cast<std::uintptr_t>(at.get());
    who.wire = wire_of(wire);
    who.frame_bytes_max = frame_bytes_max;
    who.user = view_of(user, "user");
    who.nick = view_of(nick, "nick");
    if (open_ && (who.wire == chatroom::wire::typed ? !host_.deliver : !host_.send)) {
        throw py::value_error(who.wire == chatroom::wire::typed
                                  ? "a session of wire 'typed' needs the callback `deliver`"
                                  : "a session that is sent frames needs the callback `send`");
    }
    const auto [id, why] = chat_.connect(who);
    if (why != error::none && why != error::pending) {
        now.finish();
        refuse(why);
    }
    if (!at->session) {
        at->session = known().session(std::uint32_t(id));
        at->session.attr("tag") = at->tag;
    }
    py::object session = at->session;
    seats_[id] = std::move(at);
    if (now.failed()) {   // The caller will not learn of the session.
        chat_.disconnect(id);
        seats_.erase(id);
    }
    now.finish();
    return session;
}

inline void engine::disconnect(std::uint32_t session) {
    turn now(*this);
    const error why = chat_.disconnect(chatroom::session_id{session});
    const auto found = seats_.find(session);
    if (why == error::none && found != seats_.end()) {
        ended_.push_back(session);
        if (found->second->session) found->second->session.attr("ended") = true;
    }
    now.finish();
    demand(why);
}

inline bool engine::receive(std::uint32_t session, const py::object& frame) {
    turn now(*this);
    const byte_view bytes(frame);
    const error why = chat_.receive(chatroom::session_id{session}, bytes.view());
    now.finish();
    if (why != error::paused && why != error::queued) demand(why);
    return why != error::paused;
}

inline py::object engine::outcome_of(const chatroom::result<chatroom::outcome>& done) {
    const auto& [value, why] = done;
    if (why != error::none && why != error::queued && why != error::pending) refuse(why);
    return known().outcome(why == error::none ? "done" : chatroom::error_name(why), value.ticket,
                           value.number, value.time, user_id(value.user), text(value.token));
}

inline py::object engine::submit(std::uint32_t session, const py::object& command,
                                 std::uint64_t user) {
    const described& shape = command_shape(command.attr("TYPE").cast<std::uint16_t>());
    scratch more;
    void* const body = more.take(shape.bytes);
    fill(shape, command, body, more);
    turn now(*this);
    const auto done = chat_.submit(chatroom::session_id{session},
                                   {chatroom::command_type(shape.type), body},
                                   chatroom::user_id{user});
    now.finish();
    return outcome_of(done);
}

inline py::object engine::submit_values(std::uint32_t session, std::uint16_t type,
                                        const py::tuple& values, std::uint64_t user) {
    const described& shape = command_shape(type);
    scratch more;
    void* const body = more.take(shape.bytes);
    fill_ordered(shape, values, body, more);
    turn now(*this);
    const auto done = chat_.submit(chatroom::session_id{session},
                                   {chatroom::command_type(type), body},
                                   chatroom::user_id{user});
    now.finish();
    return outcome_of(done);
}

inline void engine::pause(std::uint32_t session) {
    turn now(*this);
    demand(chat_.pause(chatroom::session_id{session}));
}

inline void engine::unpause(std::uint32_t session) {
    turn now(*this);
    const error why = chat_.unpause(chatroom::session_id{session});
    now.finish();
    demand(why);
}

// ---- Time.

inline void engine::tick(const std::optional<std::uint64_t>& now_ms, bool leap_confirmed) {
    turn now(*this);
    const error why = chat_.tick(now_ms ? *now_ms : chatroom::hosted_now(), leap_confirmed);
    now.finish();
    demand(why);
}

inline void engine::advance(std::uint64_t elapsed_ms) {
    turn now(*this);
    const error why = chat_.advance(elapsed_ms);
    now.finish();
    demand(why);
}

inline std::uint64_t engine::next_tick() {
    turn now(*this);
    return chat_.next_tick();
}

// ---- Records and snapshots. What is linear in the state or the log lets other threads run; the
// callbacks that recovery makes take the interpreter back.

inline void engine::commit(const py::object& record) {
    turn now(*this);
    const byte_view bytes(record);
    const error why = chat_.commit(bytes.view());
    now.finish();
    demand(why);
}

inline void engine::abandon(std::uint64_t number) {
    turn now(*this);
    const error why = chat_.abandon(number);
    now.finish();
    demand(why);
}

inline py::object engine::recover(const py::object& log) {
    turn now(*this);
    const byte_view bytes(log);
    chatroom::result<chatroom::recovery> done;
    {
        py::gil_scoped_release others;
        done = chat_.recover(bytes.view());
    }
    now.finish();
    if (done.why != error::none) refuse(done.why, &done.value);
    return known().recovery(done.value.records, done.value.bytes);
}

inline py::bytes engine::digest() {
    turn now(*this);
    chatroom::result<chatroom::fingerprint> print;
    {
        py::gil_scoped_release others;
        print = chat_.digest();
    }
    demand(print.why);
    return bytes({reinterpret_cast<const char*>(print.value.bytes), sizeof print.value.bytes});
}

inline py::bytes engine::snapshot(const std::string& scope) {
    turn now(*this);
    if (scope != "everything" && scope != "migration") {
        throw py::value_error("scope: must be everything or migration");
    }
    const chatroom::scope what =
        scope == "migration" ? chatroom::scope::migration : chatroom::scope::everything;
    chatroom::result<std::size_t> done = chat_.snapshot(nullptr, 0, what);
    if (done.why != error::memory_short) demand(done.why);
    PyObject* const made = PyBytes_FromStringAndSize(nullptr, Py_ssize_t(done.value));
    if (made == nullptr) throw py::error_already_set();
    py::bytes out = py::reinterpret_steal<py::bytes>(made);
    {
        py::gil_scoped_release others;
        done = chat_.snapshot(PyBytes_AS_STRING(made), done.value, what);
    }
    demand(done.why);
    return out;
}

inline void engine::restore(const py::object& snapshot) {
    turn now(*this);
    const byte_view bytes(snapshot);
    error why = error::none;
    {
        py::gil_scoped_release others;
        why = chat_.restore(bytes.view());
    }
    demand(why);
}

// ---- Reads.

inline chatroom::viewer engine::viewer_of(const py::object& by) const {
    if (py::isinstance(by, known().user_id)) {
        return chatroom::user_id{by.cast<std::uint64_t>()};
    }
    return chatroom::session_id{by.cast<std::uint32_t>()};
}

template <typename T>
std::vector<T> engine::room_for(std::uint32_t limit, std::uint64_t there_can_be) const {
    const std::uint64_t wanted = limit == 0 ? how_.limits.page_items_max : limit;
    return std::vector<T>(std::size_t(wanted < there_can_be ? wanted : there_can_be));
}

inline py::object engine::history(const py::object& by, const py::tuple& values) {
    turn now(*this);
    scratch more;
    const auto what = command_from<chatroom::history>(values, more);
    auto out = room_for<chatroom::message>(
        what.limit, std::uint64_t{how_.limits.history_pages_max} * how_.limits.page_messages_max);
    const auto [page, why] = chat_.history(viewer_of(by), what, out.data(), out.size());
    demand(why);
    return event_object(page);
}

inline py::object engine::rooms(const py::object& by, const py::tuple& values) {
    turn now(*this);
    scratch more;
    const auto what = command_from<chatroom::rooms>(values, more);
    auto out = room_for<chatroom::room_item>(what.limit, how_.limits.rooms_max);
    const auto [page, why] = chat_.rooms(viewer_of(by), what, out.data(), out.size());
    demand(why);
    return event_object(page);
}

inline py::object engine::members(const py::object& by, const py::tuple& values) {
    turn now(*this);
    scratch more;
    const auto what = command_from<chatroom::members>(values, more);
    auto out = room_for<chatroom::member_item>(what.limit, how_.limits.users_max);
    const auto [page, why] = chat_.members(viewer_of(by), what, out.data(), out.size());
    demand(why);
    return event_object(page);
}

inline py::object engine::room(const py::object& by, const py::object& name) {
    turn now(*this);
    const auto [found, why] = chat_.room(viewer_of(by), view_of(name, "name"));
    demand(why);
    return event_object(found);
}

inline py::object engine::stats() {
    turn now(*this);
    const chatroom::statistics counted = chat_.stats();
    py::dict values;
    for (const chatroom::stat& each : chatroom::stats_table()) {
        std::uint64_t value = 0;
        std::memcpy(&value, reinterpret_cast<const char*>(&counted) + each.offset, sizeof value);
        values[each.name] = value;
    }
    return known().statistics(**values);
}

}  // namespace binding
