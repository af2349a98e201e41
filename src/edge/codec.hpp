#pragma once

#include "../engine.hpp"
#include "../state/state.hpp"
#include "record.hpp"

namespace chatroom::detail {

/// The registered commands.
struct dispatch {
    const feature* server = nullptr;
    list<const feature*> features{};

    const command_rule* find(command_type type) const noexcept;
    const command_rule* find(std::string_view op) const noexcept;
};

/// A command as a frame told it.
struct decoded {
    const command_rule* rule = nullptr;
    void* body = nullptr;
    u64 ref = 0;
    bool help = false;         ///< It asks for the codec's help.
};

/// How frames look, one way and the other. Neither knows a single command or event: they walk
/// the descriptions.
struct codec {
    chatroom::wire wire;
    /// Reads a frame; on failure says where and why.
    error (*decode)(const dispatch& known, std::string_view frame, scratch& more, decoded& out,
                    fault& why);
    /// Writes an event. @return its size; 0 when it does not fit.
    std::size_t (*encode)(const event& what, char* out, std::size_t capacity);
    /// Writes what can be asked for, where the codec is for people; else null.
    std::size_t (*help)(const dispatch& known, char* out, std::size_t capacity);
};

}  // namespace chatroom::detail
