/* chatroom 0.1.0: a complete chat service, for C99, C++ and whatever calls C.
 *
 *     chatroom_environment host = {.struct_size = sizeof host, .send = on_send};
 *     chatroom_engine* chat = NULL;
 *     chatroom_error why = chatroom_open(NULL, &host, &chat);
 *
 * The bodies are in chatroom.hpp: compile one C++ file that defines CHATROOM_IMPLEMENTATION and
 * includes it, or link libchatroom. Either needs a C++ compiler once and the C linker afterwards.
 *
 * HOW IT WORKS
 *   The engine opens no socket, starts no thread, reads no clock and allocates nothing after it is
 *   opened. The host hands it bytes that arrived (chatroom_receive), or typed commands
 *   (chatroom_submit); what leaves comes by the callback `send`. Time is told by chatroom_tick.
 *
 * ERRORS
 *   Calls that can fail answer with a chatroom_error; 0 is success. On failure nothing changed and
 *   nothing was sent but the refusal. These hold for every call and are not listed again:
 *     invalid_argument  a pointer that must not be NULL is NULL, a size is not what it should be,
 *                       a text has a size but no data, a number names no enumerator
 *     engine_closed     the engine was closed (its memory being the host's, and still there)
 *
 * STRUCTS
 *   A struct that the host makes begins with struct_size: set it to sizeof the struct and leave
 *   what you do not care about 0, which means the default. So a program compiled against an older
 *   header runs with a newer library, and the other way round as long as it leaves at 0 what the
 *   library does not know. struct_size 0 is invalid_argument.
 *   A struct that the engine makes (events, pages, observations) is read through a pointer and only
 *   grows at its end. The elements of arrays, and what reads are asked with, keep their size within
 *   a CHATROOM_ABI_VERSION.
 *
 * TEXTS
 *   UTF-8, a pointer and a length, not ended by zero. Those handed in are borrowed until the call
 *   returns; those handed out live as long as the struct they stand in.
 *
 * CALLBACKS
 *   Run on the thread of the call that caused them, before it returns. Each gets its `context`
 *   last. They must return: no longjmp, no exception. Inside a callback
 *     reads (history, rooms, members, room, why, stats, next_tick) answer at once;
 *     chatroom_receive and chatroom_submit are copied into a queue and answer `queued` or
 *       `queue_full`; what became of a command comes by `observe`, with its ticket. They run in
 *       their order when the outer call is done, queued_per_call of them; a later call from
 *       outside may overtake what still waits then;
 *     chatroom_connect without a user, disconnect, pause and unpause take effect at once;
 *     chatroom_tick and chatroom_advance only tell the time;
 *     all else answers inside_callback.
 *   Inside `allocate`, `release` and `entropy` no call may be made of the engine concerned.
 *
 * THREADS
 *   One thread at a time in one engine. Engines share nothing.
 *
 * COST
 *   O(1) or O(log n) unless said otherwise, plus the fan-out, which is linear in the recipients.
 *
 * Licence: MIT, see the end of this file.
 */
#ifndef CHATROOM_C_H
#define CHATROOM_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Version ------------------------------------------------------------------------------- */

#define CHATROOM_VERSION_MAJOR 0
#define CHATROOM_VERSION_MINOR 1
#define CHATROOM_VERSION_PATCH 0

/** Rises when a program must be compiled again. Stands in the name of the shared library. */
#define CHATROOM_ABI_VERSION 0

/** The version of the library that is linked, such as "0.1.0". Cannot fail. */
const char* chatroom_version(void);

/** The ABI version of the library that is linked. Programs that load it compare. Cannot fail. */
uint32_t chatroom_abi_version(void);

/* ---- Texts and ids ------------------------------------------------------------------------- */

typedef struct chatroom_text {
    const char* data;          /**< UTF-8; may be NULL when size is 0. */
    size_t size;               /**< Bytes. */
} chatroom_text;

/** The text of a string that is ended by zero, or none for NULL. Borrows it. */
static inline chatroom_text chatroom_text_of(const char* ended) {
    chatroom_text text;
    text.data = ended;
    text.size = 0;
    if (ended) {
        while (ended[text.size] != 0) ++text.size;
    }
    return text;
}

/** A connection. Never used again within an incarnation; 0 is none. */
typedef uint32_t chatroom_session;

/** A user. Never used again, the same on every node; 0 is none. */
typedef uint64_t chatroom_user;

/** The actor that stands above all: takes the place of a session in commands and reads. */
#define CHATROOM_HOST 0xffffffffu

/* ---- Errors -------------------------------------------------------------------------------- */

/** Why a call or command was refused, or that its outcome is not known yet. */
typedef int32_t chatroom_error;

enum {
    CHATROOM_ERROR_NONE = 0,

    /* The call. */
    CHATROOM_ERROR_INVALID_ARGUMENT = 1,    /**< An argument is outside what the call accepts. */
    CHATROOM_ERROR_ENGINE_CLOSED = 2,       /**< The engine was closed. */
    CHATROOM_ERROR_ENGINE_OPEN = 3,         /**< Never from C, where opening makes an engine. */
    CHATROOM_ERROR_CONFIG_INVALID = 4,      /**< See chatroom_config_fault. */
    CHATROOM_ERROR_MEMORY_SHORT = 5,        /**< Less memory than chatroom_footprint says. */
    CHATROOM_ERROR_LIMIT_TOO_SMALL = 6,     /**< A table is smaller than the content needs. */
    CHATROOM_ERROR_INSIDE_CALLBACK = 7,     /**< Not allowed while a callback runs. */
    CHATROOM_ERROR_ENTROPY_FAILED = 8,      /**< The entropy callback is missing or failed. */

    /* Under way: no failure, the outcome comes later. */
    CHATROOM_ERROR_QUEUED = 10,             /**< Runs when the outer call is done. */
    CHATROOM_ERROR_PENDING = 11,            /**< The log has it; chatroom_commit follows. */
    CHATROOM_ERROR_QUEUE_FULL = 12,         /**< The queue for calls inside callbacks is full. */
    CHATROOM_ERROR_RECORDS_FULL = 13,       /**< records_pending_max records wait. */
    CHATROOM_ERROR_PAUSED = 14,             /**< Not taken: offer the frame again later. */

    /* Time. */
    CHATROOM_ERROR_NO_TIME = 20,            /**< No chatroom_tick has told the time yet. */
    CHATROOM_ERROR_CLOCK_LEAP = 21,         /**< It leapt by more than clock_leap_max_ms. */

    /* Frames. */
    CHATROOM_ERROR_FRAME_TOO_LONG = 30,     /**< Longer than frame_bytes_max. */
    CHATROOM_ERROR_FRAME_MALFORMED = 31,    /**< Not what its codec expects; `at` says where. */
    CHATROOM_ERROR_OP_MISSING = 32,         /**< The frame names no op. */
    CHATROOM_ERROR_OP_UNKNOWN = 33,         /**< No registered command is of this name or type. */
    CHATROOM_ERROR_MEMBER_MISSING = 34,     /**< A mandatory member is absent; see `field`. */
    CHATROOM_ERROR_MEMBER_INVALID = 35,     /**< A member's value is of no use; see `field`. */
    CHATROOM_ERROR_MEMBER_TOO_LONG = 36,    /**< A text or list is longer than its limit. */
    CHATROOM_ERROR_NUMBER_OUT_OF_RANGE = 37,/**< A number is outside its bounds. */
    CHATROOM_ERROR_CODEC_MISSING = 38,      /**< The session's codec is not registered. */

    /* Sessions and users. */
    CHATROOM_ERROR_SESSION_UNKNOWN = 40,    /**< The session does not exist, or has ended. */
    CHATROOM_ERROR_SESSIONS_FULL = 41,      /**< sessions_max sessions are connected. */
    CHATROOM_ERROR_LOGIN_REQUIRED = 42,     /**< The session has no user yet. */
    CHATROOM_ERROR_ALREADY_LOGGED_IN = 43,  /**< The session has a user already. */
    CHATROOM_ERROR_USERS_FULL = 44,         /**< users_max users exist. */
    CHATROOM_ERROR_USER_SESSIONS_FULL = 45, /**< It has sessions_per_user_max sessions. */
    CHATROOM_ERROR_NICK_INVALID = 46,       /**< It breaks the rules for names; see `at`. */
    CHATROOM_ERROR_NICK_TAKEN = 47,         /**< Another user has it, by its folded form. */
    CHATROOM_ERROR_TOKEN_INVALID = 48,      /**< The token is unknown, used or too old. */
    CHATROOM_ERROR_USER_UNKNOWN = 49,       /**< No such user. */

    /* Rooms. */
    CHATROOM_ERROR_ROOM_UNKNOWN = 50,       /**< No such room, or not for this user to see. */
    CHATROOM_ERROR_ROOM_NAME_INVALID = 51,  /**< It breaks the rules for names of rooms. */
    CHATROOM_ERROR_ROOM_EXISTS = 52,        /**< A room of this name exists. */
    CHATROOM_ERROR_ROOMS_FULL = 53,         /**< rooms_max rooms exist. */
    CHATROOM_ERROR_ROOM_FULL = 54,          /**< As many members as the room's capacity. */
    CHATROOM_ERROR_MEMBERS_FULL = 55,       /**< members_max memberships exist. */
    CHATROOM_ERROR_USER_ROOMS_FULL = 56,    /**< The user is in rooms_per_user_max rooms. */
    CHATROOM_ERROR_ROOM_MANAGED = 57,       /**< Coming and going is the host's alone. */
    CHATROOM_ERROR_FORBIDDEN = 58,          /**< The actor may not do this. */

    /* Messages. */
    CHATROOM_ERROR_TEXT_INVALID = 60,       /**< An invalid byte or a control; see `at`. */
    CHATROOM_ERROR_REPLY_UNKNOWN = 61,      /**< What is replied to is not in the history. */
    CHATROOM_ERROR_NONCE_REUSED = 62,       /**< The nonce named another message before. */
    CHATROOM_ERROR_HISTORY_FULL = 63,       /**< No page is left for the room's reserve. */

    /* Log, records and snapshots. */
    CHATROOM_ERROR_STORAGE_FAILED = 70,     /**< The log did not take the record. */
    CHATROOM_ERROR_RECORD_INVALID = 71,     /**< Not a whole, undamaged record. */
    CHATROOM_ERROR_ALREADY_APPLIED = 72,    /**< The record was applied before. */
    CHATROOM_ERROR_FEATURE_MISSING = 73,    /**< The record's feature is not registered. */
    CHATROOM_ERROR_BEHAVIOUR_UNKNOWN = 74,  /**< It is of a later behaviour version. */
    CHATROOM_ERROR_LOG_TORN = 75,           /**< The log ends inside a record. */
    CHATROOM_ERROR_LOG_DAMAGED = 76,        /**< The log is damaged before its end. */
    CHATROOM_ERROR_SNAPSHOT_INVALID = 77,   /**< Not a whole, undamaged snapshot. */
    CHATROOM_ERROR_INCARNATION_STALE = 78,  /**< The node has started again since. */
    CHATROOM_ERROR_NODES_FULL = 79,         /**< nodes_max nodes have written to the log. */

    /* Of a client alone. */
    CHATROOM_ERROR_OFFLINE = 80,            /**< No connection, or no user on it yet. */
    CHATROOM_ERROR_CONNECTION_LOST = 81,    /**< It went before the reply, or has gone silent. */
    CHATROOM_ERROR_OUTCOME_UNKNOWN = 82,    /**< Nobody can tell whether the post was said. */
    CHATROOM_ERROR_PENDING_FULL = 83,       /**< Too many posts wait or have failed. */
    CHATROOM_ERROR_SUPERSEDED = 84,         /**< A later login took its place. */
    CHATROOM_ERROR_REPLY_INVALID = 85       /**< The server's reply made no sense. */
};

/** The name of an error as it stands on the wire, such as "room_full". Cannot fail: a number that
 *  is no error is "unknown". */
const char* chatroom_error_name(chatroom_error why);

/** What an error means and what to do, in one English sentence. Cannot fail. */
const char* chatroom_error_text(chatroom_error why);

/* ---- Configuration ------------------------------------------------------------------------- */

/** What 0 stands for in a chatroom_config. */
enum {
    CHATROOM_PRESET_GAME = 0,       /**< 256 sessions, 64 rooms, 10,000 messages: 8 MiB. */
    CHATROOM_PRESET_FIRMWARE = 1,   /**< 8 users, 4 rooms, 32 messages of 128 bytes. */
    CHATROOM_PRESET_SERVER = 2      /**< 100,000 users, 10,000 rooms. */
};

/** Says 0 in a member of chatroom_config, where 0 itself says "as the preset does". */
#define CHATROOM_ZERO 0xffffffffu

/** All that an engine is told when it is opened. 0 means: as the preset says; in brackets, what
 *  CHATROOM_PRESET_GAME says. Bounds are checked by chatroom_open; nodes that share a log agree
 *  on the limits marked shared. */
typedef struct chatroom_config {
    uint32_t struct_size;
    uint32_t preset;                    /**< CHATROOM_PRESET_... */

    /* Limits: how much the engine can hold. They size its memory. */
    uint32_t sessions_max;              /**< Connections, 1 to 1,000,000 [256]. */
    uint32_t users_max;                 /**< Shared. Users, also those waiting to resume [512]. */
    uint32_t sessions_per_user_max;     /**< Shared. 1 to 16; as many resume tokens [4]. */
    uint32_t rooms_max;                 /**< Shared. Rooms [64]. */
    uint32_t members_max;               /**< Shared. Memberships of all rooms together [4096]. */
    uint32_t rooms_per_user_max;        /**< Shared. 1 to 256 [32]. */
    uint32_t nodes_max;                 /**< Shared. Engines that write to one log [8]. */
    uint32_t history_pages_max;         /**< Shared. Pages of messages, for all rooms [768]. */
    uint32_t page_bytes;                /**< Shared. 256 to 16,384, a multiple of 8 [4096]. */
    uint32_t page_messages_max;         /**< Shared. Messages of one page, 1 to 255 [64]. */
    uint32_t nick_bytes_max;            /**< Shared. 1 to 64 bytes of UTF-8 [32]. */
    uint32_t identity_bytes_max;        /**< Shared. 0 to 64 opaque bytes [64]. */
    uint32_t room_name_bytes_max;       /**< Shared. 1 to 64 bytes of UTF-8 [32]. */
    uint32_t title_bytes_max;           /**< Shared. 0 to 256 bytes of UTF-8 [64]. */
    uint32_t topic_bytes_max;           /**< Shared. 0 to 1,024 bytes of UTF-8 [256]. */
    uint32_t message_bytes_max;         /**< Shared. Bytes of UTF-8; must fit a page [2000]. */
    uint32_t nonce_bytes_max;           /**< Shared. 0 (no nonces) to 64 bytes [32]. */
    uint32_t frame_bytes_max;           /**< One frame, in or out; at least 512 [8192]. */
    uint32_t page_items_max;            /**< Items of one page of a list, 1 to 1,000 [50]. */
    uint32_t queue_bytes;               /**< For calls made inside callbacks [16384]. */
    uint32_t records_pending_max;       /**< Records that wait for their commit [64]. */

    /* Policies: the rules. Shared; `configure` changes one while the engine runs. */
    uint32_t rooms_by_host_only;        /**< 1: only the host creates rooms [0]. */
    uint32_t create_on_join;            /**< 1: joining a room that is not there makes it [1]. */
    uint32_t names_shown;               /**< 1: users the host names may share a nick [0]. */
    uint32_t resume_window_ms;          /**< How long a user without session is kept [120000]. */
    uint32_t room_capacity;             /**< Members of a room that names no capacity [1000]. */
    uint32_t room_messages_max;         /**< Messages a room keeps at the most [1000]. */
    uint32_t room_pages_reserved;       /**< Pages a room can always have, at least 1 [2]. */
    uint32_t room_pages_max;            /**< Pages a room can have at the most [256]. */
    uint32_t presence_members_max;      /**< Above: comings and goings are counted only [100]. */
    uint32_t advance_ms;                /**< At most one `advance` record in this time [250]. */
    uint32_t effects_per_record_max;    /**< What one record does at the most [256]. */
    uint32_t clock_ahead_max_ms;        /**< How far a record may lead the time [86400000]. */

    /* Budgets: how this node goes about its work. */
    uint32_t deliveries_per_call;       /**< Recipients served by a call, at least 1 [16384]. */
    uint32_t queued_per_call;           /**< Calls from callbacks run per call, at least 1 [64]. */
    uint32_t presence_ms;               /**< How often counts of large rooms are told [1000]. */
    uint32_t bad_frames_max;            /**< Unreadable frames before a session ends [32]. */
    uint32_t clock_leap_max_ms;         /**< A longer leap wants to be confirmed [86400000]. */

    uint32_t node;                      /**< Which engine on one log this is, to 65,535 [1]. */
    uint32_t incarnation;               /**< Strictly rising over this node's starts [1]. */
} chatroom_config;

/** Fills in a configuration for a small device, by the numbers that CHATROOM_FOOTPRINT takes: all
 *  users can be in all rooms; pages of four messages of text_bytes hold `messages` of them, and
 *  there is a page for each room; texts are up to text_bytes, 4,000 at the most; nicks and names of
 *  rooms up to 16 bytes; no titles, topics, nonces or identities. (8, 8, 4, 32, 128) is
 *  CHATROOM_PRESET_FIRMWARE. Other members may be changed afterwards, but then chatroom_footprint
 *  counts, not the macro.
 *
 *  @retval invalid_argument  a number is 0 or above what chatroom_open accepts */
chatroom_error chatroom_config_sized(chatroom_config* config, uint32_t users, uint32_t sessions,
                                     uint32_t rooms, uint32_t messages, uint32_t text_bytes);

/** The name of a member of a configuration that chatroom_open refuses; NULL when all is well.
 *  NULL stands for the defaults. It is "struct_size" when the struct itself cannot be read. */
const char* chatroom_config_fault(const chatroom_config* config);

/* ---- Commands ------------------------------------------------------------------------------ */

/** Names the commands. Append-only. */
enum {
    CHATROOM_COMMAND_NONE = 0,
    CHATROOM_COMMAND_BOOT = 1, CHATROOM_COMMAND_ADVANCE = 2,      /* The engine's own. */
    CHATROOM_COMMAND_BIND = 3, CHATROOM_COMMAND_UNBIND = 4,
    CHATROOM_COMMAND_CONFIGURE = 10, CHATROOM_COMMAND_PING = 11,
    CHATROOM_COMMAND_GUEST = 20, CHATROOM_COMMAND_RESUME = 21, CHATROOM_COMMAND_TOKEN = 22,
    CHATROOM_COMMAND_LOGOUT = 23, CHATROOM_COMMAND_NICK = 24,
    CHATROOM_COMMAND_CREATE = 30, CHATROOM_COMMAND_JOIN = 31, CHATROOM_COMMAND_LEAVE = 32,
    CHATROOM_COMMAND_SET = 33, CHATROOM_COMMAND_DESTROY = 34, CHATROOM_COMMAND_ROOMS = 35,
    CHATROOM_COMMAND_MEMBERS = 36,
    CHATROOM_COMMAND_POST = 40, CHATROOM_COMMAND_HISTORY = 41
};

/** A command of any type. ping, token and logout have no struct: bytes 0. */
typedef struct chatroom_command {
    uint32_t type;             /**< CHATROOM_COMMAND_... */
    size_t bytes;              /**< sizeof the struct at body; with 0, body is not looked at. */
    const void* body;          /**< The chatroom_..._command that type names. */
} chatroom_command;

/** Changes one policy. The host's alone. */
typedef struct chatroom_configure_command {
    chatroom_text name;        /**< A policy of chatroom_config. */
    uint64_t value;            /**< Its new value; below 2^32. */
} chatroom_configure_command;

/** Logs the session in as a guest, who is gone resume_window_ms after the last session. */
typedef struct chatroom_guest_command {
    chatroom_text nick;        /**< 1 to nick_bytes_max bytes; unique by its folded form. */
} chatroom_guest_command;

/** Where a client stands in a room: the last message up to which it has everything. */
typedef struct chatroom_cursor {
    chatroom_text room;
    uint64_t after;            /**< The last message without a hole before it. */
    uint64_t id;               /**< As `joined` told it; another room of this name is new. */
} chatroom_cursor;

typedef struct chatroom_cursors {
    const chatroom_cursor* data;
    size_t size;               /**< How many. */
} chatroom_cursors;

/** Logs the session in again by a token, and asks for what was missed since the cursors. */
typedef struct chatroom_resume_command {
    chatroom_text token;       /**< 32 hexadecimal digits; each token works once. */
    chatroom_cursors cursors;  /**< At most rooms_per_user_max. */
} chatroom_resume_command;

/** Changes the user's nick. */
typedef struct chatroom_nick_command {
    chatroom_text nick;        /**< As in `guest`. */
} chatroom_nick_command;

/** Creates a room and, but for the host, joins it. */
typedef struct chatroom_create_command {
    chatroom_text room;        /**< 1 to room_name_bytes_max bytes; kept folded. */
    chatroom_text title;       /**< Free text for people, up to title_bytes_max bytes. */
    chatroom_text topic;       /**< Up to topic_bytes_max bytes. */
    uint32_t capacity;         /**< Members at the most; 0: the policy room_capacity. */
    uint8_t persistent;        /**< Not 0: stays when it is empty. The host's alone. */
    uint8_t managed;           /**< Not 0: only the host lets users in and out. The host's alone. */
} chatroom_create_command;

/** Joins a room; being in it already is no error. */
typedef struct chatroom_join_command {
    chatroom_text room;
    uint32_t history;          /**< The last so many messages come right after `joined`. */
} chatroom_join_command;

/** Leaves a room. */
typedef struct chatroom_leave_command {
    chatroom_text room;
} chatroom_leave_command;

enum {
    CHATROOM_ROOM_PROPERTY_TITLE = 0, CHATROOM_ROOM_PROPERTY_TOPIC = 1,
    CHATROOM_ROOM_PROPERTY_CAPACITY = 2,
    CHATROOM_ROOM_PROPERTY_PERSISTENT = 3, CHATROOM_ROOM_PROPERTY_MANAGED = 4
};

/** Sets one property of a room. The first three are its owner's and the host's, the others the
 *  host's alone. */
typedef struct chatroom_set_command {
    chatroom_text room;
    uint8_t property;          /**< CHATROOM_ROOM_PROPERTY_... */
    chatroom_text value;       /**< Text; or a number in decimal, for yes and no 1 and 0. */
} chatroom_set_command;

/** Ends a room with all its history. The host's alone. */
typedef struct chatroom_destroy_command {
    chatroom_text room;
} chatroom_destroy_command;

/** Lists rooms; see chatroom_rooms. */
typedef struct chatroom_rooms_command {
    uint64_t after;            /**< `next` of the page before; 0 for the first page. */
    uint32_t limit;            /**< Rooms at the most; 0: as many as a page holds. */
} chatroom_rooms_command;

/** Lists the members of a room that the asker is in; see chatroom_members. */
typedef struct chatroom_members_command {
    chatroom_text room;
    uint64_t after;            /**< `next` of the page before; 0 for the first page. */
    uint32_t limit;            /**< Members at the most; 0: as many as a page holds. */
} chatroom_members_command;

enum { CHATROOM_MESSAGE_KIND_TEXT = 0, CHATROOM_MESSAGE_KIND_EMOTE = 1 };

/** Says something in a room. */
typedef struct chatroom_post_command {
    chatroom_text room;
    chatroom_text text;        /**< 1 to message_bytes_max bytes of UTF-8. */
    uint8_t kind;              /**< CHATROOM_MESSAGE_KIND_... */
    uint64_t reply_to;         /**< The number of a message in this room's history; 0: none. */
    chatroom_text nonce;       /**< A resend with the same nonce is answered, not said again. */
} chatroom_post_command;

/** Which part of a history is asked for. Numbers are exclusive; pages are ascending. */
enum {
    CHATROOM_SELECTOR_LATEST = 0,    /**< The last `limit` messages. */
    CHATROOM_SELECTOR_BEFORE = 1,    /**< The last `limit` messages below `number`. */
    CHATROOM_SELECTOR_AFTER = 2,     /**< The first `limit` messages above `number`. */
    CHATROOM_SELECTOR_AROUND = 3,    /**< Half of `limit` below `number`, it, the rest above. */
    CHATROOM_SELECTOR_BETWEEN = 4    /**< From `number` towards `until`, in either direction. */
};

/** Reads a page of a room's history; see chatroom_history. */
typedef struct chatroom_history_command {
    chatroom_text room;
    uint8_t selector;          /**< CHATROOM_SELECTOR_... */
    uint64_t number;           /**< What `selector` refers to. */
    uint64_t until;            /**< For CHATROOM_SELECTOR_BETWEEN alone. */
    uint32_t limit;            /**< Messages at the most; 0: as many as a page holds. */
} chatroom_history_command;

/* ---- Events -------------------------------------------------------------------------------- */

/** Names the events. Append-only. */
enum {
    CHATROOM_EVENT_NONE = 0,
    CHATROOM_EVENT_WELCOME = 1, CHATROOM_EVENT_OK = 2, CHATROOM_EVENT_FAILURE = 3,
    CHATROOM_EVENT_YOU = 4, CHATROOM_EVENT_RESYNC = 5, CHATROOM_EVENT_CAUGHT_UP = 6,
    CHATROOM_EVENT_BYE = 7, CHATROOM_EVENT_HELP = 8,
    CHATROOM_EVENT_JOINED = 20, CHATROOM_EVENT_LEFT = 21, CHATROOM_EVENT_ROOM = 22,
    CHATROOM_EVENT_ENTERED = 23, CHATROOM_EVENT_EXITED = 24, CHATROOM_EVENT_RENAMED = 25,
    CHATROOM_EVENT_MESSAGE = 40, CHATROOM_EVENT_GAP = 41,
    CHATROOM_EVENT_HISTORY_PAGE = 60, CHATROOM_EVENT_ROOMS_PAGE = 61,
    CHATROOM_EVENT_MEMBERS_PAGE = 62
};

/** An event of any type, borrowed until the callback returns. resync and caught_up say all by
 *  their type. */
typedef struct chatroom_event {
    uint16_t type;             /**< CHATROOM_EVENT_... */
    uint16_t must_arrive;      /**< 0: a datagram transport may lose it; later ones make up. */
    uint32_t bytes;            /**< Size of the struct at body in this library. */
    const void* body;          /**< The chatroom_..._event that type names. */
} chatroom_event;

/** The first event of every session: what a client needs to know. */
typedef struct chatroom_welcome_event {
    uint32_t protocol;
    chatroom_text features;    /**< Names of the registered features, by spaces. */
    uint64_t time;             /**< Unix milliseconds; 0 before the first tick. */
    uint32_t frame_bytes_max;  /**< Of this session, in both directions. */
    uint32_t message_bytes_max;
    uint32_t nick_bytes_max;
    uint32_t room_name_bytes_max;
    uint32_t nonce_bytes_max;
    uint32_t page_items_max;
    uint32_t rooms_per_user_max;
    uint32_t resume_window_ms;
} chatroom_welcome_event;

/** The reply to a frame whose command was done. Members that do not apply are 0 or empty. */
typedef struct chatroom_ok_event {
    uint64_t ref;              /**< As the client sent it; 0: none. */
    uint64_t user;             /**< After guest, resume, nick: who the session is. */
    chatroom_text nick;
    chatroom_text token;       /**< After guest, resume, token: 32 hexadecimal digits. */
    chatroom_text room;        /**< After post, join, create, set: its name, folded. */
    uint64_t number;           /**< After post: the message's number. */
    uint64_t time;             /**< The time of the command, Unix milliseconds. */
} chatroom_ok_event;

/** The reply to a frame that was refused; and, by chatroom_why, the facts of any refusal. */
typedef struct chatroom_failure_event {
    uint64_t ref;
    chatroom_error error;
    chatroom_text field;       /**< The member that is wrong, or the limit that is reached. */
    uint64_t limit;            /**< Its bound. */
    uint64_t value;            /**< What was found instead. */
    uint64_t at;               /**< Byte offset in the frame or text, counted from 1. */
    chatroom_text found;       /**< What was read there, such as the unknown op. */
    uint64_t retry_ms;         /**< When trying again makes sense; 0: it does not. */
} chatroom_failure_event;

/** The session's user as it is now: after a change of the nick, and for sessions that the host
 *  logged in. */
typedef struct chatroom_you_event {
    uint64_t user;
    chatroom_text nick;
} chatroom_you_event;

/** The engine has ended the session; the host closes the connection. */
typedef struct chatroom_bye_event {
    chatroom_error error;      /**< Why. */
} chatroom_bye_event;

/** The answer to /help on a session of CHATROOM_WIRE_LINES. */
typedef struct chatroom_help_event {
    chatroom_text text;
} chatroom_help_event;

/** How a room's history goes on from the cursor that a client named in `resume`. */
enum {
    CHATROOM_RESUMPTION_NONE = 0,        /**< The client named no cursor for this room. */
    CHATROOM_RESUMPTION_COMPLETE = 1,    /**< Nothing was missed. */
    CHATROOM_RESUMPTION_CONTINUES = 2,   /**< The missed messages follow, from `from`. */
    CHATROOM_RESUMPTION_TRUNCATED = 3    /**< Older ones are gone; those from `from` follow. */
};

/** You are in this room now. Comes again, as it is by then, after `resync` and `resume`. */
typedef struct chatroom_joined_event {
    chatroom_text room;
    chatroom_text title;
    chatroom_text topic;
    uint64_t owner;            /**< User who created it; 0: the host. */
    uint32_t capacity;
    uint8_t persistent;
    uint8_t managed;
    chatroom_text rights;      /**< What you may do here: of "post leave set", by spaces. */
    uint32_t members;
    uint64_t roster;           /**< Raised by every coming, going and renaming. */
    uint64_t first;            /**< The oldest message kept; 0: none. */
    uint64_t last;             /**< What comes live is above this. */
    uint8_t resume;            /**< CHATROOM_RESUMPTION_... */
    uint64_t from;             /**< Not 0: what was missed follows, from this message on. */
    uint64_t id;               /**< Of the room; never used again, though the name may be. */
} chatroom_joined_event;

/** Why somebody is no longer in a room. */
enum {
    CHATROOM_PARTING_LEFT = 0, CHATROOM_PARTING_REMOVED = 1, CHATROOM_PARTING_GONE = 2,
    CHATROOM_PARTING_DESTROYED = 3
};

/** You are no longer in this room. */
typedef struct chatroom_left_event {
    chatroom_text room;
    uint8_t reason;            /**< CHATROOM_PARTING_... */
} chatroom_left_event;

/** The room as it is now: told when something in it changes, and after a while of silence. */
typedef struct chatroom_room_event {
    chatroom_text room;
    chatroom_text title;
    chatroom_text topic;
    uint64_t owner;
    uint32_t capacity;
    uint8_t persistent;
    uint8_t managed;
    uint32_t members;
    uint64_t roster;           /**< Not yours: read the members again. */
} chatroom_room_event;

/** Somebody came into the room. Not told in rooms above presence_members_max. */
typedef struct chatroom_entered_event {
    chatroom_text room;
    uint64_t user;
    chatroom_text nick;
    uint32_t members;
    uint64_t roster;
} chatroom_entered_event;

/** Somebody is no longer in the room. */
typedef struct chatroom_exited_event {
    chatroom_text room;
    uint64_t user;
    chatroom_text nick;
    uint8_t reason;            /**< CHATROOM_PARTING_... */
    uint32_t members;
    uint64_t roster;
} chatroom_exited_event;

/** Somebody in the room has another nick now. */
typedef struct chatroom_renamed_event {
    chatroom_text room;
    uint64_t user;
    chatroom_text nick;
    chatroom_text old;
    uint64_t roster;
} chatroom_renamed_event;

/** A message of a room. */
typedef struct chatroom_message_event {
    chatroom_text room;        /**< Empty within a history page. */
    uint64_t number;           /**< 1, 2, 3 ... in its room, without gaps. */
    uint64_t time;             /**< Unix milliseconds. */
    uint64_t user;             /**< 0: the host. */
    chatroom_text nick;        /**< As it was then. */
    uint8_t kind;              /**< CHATROOM_MESSAGE_KIND_... */
    chatroom_text text;
    uint64_t reply_to;
    chatroom_text nonce;       /**< As the author sent it. */
    uint32_t bytes;            /**< Not 0: the text is too long for this session's frames. */
} chatroom_message_event;

/** Messages from..to were missed and are no longer kept. */
typedef struct chatroom_gap_event {
    chatroom_text room;
    uint64_t from;
    uint64_t to;
} chatroom_gap_event;

typedef struct chatroom_messages_list {
    const chatroom_message_event* data;
    size_t size;               /**< How many. */
} chatroom_messages_list;

/** A page of a room's history: messages in ascending order. */
typedef struct chatroom_history_page_event {
    uint64_t ref;
    chatroom_text room;
    chatroom_messages_list messages;
    uint64_t first;            /**< The oldest message kept in the room; 0: none. */
    uint64_t last;             /**< The newest. */
    uint8_t complete;          /**< Not 0: nothing is left in the direction asked for. */
} chatroom_history_page_event;

/** A room in a list. */
typedef struct chatroom_room_item {
    chatroom_text room;
    chatroom_text title;
    uint32_t members;
    uint32_t capacity;
    uint64_t id;               /**< Never used again, though the name may be. */
    uint8_t managed;
} chatroom_room_item;

typedef struct chatroom_rooms_list {
    const chatroom_room_item* data;
    size_t size;               /**< How many. */
} chatroom_rooms_list;

/** A page of the list of rooms. */
typedef struct chatroom_rooms_page_event {
    uint64_t ref;
    chatroom_rooms_list rooms;
    uint64_t next;             /**< `after` of the next page; 0 when there is none. */
    uint8_t complete;
} chatroom_rooms_page_event;

/** A member in a list. */
typedef struct chatroom_member_item {
    uint64_t user;
    chatroom_text nick;
    uint8_t online;            /**< Not 0: some session is connected. */
} chatroom_member_item;

typedef struct chatroom_members_list {
    const chatroom_member_item* data;
    size_t size;               /**< How many. */
} chatroom_members_list;

/** A page of a room's members. A roster that differs between pages means: read again. */
typedef struct chatroom_members_page_event {
    uint64_t ref;
    chatroom_text room;
    chatroom_members_list members;
    uint64_t roster;
    uint64_t next;             /**< `after` of the next page; 0 when there is none. */
    uint8_t complete;
} chatroom_members_page_event;

/* ---- The host's side ----------------------------------------------------------------------- */

/** A chat service without a network of its own. Lives in the one block of memory that it was
 *  opened in; where the library allocated that, the pointer is dead after chatroom_close. */
typedef struct chatroom_engine chatroom_engine;

/** Those whom one frame goes to. Valid during the call of `send`. */
typedef struct chatroom_recipients chatroom_recipients;

/** One of those whom a frame goes to. */
typedef struct chatroom_recipient {
    chatroom_session session;
    uint64_t tag;              /**< As the host gave it to chatroom_connect. */
} chatroom_recipient;

/** Takes the next recipient. A session that ends while the range is walked is not met any more.
 *
 *  @param out  receives it; untouched at the end
 *  @return 1; or 0 after the last, and the next call begins again with the first. Cannot fail:
 *          NULL is an empty range. */
int chatroom_recipients_next(chatroom_recipients* to, chatroom_recipient* out);

/** How many there were when the call began. Cannot fail. */
size_t chatroom_recipients_count(const chatroom_recipients* to);

/** Takes a frame to its recipients. Called once per event and codec, with all who get the same
 *  bytes.
 *
 *  It cannot fail: when a connection is full, chatroom_pause its session, which then has not got
 *  this frame, and the engine comes back to it after chatroom_unpause.
 *
 *  @param what   the event that the frame tells; lives until the callback returns
 *  @param frame  the bytes to send, lives until the callback returns; for sessions of
 *                CHATROOM_WIRE_TYPED it is empty and `what` is all there is */
typedef void (*chatroom_send_fn)(chatroom_recipients* to, const chatroom_event* what,
                                 const char* frame, size_t frame_bytes, void* context);

/** What the log says to a record; anything else counts as NO. */
enum {
    CHATROOM_STORED_YES = 0,       /**< It is stored: go on. */
    CHATROOM_STORED_NO = 1,        /**< It is not and will not be: the command is refused. */
    CHATROOM_STORED_PENDING = 2    /**< chatroom_commit or chatroom_abandon follows. */
};

/** Stores a record before it counts. Records are appended in the order in which they come; the
 *  bytes live until the callback returns. While earlier records are pending, chatroom_commit
 *  follows for this one too, also after CHATROOM_STORED_YES.
 *
 *  @param number  rises with each record; chatroom_abandon takes it
 *  @return CHATROOM_STORED_... */
typedef int32_t (*chatroom_log_fn)(const char* record, size_t bytes, uint64_t number,
                                   void* context);

/** Where a command came from. */
enum { CHATROOM_ORIGIN_HERE = 0, CHATROOM_ORIGIN_ELSEWHERE = 1, CHATROOM_ORIGIN_RECOVERY = 2 };

/** What the operator sees of a command: every one that is done or refused, of the reads those that
 *  come as frames. */
typedef struct chatroom_observation {
    uint32_t origin;                   /**< CHATROOM_ORIGIN_... */
    chatroom_session session;          /**< Of this engine; 0: the command came from elsewhere. */
    chatroom_user user;                /**< On whose behalf; 0: nobody yet, or the host. */
    const chatroom_command* command;   /**< NULL when the frame could not be read. */
    chatroom_error why;
    uint64_t at;                       /**< Byte offset of what is wrong, counted from 1. */
    uint64_t ticket;                   /**< As chatroom_submit gave it; 0: none. */
    uint64_t number;                   /**< Of the message, when it is a post. */
    uint64_t time;
} chatroom_observation;

/** The operator's eye, for metrics, logs and tools. All of it lives until the callback returns. */
typedef void (*chatroom_observe_fn)(const chatroom_observation* seen, void* context);

/** Fills in unpredictable bytes, for tokens and hash seeds.
 *  @return not 0 when all of them are; 0 for failure */
typedef int (*chatroom_entropy_fn)(void* out, size_t bytes, void* context);

/** Gives the one block that an engine lives in, aligned to 16 bytes, or NULL. */
typedef void* (*chatroom_allocate_fn)(size_t bytes, void* context);

/** Takes that block back, with the bytes it was asked for. */
typedef void (*chatroom_release_fn)(void* block, size_t bytes, void* context);

/** All that the engine takes from the host. The struct is copied; its contexts must outlive the
 *  engine. Only `send` is mandatory. */
typedef struct chatroom_environment {
    uint32_t struct_size;
    uint32_t memory_zeroed;            /**< Not 0: the memory comes filled with zeros. */
    chatroom_send_fn send;
    void* send_context;
    chatroom_log_fn log;               /**< NULL: every record counts as stored. */
    void* log_context;
    chatroom_observe_fn observe;
    void* observe_context;
    chatroom_entropy_fn entropy;
    void* entropy_context;
    void* buffer;                      /**< Used when not NULL; any alignment. */
    size_t buffer_bytes;
    chatroom_allocate_fn allocate;     /**< Used when there is no buffer. */
    chatroom_release_fn release;       /**< NULL: the block is never given back. */
    void* memory_context;
} chatroom_environment;

/** The operating system's entropy, and its zeroed memory, as callbacks for an environment; a
 *  program that does not name them, nor calls chatroom_open, links none of it. Where there is no
 *  operating system they fail. */
int chatroom_hosted_entropy(void* out, size_t bytes, void* context);
void* chatroom_hosted_allocate(size_t bytes, void* context);
void chatroom_hosted_release(void* block, size_t bytes, void* context);

/** The operating system's time in Unix milliseconds, for chatroom_tick; 0 where there is none. */
uint64_t chatroom_hosted_now(void);

/* ---- Parts --------------------------------------------------------------------------------- */

/** What an engine is made of. Functions rather than constants, so that they work across a shared
 *  library, and so that a program links what it names and nothing else. None can fail. */
typedef struct chatroom_feature chatroom_feature;
typedef struct chatroom_codec chatroom_codec;
typedef struct chatroom_names chatroom_names;
typedef struct chatroom_recorder chatroom_recorder;

const chatroom_feature* chatroom_feature_guests(void);    /**< guest resume token logout nick */
const chatroom_feature* chatroom_feature_rooms(void);     /**< create join leave rooms members */
const chatroom_feature* chatroom_feature_posts(void);     /**< post history */
const chatroom_feature* chatroom_feature_settings(void);  /**< configure set destroy */

const chatroom_codec* chatroom_codec_json(void);
const chatroom_codec* chatroom_codec_lines(void);
const chatroom_codec* chatroom_codec_binary(void);        /**< The encoding of records. */

const chatroom_names* chatroom_names_unicode(void);       /**< Names in every script. */
const chatroom_names* chatroom_names_ascii(void);         /**< ASCII alone; needs no tables. */

const chatroom_recorder* chatroom_records(void);          /**< What a log needs. */

/** The parts of an engine. The arrays are copied when it is opened. */
typedef struct chatroom_registration {
    uint32_t struct_size;
    uint32_t feature_count;                     /**< Up to 16. */
    const chatroom_feature* const* features;
    const chatroom_codec* const* codecs;
    uint32_t codec_count;                       /**< Up to 16. */
    const chatroom_names* names;                /**< NULL: chatroom_names_ascii. */
    const chatroom_recorder* records;           /**< NULL: there is no log. */
} chatroom_registration;

/* ---- Opening ------------------------------------------------------------------------------- */

/** How many bytes an engine of this configuration claims, with every part; 0 when it is not valid,
 *  or more than can be addressed.
 *
 *  @param config  NULL: the defaults */
size_t chatroom_footprint(const chatroom_config* config);

/** As above, with the parts that are registered: without codecs there are no buffers for frames,
 *  without chatroom_records none for records. */
size_t chatroom_footprint_with(const chatroom_config* config, const chatroom_registration* parts);

/** Opens an engine with every feature and codec. Where `host` has no entropy, or neither buffer
 *  nor allocate, the operating system's is taken.
 *
 *  @param config  NULL: the defaults. Not needed after the call.
 *  @param out     receives the engine; NULL on failure
 *  @retval invalid_argument  there is no `send`
 *  @retval config_invalid    see chatroom_config_fault
 *  @retval memory_short      there is not enough memory
 *  @retval entropy_failed    the entropy callback failed
 *  @par Cost
 *  Linear in the limits where memory does not come zeroed; no message is touched. */
chatroom_error chatroom_open(const chatroom_config* config, const chatroom_environment* host,
                             chatroom_engine** out);

/** As chatroom_open, in the host's own buffer: chatroom_footprint bytes, of any alignment, which
 *  stay the engine's until chatroom_close. They hold whatever they hold: set memory_zeroed if it
 *  is zeros. Opening in the buffer of an engine that is open makes that one invalid. */
chatroom_error chatroom_open_in(const chatroom_config* config, const chatroom_environment* host,
                                void* buffer, size_t bytes, chatroom_engine** out);

/** As chatroom_open, with the parts that are registered and nothing else, and nothing of the
 *  operating system's: what is not named is not linked.
 *
 *  @retval invalid_argument  a log without chatroom_records; a NULL among the parts; more than 16
 *  @retval memory_short      also when `host` has neither a buffer nor allocate */
chatroom_error chatroom_open_with(const chatroom_config* config, const chatroom_environment* host,
                                  const chatroom_registration* parts, chatroom_engine** out);

/** Gives the memory back. Nothing is sent. NULL is no error. An engine in the host's own memory
 *  answers engine_closed from now on.
 *
 *  @retval inside_callback  a callback of this engine runs; it stays open */
chatroom_error chatroom_close(chatroom_engine* chat);

/* ---- Sessions ------------------------------------------------------------------------------ */

/** How a session's frames look. */
enum {
    CHATROOM_WIRE_JSON = 0, CHATROOM_WIRE_LINES = 1, CHATROOM_WIRE_BINARY = 2,
    CHATROOM_WIRE_TYPED = 3        /**< No frames: events alone. */
};

/** What the host knows of a connection. */
typedef struct chatroom_peer {
    uint32_t struct_size;
    uint32_t wire;                 /**< CHATROOM_WIRE_... */
    uint64_t tag;                  /**< The host's own; comes back with every recipient. */
    uint32_t frame_bytes_max;      /**< No longer frame goes to it; 0: as the limits say. */
    chatroom_text user;            /**< Identity that the host vouches for; empty: a guest. */
    chatroom_text nick;            /**< The shown name, with `user`. */
} chatroom_peer;

/** Takes up a connection and welcomes it. With a user, the session is logged in at once: the first
 *  session makes the user, a second one joins it.
 *
 *  @param who  NULL: JSON, tag 0
 *  @param out  receives the session; 0 on failure
 *  @retval sessions_full     sessions_max sessions are connected
 *  @retval codec_missing     its codec is not registered
 *  @retval invalid_argument  frame_bytes_max is too small for events, or above the limit
 *  @retval no_time, users_full, user_sessions_full, nick_invalid, nick_taken, member_too_long,
 *          storage_failed, records_full, incarnation_stale, nodes_full, inside_callback   with a
 *          user alone; not taken up
 *  @retval pending           with a user alone, when the log says so: taken up, logged in later */
chatroom_error chatroom_connect(chatroom_engine* chat, const chatroom_peer* who,
                                chatroom_session* out);

/** Ends a session; its user stays for resume_window_ms. Nothing more is sent to it.
 *
 *  @retval session_unknown  it has ended already, or never was */
chatroom_error chatroom_disconnect(chatroom_engine* chat, chatroom_session session);

/** Takes a frame as it came from the wire. The reply, and any error in it, goes to the session.
 *
 *  @retval session_unknown  nothing was taken
 *  @retval codec_missing    no codec is registered
 *  @retval paused           nothing was taken: the session is paused, or the reply to its last
 *                           frame is not out yet; offer the frame again after that
 *  @retval queued           inside a callback; it is taken when the outer call is done
 *  @retval queue_full       inside a callback; nothing was taken */
chatroom_error chatroom_receive(chatroom_engine* chat, chatroom_session session, const void* frame,
                                size_t bytes);

/** Holds back all that goes to a session. Inside `send`, a session of the range has not got the
 *  frame at hand.
 *
 *  @retval session_unknown */
chatroom_error chatroom_pause(chatroom_engine* chat, chatroom_session session);

/** Tells a session what it missed, a part with each call, and goes on live.
 *
 *  @retval session_unknown */
chatroom_error chatroom_unpause(chatroom_engine* chat, chatroom_session session);

/* ---- Commands ------------------------------------------------------------------------------ */

/** What a command came to. */
typedef struct chatroom_outcome {
    uint32_t struct_size;
    char token[36];            /**< After guest, resume, token: 32 digits, ended by zero. */
    uint64_t ticket;           /**< With queued and pending: `observe` names it later. */
    uint64_t number;           /**< Of the message posted. */
    uint64_t time;             /**< Of the command, Unix milliseconds. */
    chatroom_user user;        /**< Who the session is now. */
} chatroom_outcome;

/** Carries out a command and answers by its result; no reply is sent.
 *
 *  @param by    the session, or CHATROOM_HOST
 *  @param user  on whose behalf the host acts; 0 otherwise
 *  @param what  borrowed until the call returns
 *  @param out   NULL: not wanted
 *  @retval queued, pending   no failure: the outcome comes by `observe`, with the ticket
 *  @retval queue_full        inside a callback, and the queue has no room; nothing changed
 *  @retval session_unknown   `by` has ended, or never was
 *  @retval op_unknown        no registered feature has this command
 *  @retval invalid_argument  a read (ping too) or one of the engine's own commands; a user without
 *                            the host; body or bytes do not fit the type
 *  @retval inside_callback   `resume` with cursors, inside a callback of a `resume` with cursors
 *  @retval no_time           no chatroom_tick has told the time yet
 *  @retval storage_failed, records_full   the log said no, or too many of its records wait
 *  @retval incarnation_stale another engine has taken this node's place
 *  @retval nodes_full        nodes_max others have written to the log before this node
 *  @retval login_required, already_logged_in, user_unknown, forbidden   who acts may not
 *  @retval member_missing, member_too_long, text_invalid, nick_invalid, room_name_invalid,
 *          number_out_of_range   a member breaks its bounds
 *  @retval ...               what the command itself is refused with, below; chatroom_why has the
 *                            facts */
chatroom_error chatroom_submit(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                               const chatroom_command* what, chatroom_outcome* out);

/** The facts of the last refusal of a command; `error` 0 when there was none. Lives until the next
 *  call of this engine. Cannot fail, nor answers NULL. */
const chatroom_failure_event* chatroom_why(chatroom_engine* chat);

/** What chatroom_parse_line made of a line. The texts of the command lie in what was given, its body
 *  in this struct, which is not to be copied. */
typedef struct chatroom_parsed_line {
    uint32_t struct_size;
    uint8_t help;                      /**< It was /help. */
    chatroom_command command;          /**< Of type 0: there is nothing to send. */
    chatroom_failure_event refusal;    /**< After an error: its facts. */
    uint64_t body[12];
} chatroom_parsed_line;

/** Reads a line as people type it into a text box, as the codec `lines` does: a text is said in
 *  `room`, /me is an emote, /op arg ... key=value is any command, where `room` stands for a room
 *  that is not named (but for create and join), and // begins a text with a slash. Needs no engine.
 *  A text that is missing or too long is told by the chatroom_submit that follows.
 *
 *  @retval invalid_argument     `out` is NULL or too small, or a text is NULL with a size
 *  @retval op_unknown           there is no such command
 *  @retval member_missing       a choice is due and not named, as the property of `set`
 *  @retval member_invalid       a word is no number, choice, yes or no where one is due
 *  @retval number_out_of_range  a number is 2^32 or more where less is due
 *  @retval frame_malformed      an argument too many, or no UTF-8 */
chatroom_error chatroom_parse_line(chatroom_text room, chatroom_text text,
                                   chatroom_parsed_line* out);

/* The commands by name: each is chatroom_submit, answers with its errors and with those that are
   listed. `out` may be NULL. */

static inline chatroom_error chatroom_submit_typed(chatroom_engine* chat, chatroom_session by,
                                                   uint32_t type, const void* what, size_t bytes,
                                                   chatroom_outcome* out) {
    chatroom_command command;
    command.type = type;
    command.bytes = bytes;
    command.body = what;
    return chatroom_submit(chat, by, 0, &command, out);
}

/** The host's alone.
 *  @retval invalid_argument, number_out_of_range  no such policy, or not its value */
static inline chatroom_error chatroom_configure(chatroom_engine* chat,
                                                const chatroom_configure_command* what,
                                                chatroom_outcome* out) {
    return chatroom_submit_typed(chat, CHATROOM_HOST, CHATROOM_COMMAND_CONFIGURE,
                                 what, sizeof *what, out);
}

/** @retval nick_taken, users_full, entropy_failed */
static inline chatroom_error chatroom_guest(chatroom_engine* chat, chatroom_session by,
                                            const chatroom_guest_command* what,
                                            chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_GUEST, what, sizeof *what, out);
}

/** @retval token_invalid, user_sessions_full, entropy_failed */
static inline chatroom_error chatroom_resume(chatroom_engine* chat, chatroom_session by,
                                             const chatroom_resume_command* what,
                                             chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_RESUME, what, sizeof *what, out);
}

/** @retval entropy_failed */
static inline chatroom_error chatroom_token(chatroom_engine* chat, chatroom_session by,
                                            chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_TOKEN, out, 0, out);
}

/** Fails as every command does. */
static inline chatroom_error chatroom_logout(chatroom_engine* chat, chatroom_session by,
                                             chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_LOGOUT, out, 0, out);
}

/** @retval nick_taken */
static inline chatroom_error chatroom_nick(chatroom_engine* chat, chatroom_session by,
                                           const chatroom_nick_command* what,
                                           chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_NICK, what, sizeof *what, out);
}

/** @retval room_exists, rooms_full, members_full, user_rooms_full, history_full */
static inline chatroom_error chatroom_create(chatroom_engine* chat, chatroom_session by,
                                             const chatroom_create_command* what,
                                             chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_CREATE, what, sizeof *what, out);
}

/** @retval room_unknown, room_managed, room_full, members_full, user_rooms_full
 *  @retval rooms_full, history_full  the room would have been made */
static inline chatroom_error chatroom_join(chatroom_engine* chat, chatroom_session by,
                                           const chatroom_join_command* what,
                                           chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_JOIN, what, sizeof *what, out);
}

/** @retval room_unknown, room_managed */
static inline chatroom_error chatroom_leave(chatroom_engine* chat, chatroom_session by,
                                            const chatroom_leave_command* what,
                                            chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_LEAVE, what, sizeof *what, out);
}

/** @retval room_unknown, member_invalid */
static inline chatroom_error chatroom_set(chatroom_engine* chat, chatroom_session by,
                                          const chatroom_set_command* what, chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_SET, what, sizeof *what, out);
}

/** The host's alone.
 *  @retval room_unknown */
static inline chatroom_error chatroom_destroy(chatroom_engine* chat,
                                              const chatroom_destroy_command* what,
                                              chatroom_outcome* out) {
    return chatroom_submit_typed(chat, CHATROOM_HOST, CHATROOM_COMMAND_DESTROY,
                                 what, sizeof *what, out);
}

/** @retval room_unknown, reply_unknown, nonce_reused
 *  @retval member_invalid  a nonce, where nonce_bytes_max is 0 */
static inline chatroom_error chatroom_post(chatroom_engine* chat, chatroom_session by,
                                           const chatroom_post_command* what,
                                           chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_POST, what, sizeof *what, out);
}

/* ---- Reads --------------------------------------------------------------------------------- */

/* Who looks is a session, CHATROOM_HOST, or, when `user` is not 0, that user. Texts live until the
   next call that changes something; a page itself until the next call of this engine. No read
   makes a record, and all may be made inside a callback. An unknown user is
   session_unknown, too. */

/** Reads a page of a room's history into `out`.
 *
 *  @param what   `limit` 0: as many as `capacity`
 *  @param page   receives the page, whose messages are those in `out`; NULL on failure
 *  @retval session_unknown, room_unknown
 *  @par Cost
 *  Linear in the messages read. */
chatroom_error chatroom_history(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                                const chatroom_history_command* what, chatroom_message_event* out,
                                size_t capacity, const chatroom_history_page_event** page);

/** Reads a page of the list of rooms into `out`.
 *
 *  @retval session_unknown
 *  @par Cost
 *  Linear in the rooms read, and in free places among them, up to 4,096. */
chatroom_error chatroom_rooms(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                              const chatroom_rooms_command* what, chatroom_room_item* out,
                              size_t capacity, const chatroom_rooms_page_event** page);

/** Reads a page of a room's members into `out`.
 *
 *  @retval session_unknown, room_unknown
 *  @par Cost
 *  Linear in the members read. */
chatroom_error chatroom_members(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                                const chatroom_members_command* what, chatroom_member_item* out,
                                size_t capacity, const chatroom_members_page_event** page);

/** What there is to know of a room, as its members see it.
 *
 *  @param name  as people type it
 *  @retval session_unknown, room_unknown */
chatroom_error chatroom_room(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                             chatroom_text name, const chatroom_joined_event** out);

/* ---- Time ---------------------------------------------------------------------------------- */

/** Tells the time and does what is due. A time before the last is taken as the last. The time that
 *  records carry follows a confirmed leap by clock_ahead_max_ms a call at most; until it has caught
 *  up, chatroom_next_tick is 0.
 *
 *  @param now_ms          Unix milliseconds, below 2^53
 *  @param leap_confirmed  not 0: a leap forward beyond clock_leap_max_ms is meant
 *  @retval clock_leap        it leapt and is not confirmed; nothing changed
 *  @retval invalid_argument  it is 2^53 or more; nothing changed */
chatroom_error chatroom_tick(chatroom_engine* chat, uint64_t now_ms, int leap_confirmed);

/** As chatroom_tick, for hosts without a calendar: so many milliseconds have gone by.
 *
 *  @retval clock_leap        they are more than clock_leap_max_ms; nothing changed
 *  @retval invalid_argument  the time would be 2^53 or more; nothing changed */
chatroom_error chatroom_advance(chatroom_engine* chat, uint64_t elapsed_ms);

/** How many milliseconds the engine can be left alone; 0 when work waits, UINT64_MAX when there is
 *  nothing to come. Cannot fail: a closed engine has nothing to come. */
uint64_t chatroom_next_tick(const chatroom_engine* chat);

/* ---- Log, snapshot, digest ----------------------------------------------------------------- */

/** Applies a record that the log has stored: one of this engine that was pending, or any other
 *  node's, or one of an earlier life. It may hold any bytes and does no harm.
 *
 *  @retval record_invalid, already_applied, feature_missing, behaviour_unknown,
 *          incarnation_stale, limit_too_small, nodes_full, inside_callback   nothing changed
 *  @retval config_invalid  its node's limits and those of the others contradict each other; nothing
 *                          changed */
chatroom_error chatroom_commit(chatroom_engine* chat, const void* record, size_t bytes);

/** Gives up a record that was pending and is known not to be stored.
 *
 *  @retval invalid_argument  no such record is pending
 *  @retval inside_callback */
chatroom_error chatroom_abandon(chatroom_engine* chat, uint64_t number);

/** Applies a log, or a part of it that begins and ends with whole records. Nothing is sent.
 *
 *  @param records_read  receives how many whole records were read; NULL: not wanted
 *  @param bytes_read    receives where the last of them ends; NULL: not wanted
 *  @retval log_torn     it ends inside a record: cut it at bytes_read and go on
 *  @retval log_damaged  there are whole records after what cannot be read at bytes_read
 *  @retval ...          as chatroom_commit, but for already_applied and incarnation_stale, which
 *                       are passed over
 *  @par Cost
 *  Linear in the log. */
chatroom_error chatroom_recover(chatroom_engine* chat, const void* log, size_t bytes,
                                uint64_t* records_read, uint64_t* bytes_read);

/** The fingerprint of the shared state: SHA-256 of its snapshot.
 *
 *  @retval inside_callback
 *  @par Cost
 *  Linear in the state. */
chatroom_error chatroom_digest(chatroom_engine* chat, uint8_t out[32]);

/** What a snapshot is for. */
enum {
    CHATROOM_SCOPE_EVERYTHING = 0,   /**< For the operator. */
    CHATROOM_SCOPE_MIGRATION = 1     /**< For the next host, who is not trusted: no secrets. */
};

/** Writes the shared state. With too little room, nothing is written.
 *
 *  @param out    NULL with capacity 0: only to learn the size
 *  @param scope  CHATROOM_SCOPE_...
 *  @param bytes  receives what it takes, with memory_short too
 *  @retval memory_short     capacity is below that
 *  @retval inside_callback
 *  @par Cost
 *  Linear in the state. */
chatroom_error chatroom_snapshot(chatroom_engine* chat, void* out, size_t capacity, uint32_t scope,
                                 size_t* bytes);

/** Takes over a snapshot, as the first thing after opening. Limits may be larger than those of the
 *  snapshot, or smaller as long as all of it fits.
 *
 *  @retval snapshot_invalid   it is not one, or damaged; nothing changed
 *  @retval behaviour_unknown  it is of a later version; nothing changed
 *  @retval limit_too_small    chatroom_why names the limit; nothing changed
 *  @retval invalid_argument   sessions are connected, or records were applied
 *  @retval inside_callback */
chatroom_error chatroom_restore(chatroom_engine* chat, const void* snapshot, size_t bytes);

/* ---- Watching ------------------------------------------------------------------------------ */

/** Counters since the engine was opened, and gauges; chatroom_stats_table describes them. */
typedef struct chatroom_statistics {
    uint64_t commands_accepted;
    uint64_t commands_refused;
    uint64_t frames_unreadable;
    uint64_t records_written;
    uint64_t records_applied;
    uint64_t sends;
    uint64_t deliveries;
    uint64_t deliveries_caught_up;
    uint64_t transients_dropped;
    uint64_t gaps;
    uint64_t messages_posted;
    uint64_t messages_evicted;
    uint64_t sessions;
    uint64_t sessions_paused;
    uint64_t users;
    uint64_t rooms;
    uint64_t members;
    uint64_t history_pages;
    uint64_t queue_bytes;
    uint64_t records_pending;
} chatroom_statistics;

enum { CHATROOM_STAT_KIND_COUNTER = 0, CHATROOM_STAT_KIND_GAUGE = 1 };

/** Describes one member of chatroom_statistics. */
typedef struct chatroom_stat {
    char name[24];             /**< Ended by zero, as are the others. */
    char unit[12];
    uint8_t kind;              /**< CHATROOM_STAT_KIND_... */
    char help[56];
    size_t offset;             /**< Of its uint64_t in chatroom_statistics. */
} chatroom_stat;

/** Reads the counters and gauges.
 *
 *  @param out    receives as many members as fit; what this library does not know is 0
 *  @param bytes  sizeof *out */
chatroom_error chatroom_stats(const chatroom_engine* chat, chatroom_statistics* out, size_t bytes);

/** One row for each member of chatroom_statistics. Cannot fail.
 *
 *  @param count  receives how many rows there are; NULL: not wanted */
const chatroom_stat* chatroom_stats_table(size_t* count);

/* ---- The client half ----------------------------------------------------------------------- */

/** The client half of the protocol, without a network of its own: frames in and out, a view of the
 *  rooms, and what has changed. A program that calls none of this links none of it.
 *
 *  What it guarantees, as far as the server keeps its promises:
 *    A room's entries ascend and are whole from `begin` to `last`: every number is in a message, a
 *      gap or a hole, once. Holes are read from history by themselves.
 *    A post is said once. It goes out again, with its nonce, after every reconnect until it is
 *      answered. It has failed when it was refused, or when nobody can tell any more whether it
 *      was said (outcome_unknown): then it is for a person to resend or discard.
 *    Every command is done once: by its reply, or by connection_lost.
 *    After a reconnect the same user comes back by a resume token, in the same rooms, and is told
 *      what was missed. With no token left, a new guest of the same nick joins the same rooms.
 *    No frame makes it crash or grow; what is not as it should be is passed over and counted.
 *
 *  The host connects, tells it so, hands over every frame and the time, and connects again when the
 *  connection is lost. One thread at a time. Nothing is allocated after it is opened.
 *
 *  Calls with a `tag` answer 0 when the command is taken: then a change DONE comes with the tag,
 *  from inside the call or later. With any other answer nothing happened and none comes. */
typedef struct chatroom_client chatroom_client;

/** How much a client can hold, and how it goes about its work. 0 means the default, in brackets;
 *  CHATROOM_ZERO says 0. */
typedef struct chatroom_client_config {
    uint32_t struct_size;
    uint32_t rooms_max;            /**< Rooms it is in, 1 to 1,000 [16]. */
    uint32_t entries_max;          /**< Of a room, 4 to 65,536; a quarter more, and the oldest are
                                        forgotten [256]. */
    uint32_t text_bytes_max;       /**< Texts and nicks of a room's messages [32,768]. */
    uint32_t members_max;          /**< Larger rooms are counted only [100]. */
    uint32_t posts_max;            /**< Posts that wait or have failed, in all rooms [32]. */
    uint32_t post_bytes_max;       /**< Their texts [16,384]. */
    uint32_t asks_max;             /**< Commands of the host without their DONE [16]. */
    uint32_t ask_bytes_max;        /**< Those that have not left yet [4,096]. */
    uint32_t commands_max;         /**< Commands that have left without their reply [8]. */
    uint32_t frame_bytes_max;      /**< One frame; no less than the server's [8,192]. */
    uint32_t nick_bytes_max;       /**< Of members; longer nicks are cut, up to 64 [32]. */
    uint32_t room_name_bytes_max;  /**< No less than the server's, up to 64 [64]. */
    uint32_t title_bytes_max;      /**< Longer titles are cut, up to 1,024 [64]. */
    uint32_t topic_bytes_max;      /**< Longer topics are cut, up to 1,024 [256]. */
    uint32_t join_history;         /**< Messages asked for with a join and a restore [50]. */
    uint32_t fill_max;             /**< The largest hole read; a larger one begins anew [500]. */
    uint32_t members_pause_ms;     /**< From one reading of members to the next [5,000]. */
    uint32_t ping_ms;              /**< Silence until a ping, and until it is dead [20,000]. */
} chatroom_client_config;

/** Where a client stands. */
enum {
    CHATROOM_CLIENT_STATE_OFFLINE = 0,      /**< There is no connection. */
    CHATROOM_CLIENT_STATE_CONNECTING = 1,   /**< There is one, but no user on it yet. */
    CHATROOM_CLIENT_STATE_LOGIN = 2,        /**< It takes a chatroom_client_login to go on. */
    CHATROOM_CLIENT_STATE_ONLINE = 3,
    CHATROOM_CLIENT_STATE_ENDED = 4         /**< The server said goodbye, or is not for it. */
};

/** A room that the user is in. */
typedef struct chatroom_client_room_view {
    chatroom_text name;            /**< As the server keeps it. */
    chatroom_text title;
    chatroom_text topic;
    chatroom_text rights;          /**< Of "post leave set", by spaces. */
    uint64_t id;
    uint64_t owner;
    uint32_t capacity;
    uint32_t count;                /**< How many are in it. */
    uint64_t roster;
    uint64_t begin;                /**< The first number that the entries tell of, */
    uint64_t last;                 /**< and the last. */
    uint64_t seen;                 /**< Up to here the person has seen it. */
    uint32_t unread;               /**< Messages of others above that. */
    uint8_t persistent;
    uint8_t managed;
    uint8_t live;                  /**< The server has told of it on this connection. */
    uint8_t members_known;         /**< The members are right: not while read, or too many. */
    uint8_t complete;              /**< The server keeps nothing older. */
    uint8_t loading;               /**< Older messages are being read. */
} chatroom_client_room_view;

/** What an entry of a room is. */
enum {
    CHATROOM_CLIENT_ENTRY_KIND_MESSAGE = 0,
    CHATROOM_CLIENT_ENTRY_KIND_GAP = 1,     /**< Messages that will not be told any more. */
    CHATROOM_CLIENT_ENTRY_KIND_HOLE = 2     /**< Messages that are being read. */
};

/** A message of a room, or a stretch of them that is not here. */
typedef struct chatroom_client_entry_view {
    uint8_t what;                  /**< CHATROOM_CLIENT_ENTRY_KIND_... */
    uint8_t kind;                  /**< CHATROOM_MESSAGE_KIND_... */
    uint32_t bytes;                /**< Not 0: the text was too long to be told or kept. */
    uint64_t number;               /**< Of the message; the first of a gap. */
    uint64_t to;                   /**< The last of a gap; of a message its number. */
    uint64_t time;                 /**< Unix milliseconds. */
    uint64_t user;                 /**< 0: the host. */
    uint64_t reply_to;
    chatroom_text nick;
    chatroom_text text;
} chatroom_client_entry_view;

/** A member of a room. */
typedef struct chatroom_client_member_view {
    uint64_t user;
    chatroom_text nick;
    uint8_t online;
} chatroom_client_member_view;

/** A post that waits until its message is in the room, or has failed. */
typedef struct chatroom_client_post_view {
    uint64_t id;                   /**< As chatroom_client_post gave it. */
    chatroom_text text;
    uint64_t reply_to;
    uint64_t time;                 /**< Unix milliseconds. */
    chatroom_error failed;         /**< Why; 0 while it waits. */
    uint8_t kind;                  /**< CHATROOM_MESSAGE_KIND_... */
    uint64_t limit;                /**< The bound that it broke, if there is one. */
    uint64_t retry_ms;             /**< When sending again makes sense; 0: nothing is known. */
} chatroom_client_post_view;

/** What has changed. */
enum {
    CHATROOM_CLIENT_NEWS_NONE = 0,
    CHATROOM_CLIENT_NEWS_STATE = 1,      /**< The state, why, the user or the nick. */
    CHATROOM_CLIENT_NEWS_ROOM = 2,       /**< A room came, went or is different. */
    CHATROOM_CLIENT_NEWS_RESET = 3,      /**< All entries of a room are new. */
    CHATROOM_CLIENT_NEWS_APPEND = 4,     /**< There are new ones at the end, */
    CHATROOM_CLIENT_NEWS_PREPEND = 5,    /**< at the front, */
    CHATROOM_CLIENT_NEWS_GAP = 6,        /**< in the middle: a hole was filled or is lost. */
    CHATROOM_CLIENT_NEWS_TRIM = 7,       /**< The oldest were forgotten. */
    CHATROOM_CLIENT_NEWS_MEMBERS = 8,
    CHATROOM_CLIENT_NEWS_POSTS = 9,      /**< Posts of a room that wait or have failed. */
    CHATROOM_CLIENT_NEWS_LISTED = 10,    /**< A room that chatroom_client_list_rooms asked for. */
    CHATROOM_CLIENT_NEWS_DONE = 11,      /**< A command of the host. */
    CHATROOM_CLIENT_NEWS_CLOSE = 12      /**< The connection is of no more use: close it. */
};

/** A change. All of it lives until the callback returns. */
typedef struct chatroom_client_change {
    uint32_t what;                           /**< CHATROOM_CLIENT_NEWS_... */
    chatroom_error why;                      /**< Of DONE. */
    uint32_t command;                        /**< Of DONE: CHATROOM_COMMAND_..., which it was. */
    chatroom_text room;                      /**< Its name, also of one that went. */
    uint64_t tag;                            /**< Of LISTED and DONE: as the host gave it. */
    const chatroom_ok_event* reply;          /**< Of DONE: NULL unless the server said ok. */
    const chatroom_failure_event* refusal;   /**< Of DONE: NULL unless the server refused. */
    const chatroom_room_item* item;          /**< Of LISTED. */
} chatroom_client_change;

/** Takes a frame to the server; it lives until the callback returns. Every call of the client is
 *  allowed inside but to close, chatroom_client_receive too: a server in the same program may
 *  answer at once. */
typedef void (*chatroom_client_send_fn)(const char* frame, size_t bytes, void* context);

/** Hears of changes, at the end of the call that made them: what changed of the state and of the
 *  rooms, each once, and then which commands are done. Inside, every call is allowed but receive,
 *  restore and close. */
typedef void (*chatroom_client_tell_fn)(const chatroom_client_change* change, void* context);

/** All that a client takes from the host. The struct is copied; its contexts must outlive the
 *  client. Only `send` is mandatory. */
typedef struct chatroom_client_environment {
    uint32_t struct_size;
    chatroom_client_send_fn send;
    void* send_context;
    chatroom_client_tell_fn tell;
    void* tell_context;
    chatroom_entropy_fn entropy;             /**< For nonces: 16 bytes each. */
    void* entropy_context;
    void* buffer;                            /**< Used when not NULL; any alignment. */
    size_t buffer_bytes;
    chatroom_allocate_fn allocate;           /**< Used when there is no buffer. */
    chatroom_release_fn release;
    void* memory_context;
} chatroom_client_environment;

/** How a client's frames look. Cannot fail. */
typedef struct chatroom_client_codec chatroom_client_codec;
const chatroom_client_codec* chatroom_client_codec_json(void);
const chatroom_client_codec* chatroom_client_codec_binary(void);   /**< The encoding of records. */

/** How many bytes a client claims; 0 when the configuration is not valid, or more than can be
 *  addressed.
 *
 *  @param config  NULL: the defaults */
size_t chatroom_client_footprint(const chatroom_client_config* config);

/** Opens a client for JSON frames. Where `host` has no entropy, or neither buffer nor allocate, the
 *  operating system's is taken.
 *
 *  @param out  receives the client; NULL on failure
 *  @retval invalid_argument  there is no `send`
 *  @retval config_invalid    a member is outside its bounds
 *  @retval memory_short      there is less than chatroom_client_footprint */
chatroom_error chatroom_client_open(const chatroom_client_config* config,
                                    const chatroom_client_environment* host,
                                    chatroom_client** out);

/** As chatroom_client_open, for the frames of a codec and with nothing of the operating system's.
 *
 *  @retval invalid_argument  there is no `send`, entropy or codec */
chatroom_error chatroom_client_open_with(const chatroom_client_config* config,
                                         const chatroom_client_environment* host,
                                         const chatroom_client_codec* frames,
                                         chatroom_client** out);

/** Gives the memory back. Nothing is sent or told. NULL is no error.
 *
 *  @retval inside_callback  a callback of this client runs; it stays open */
chatroom_error chatroom_client_close(chatroom_client* client);

/** There is a connection, a new one. The server speaks first. */
chatroom_error chatroom_client_connected(chatroom_client* client);

/** The connection is gone. What was under way is done, with connection_lost. */
chatroom_error chatroom_client_disconnected(chatroom_client* client);

/** Takes a frame as it came.
 *
 *  @retval inside_callback  inside `tell`; nothing was taken */
chatroom_error chatroom_client_receive(chatroom_client* client, const void* frame, size_t bytes);

/** Tells the time in Unix milliseconds and does what is due. Every call counts with the time told
 *  last. A time before the last is taken as the last. */
chatroom_error chatroom_client_tick(chatroom_client* client, uint64_t now_ms);

/** How many milliseconds it can be left alone, counted from the time told last; UINT64_MAX for
 *  ever. Cannot fail. */
uint64_t chatroom_client_next_tick(const chatroom_client* client);

/** Logs in as a guest, now or as soon as there is a connection; a resumed session will do.
 *
 *  @retval already_logged_in
 *  @retval member_missing, member_too_long  the nick is empty or above 64 bytes
 *  @retval queue_full                       asks_max commands are not done */
chatroom_error chatroom_client_login(chatroom_client* client, chatroom_text nick, uint64_t tag);

/** Logs out and forgets everything; without a connection the server finds out later.
 *
 *  @retval queue_full */
chatroom_error chatroom_client_logout(chatroom_client* client, uint64_t tag);

/** Changes the nick. This and the next six answer offline, queue_full and frame_too_long, too. */
chatroom_error chatroom_client_rename(chatroom_client* client, chatroom_text nick, uint64_t tag);

/** Joins a room; done when it is there, and DONE then names it as the server keeps it. */
chatroom_error chatroom_client_join(chatroom_client* client, chatroom_text room, uint64_t tag);

/** Creates a room and joins it; done when it is there. */
chatroom_error chatroom_client_create(chatroom_client* client, const chatroom_create_command* what,
                                      uint64_t tag);

chatroom_error chatroom_client_leave(chatroom_client* client, chatroom_text room, uint64_t tag);

chatroom_error chatroom_client_set(chatroom_client* client, const chatroom_set_command* what,
                                   uint64_t tag);

/** Reads the list of rooms, all pages: LISTED comes for each, with the tag, then DONE. */
chatroom_error chatroom_client_list_rooms(chatroom_client* client, uint64_t tag);

/** Reads one page above what is loaded; done at once when there is none or one is being read. Of a
 *  page for which there is no place its newest messages are taken (DONE: limit_too_small).
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_older(chatroom_client* client, chatroom_text room, uint64_t tag);

/** Keeps the oldest entries of a room while a person looks at them, within half as many again.
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_hold(chatroom_client* client, chatroom_text room, int held);

/** Reads a room's members again, now or when it may, since no notice tells who is online.
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_refresh(chatroom_client* client, chatroom_text room);

/** The person has seen all of a room.
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_see(chatroom_client* client, chatroom_text room);

/** Says something, now or as soon as it can be. It stands among the room's posts until its message
 *  is in the room. On error it is not kept.
 *
 *  @param kind      CHATROOM_MESSAGE_KIND_...
 *  @param reply_to  number of a message; 0: none
 *  @param id        receives its id, never used again; 0 on failure; NULL: not wanted
 *  @retval room_unknown
 *  @retval member_missing   the text is empty
 *  @retval member_too_long  it is longer than the server's message_bytes_max
 *  @retval text_invalid     it is no UTF-8
 *  @retval pending_full     too many posts or bytes of them are kept
 *  @retval entropy_failed */
chatroom_error chatroom_client_post(chatroom_client* client, chatroom_text room, chatroom_text text,
                                    uint8_t kind, uint64_t reply_to, uint64_t* id);

/** Sends a failed post again, with the nonce it had.
 *
 *  @retval invalid_argument  there is no failed post of this id */
chatroom_error chatroom_client_resend(chatroom_client* client, uint64_t post);

/** Forgets a failed post. One that waits may be said already.
 *
 *  @retval invalid_argument  there is no failed post of this id */
chatroom_error chatroom_client_discard(chatroom_client* client, uint64_t post);

/** Sends any command but `resume`, which is the client's own business.
 *
 *  @retval offline           there is no connection, or no welcome yet
 *  @retval invalid_argument  no command of this type travels in frames
 *  @retval queue_full, frame_too_long */
chatroom_error chatroom_client_submit(chatroom_client* client, const chatroom_command* what,
                                      uint64_t tag);

/** Writes what a restart needs to come back: the user, the tokens, which rooms, posts. The tokens
 *  are as good as a password.
 *
 *  @param bytes  receives what it takes; with memory_short too, when nothing was written
 *  @retval memory_short */
chatroom_error chatroom_client_save(const chatroom_client* client, void* out, size_t capacity,
                                    size_t* bytes);

/** Takes over what chatroom_client_save wrote, as the first thing after opening. The end of what
 *  each room held is asked for again.
 *
 *  @retval snapshot_invalid  nothing changed
 *  @retval limit_too_small   there are more rooms or posts than places; nothing changed
 *  @retval invalid_argument  it is not the first thing
 *  @retval inside_callback */
chatroom_error chatroom_client_restore(chatroom_client* client, const void* saved, size_t bytes);

/** CHATROOM_CLIENT_STATE_... These reads cannot fail: of no client they tell nothing. Texts live
 *  until the next call that changes something. */
uint32_t chatroom_client_state(const chatroom_client* client);

/** Why the last login or connection failed; 0 while all is well. */
chatroom_error chatroom_client_why(const chatroom_client* client);

uint64_t chatroom_client_user(const chatroom_client* client);
chatroom_text chatroom_client_nick(const chatroom_client* client);

/** What the server's last welcome told, without its features.
 *
 *  @param out  receives it */
chatroom_error chatroom_client_limits(const chatroom_client* client, chatroom_welcome_event* out);

/** Not 0: the connection is of no more use; until chatroom_client_disconnected. */
int chatroom_client_wants_close(const chatroom_client* client);

/** Frames that made no sense. */
uint64_t chatroom_client_faults(const chatroom_client* client);

/** How many rooms there are; they are numbered from 0 in the order in which they came. */
size_t chatroom_client_rooms(const chatroom_client* client);

/** Reads a room by its place, or by its name.
 *
 *  @retval room_unknown */
chatroom_error chatroom_client_room_at(const chatroom_client* client, size_t at,
                                       chatroom_client_room_view* out);
chatroom_error chatroom_client_room(const chatroom_client* client, chatroom_text name,
                                    chatroom_client_room_view* out);

/** How many entries, members or posts a room has; 0 for an unknown one. Entries ascend, members are
 *  in no order, posts in that in which they were said. */
size_t chatroom_client_entries(const chatroom_client* client, chatroom_text room);
size_t chatroom_client_members(const chatroom_client* client, chatroom_text room);
size_t chatroom_client_posts(const chatroom_client* client, chatroom_text room);

/** Reads one of them by its place.
 *
 *  @retval room_unknown
 *  @retval invalid_argument  there are not so many */
chatroom_error chatroom_client_entry_at(const chatroom_client* client, chatroom_text room,
                                        size_t at, chatroom_client_entry_view* out);
chatroom_error chatroom_client_member_at(const chatroom_client* client, chatroom_text room,
                                         size_t at, chatroom_client_member_view* out);
chatroom_error chatroom_client_post_at(const chatroom_client* client, chatroom_text room,
                                       size_t at, chatroom_client_post_view* out);

/** Reads a message by its number.
 *
 *  @retval room_unknown, reply_unknown */
chatroom_error chatroom_client_message(const chatroom_client* client, chatroom_text room,
                                       uint64_t number, chatroom_client_entry_view* out);

/* ---- Static buffers ------------------------------------------------------------------------ */

/** An integer constant expression: never below chatroom_footprint of what chatroom_config_sized
 *  makes of these numbers, and at most 5% above. All numbers are at least 1.
 *
 *      static char memory[CHATROOM_FOOTPRINT(8, 8, 4, 32, 128)];
 *
 *  An engine that registers less claims less: subtract CHATROOM_FOOTPRINT_RECORDS without
 *  chatroom_records, CHATROOM_FOOTPRINT_CODECS without any codec. */
#define CHATROOM_FOOTPRINT(users, sessions, rooms, messages, text_bytes) \
    (CHATROOM_SIZE_SHARED(users, sessions, rooms, messages, text_bytes) + \
     CHATROOM_SIZE_LOCAL(users, sessions, rooms) + CHATROOM_SIZE_QUEUE(text_bytes) + \
     CHATROOM_FOOTPRINT_RECORDS(rooms, text_bytes) + \
     CHATROOM_FOOTPRINT_CODECS(sessions, rooms, text_bytes) + CHATROOM_SIZE_ENGINE)

/** The part of CHATROOM_FOOTPRINT that an engine without chatroom_records does not need. */
#define CHATROOM_FOOTPRINT_RECORDS(rooms, text_bytes) \
    (sizeof(char[184]) + sizeof(char[4]) * CHATROOM_BYTES_PENDING + \
     (CHATROOM_SIZE_RECORD(rooms, text_bytes) > 400 ? CHATROOM_SIZE_RECORD(rooms, text_bytes) \
                                                    : 400))

/** The part of CHATROOM_FOOTPRINT that an engine without any codec does not need. */
#define CHATROOM_FOOTPRINT_CODECS(sessions, rooms, text_bytes) \
    (sizeof(char[CHATROOM_BYTES_REPLY]) * (sessions) + \
     CHATROOM_SIZE_SEATED(sessions, rooms, 5) - CHATROOM_SIZE_SEATED(sessions, rooms, 1) + \
     2 * CHATROOM_SIZE_QUEUE(text_bytes) + \
     (CHATROOM_SIZE_NAMES(rooms) < sizeof(void* [144]) \
          ? sizeof(void* [144]) - CHATROOM_SIZE_NAMES(rooms) : 0))

/* What follows is what CHATROOM_FOOTPRINT is made of: bytes of what an engine holds many of, in
   this version, and sums of them. */

#define CHATROOM_BYTES_ENGINE (sizeof(void*) == 8 ? 1920 : 1536)
#define CHATROOM_BYTES_HANDLE (sizeof(void*) == 8 ? 384 : 232)
#define CHATROOM_BYTES_USER 64
#define CHATROOM_BYTES_BINDING 20
#define CHATROOM_BYTES_TOKEN 17
#define CHATROOM_BYTES_NODE 24
#define CHATROOM_BYTES_ROOM 96
#define CHATROOM_BYTES_MEMBERSHIP 12
#define CHATROOM_BYTES_CHUNK (sizeof(void*) == 8 ? 64 : 32)
#define CHATROOM_BYTES_SESSION 64
#define CHATROOM_BYTES_FACE 16
#define CHATROOM_BYTES_REPLY (sizeof(void*) == 8 ? 80 : 72)
#define CHATROOM_BYTES_EDGE 80
#define CHATROOM_BYTES_MESSAGE (sizeof(void*) == 8 ? 112 : 80)
#define CHATROOM_BYTES_ROOM_ITEM (sizeof(void*) == 8 ? 56 : 40)
#define CHATROOM_BYTES_MEMBER_ITEM (sizeof(void*) == 8 ? 32 : 24)
#define CHATROOM_BYTES_PENDING 56
#define CHATROOM_BYTES_CURSOR (sizeof(void*) == 8 ? 32 : 24)

#define CHATROOM_SIZE_INDEX(n) (sizeof(char[8]) * (n))
#define CHATROOM_SIZE_CHUNKS(entries, lists) \
    (sizeof(char[CHATROOM_BYTES_CHUNK]) * \
     ((entries) <= (lists) \
          ? (entries) : (lists) + ((entries) - (lists)) / (CHATROOM_BYTES_CHUNK / 4 - 3)))
/* Of who is told what in a room: a list for each of so many kinds of frames. */
#define CHATROOM_SIZE_SEATED(sessions, rooms, kinds) \
    CHATROOM_SIZE_CHUNKS((sessions) * CHATROOM_SIZE_JOINED(rooms), sizeof(char[kinds]) * (rooms))

#define CHATROOM_SIZE_LANES(users, sessions) (((sessions) + (users) - 1) / (users))
#define CHATROOM_SIZE_JOINED(rooms) ((rooms) > 256 ? 256 : (rooms))
#define CHATROOM_SIZE_PAGES(rooms, messages) \
    (((messages) + 3) / 4 > (rooms) ? ((messages) + 3) / 4 : (rooms))
#define CHATROOM_SIZE_PAGE(text_bytes) \
    ((text_bytes) > 13 ? (4 * (text_bytes) + sizeof(char[211])) / 8 * 8 : sizeof(char[256]))
#define CHATROOM_SIZE_QUEUE(text_bytes) \
    ((text_bytes) > 128 ? sizeof(char[2]) * (text_bytes) + 256 : sizeof(char[512]))
#define CHATROOM_SIZE_RECORD(rooms, text_bytes) \
    (sizeof(char[37]) * CHATROOM_SIZE_JOINED(rooms) + (text_bytes) + 64)

#define CHATROOM_SIZE_SHARED(users, sessions, rooms, messages, text_bytes) \
    (sizeof(char[CHATROOM_BYTES_USER + 16]) * (users) + \
     sizeof(char[CHATROOM_BYTES_BINDING + CHATROOM_BYTES_TOKEN]) * (users) * \
         CHATROOM_SIZE_LANES(users, sessions) + \
     sizeof(char[CHATROOM_BYTES_ROOM + 16]) * (rooms) + \
     sizeof(char[CHATROOM_BYTES_MEMBERSHIP]) * (users) * CHATROOM_SIZE_JOINED(rooms) + \
     CHATROOM_SIZE_CHUNKS((users) * CHATROOM_SIZE_JOINED(rooms), rooms) + \
     CHATROOM_SIZE_PAGE(text_bytes) * CHATROOM_SIZE_PAGES(rooms, messages) + \
     CHATROOM_SIZE_INDEX(CHATROOM_SIZE_PAGES(rooms, messages)) + \
     2 * CHATROOM_SIZE_INDEX(users) + CHATROOM_SIZE_INDEX(rooms) + \
     2 * CHATROOM_SIZE_INDEX((users) * CHATROOM_SIZE_LANES(users, sessions)) + \
     CHATROOM_BYTES_NODE + 8)

#define CHATROOM_SIZE_LOCAL(users, sessions, rooms) \
    (sizeof(char[CHATROOM_BYTES_SESSION + CHATROOM_BYTES_FACE]) * (sessions) + \
     sizeof(char[4]) * (users) * \
         (CHATROOM_SIZE_LANES(users, sessions) * CHATROOM_SIZE_JOINED(rooms) + 1) + \
     sizeof(char[CHATROOM_BYTES_EDGE]) * (rooms) + \
     CHATROOM_SIZE_SEATED(sessions, rooms, 1) + \
     2 * CHATROOM_BYTES_CURSOR * CHATROOM_SIZE_JOINED(rooms) + CHATROOM_SIZE_NAMES(rooms) + 96)
/* Of a command: its names folded, and hashes. */
#define CHATROOM_SIZE_NAMES(rooms) \
    ((CHATROOM_BYTES_CURSOR + sizeof(char[16])) * CHATROOM_SIZE_JOINED(rooms) + 144)

#define CHATROOM_SIZE_ENGINE \
    (CHATROOM_BYTES_ENGINE + CHATROOM_BYTES_HANDLE + sizeof(void* [16]) + 336)

#ifdef __cplusplus
}
#endif

/* MIT License
 *
 * Copyright (c) 2026 the chatroom authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy
 * of this software and associated documentation files (the "Software"), to deal
 * in the Software without restriction, including without limitation the rights
 * to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
 * copies of the Software, and to permit persons to whom the Software is
 * furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all
 * copies or substantial portions of the Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
 * IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
 * FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
 * AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
 * LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
 * OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
 * SOFTWARE.
 */
#endif /* CHATROOM_C_H */
