#pragma once

// Between the engine's structs and Python objects, by walking the tables that describe the
// structs. A new command or event needs no line here.

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chatroom.hpp"

namespace binding {

namespace py = pybind11;
using chatroom::detail::described;
using chatroom::detail::described_member;
using chatroom::detail::kind;

// ---- Into Python.

inline py::str text(std::string_view utf8) {
    // What a client sent may be quoted in an error, with any bytes in it.
    PyObject* made = PyUnicode_DecodeUTF8(utf8.data(), Py_ssize_t(utf8.size()), "replace");
    if (made == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::str>(made);
}

inline py::bytes bytes(std::string_view of) { return {of.data(), of.size()}; }

inline py::object interned(const std::string& name) {
    PyObject* made = PyUnicode_InternFromString(name.c_str());
    if (made == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(made);
}

inline std::string python_name(std::string_view member) {
    std::string name(member);
    return name == "from" ? "from_" : name;   // A keyword.
}

/// The name of a choice, as the table lists them.
inline const char* choice_name(const described_member& m, std::size_t at) {
    return static_cast<const char* const*>(m.extra)[at];
}

/// A Python class that stands for a struct, and what is looked up for each of its members.
struct python_class {
    py::object type;
    std::vector<py::object> names;                  ///< Of the attributes, interned.
    std::vector<std::vector<py::object>> choices;   ///< Of each member that is a choice.
};

/// The classes that the package made known, by the description of the struct. They live as long
/// as the interpreter: never freed, since nothing could free them at the right moment.
struct python_classes {
    std::unordered_map<const described*, python_class> by_shape;
    std::unordered_map<std::uint16_t, const described*> commands;   ///< By command_type.
    py::object user_id, session, outcome, observation, recovery, statistics, client_change,
        make_error;

    void add(const described& shape, py::object type) {
        python_class entry{std::move(type), {}, {}};
        for (const described_member* m = shape.members; m != shape.members + shape.count; ++m) {
            entry.names.push_back(interned(python_name(m->called())));
            std::vector<py::object> names;
            for (std::size_t i = 0; m->kind == kind::choice && choice_name(*m, i) != nullptr; ++i) {
                names.push_back(interned(choice_name(*m, i)));
            }
            entry.choices.push_back(std::move(names));
        }
        by_shape[&shape] = std::move(entry);
    }
};

inline python_classes& known() {
    static auto* const all = new python_classes;
    return *all;
}

/// Whether a member holds the id of a user: they are called so everywhere.
inline bool is_user(const described_member& m) {
    return m.kind == kind::u64_number && (m.called() == "user" || m.called() == "owner");
}

inline py::object user_id(std::uint64_t number) { return known().user_id(number); }

/// An instance whose `__init__` has not run; for classes that have no need of it.
inline py::object blank(const py::object& type) {
    static auto* const nothing = new py::tuple(0);
    PyTypeObject* const as = reinterpret_cast<PyTypeObject*>(type.ptr());
    PyObject* made = as->tp_new(as, nothing->ptr(), nullptr);
    if (made == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(made);
}

/// Sets an attribute of an instance whose class may be frozen.
inline void put(const py::object& to, const py::object& name, const py::object& value) {
    if (PyObject_GenericSetAttr(to.ptr(), name.ptr(), value.ptr()) != 0) {
        throw py::error_already_set();
    }
}

py::object to_python(const described& shape, const void* body);

inline py::object member_to_python(const described_member& m, const python_class& of,
                                   std::size_t at, const void* body) {
    using chatroom::detail::number_of;
    const auto why = [&] { return static_cast<chatroom::error>(number_of(body, m)); };
    switch (m.kind) {
    case kind::text: return text(chatroom::detail::text_of(body, m));
    case kind::flag: return py::bool_(number_of(body, m) != 0);
    case kind::choice: return of.choices[at].at(number_of(body, m));
    case kind::error_name:   // None: a post of a client that has not failed.
        return why() == chatroom::error::none ? py::object(py::none())
                                              : text(chatroom::error_name(why()));
    case kind::error_text: return text(chatroom::error_text(why()));
    case kind::items: break;
    default: return is_user(m) ? user_id(number_of(body, m)) : py::int_(number_of(body, m));
    }
    const chatroom::detail::any_list items = chatroom::detail::items_of(body, m);
    const described& element = *static_cast<const described*>(m.extra);
    py::tuple made(items.size);
    for (std::size_t i = 0; i < items.size; ++i) {
        made[i] = to_python(element, static_cast<const char*>(items.data) + i * element.bytes);
    }
    return std::move(made);
}

/// Makes the Python object that says the same as a struct.
inline py::object to_python(const described& shape, const void* body) {
    const auto found = known().by_shape.find(&shape);
    if (found == known().by_shape.end()) {
        throw std::runtime_error(std::string("no Python class for ") + shape.name);
    }
    const python_class& as = found->second;
    py::object made = blank(as.type);
    for (std::size_t i = 0; i < shape.count; ++i) {
        put(made, as.names[i], member_to_python(shape.members[i], as, i, body));
    }
    return made;
}

template <typename Event>
py::object event_object(const Event& of) {
    return to_python(*chatroom::detail::describe(Event::type), &of);
}

// ---- From Python.

inline const described& command_shape(std::uint16_t type) {
    const auto found = known().commands.find(type);
    if (found == known().commands.end()) throw py::value_error("no such command");
    return *found->second;
}

/// What the views of a struct made from Python point to.
class scratch {
public:
    /// Keeps an object whose text is viewed.
    py::handle keep(py::object object) {
        kept_.push_back(std::move(object));
        return kept_.back();
    }

    void* take(std::size_t size) {
        blocks_.emplace_back(size / sizeof(std::uint64_t) + 1);   // Zeros: what is not there.
        return blocks_.back().data();
    }

private:
    std::deque<std::vector<std::uint64_t>> blocks_;
    std::vector<py::object> kept_;
};

[[noreturn]] inline void refuse_value(const described_member& m, const std::string& why) {
    throw py::value_error(python_name(m.called()) + ": " + why);
}

/// A view of a str or bytes; it lives as long as the object.
inline std::string_view view_of(py::handle value, const char* of) {
    Py_ssize_t size = 0;
    if (PyUnicode_Check(value.ptr())) {
        const char* const utf8 = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
        if (utf8 == nullptr) throw py::error_already_set();
        return {utf8, std::size_t(size)};
    }
    if (PyBytes_Check(value.ptr())) {
        return {PyBytes_AS_STRING(value.ptr()), std::size_t(PyBytes_GET_SIZE(value.ptr()))};
    }
    throw py::type_error(std::string(of) + ": must be str or bytes, not " +
                         Py_TYPE(value.ptr())->tp_name);
}

inline std::uint64_t choice_of(const described_member& m, py::handle value) {
    const std::string_view wanted = view_of(value, m.name);
    std::string all;
    for (std::size_t i = 0; choice_name(m, i) != nullptr; ++i) {
        if (wanted == choice_name(m, i)) return i;
        all += (i == 0 ? "" : ", ") + std::string(choice_name(m, i));
    }
    refuse_value(m, "must be one of " + all);
}

inline std::uint64_t number_from(const described_member& m, py::handle value) {
    if (!PyLong_Check(value.ptr())) {
        throw py::type_error(python_name(m.called()) + ": must be int, not " +
                             Py_TYPE(value.ptr())->tp_name);
    }
    const std::uint64_t number = PyLong_AsUnsignedLongLong(value.ptr());
    if (PyErr_Occurred() != nullptr) {
        PyErr_Clear();
        refuse_value(m, "is out of range");
    }
    return number;
}

inline void fill_items(const described_member& m, py::handle value, void* body, scratch& more);

inline void fill_member(const described_member& m, py::handle value, void* body, scratch& more) {
    bool fits = true;
    switch (m.kind) {
    case kind::text: chatroom::detail::text_of(body, m) = view_of(value, m.name); break;
    case kind::items: fill_items(m, value, body, more); break;
    case kind::choice: fits = set_number(body, m, choice_of(m, value)); break;
    case kind::flag: fits = set_number(body, m, PyObject_IsTrue(value.ptr()) == 1); break;
    default: fits = set_number(body, m, number_from(m, value));
    }
    if (!fits) refuse_value(m, "is out of range");
}

/// Fills the struct from the attributes of a Python object.
inline void fill(const described& shape, py::handle from, void* body, scratch& more) {
    for (std::size_t i = 0; i < shape.count; ++i) {
        const described_member& m = shape.members[i];
        const py::handle value = more.keep(from.attr(python_name(m.called()).c_str()));
        fill_member(m, value, body, more);
    }
}

inline void fill_items(const described_member& m, py::handle value, void* body, scratch& more) {
    const described& element = *static_cast<const described*>(m.extra);
    const py::tuple items(py::reinterpret_borrow<py::object>(value));   // Of any iterable.
    more.keep(items);
    char* const made = static_cast<char*>(more.take(items.size() * element.bytes));
    for (std::size_t i = 0; i < items.size(); ++i) {
        fill(element, items[i], made + i * element.bytes, more);
    }
    chatroom::detail::set_items(body, m, {made, items.size()});
}

/// Fills the struct from values in the order of the table.
inline void fill_ordered(const described& shape, const py::tuple& values, void* body,
                         scratch& more) {
    if (values.size() != shape.count) {
        throw py::type_error(std::string(shape.name) + ": as many values as members");
    }
    for (std::size_t i = 0; i < shape.count; ++i) {
        fill_member(shape.members[i], values[i], body, more);
    }
}

template <typename Command>
Command command_from(const py::tuple& values, scratch& more) {
    Command made;
    fill_ordered(command_shape(std::uint16_t(Command::type)), values, &made, more);
    return made;
}

}  // namespace binding
