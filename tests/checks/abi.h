#ifndef CHATROOM_C_H
#define CHATROOM_C_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#define CHATROOM_VERSION_MAJOR 0
#define CHATROOM_VERSION_MINOR 1
#define CHATROOM_VERSION_PATCH 0
#define CHATROOM_ABI_VERSION 0
const char* chatroom_version(void);
uint32_t chatroom_abi_version(void);
typedef struct chatroom_text {
    const char* data;
    size_t size;
} chatroom_text;
static inline chatroom_text chatroom_text_of(const char* ended) {
    chatroom_text text;
    text.data = ended;
    text.size = 0;
    if (ended) {
        while (ended[text.size] != 0) ++text.size;
    }
    return text;
}
typedef uint32_t chatroom_session;
typedef uint64_t chatroom_user;
#define CHATROOM_HOST 0xffffffffu
typedef int32_t chatroom_error;
enum {
    CHATROOM_ERROR_NONE = 0,
    CHATROOM_ERROR_INVALID_ARGUMENT = 1,
    CHATROOM_ERROR_ENGINE_CLOSED = 2,
    CHATROOM_ERROR_ENGINE_OPEN = 3,
    CHATROOM_ERROR_CONFIG_INVALID = 4,
    CHATROOM_ERROR_MEMORY_SHORT = 5,
    CHATROOM_ERROR_LIMIT_TOO_SMALL = 6,
    CHATROOM_ERROR_INSIDE_CALLBACK = 7,
    CHATROOM_ERROR_ENTROPY_FAILED = 8,
    CHATROOM_ERROR_QUEUED = 10,
    CHATROOM_ERROR_PENDING = 11,
    CHATROOM_ERROR_QUEUE_FULL = 12,
    CHATROOM_ERROR_RECORDS_FULL = 13,
    CHATROOM_ERROR_PAUSED = 14,
    CHATROOM_ERROR_NO_TIME = 20,
    CHATROOM_ERROR_CLOCK_LEAP = 21,
    CHATROOM_ERROR_FRAME_TOO_LONG = 30,
    CHATROOM_ERROR_FRAME_MALFORMED = 31,
    CHATROOM_ERROR_OP_MISSING = 32,
    CHATROOM_ERROR_OP_UNKNOWN = 33,
    CHATROOM_ERROR_MEMBER_MISSING = 34,
    CHATROOM_ERROR_MEMBER_INVALID = 35,
    CHATROOM_ERROR_MEMBER_TOO_LONG = 36,
    CHATROOM_ERROR_NUMBER_OUT_OF_RANGE = 37,
    CHATROOM_ERROR_CODEC_MISSING = 38,
    CHATROOM_ERROR_SESSION_UNKNOWN = 40,
    CHATROOM_ERROR_SESSIONS_FULL = 41,
    CHATROOM_ERROR_LOGIN_REQUIRED = 42,
    CHATROOM_ERROR_ALREADY_LOGGED_IN = 43,
    CHATROOM_ERROR_USERS_FULL = 44,
    CHATROOM_ERROR_USER_SESSIONS_FULL = 45,
    CHATROOM_ERROR_NICK_INVALID = 46,
    CHATROOM_ERROR_NICK_TAKEN = 47,
    CHATROOM_ERROR_TOKEN_INVALID = 48,
    CHATROOM_ERROR_USER_UNKNOWN = 49,
    CHATROOM_ERROR_ROOM_UNKNOWN = 50,
    CHATROOM_ERROR_ROOM_NAME_INVALID = 51,
    CHATROOM_ERROR_ROOM_EXISTS = 52,
    CHATROOM_ERROR_ROOMS_FULL = 53,
    CHATROOM_ERROR_ROOM_FULL = 54,
    CHATROOM_ERROR_MEMBERS_FULL = 55,
    CHATROOM_ERROR_USER_ROOMS_FULL = 56,
    CHATROOM_ERROR_ROOM_MANAGED = 57,
    CHATROOM_ERROR_FORBIDDEN = 58,
    CHATROOM_ERROR_TEXT_INVALID = 60,
    CHATROOM_ERROR_REPLY_UNKNOWN = 61,
    CHATROOM_ERROR_NONCE_REUSED = 62,
    CHATROOM_ERROR_HISTORY_FULL = 63,
    CHATROOM_ERROR_STORAGE_FAILED = 70,
    CHATROOM_ERROR_RECORD_INVALID = 71,
    CHATROOM_ERROR_ALREADY_APPLIED = 72,
    CHATROOM_ERROR_FEATURE_MISSING = 73,
    CHATROOM_ERROR_BEHAVIOUR_UNKNOWN = 74,
    CHATROOM_ERROR_LOG_TORN = 75,
    CHATROOM_ERROR_LOG_DAMAGED = 76,
    CHATROOM_ERROR_SNAPSHOT_INVALID = 77,
    CHATROOM_ERROR_INCARNATION_STALE = 78,
    CHATROOM_ERROR_NODES_FULL = 79,
    CHATROOM_ERROR_OFFLINE = 80,
    CHATROOM_ERROR_CONNECTION_LOST = 81,
    CHATROOM_ERROR_OUTCOME_UNKNOWN = 82,
    CHATROOM_ERROR_PENDING_FULL = 83,
    CHATROOM_ERROR_SUPERSEDED = 84,
    CHATROOM_ERROR_REPLY_INVALID = 85
};
const char* chatroom_error_name(chatroom_error why);
const char* chatroom_error_text(chatroom_error why);
enum {
    CHATROOM_PRESET_GAME = 0,
    CHATROOM_PRESET_FIRMWARE = 1,
    CHATROOM_PRESET_SERVER = 2
};
#define CHATROOM_ZERO 0xffffffffu
typedef struct chatroom_config {
    uint32_t struct_size;
    uint32_t preset;
    uint32_t sessions_max;
    uint32_t users_max;
    uint32_t sessions_per_user_max;
    uint32_t rooms_max;
    uint32_t members_max;
    uint32_t rooms_per_user_max;
    uint32_t nodes_max;
    uint32_t history_pages_max;
    uint32_t page_bytes;
    uint32_t page_messages_max;
    uint32_t nick_bytes_max;
    uint32_t identity_bytes_max;
    uint32_t room_name_bytes_max;
    uint32_t title_bytes_max;
    uint32_t topic_bytes_max;
    uint32_t message_bytes_max;
    uint32_t nonce_bytes_max;
    uint32_t frame_bytes_max;
    uint32_t page_items_max;
    uint32_t queue_bytes;
    uint32_t records_pending_max;
    uint32_t rooms_by_host_only;
    uint32_t create_on_join;
    uint32_t names_shown;
    uint32_t resume_window_ms;
    uint32_t room_capacity;
    uint32_t room_messages_max;
    uint32_t room_pages_reserved;
    uint32_t room_pages_max;
    uint32_t presence_members_max;
    uint32_t advance_ms;
    uint32_t effects_per_record_max;
    uint32_t clock_ahead_max_ms;
    uint32_t deliveries_per_call;
    uint32_t queued_per_call;
    uint32_t presence_ms;
    uint32_t bad_frames_max;
    uint32_t clock_leap_max_ms;
    uint32_t node;
    uint32_t incarnation;
} chatroom_config;
chatroom_error chatroom_config_sized(chatroom_config* config, uint32_t users, uint32_t sessions,
                                     uint32_t rooms, uint32_t messages, uint32_t text_bytes);
const char* chatroom_config_fault(const chatroom_config* config);
enum {
    CHATROOM_COMMAND_NONE = 0,
    CHATROOM_COMMAND_BOOT = 1, CHATROOM_COMMAND_ADVANCE = 2,
    CHATROOM_COMMAND_BIND = 3, CHATROOM_COMMAND_UNBIND = 4,
    CHATROOM_COMMAND_CONFIGURE = 10, CHATROOM_COMMAND_PING = 11,
    CHATROOM_COMMAND_GUEST = 20, CHATROOM_COMMAND_RESUME = 21, CHATROOM_COMMAND_TOKEN = 22,
    CHATROOM_COMMAND_LOGOUT = 23, CHATROOM_COMMAND_NICK = 24,
    CHATROOM_COMMAND_CREATE = 30, CHATROOM_COMMAND_JOIN = 31, CHATROOM_COMMAND_LEAVE = 32,
    CHATROOM_COMMAND_SET = 33, CHATROOM_COMMAND_DESTROY = 34, CHATROOM_COMMAND_ROOMS = 35,
    CHATROOM_COMMAND_MEMBERS = 36,
    CHATROOM_COMMAND_POST = 40, CHATROOM_COMMAND_HISTORY = 41
};
typedef struct chatroom_command {
    uint32_t type;
    size_t bytes;
    const void* body;
} chatroom_command;
typedef struct chatroom_configure_command {
    chatroom_text name;
    uint64_t value;
} chatroom_configure_command;
typedef struct chatroom_guest_command {
    chatroom_text nick;
} chatroom_guest_command;
typedef struct chatroom_cursor {
    chatroom_text room;
    uint64_t after;
    uint64_t id;
} chatroom_cursor;
typedef struct chatroom_cursors {
    const chatroom_cursor* data;
    size_t size;
} chatroom_cursors;
typedef struct chatroom_resume_command {
    chatroom_text token;
    chatroom_cursors cursors;
} chatroom_resume_command;
typedef struct chatroom_nick_command {
    chatroom_text nick;
} chatroom_nick_command;
typedef struct chatroom_create_command {
    chatroom_text room;
    chatroom_text title;
    chatroom_text topic;
    uint32_t capacity;
    uint8_t persistent;
    uint8_t managed;
} chatroom_create_command;
typedef struct chatroom_join_command {
    chatroom_text room;
    uint32_t history;
} chatroom_join_command;
typedef struct chatroom_leave_command {
    chatroom_text room;
} chatroom_leave_command;
enum {
    CHATROOM_ROOM_PROPERTY_TITLE = 0, CHATROOM_ROOM_PROPERTY_TOPIC = 1,
    CHATROOM_ROOM_PROPERTY_CAPACITY = 2,
    CHATROOM_ROOM_PROPERTY_PERSISTENT = 3, CHATROOM_ROOM_PROPERTY_MANAGED = 4
};
typedef struct chatroom_set_command {
    chatroom_text room;
    uint8_t property;
    chatroom_text value;
} chatroom_set_command;
typedef struct chatroom_destroy_command {
    chatroom_text room;
} chatroom_destroy_command;
typedef struct chatroom_rooms_command {
    uint64_t after;
    uint32_t limit;
} chatroom_rooms_command;
typedef struct chatroom_members_command {
    chatroom_text room;
    uint64_t after;
    uint32_t limit;
} chatroom_members_command;
enum { CHATROOM_MESSAGE_KIND_TEXT = 0, CHATROOM_MESSAGE_KIND_EMOTE = 1 };
typedef struct chatroom_post_command {
    chatroom_text room;
    chatroom_text text;
    uint8_t kind;
    uint64_t reply_to;
    chatroom_text nonce;
} chatroom_post_command;
enum {
    CHATROOM_SELECTOR_LATEST = 0,
    CHATROOM_SELECTOR_BEFORE = 1,
    CHATROOM_SELECTOR_AFTER = 2,
    CHATROOM_SELECTOR_AROUND = 3,
    CHATROOM_SELECTOR_BETWEEN = 4
};
typedef struct chatroom_history_command {
    chatroom_text room;
    uint8_t selector;
    uint64_t number;
    uint64_t until;
    uint32_t limit;
} chatroom_history_command;
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
typedef struct chatroom_event {
    uint16_t type;
    uint16_t must_arrive;
    uint32_t bytes;
    const void* body;
} chatroom_event;
typedef struct chatroom_welcome_event {
    uint32_t protocol;
    chatroom_text features;
    uint64_t time;
    uint32_t frame_bytes_max;
    uint32_t message_bytes_max;
    uint32_t nick_bytes_max;
    uint32_t room_name_bytes_max;
    uint32_t nonce_bytes_max;
    uint32_t page_items_max;
    uint32_t rooms_per_user_max;
    uint32_t resume_window_ms;
} chatroom_welcome_event;
typedef struct chatroom_ok_event {
    uint64_t ref;
    uint64_t user;
    chatroom_text nick;
    chatroom_text token;
    chatroom_text room;
    uint64_t number;
    uint64_t time;
} chatroom_ok_event;
typedef struct chatroom_failure_event {
    uint64_t ref;
    chatroom_error error;
    chatroom_text field;
    uint64_t limit;
    uint64_t value;
    uint64_t at;
    chatroom_text found;
    uint64_t retry_ms;
} chatroom_failure_event;
typedef struct chatroom_you_event {
    uint64_t user;
    chatroom_text nick;
} chatroom_you_event;
typedef struct chatroom_bye_event {
    chatroom_error error;
} chatroom_bye_event;
typedef struct chatroom_help_event {
    chatroom_text text;
} chatroom_help_event;
enum {
    CHATROOM_RESUMPTION_NONE = 0,
    CHATROOM_RESUMPTION_COMPLETE = 1,
    CHATROOM_RESUMPTION_CONTINUES = 2,
    CHATROOM_RESUMPTION_TRUNCATED = 3
};
typedef struct chatroom_joined_event {
    chatroom_text room;
    chatroom_text title;
    chatroom_text topic;
    uint64_t owner;
    uint32_t capacity;
    uint8_t persistent;
    uint8_t managed;
    chatroom_text rights;
    uint32_t members;
    uint64_t roster;
    uint64_t first;
    uint64_t last;
    uint8_t resume;
    uint64_t from;
    uint64_t id;
} chatroom_joined_event;
enum {
    CHATROOM_PARTING_LEFT = 0, CHATROOM_PARTING_REMOVED = 1, CHATROOM_PARTING_GONE = 2,
    CHATROOM_PARTING_DESTROYED = 3
};
typedef struct chatroom_left_event {
    chatroom_text room;
    uint8_t reason;
} chatroom_left_event;
typedef struct chatroom_room_event {
    chatroom_text room;
    chatroom_text title;
    chatroom_text topic;
    uint64_t owner;
    uint32_t capacity;
    uint8_t persistent;
    uint8_t managed;
    uint32_t members;
    uint64_t roster;
} chatroom_room_event;
typedef struct chatroom_entered_event {
    chatroom_text room;
    uint64_t user;
    chatroom_text nick;
    uint32_t members;
    uint64_t roster;
} chatroom_entered_event;
typedef struct chatroom_exited_event {
    chatroom_text room;
    uint64_t user;
    chatroom_text nick;
    uint8_t reason;
    uint32_t members;
    uint64_t roster;
} chatroom_exited_event;
typedef struct chatroom_renamed_event {
    chatroom_text room;
    uint64_t user;
    chatroom_text nick;
    chatroom_text old;
    uint64_t roster;
} chatroom_renamed_event;
typedef struct chatroom_message_event {
    chatroom_text room;
    uint64_t number;
    uint64_t time;
    uint64_t user;
    chatroom_text nick;
    uint8_t kind;
    chatroom_text text;
    uint64_t reply_to;
    chatroom_text nonce;
    uint32_t bytes;
} chatroom_message_event;
typedef struct chatroom_gap_event {
    chatroom_text room;
    uint64_t from;
    uint64_t to;
} chatroom_gap_event;
typedef struct chatroom_messages_list {
    const chatroom_message_event* data;
    size_t size;
} chatroom_messages_list;
typedef struct chatroom_history_page_event {
    uint64_t ref;
    chatroom_text room;
    chatroom_messages_list messages;
    uint64_t first;
    uint64_t last;
    uint8_t complete;
} chatroom_history_page_event;
typedef struct chatroom_room_item {
    chatroom_text room;
    chatroom_text title;
    uint32_t members;
    uint32_t capacity;
    uint64_t id;
    uint8_t managed;
} chatroom_room_item;
typedef struct chatroom_rooms_list {
    const chatroom_room_item* data;
    size_t size;
} chatroom_rooms_list;
typedef struct chatroom_rooms_page_event {
    uint64_t ref;
    chatroom_rooms_list rooms;
    uint64_t next;
    uint8_t complete;
} chatroom_rooms_page_event;
typedef struct chatroom_member_item {
    uint64_t user;
    chatroom_text nick;
    uint8_t online;
} chatroom_member_item;
typedef struct chatroom_members_list {
    const chatroom_member_item* data;
    size_t size;
} chatroom_members_list;
typedef struct chatroom_members_page_event {
    uint64_t ref;
    chatroom_text room;
    chatroom_members_list members;
    uint64_t roster;
    uint64_t next;
    uint8_t complete;
} chatroom_members_page_event;
typedef struct chatroom_engine chatroom_engine;
typedef struct chatroom_recipients chatroom_recipients;
typedef struct chatroom_recipient {
    chatroom_session session;
    uint64_t tag;
} chatroom_recipient;
int chatroom_recipients_next(chatroom_recipients* to, chatroom_recipient* out);
size_t chatroom_recipients_count(const chatroom_recipients* to);
typedef void (*chatroom_send_fn)(chatroom_recipients* to, const chatroom_event* what,
                                 const char* frame, size_t frame_bytes, void* context);
enum {
    CHATROOM_STORED_YES = 0,
    CHATROOM_STORED_NO = 1,
    CHATROOM_STORED_PENDING = 2
};
typedef int32_t (*chatroom_log_fn)(const char* record, size_t bytes, uint64_t number,
                                   void* context);
enum { CHATROOM_ORIGIN_HERE = 0, CHATROOM_ORIGIN_ELSEWHERE = 1, CHATROOM_ORIGIN_RECOVERY = 2 };
typedef struct chatroom_observation {
    uint32_t origin;
    chatroom_session session;
    chatroom_user user;
    const chatroom_command* command;
    chatroom_error why;
    uint64_t at;
    uint64_t ticket;
    uint64_t number;
    uint64_t time;
} chatroom_observation;
typedef void (*chatroom_observe_fn)(const chatroom_observation* seen, void* context);
typedef int (*chatroom_entropy_fn)(void* out, size_t bytes, void* context);
typedef void* (*chatroom_allocate_fn)(size_t bytes, void* context);
typedef void (*chatroom_release_fn)(void* block, size_t bytes, void* context);
typedef struct chatroom_environment {
    uint32_t struct_size;
    uint32_t memory_zeroed;
    chatroom_send_fn send;
    void* send_context;
    chatroom_log_fn log;
    void* log_context;
    chatroom_observe_fn observe;
    void* observe_context;
    chatroom_entropy_fn entropy;
    void* entropy_context;
    void* buffer;
    size_t buffer_bytes;
    chatroom_allocate_fn allocate;
    chatroom_release_fn release;
    void* memory_context;
} chatroom_environment;
int chatroom_hosted_entropy(void* out, size_t bytes, void* context);
void* chatroom_hosted_allocate(size_t bytes, void* context);
void chatroom_hosted_release(void* block, size_t bytes, void* context);
uint64_t chatroom_hosted_now(void);
typedef struct chatroom_feature chatroom_feature;
typedef struct chatroom_codec chatroom_codec;
typedef struct chatroom_names chatroom_names;
typedef struct chatroom_recorder chatroom_recorder;
const chatroom_feature* chatroom_feature_guests(void);
const chatroom_feature* chatroom_feature_rooms(void);
const chatroom_feature* chatroom_feature_posts(void);
const chatroom_feature* chatroom_feature_settings(void);
const chatroom_codec* chatroom_codec_json(void);
const chatroom_codec* chatroom_codec_lines(void);
const chatroom_codec* chatroom_codec_binary(void);
const chatroom_names* chatroom_names_unicode(void);
const chatroom_names* chatroom_names_ascii(void);
const chatroom_recorder* chatroom_records(void);
typedef struct chatroom_registration {
    uint32_t struct_size;
    uint32_t feature_count;
    const chatroom_feature* const* features;
    const chatroom_codec* const* codecs;
    uint32_t codec_count;
    const chatroom_names* names;
    const chatroom_recorder* records;
} chatroom_registration;
size_t chatroom_footprint(const chatroom_config* config);
size_t chatroom_footprint_with(const chatroom_config* config, const chatroom_registration* parts);
chatroom_error chatroom_open(const chatroom_config* config, const chatroom_environment* host,
                             chatroom_engine** out);
chatroom_error chatroom_open_in(const chatroom_config* config, const chatroom_environment* host,
                                void* buffer, size_t bytes, chatroom_engine** out);
chatroom_error chatroom_open_with(const chatroom_config* config, const chatroom_environment* host,
                                  const chatroom_registration* parts, chatroom_engine** out);
chatroom_error chatroom_close(chatroom_engine* chat);
enum {
    CHATROOM_WIRE_JSON = 0, CHATROOM_WIRE_LINES = 1, CHATROOM_WIRE_BINARY = 2,
    CHATROOM_WIRE_TYPED = 3
};
typedef struct chatroom_peer {
    uint32_t struct_size;
    uint32_t wire;
    uint64_t tag;
    uint32_t frame_bytes_max;
    chatroom_text user;
    chatroom_text nick;
} chatroom_peer;
chatroom_error chatroom_connect(chatroom_engine* chat, const chatroom_peer* who,
                                chatroom_session* out);
chatroom_error chatroom_disconnect(chatroom_engine* chat, chatroom_session session);
chatroom_error chatroom_receive(chatroom_engine* chat, chatroom_session session, const void* frame,
                                size_t bytes);
chatroom_error chatroom_pause(chatroom_engine* chat, chatroom_session session);
chatroom_error chatroom_unpause(chatroom_engine* chat, chatroom_session session);
typedef struct chatroom_outcome {
    uint32_t struct_size;
    char token[36];
    uint64_t ticket;
    uint64_t number;
    uint64_t time;
    chatroom_user user;
} chatroom_outcome;
chatroom_error chatroom_submit(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                               const chatroom_command* what, chatroom_outcome* out);
const chatroom_failure_event* chatroom_why(chatroom_engine* chat);
typedef struct chatroom_parsed_line {
    uint32_t struct_size;
    uint8_t help;
    chatroom_command command;
    chatroom_failure_event refusal;
    uint64_t body[12];
} chatroom_parsed_line;
chatroom_error chatroom_parse_line(chatroom_text room, chatroom_text text,
                                   chatroom_parsed_line* out);
static inline chatroom_error chatroom_submit_typed(chatroom_engine* chat, chatroom_session by,
                                                   uint32_t type, const void* what, size_t bytes,
                                                   chatroom_outcome* out) {
    chatroom_command command;
    command.type = type;
    command.bytes = bytes;
    command.body = what;
    return chatroom_submit(chat, by, 0, &command, out);
}
static inline chatroom_error chatroom_configure(chatroom_engine* chat,
                                                const chatroom_configure_command* what,
                                                chatroom_outcome* out) {
    return chatroom_submit_typed(chat, CHATROOM_HOST, CHATROOM_COMMAND_CONFIGURE,
                                 what, sizeof *what, out);
}
static inline chatroom_error chatroom_guest(chatroom_engine* chat, chatroom_session by,
                                            const chatroom_guest_command* what,
                                            chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_GUEST, what, sizeof *what, out);
}
static inline chatroom_error chatroom_resume(chatroom_engine* chat, chatroom_session by,
                                             const chatroom_resume_command* what,
                                             chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_RESUME, what, sizeof *what, out);
}
static inline chatroom_error chatroom_token(chatroom_engine* chat, chatroom_session by,
                                            chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_TOKEN, out, 0, out);
}
static inline chatroom_error chatroom_logout(chatroom_engine* chat, chatroom_session by,
                                             chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_LOGOUT, out, 0, out);
}
static inline chatroom_error chatroom_nick(chatroom_engine* chat, chatroom_session by,
                                           const chatroom_nick_command* what,
                                           chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_NICK, what, sizeof *what, out);
}
static inline chatroom_error chatroom_create(chatroom_engine* chat, chatroom_session by,
                                             const chatroom_create_command* what,
                                             chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_CREATE, what, sizeof *what, out);
}
static inline chatroom_error chatroom_join(chatroom_engine* chat, chatroom_session by,
                                           const chatroom_join_command* what,
                                           chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_JOIN, what, sizeof *what, out);
}
static inline chatroom_error chatroom_leave(chatroom_engine* chat, chatroom_session by,
                                            const chatroom_leave_command* what,
                                            chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_LEAVE, what, sizeof *what, out);
}
static inline chatroom_error chatroom_set(chatroom_engine* chat, chatroom_session by,
                                          const chatroom_set_command* what, chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_SET, what, sizeof *what, out);
}
static inline chatroom_error chatroom_destroy(chatroom_engine* chat,
                                              const chatroom_destroy_command* what,
                                              chatroom_outcome* out) {
    return chatroom_submit_typed(chat, CHATROOM_HOST, CHATROOM_COMMAND_DESTROY,
                                 what, sizeof *what, out);
}
static inline chatroom_error chatroom_post(chatroom_engine* chat, chatroom_session by,
                                           const chatroom_post_command* what,
                                           chatroom_outcome* out) {
    return chatroom_submit_typed(chat, by, CHATROOM_COMMAND_POST, what, sizeof *what, out);
}
chatroom_error chatroom_history(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                                const chatroom_history_command* what, chatroom_message_event* out,
                                size_t capacity, const chatroom_history_page_event** page);
chatroom_error chatroom_rooms(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                              const chatroom_rooms_command* what, chatroom_room_item* out,
                              size_t capacity, const chatroom_rooms_page_event** page);
chatroom_error chatroom_members(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                                const chatroom_members_command* what, chatroom_member_item* out,
                                size_t capacity, const chatroom_members_page_event** page);
chatroom_error chatroom_room(chatroom_engine* chat, chatroom_session by, chatroom_user user,
                             chatroom_text name, const chatroom_joined_event** out);
chatroom_error chatroom_tick(chatroom_engine* chat, uint64_t now_ms, int leap_confirmed);
chatroom_error chatroom_advance(chatroom_engine* chat, uint64_t elapsed_ms);
uint64_t chatroom_next_tick(const chatroom_engine* chat);
chatroom_error chatroom_commit(chatroom_engine* chat, const void* record, size_t bytes);
chatroom_error chatroom_abandon(chatroom_engine* chat, uint64_t number);
chatroom_error chatroom_recover(chatroom_engine* chat, const void* log, size_t bytes,
                                uint64_t* records_read, uint64_t* bytes_read);
chatroom_error chatroom_digest(chatroom_engine* chat, uint8_t out[32]);
enum {
    CHATROOM_SCOPE_EVERYTHING = 0,
    CHATROOM_SCOPE_MIGRATION = 1
};
chatroom_error chatroom_snapshot(chatroom_engine* chat, void* out, size_t capacity, uint32_t scope,
                                 size_t* bytes);
chatroom_error chatroom_restore(chatroom_engine* chat, const void* snapshot, size_t bytes);
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
typedef struct chatroom_stat {
    char name[24];
    char unit[12];
    uint8_t kind;
    char help[56];
    size_t offset;
} chatroom_stat;
chatroom_error chatroom_stats(const chatroom_engine* chat, chatroom_statistics* out, size_t bytes);
const chatroom_stat* chatroom_stats_table(size_t* count);
typedef struct chatroom_client chatroom_client;
typedef struct chatroom_client_config {
    uint32_t struct_size;
    uint32_t rooms_max;
    uint32_t entries_max;
    uint32_t text_bytes_max;
    uint32_t members_max;
    uint32_t posts_max;
    uint32_t post_bytes_max;
    uint32_t asks_max;
    uint32_t ask_bytes_max;
    uint32_t commands_max;
    uint32_t frame_bytes_max;
    uint32_t nick_bytes_max;
    uint32_t room_name_bytes_max;
    uint32_t title_bytes_max;
    uint32_t topic_bytes_max;
    uint32_t join_history;
    uint32_t fill_max;
    uint32_t members_pause_ms;
    uint32_t ping_ms;
} chatroom_client_config;
enum {
    CHATROOM_CLIENT_STATE_OFFLINE = 0,
    CHATROOM_CLIENT_STATE_CONNECTING = 1,
    CHATROOM_CLIENT_STATE_LOGIN = 2,
    CHATROOM_CLIENT_STATE_ONLINE = 3,
    CHATROOM_CLIENT_STATE_ENDED = 4
};
typedef struct chatroom_client_room_view {
    chatroom_text name;
    chatroom_text title;
    chatroom_text topic;
    chatroom_text rights;
    uint64_t id;
    uint64_t owner;
    uint32_t capacity;
    uint32_t count;
    uint64_t roster;
    uint64_t begin;
    uint64_t last;
    uint64_t seen;
    uint32_t unread;
    uint8_t persistent;
    uint8_t managed;
    uint8_t live;
    uint8_t members_known;
    uint8_t complete;
    uint8_t loading;
} chatroom_client_room_view;
enum {
    CHATROOM_CLIENT_ENTRY_KIND_MESSAGE = 0,
    CHATROOM_CLIENT_ENTRY_KIND_GAP = 1,
    CHATROOM_CLIENT_ENTRY_KIND_HOLE = 2
};
typedef struct chatroom_client_entry_view {
    uint8_t what;
    uint8_t kind;
    uint32_t bytes;
    uint64_t number;
    uint64_t to;
    uint64_t time;
    uint64_t user;
    uint64_t reply_to;
    chatroom_text nick;
    chatroom_text text;
} chatroom_client_entry_view;
typedef struct chatroom_client_member_view {
    uint64_t user;
    chatroom_text nick;
    uint8_t online;
} chatroom_client_member_view;
typedef struct chatroom_client_post_view {
    uint64_t id;
    chatroom_text text;
    uint64_t reply_to;
    uint64_t time;
    chatroom_error failed;
    uint8_t kind;
    uint64_t limit;
    uint64_t retry_ms;
} chatroom_client_post_view;
enum {
    CHATROOM_CLIENT_NEWS_NONE = 0,
    CHATROOM_CLIENT_NEWS_STATE = 1,
    CHATROOM_CLIENT_NEWS_ROOM = 2,
    CHATROOM_CLIENT_NEWS_RESET = 3,
    CHATROOM_CLIENT_NEWS_APPEND = 4,
    CHATROOM_CLIENT_NEWS_PREPEND = 5,
    CHATROOM_CLIENT_NEWS_GAP = 6,
    CHATROOM_CLIENT_NEWS_TRIM = 7,
    CHATROOM_CLIENT_NEWS_MEMBERS = 8,
    CHATROOM_CLIENT_NEWS_POSTS = 9,
    CHATROOM_CLIENT_NEWS_LISTED = 10,
    CHATROOM_CLIENT_NEWS_DONE = 11,
    CHATROOM_CLIENT_NEWS_CLOSE = 12
};
typedef struct chatroom_client_change {
    uint32_t what;
    chatroom_error why;
    uint32_t command;
    chatroom_text room;
    uint64_t tag;
    const chatroom_ok_event* reply;
    const chatroom_failure_event* refusal;
    const chatroom_room_item* item;
} chatroom_client_change;
typedef void (*chatroom_client_send_fn)(const char* frame, size_t bytes, void* context);
typedef void (*chatroom_client_tell_fn)(const chatroom_client_change* change, void* context);
typedef struct chatroom_client_environment {
    uint32_t struct_size;
    chatroom_client_send_fn send;
    void* send_context;
    chatroom_client_tell_fn tell;
    void* tell_context;
    chatroom_entropy_fn entropy;
    void* entropy_context;
    void* buffer;
    size_t buffer_bytes;
    chatroom_allocate_fn allocate;
    chatroom_release_fn release;
    void* memory_context;
} chatroom_client_environment;
typedef struct chatroom_client_codec chatroom_client_codec;
const chatroom_client_codec* chatroom_client_codec_json(void);
const chatroom_client_codec* chatroom_client_codec_binary(void);
size_t chatroom_client_footprint(const chatroom_client_config* config);
chatroom_error chatroom_client_open(const chatroom_client_config* config,
                                    const chatroom_client_environment* host,
                                    chatroom_client** out);
chatroom_error chatroom_client_open_with(const chatroom_client_config* config,
                                         const chatroom_client_environment* host,
                                         const chatroom_client_codec* frames,
                                         chatroom_client** out);
chatroom_error chatroom_client_close(chatroom_client* client);
chatroom_error chatroom_client_connected(chatroom_client* client);
chatroom_error chatroom_client_disconnected(chatroom_client* client);
chatroom_error chatroom_client_receive(chatroom_client* client, const void* frame, size_t bytes);
chatroom_error chatroom_client_tick(chatroom_client* client, uint64_t now_ms);
uint64_t chatroom_client_next_tick(const chatroom_client* client);
chatroom_error chatroom_client_login(chatroom_client* client, chatroom_text nick, uint64_t tag);
chatroom_error chatroom_client_logout(chatroom_client* client, uint64_t tag);
chatroom_error chatroom_client_rename(chatroom_client* client, chatroom_text nick, uint64_t tag);
chatroom_error chatroom_client_join(chatroom_client* client, chatroom_text room, uint64_t tag);
chatroom_error chatroom_client_create(chatroom_client* client, const chatroom_create_command* what,
                                      uint64_t tag);
chatroom_error chatroom_client_leave(chatroom_client* client, chatroom_text room, uint64_t tag);
chatroom_error chatroom_client_set(chatroom_client* client, const chatroom_set_command* what,
                                   uint64_t tag);
chatroom_error chatroom_client_list_rooms(chatroom_client* client, uint64_t tag);
chatroom_error chatroom_client_older(chatroom_client* client, chatroom_text room, uint64_t tag);
chatroom_error chatroom_client_hold(chatroom_client* client, chatroom_text room, int held);
chatroom_error chatroom_client_refresh(chatroom_client* client, chatroom_text room);
chatroom_error chatroom_client_see(chatroom_client* client, chatroom_text room);
chatroom_error chatroom_client_post(chatroom_client* client, chatroom_text room, chatroom_text text,
                                    uint8_t kind, uint64_t reply_to, uint64_t* id);
chatroom_error chatroom_client_resend(chatroom_client* client, uint64_t post);
chatroom_error chatroom_client_discard(chatroom_client* client, uint64_t post);
chatroom_error chatroom_client_submit(chatroom_client* client, const chatroom_command* what,
                                      uint64_t tag);
chatroom_error chatroom_client_save(const chatroom_client* client, void* out, size_t capacity,
                                    size_t* bytes);
chatroom_error chatroom_client_restore(chatroom_client* client, const void* saved, size_t bytes);
uint32_t chatroom_client_state(const chatroom_client* client);
chatroom_error chatroom_client_why(const chatroom_client* client);
uint64_t chatroom_client_user(const chatroom_client* client);
chatroom_text chatroom_client_nick(const chatroom_client* client);
chatroom_error chatroom_client_limits(const chatroom_client* client, chatroom_welcome_event* out);
int chatroom_client_wants_close(const chatroom_client* client);
uint64_t chatroom_client_faults(const chatroom_client* client);
size_t chatroom_client_rooms(const chatroom_client* client);
chatroom_error chatroom_client_room_at(const chatroom_client* client, size_t at,
                                       chatroom_client_room_view* out);
chatroom_error chatroom_client_room(const chatroom_client* client, chatroom_text name,
                                    chatroom_client_room_view* out);
size_t chatroom_client_entries(const chatroom_client* client, chatroom_text room);
size_t chatroom_client_members(const chatroom_client* client, chatroom_text room);
size_t chatroom_client_posts(const chatroom_client* client, chatroom_text room);
chatroom_error chatroom_client_entry_at(const chatroom_client* client, chatroom_text room,
                                        size_t at, chatroom_client_entry_view* out);
chatroom_error chatroom_client_member_at(const chatroom_client* client, chatroom_text room,
                                         size_t at, chatroom_client_member_view* out);
chatroom_error chatroom_client_post_at(const chatroom_client* client, chatroom_text room,
                                       size_t at, chatroom_client_post_view* out);
chatroom_error chatroom_client_message(const chatroom_client* client, chatroom_text room,
                                       uint64_t number, chatroom_client_entry_view* out);
#define CHATROOM_FOOTPRINT(users, sessions, rooms, messages, text_bytes) \
    (CHATROOM_SIZE_SHARED(users, sessions, rooms, messages, text_bytes) + \
     CHATROOM_SIZE_LOCAL(users, sessions, rooms) + CHATROOM_SIZE_QUEUE(text_bytes) + \
     CHATROOM_FOOTPRINT_RECORDS(rooms, text_bytes) + \
     CHATROOM_FOOTPRINT_CODECS(sessions, rooms, text_bytes) + CHATROOM_SIZE_ENGINE)
#define CHATROOM_FOOTPRINT_RECORDS(rooms, text_bytes) \
    (sizeof(char[184]) + sizeof(char[4]) * CHATROOM_BYTES_PENDING + \
     (CHATROOM_SIZE_RECORD(rooms, text_bytes) > 400 ? CHATROOM_SIZE_RECORD(rooms, text_bytes) \
                                                    : 400))
#define CHATROOM_FOOTPRINT_CODECS(sessions, rooms, text_bytes) \
    (sizeof(char[CHATROOM_BYTES_REPLY]) * (sessions) + sizeof(char[4 * CHATROOM_BYTES_CHUNK]) * \
     (rooms) + 2 * CHATROOM_SIZE_QUEUE(text_bytes) + sizeof(void* [128]))
#define CHATROOM_BYTES_ENGINE (sizeof(void*) == 8 ? 2048 : 1664)
#define CHATROOM_BYTES_HANDLE (sizeof(void*) == 8 ? 384 : 232)
#define CHATROOM_BYTES_USER 72
#define CHATROOM_BYTES_BINDING 28
#define CHATROOM_BYTES_TOKEN 24
#define CHATROOM_BYTES_NODE 24
#define CHATROOM_BYTES_ROOM 104
#define CHATROOM_BYTES_MEMBERSHIP 12
#define CHATROOM_BYTES_CHUNK (sizeof(void*) == 8 ? 64 : 32)
#define CHATROOM_BYTES_SESSION 72
#define CHATROOM_BYTES_FACE 16
#define CHATROOM_BYTES_REPLY 88
#define CHATROOM_BYTES_EDGE 104
#define CHATROOM_BYTES_MESSAGE (sizeof(void*) == 8 ? 112 : 80)
#define CHATROOM_BYTES_ROOM_ITEM (sizeof(void*) == 8 ? 56 : 40)
#define CHATROOM_BYTES_MEMBER_ITEM (sizeof(void*) == 8 ? 32 : 24)
#define CHATROOM_BYTES_PENDING 56
#define CHATROOM_BYTES_CURSOR (sizeof(void*) == 8 ? 32 : 24)
#define CHATROOM_SIZE_POWER(n) ((n) <= 4 ? 4 : CHATROOM_SIZE_FILL16((n) - 1) + 1)
#define CHATROOM_SIZE_FILL16(n) (CHATROOM_SIZE_FILL8(n) | CHATROOM_SIZE_FILL8(n) >> 16)
#define CHATROOM_SIZE_FILL8(n) (CHATROOM_SIZE_FILL4(n) | CHATROOM_SIZE_FILL4(n) >> 8)
#define CHATROOM_SIZE_FILL4(n) (CHATROOM_SIZE_FILL2(n) | CHATROOM_SIZE_FILL2(n) >> 4)
#define CHATROOM_SIZE_FILL2(n) (CHATROOM_SIZE_FILL1(n) | CHATROOM_SIZE_FILL1(n) >> 2)
#define CHATROOM_SIZE_FILL1(n) ((n) | (n) >> 1)
#define CHATROOM_SIZE_INDEX(n) (sizeof(char[8]) * CHATROOM_SIZE_POWER((n) + (n) / 3))
#define CHATROOM_SIZE_CHUNKS(entries, lists) \
    (sizeof(char[CHATROOM_BYTES_CHUNK]) * \
     ((entries) / (CHATROOM_BYTES_CHUNK / 4 - 3) + (lists) + 1))
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
     CHATROOM_BYTES_NODE + 32)
#define CHATROOM_SIZE_LOCAL(users, sessions, rooms) \
    (sizeof(char[CHATROOM_BYTES_SESSION + CHATROOM_BYTES_FACE + 4]) * (sessions) + \
     sizeof(char[4]) * (users) * \
         (CHATROOM_SIZE_LANES(users, sessions) * CHATROOM_SIZE_JOINED(rooms) + 1) + \
     sizeof(char[CHATROOM_BYTES_EDGE]) * (rooms) + \
     CHATROOM_SIZE_CHUNKS((sessions) * CHATROOM_SIZE_JOINED(rooms), rooms) + \
     (3 * CHATROOM_BYTES_CURSOR + sizeof(char[16])) * CHATROOM_SIZE_JOINED(rooms) + 240)
#define CHATROOM_SIZE_ENGINE \
    (CHATROOM_BYTES_ENGINE + CHATROOM_BYTES_HANDLE + sizeof(void* [16]) + 336)
#ifdef __cplusplus
}
#endif
#endif
