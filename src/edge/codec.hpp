#pragma once

#include "../base/error_words.hpp"
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
    bool nothing = false;      ///< It says nothing and wants no answer.
    bool quiet = false;        ///< It wants no answer unless it is refused.
};

/// A token while it is on its way to the client.
struct secret {
    u8 token[16];            ///< Meaningless unless `made`.
    bool made = false;
};

/// Who offers a command, and how the outcome gets back.
struct offering {
    u32 slot = nil;                   ///< The session; nil: the host or the engine.
    u32 session = 0;                   ///< Its id, or `host`.
    u64 behalf = 0;
    u64 ref = 0;
    bool framed = false;               ///< It came as a frame: a reply is due.
    bool quiet = false;                ///< But only when it is refused.
    outcome* result = nullptr;         ///< Where a typed call wants to have it.
    u64 ticket = 0;                    ///< Of a call whose outcome comes by `observe`.
};
constexpr offering by_nobody{};

struct outbox;

/// Frames in and replies out, the same for all codecs; linked with any of them.
struct framing {
    error (*take)(core& c, u32 slot, std::string_view frame);
    bool (*send_reply)(outbox& o, u32 session);
    void (*reply_done)(core& c, const offering& by, const applied& done, const secret& made);
    void (*reply_refused)(core& c, const offering& by);
};
const framing& frames() noexcept;

/// What an item of a list in a reply takes at the most.
constexpr std::size_t page_item_bytes = sizeof(message);
static_assert(sizeof(room_item) <= page_item_bytes && sizeof(member_item) <= page_item_bytes);

/// What reading a frame borrows besides its texts.
constexpr std::size_t frame_facts_bytes = 144 * sizeof(void*);

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
    const framing& (*frames)();
};

}  // namespace chatroom::detail
