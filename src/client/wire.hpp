#pragma once

#include "../client.hpp"
#include "../edge/protocol.hpp"

namespace chatroom::detail {

/// Memory for reading a frame: places for members, and for texts with escapes.
struct frame_memory {
    json_member* members = nullptr;    ///< `json_places` of them, for the frame,
    json_member* elements = nullptr;   ///< and for one element of its list.
    scratch texts{};                   ///< Given back with the next frame,
    std::size_t texts_of_frame = 0;    ///< but for those of an element, with the next element.
};
constexpr u32 json_places = 32;

/// An event as a frame told it. Its list stays in the frame and is read element by element, so
/// that a page takes no memory.
struct incoming {
    const described* shape = nullptr;     ///< Null: of a later version.
    const described* element = nullptr;   ///< Of the list; null: there is none.
    std::string_view items{};
    alignas(8) char body[160]{};

    event_type type() const noexcept {
        return shape != nullptr ? static_cast<event_type>(shape->type) : event_type::none;
    }
    template <typename T>
    const T& as() const noexcept {
        static_assert(sizeof(T) <= sizeof body, "every event fits");
        return *reinterpret_cast<const T*>(body);
    }
};

/// How frames look to a client. Neither way knows a single event or command: they walk the
/// descriptions.
struct client_codec {
    /// Reads an event. A member that is not of its kind is passed over, as if it were absent.
    /// @return whether it is a frame at all
    bool (*read)(std::string_view frame, frame_memory& more, incoming& out);
    /// Reads the next element of the list into a struct of its shape. Begin with `at = 0`.
    bool (*next)(const incoming& in, u32& at, frame_memory& more, void* element);
    /// Writes a command. @return its size; 0 when it does not fit.
    std::size_t (*write)(const described& shape, const void* body, u64 ref, char* out,
                         std::size_t capacity);
};

/// The elements of a list that are read one after the other, as often as one likes.
struct incoming_list {
    const client_codec* frames;
    const incoming* in;
    frame_memory* more;

    template <typename T>
    bool next(u32& at, T& element) const noexcept {
        if (in == nullptr || in->element == nullptr) return false;
        element = T{};
        return frames->next(*in, at, *more, &element);
    }
};

}  // namespace chatroom::detail
