// The extension module chatroom._core: the engine and the client, compiled in, and their face for
// Python. What people use stands in Python, in ../chatroom/.

#define CHATROOM_IMPLEMENTATION
#include "client.hpp"
#include "engine.hpp"

namespace binding {

// ---- The tables, for the generator of the package's modules and for its tests.

static const char* kind_name(kind of) {
    switch (of) {
    case kind::flag: return "flag";
    case kind::u32_number: return "u32";
    case kind::u64_number: return "u64";
    case kind::i32_number: return "i32";
    case kind::choice: return "choice";
    case kind::text: return "text";
    case kind::items: return "items";
    case kind::error_name: return "error_name";
    case kind::error_text: return "error_text";
    }
    return "";
}

static py::list names_in(const char* const* choices) {
    py::list names;
    for (; *choices != nullptr; ++choices) names.append(*choices);
    return names;
}

static py::dict table_of(const described& shape, py::dict& items) {
    py::list members;
    for (std::size_t i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        py::dict row;
        row["name"] = text(m.called());
        row["kind"] = kind_name(m.kind);
        row["required"] = (m.flags & chatroom::detail::mandatory) != 0;
        row["choices"] = m.kind == kind::choice
                             ? names_in(static_cast<const char* const*>(m.extra))
                             : py::list();
        row["items"] = "";
        if (m.kind == kind::items) {
            const described& element = *static_cast<const described*>(m.extra);
            row["items"] = element.name;
            if (element.type == 0) items[element.name] = table_of(element, items);
        }
        members.append(row);
    }
    py::dict table;
    table["name"] = shape.name;
    table["type"] = shape.type;
    table["members"] = members;
    return table;
}

static py::dict numbers_of(const described& shape, const void* body) {
    py::dict values;
    for (std::size_t i = 0; i < shape.count; ++i) {
        values[text(shape.members[i].called())] =
            chatroom::detail::number_of(body, shape.members[i]);
    }
    return values;
}

static py::dict preset(const std::string& name) {
    const chatroom::config how = name == "server"     ? chatroom::config::server()
                                 : name == "firmware" ? chatroom::config::firmware()
                                                      : chatroom::config::game();
    py::dict own;
    for (const budget& each : budgets) own[each.name] = how.budgets.*each.member;
    py::dict values;
    values["limits"] = numbers_of(chatroom::detail::shape_limits, &how.limits);
    values["policies"] = numbers_of(chatroom::detail::shape_policies, &how.policies);
    values["budgets"] = own;
    return values;
}

static py::dict client_defaults() {
    const chatroom::client_config how;
    return numbers_of(shape_client_config(), &how);
}


static py::dict describe() {
    py::dict items;
    py::list commands, events, statistics;
    for (auto each = chatroom::detail::all_commands(); *each != nullptr; ++each) {
        commands.append(table_of(**each, items));
    }
    for (auto each = chatroom::detail::all_events(); *each != nullptr; ++each) {
        events.append(table_of(**each, items));
    }
    for (const chatroom::stat& each : chatroom::stats_table()) {
        statistics.append(py::make_tuple(
            each.name, each.unit, each.kind == chatroom::stat_kind::counter ? "counter" : "gauge",
            each.help));
    }
    py::dict all;
    all["commands"] = commands;
    all["events"] = events;
    all["items"] = items;
    all["statistics"] = statistics;
    py::list client;
    for (const described* each : client_shapes()) client.append(table_of(*each, items));
    all["client"] = client;
    all["client_state"] = names_in(client_states);
    all["client_news"] = names_in(client_news_names);
    return all;
}

/// Makes the classes known that structs become: one for each name in `classes`.
static void adopt_shape(const described& shape, const py::dict& classes, const char* name) {
    known().add(shape, classes[name]);
    for (std::size_t i = 0; i < shape.count; ++i) {
        if (shape.members[i].kind != kind::items) continue;
        const described& element = *static_cast<const described*>(shape.members[i].extra);
        if (element.type == 0) known().add(element, classes[element.name]);
    }
}

static void adopt(const py::dict& commands, const py::dict& events, const py::dict& others) {
    for (auto each = chatroom::detail::all_commands(); *each != nullptr; ++each) {
        adopt_shape(**each, commands, (*each)->name);
        known().commands[(*each)->type] = *each;
    }
    for (auto each = chatroom::detail::all_events(); *each != nullptr; ++each) {
        adopt_shape(**each, events, (*each)->name);
    }
    for (const described* each : client_shapes()) adopt_shape(*each, others, each->name);
    known().user_id = others["UserId"];
    known().session = others["Session"];
    known().outcome = others["Outcome"];
    known().observation = others["Observation"];
    known().recovery = others["Recovery"];
    known().statistics = others["Statistics"];
    known().client_change = others["ClientChange"];
    known().make_error = others["make_error"];
}

static py::object parse_line(const py::object& room, const py::object& line) {
    chatroom::parsed_line parsed;
    const error why = chatroom::parse_line(view_of(room, "room"), view_of(line, "text"), parsed);
    if (why != error::none) {
        const chatroom::failure& facts = parsed.refusal;
        const py::object made = known().make_error(int(why), text(facts.field), facts.limit,
                                                   facts.value, facts.at, text(facts.found),
                                                   facts.retry_ms, py::none());
        PyErr_SetObject(py::type::of(made).ptr(), made.ptr());
        throw py::error_already_set();
    }
    if (parsed.help) return py::str("help");
    if (parsed.type == chatroom::command_type::none) return py::none();
    return to_python(command_shape(std::uint16_t(parsed.type)), parsed.body);
}

static std::size_t footprint(const py::object& how) {
    return chatroom::footprint(config_of(how));
}

static std::size_t client_footprint(const py::object& how) {
    return chatroom::client_footprint(client_config_of(how));
}

static py::object given(py::object callback, const char* name) {
    if (callback.is_none()) return {};
    if (PyCallable_Check(callback.ptr()) == 0) {
        throw py::type_error(std::string(name) + ": must be callable");
    }
    return callback;
}

// Python's garbage collector sees through an engine or a client to its callbacks.
template <typename T>
static void collectable(PyHeapTypeObject* heap) {
    PyTypeObject* const type = &heap->ht_type;
    type->tp_flags |= Py_TPFLAGS_HAVE_GC;
    type->tp_traverse = [](PyObject* self, visitproc visit, void* arg) {
        Py_VISIT(Py_TYPE(self));
        if (!py::detail::is_holder_constructed(self)) return 0;
        return py::cast<T&>(py::handle(self)).traverse(visit, arg);
    };
    type->tp_clear = [](PyObject* self) {
        if (py::detail::is_holder_constructed(self)) {
            py::cast<T&>(py::handle(self)).clear();
        }
        return 0;
    };
}

static void define_engine(py::module_& m) {
    using namespace py::literals;
    py::class_<engine>(m, "Engine", py::custom_type_setup(collectable<engine>))
        .def(py::init<>())
        .def("_open",
             [](engine& self, const py::object& config, const py::object& features,
                const std::string& names, py::object send, py::object deliver, py::object log,
                py::object observe, py::object settled, py::object entropy) {
                 self.open(config, features, names,
                           {given(std::move(send), "send"), given(std::move(deliver), "deliver"),
                            given(std::move(log), "log"), given(std::move(observe), "observe"),
                            given(std::move(settled), "settled"),
                            given(std::move(entropy), "entropy")});
             },
             "config"_a, "features"_a, "names"_a, "send"_a, "deliver"_a, "log"_a, "observe"_a,
             "settled"_a, "entropy"_a)
        .def("_close", &engine::close)
        .def_property_readonly("closed", &engine::closed, "Whether the engine is closed.")
        .def("_connect", &engine::connect, "tag"_a, "wire"_a, "frame_bytes_max"_a, "user"_a,
             "nick"_a)
        .def("_disconnect", &engine::disconnect, "session"_a)
        .def("_receive", &engine::receive, "session"_a, "frame"_a)
        .def("_submit", &engine::submit, "session"_a, "command"_a, "user"_a)
        .def("_submit_values", &engine::submit_values, "session"_a, "type"_a, "values"_a, "user"_a)
        .def("_pause", &engine::pause, "session"_a)
        .def("_unpause", &engine::unpause, "session"_a)
        .def("_tick", &engine::tick, "now_ms"_a, "leap_confirmed"_a)
        .def("_advance", &engine::advance, "elapsed_ms"_a)
        .def("_next_tick", &engine::next_tick)
        .def("_commit", &engine::commit, "record"_a)
        .def("_abandon", &engine::abandon, "number"_a)
        .def("_recover", &engine::recover, "log"_a)
        .def("_digest", &engine::digest)
        .def("_snapshot", &engine::snapshot, "scope"_a)
        .def("_restore", &engine::restore, "snapshot"_a)
        .def("_history", &engine::history, "by"_a, "values"_a)
        .def("_rooms", &engine::rooms, "by"_a, "values"_a)
        .def("_members", &engine::members, "by"_a, "values"_a)
        .def("_room", &engine::room, "by"_a, "name"_a)
        .def("_stats", &engine::stats);
}

static void define_client(py::module_& m) {
    using namespace py::literals;
    py::class_<client>(m, "Client", py::custom_type_setup(collectable<client>))
        .def(py::init<>())
        .def("_open",
             [](client& self, const py::object& config, const std::string& wire, py::object send,
                py::object tell, py::object entropy) {
                 self.open(config, wire, given(std::move(send), "send"),
                           given(std::move(tell), "tell"), given(std::move(entropy), "entropy"));
             },
             "config"_a, "wire"_a, "send"_a, "tell"_a, "entropy"_a)
        .def("_close", &client::close)
        .def_property_readonly("closed", &client::closed, "Whether the client is closed.")
        .def("_connected", &client::connected)
        .def("_disconnected", &client::disconnected)
        .def("_receive", &client::receive, "frame"_a)
        .def("_tick", &client::tick, "now_ms"_a)
        .def("_next_tick", &client::next_tick)
        .def("_login", &client::login, "nick"_a, "tag"_a)
        .def("_logout", &client::logout, "tag"_a)
        .def("_rename", &client::rename, "nick"_a, "tag"_a)
        .def("_join", &client::join, "room"_a, "tag"_a)
        .def("_create", &client::create, "values"_a, "tag"_a)
        .def("_leave", &client::leave, "room"_a, "tag"_a)
        .def("_set", &client::set, "values"_a, "tag"_a)
        .def("_list_rooms", &client::list_rooms, "tag"_a)
        .def("_older", &client::older, "room"_a, "tag"_a)
        .def("_submit", &client::submit, "command"_a, "tag"_a)
        .def("_hold", &client::hold, "room"_a, "held"_a)
        .def("_refresh", &client::refresh, "room"_a)
        .def("_see", &client::see, "room"_a)
        .def("_post", &client::post, "values"_a)
        .def("_resend", &client::resend, "post"_a)
        .def("_discard", &client::discard, "post"_a)
        .def("_save", &client::save)
        .def("_restore", &client::restore, "saved"_a)
        .def("_rooms", &client::rooms)
        .def("_room", &client::room, "name"_a)
        .def("_entries", &client::entries, "room"_a, "after"_a)
        .def("_members", &client::members, "room"_a)
        .def("_posts", &client::posts, "room"_a)
        .def("_message", &client::message, "room"_a, "number"_a)
        .def_property_readonly("state", &client::state,
                               "Where it stands: offline, connecting, login (it takes a `login` "
                               "to go on), online, or ended (see `why`).")
        .def_property_readonly("why", &client::why,
                               "Why the last login or connection failed; None while all is well.")
        .def_property_readonly("user", &client::user, "Who one is; 0: nobody yet.")
        .def_property_readonly("nick", &client::nick, "The user's nick.")
        .def_property_readonly("limits", &client::limits,
                               "What the server's last `Welcome` told, without `features`.")
        .def_property_readonly("wants_close", &client::wants_close,
                               "Whether the connection is of no more use, until `disconnected`.")
        .def_property_readonly("faults", &client::faults, "How many frames made no sense.");
}

}  // namespace binding

// Without py::mod_gil_not_used: a free-threaded interpreter takes its lock back when it imports
// this module, and the package refuses one that was told not to.
PYBIND11_MODULE(_core, m) {
    using namespace binding;
    m.doc() = "The engine and the client of chatroom. Use the package `chatroom`.";
    m.attr("version") = std::to_string(CHATROOM_VERSION_MAJOR) + "." +
                        std::to_string(CHATROOM_VERSION_MINOR) + "." +
                        std::to_string(CHATROOM_VERSION_PATCH);
    m.def("describe", describe, "The tables of commands, events, their items, and statistics.");
    m.def("preset", preset, py::arg("name"), "The numbers of a configuration, by part and name.");
    m.def("adopt", adopt, py::arg("commands"), py::arg("events"), py::arg("others"),
          "Makes the classes known that the engine's structs become.");
    m.def("parse_line", parse_line, py::arg("room"), py::arg("text"),
          R"(Reads a line as people type it into a text box.

A text is said in `room`, `/me` is an emote, `/op arg … key=value` is any command, where `room`
stands for a room that is not named (but for create and join), and `//` begins a text with a slash.

Returns the command, "help" for `/help`, or None for an empty line. Raises Error when there is no
such command or an argument of it cannot be read; what is missing is told when it is submitted.)");
    m.def("footprint", footprint, py::arg("config"),
          "The bytes that an engine of this configuration claims; 0 when it is not valid.");
    m.def("error_name", [](int number) { return chatroom::error_name(error(number)); },
          py::arg("number"));
    m.def("error_text", [](int number) { return chatroom::error_text(error(number)); },
          py::arg("number"));
    m.def("now_ms", chatroom::hosted_now, "The time, in Unix milliseconds.");
    m.def("client_defaults", client_defaults, "The numbers of a client's configuration, by name.");
    m.def("client_footprint", client_footprint, py::arg("config"),
          "The bytes that a client of this configuration claims; 0 when it is not valid.");
    define_engine(m);
    define_client(m);
}
