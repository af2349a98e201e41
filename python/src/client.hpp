#pragma once

// chatroom::client for Python: the callbacks, and the tags of commands, which are any objects. One
// member function for each of the client's, in the order of client.hpp.

#include "calls.hpp"
#include "client_shapes.hpp"

namespace binding {

class client {
public:
    client() = default;
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    void open(const py::object& how, const std::string& wire, py::object send, py::object tell,
              py::object entropy);
    void close();
    bool closed() const { return !open_; }

    void connected();
    void disconnected();
    void receive(const py::object& frame);
    void tick(const std::optional<std::uint64_t>& now_ms);
    std::uint64_t next_tick();

    void login(const py::object& nick, py::object tag);
    void logout(py::object tag);
    void rename(const py::object& nick, py::object tag);
    void join(const py::object& room, py::object tag);
    void create(const py::tuple& values, py::object tag);
    void leave(const py::object& room, py::object tag);
    void set(const py::tuple& values, py::object tag);
    void list_rooms(py::object tag);
    void older(const py::object& room, py::object tag);
    void submit(const py::object& command, py::object tag);
    void hold(const py::object& room, bool held);
    void refresh(const py::object& room);
    void see(const py::object& room);

    std::uint64_t post(const py::tuple& values);
    void resend(std::uint64_t post);
    void discard(std::uint64_t post);

    py::bytes save();
    void restore(const py::object& saved);

    const char* state();
    py::object why();
    py::object user();
    py::str nick();
    py::object limits();
    bool wants_close();
    std::uint64_t faults();
    py::list rooms();
    py::object room(const py::object& name);
    py::list entries(const py::object& room, std::uint64_t after);
    py::list members(const py::object& room);
    py::list posts(const py::object& room);
    py::object message(const py::object& room, std::uint64_t number);

    // For Python's garbage collector: a callback often knows who owns the client.
    int traverse(visitproc visit, void* arg);
    void clear();

private:
    static void on_send(std::string_view frame, void* self);
    static void on_tell(const chatroom::client_change& change, void* self);
    static bool on_entropy(void* out, std::size_t bytes, void* self);

    template <typename Act>
    void act(const Act& act);
    template <typename Ask>
    void ask(py::object tag, const Ask& ask);
    py::object tag_of(const chatroom::client_change& change);

    chatroom::client client_;
    py::object send_, tell_, entropy_;
    bool open_ = false;
    std::unordered_map<std::uint64_t, py::object> tags_;   ///< Of commands that are not done.
    std::uint64_t tags_made_ = 0;
    calls calls_{"the client is in use by another thread: use one client for each thread",
                 "a callback of chatroom.Client"};
};

// ---- Errors.

inline py::object client_error(error why, const chatroom::failure& facts = {}) {
    return known().make_error(int(why), text(facts.field), facts.limit, facts.value, facts.at,
                              text(facts.found), facts.retry_ms, py::none());
}

inline void demand_of_client(error why, const chatroom::failure& facts = {}) {
    if (why == error::none) return;
    const py::object made = client_error(why, facts);
    PyErr_SetObject(py::type::of(made).ptr(), made.ptr());
    throw py::error_already_set();
}

/// The first member that is outside its bounds by itself, if there is one.
inline std::string_view client_config_fault(const chatroom::client_config& how) {
    const described& shape = shape_client_config();
    for (const described_member* m = shape.members; m != shape.members + shape.count; ++m) {
        chatroom::client_config with;
        set_number(&with, *m, chatroom::detail::number_of(&how, *m));
        if (chatroom::client_footprint(with) == 0) return m->called();
    }
    return {};
}

// ---- Callbacks. No exception goes through the client.

inline void client::on_send(std::string_view frame, void* context) {
    client& self = *static_cast<client*>(context);
    self.calls_.guarded([&] {
        if (self.send_) self.send_(bytes(frame));
    });
}

/// The tag that the host gave to the command; it is forgotten when that is done.
inline py::object client::tag_of(const chatroom::client_change& change) {
    const auto found = tags_.find(change.tag);
    if (found == tags_.end()) return py::none();
    if (change.what != chatroom::client_news::done) return found->second;
    return std::move(tags_.extract(found).mapped());
}

inline void client::on_tell(const chatroom::client_change& change, void* context) {
    client& self = *static_cast<client*>(context);
    self.calls_.guarded([&] {
        const py::object tag = self.tag_of(change);
        if (!self.tell_) return;
        py::object why = py::none(), reply = py::none(), item = py::none(), op = py::none();
        if (change.why != error::none) {
            const chatroom::failure none;
            why = client_error(change.why, change.refusal != nullptr ? *change.refusal : none);
        }
        if (change.command != chatroom::command_type::none) {
            op = text(command_shape(std::uint16_t(change.command)).called());
        }
        if (change.reply != nullptr) reply = event_object(*change.reply);
        if (change.item != nullptr) {
            item = to_python(chatroom::detail::shape_room_item, change.item);
        }
        self.tell_(known().client_change(client_news_names[int(change.what)], text(change.room),
                                         tag, op, why, reply, item));
    });
}

inline bool client::on_entropy(void* out, std::size_t size, void* context) {
    client& self = *static_cast<client*>(context);
    bool drawn = false;
    if (!self.entropy_) return drawn;
    self.calls_.guarded([&] {
        draw(self.entropy_, out, size);
        drawn = true;
    });
    return drawn;
}

// ---- Opening and closing.

inline chatroom::client_config client_config_of(const py::object& from) {
    chatroom::client_config how;
    scratch unused;
    fill(shape_client_config(), from, &how, unused);
    return how;
}

inline void client::open(const py::object& how, const std::string& wire, py::object send,
                         py::object tell, py::object entropy) {
    calls::turn now(calls_);
    demand_of_client(open_ ? error::engine_open : error::none);
    if (!send) throw py::type_error("send: must be callable");
    if (wire != "json" && wire != "binary") throw py::value_error("wire: must be json or binary");
    const chatroom::client_config with = client_config_of(how);
    const chatroom::environment hosted = chatroom::hosted();
    chatroom::client_environment from;
    from.send = {on_send, this};
    from.tell = {on_tell, this};
    from.entropy = hosted.entropy;
    if (entropy) from.entropy = {on_entropy, this};
    from.memory = hosted.memory;
    chatroom::failure facts;
    facts.field = client_config_fault(with);
    demand_of_client(client_.open_with(with, from,
                                       wire == "json" ? chatroom::client_codecs::json()
                                                      : chatroom::client_codecs::binary()),
                     facts);
    send_ = std::move(send);
    tell_ = std::move(tell);
    entropy_ = std::move(entropy);
    open_ = true;
}

inline void client::close() {
    calls::turn now(calls_);
    if (calls_.nested()) demand_of_client(error::inside_callback);
    client_.close();
    open_ = false;
    clear();
}

inline int client::traverse(visitproc visit, void* arg) {
    for (PyObject* each : {send_.ptr(), tell_.ptr(), entropy_.ptr()}) Py_VISIT(each);
    for (const auto& [number, tag] : tags_) Py_VISIT(tag.ptr());
    return 0;
}

inline void client::clear() {
    // What they held may call back, and must find nothing.
    const auto tags = std::move(tags_);
    tags_.clear();
    const py::object send = std::move(send_), tell = std::move(tell_);
    const py::object entropy = std::move(entropy_);
    send_ = tell_ = entropy_ = py::object();
}

// ---- The connection, the time, and commands.

template <typename Act>
void client::act(const Act& act) {
    calls::turn now(calls_);
    const error why = act();
    now.finish();
    demand_of_client(why);
}

template <typename Ask>
void client::ask(py::object tag, const Ask& ask) {
    calls::turn now(calls_);
    const std::uint64_t number = tag.is_none() ? 0 : ++tags_made_;
    if (number != 0) tags_.emplace(number, std::move(tag));
    const error why = ask(number);
    if (why != error::none) tags_.extract(number);   // No `done` comes.
    now.finish();
    demand_of_client(why);
}

inline void client::connected() {
    act([&] { return client_.connected(); });
}

inline void client::disconnected() {
    act([&] { return client_.disconnected(); });
}

inline void client::receive(const py::object& frame) {
    const byte_view bytes(frame);
    act([&] { return client_.receive(bytes.view()); });
}

inline void client::tick(const std::optional<std::uint64_t>& now_ms) {
    act([&] { return client_.tick(now_ms ? *now_ms : chatroom::hosted_now()); });
}

inline std::uint64_t client::next_tick() {
    calls::turn now(calls_);
    return client_.next_tick();
}

inline void client::login(const py::object& nick, py::object tag) {
    const std::string_view name = view_of(nick, "nick");
    ask(std::move(tag), [&](std::uint64_t number) { return client_.login(name, number); });
}

inline void client::logout(py::object tag) {
    ask(std::move(tag), [&](std::uint64_t number) { return client_.logout(number); });
}

inline void client::rename(const py::object& nick, py::object tag) {
    const std::string_view name = view_of(nick, "nick");
    ask(std::move(tag), [&](std::uint64_t number) { return client_.rename(name, number); });
}

inline void client::join(const py::object& room, py::object tag) {
    const std::string_view name = view_of(room, "room");
    ask(std::move(tag), [&](std::uint64_t number) { return client_.join(name, number); });
}

inline void client::create(const py::tuple& values, py::object tag) {
    scratch more;
    const auto what = command_from<chatroom::create>(values, more);
    ask(std::move(tag), [&](std::uint64_t number) { return client_.create(what, number); });
}

inline void client::leave(const py::object& room, py::object tag) {
    const std::string_view name = view_of(room, "room");
    ask(std::move(tag), [&](std::uint64_t number) { return client_.leave(name, number); });
}

inline void client::set(const py::tuple& values, py::object tag) {
    scratch more;
    const auto what = command_from<chatroom::set>(values, more);
    ask(std::move(tag), [&](std::uint64_t number) { return client_.set(what, number); });
}

inline void client::list_rooms(py::object tag) {
    ask(std::move(tag), [&](std::uint64_t number) { return client_.list_rooms(number); });
}

inline void client::older(const py::object& room, py::object tag) {
    const std::string_view name = view_of(room, "room");
    ask(std::move(tag), [&](std::uint64_t number) { return client_.older(name, number); });
}

inline void client::submit(const py::object& command, py::object tag) {
    const described& shape = command_shape(command.attr("TYPE").cast<std::uint16_t>());
    scratch more;
    void* const body = more.take(shape.bytes);
    fill(shape, command, body, more);
    ask(std::move(tag), [&](std::uint64_t number) {
        return client_.submit({chatroom::command_type(shape.type), body}, number);
    });
}

inline void client::hold(const py::object& room, bool held) {
    const std::string_view name = view_of(room, "room");
    act([&] { return client_.hold(name, held); });
}

inline void client::refresh(const py::object& room) {
    const std::string_view name = view_of(room, "room");
    act([&] { return client_.refresh(name); });
}

inline void client::see(const py::object& room) {
    const std::string_view name = view_of(room, "room");
    act([&] { return client_.see(name); });
}

// ---- Posts.

inline std::uint64_t client::post(const py::tuple& values) {
    scratch more;
    const auto what = command_from<chatroom::post>(values, more);
    std::uint64_t id = 0;
    act([&] {
        const auto made = client_.post(what.room, what.text, {what.kind, what.reply_to});
        id = made.value;
        return made.why;
    });
    return id;
}

inline void client::resend(std::uint64_t post) {
    act([&] { return client_.resend(post); });
}

inline void client::discard(std::uint64_t post) {
    act([&] { return client_.discard(post); });
}

// ---- Coming back after a restart.

inline py::bytes client::save() {
    calls::turn now(calls_);
    std::string saved(client_.save(nullptr, 0).value, '\0');
    demand_of_client(client_.save(saved.data(), saved.size()).why);
    return bytes(saved);
}

inline void client::restore(const py::object& saved) {
    const byte_view bytes(saved);
    act([&] { return client_.restore(bytes.view()); });
}

// ---- Reads.

inline const char* client::state() {
    calls::turn now(calls_);
    return client_states[int(client_.state())];
}

inline py::object client::why() {
    calls::turn now(calls_);
    return client_.why() == error::none ? py::none() : client_error(client_.why());
}

inline py::object client::user() {
    calls::turn now(calls_);
    return user_id(client_.user());
}

inline py::str client::nick() {
    calls::turn now(calls_);
    return text(client_.nick());
}

inline py::object client::limits() {
    calls::turn now(calls_);
    return event_object(client_.limits());
}

inline bool client::wants_close() {
    calls::turn now(calls_);
    return client_.wants_close();
}

inline std::uint64_t client::faults() {
    calls::turn now(calls_);
    return client_.faults();
}

/// Structs with texts of their own. To make a Python object may run a finalizer, which may call
/// the client, and then what it lent is gone.
template <typename T>
class copied {
public:
    explicit copied(const described& shape) : shape_(shape) {}

    void add(T each) {
        for (std::size_t i = 0; i < shape_.count; ++i) {
            if (shape_.members[i].kind != kind::text) continue;
            std::string_view& lent = chatroom::detail::text_of(&each, shape_.members[i]);
            if (!lent.empty()) lent = texts_.emplace_back(lent);
        }
        all_.push_back(each);
    }
    py::list objects() const {
        py::list made(all_.size());
        for (std::size_t i = 0; i < all_.size(); ++i) made[i] = to_python(shape_, &all_[i]);
        return made;
    }
    py::object object() const { return to_python(shape_, &all_[0]); }

private:
    const described& shape_;
    std::deque<std::string> texts_;
    std::vector<T> all_;
};

inline py::list client::rooms() {
    calls::turn now(calls_);
    copied<chatroom::client_room> found(shape_client_room());
    for (const chatroom::client_room& each : client_.rooms()) found.add(each);
    return found.objects();
}

inline py::object client::room(const py::object& name) {
    calls::turn now(calls_);
    copied<chatroom::client_room> found(shape_client_room());
    const auto [value, why] = client_.room(view_of(name, "name"));
    demand_of_client(why);
    found.add(value);
    return found.object();
}

inline py::list client::entries(const py::object& room, std::uint64_t after) {
    calls::turn now(calls_);
    copied<chatroom::client_entry> found(shape_client_entry());
    const auto all = client_.entries(view_of(room, "room"));
    std::size_t first = all.size();
    while (first > 0 && all[first - 1].to > after) --first;   // They ascend.
    for (; first < all.size(); ++first) found.add(all[first]);
    return found.objects();
}

inline py::list client::members(const py::object& room) {
    calls::turn now(calls_);
    copied<chatroom::client_member> found(shape_client_member());
    for (const auto& each : client_.members(view_of(room, "room"))) found.add(each);
    return found.objects();
}

inline py::list client::posts(const py::object& room) {
    calls::turn now(calls_);
    copied<chatroom::client_post> found(shape_client_post());
    for (const auto& each : client_.posts(view_of(room, "room"))) found.add(each);
    return found.objects();
}

inline py::object client::message(const py::object& room, std::uint64_t number) {
    calls::turn now(calls_);
    copied<chatroom::client_entry> found(shape_client_entry());
    const auto [value, why] = client_.message(view_of(room, "room"), number);
    demand_of_client(why);
    found.add(value);
    return found.object();
}

}  // namespace binding
