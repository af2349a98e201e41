-- chatroom for LuaJIT and LÖVE: copy this file and the library into your project.
--
--     local chatroom = require("chatroom")
--     chatroom.library = love.filesystem.getSourceBaseDirectory() .. "/libchatroom.so"
--     local chat = assert(chatroom.open({send = function(to, what, frame) ... end}))
--     chat:tick(chatroom.now())                        -- in love.update: the engine has no clock
--     local alice = assert(chat:connect())             -- a player's connection
--     chat:receive(alice, bytes)                       -- a string, as it came from the network
--     chat:post(alice, {room = "lobby", text = "hi"})  -- or typed
--
-- A player's side of it, on the network of your game, is chatroom_client.lua beside this file.
--
-- Names are those of chatroom_c.h, so that header is the manual: a command is a method that takes
-- the members of its struct in a table. Sessions are numbers; users and other 64-bit members of C
-- structs are LuaJIT's uint64_t, which tonumber() turns into numbers (exact below 2^53).
--
-- ERRORS. A method answers true or a value; or nil and a failure, a table with `error` (its name,
-- such as "room_full"), `text`, `field`, `limit`, `value`, `at`, `found` and `retry_ms`. What only
-- a mistake in the program can cause (invalid_argument, engine_closed, inside_callback) is raised.
--
-- CALLBACKS come inside the call that caused them, before it returns. What may be called inside one
-- is listed in chatroom_c.h; commands are queued there. A Lua error must never cross C: one that
-- leaves a callback of yours is caught, kept, and raised by the outer call when C has returned.
-- That call has been carried out all the same. A callback cannot yield.
--
-- TEXTS are UTF-8 that belongs to the engine, valid until the callback returns: tostring(text)
-- makes a Lua string that stays, #text is its size; nothing is copied unless you ask.
--
-- TRAPS OF CALLBACKS IN LUAJIT, and what is done about them here:
--   * C holds a callback by its address, which the garbage collector does not see: one that is not
--     kept is collected, and the next call crashes. And there are only some hundreds of them in a
--     process. Hence four are made when the library is loaded, kept for ever, and shared by all
--     engines; their context says which engine is meant.
--   * A function that calls C, which calls back, must not be compiled: it dies with "bad callback".
--     Hence jit.off() for every method here that can call back. Where you call ffi functions of
--     this library yourself, do the same.
--
-- THREADS. One engine belongs to one Lua state: one love.thread, one coroutine at a time.
--
-- MIT License, Copyright (c) 2026 the chatroom authors; the text is at the end of chatroom_c.h.

local ffi = require("ffi")
local jit = require("jit")

-- `library` may be set before the first engine is opened: a name that the system's loader knows, or
-- a path. `host` is the actor that stands above all: it takes the place of a session.
local chatroom = {library = "chatroom", host = 0xffffffff, zero = 0xffffffff}

-- Declarations as they stand in chatroom_c.h.
ffi.cdef [[
const char* chatroom_version(void);
uint32_t chatroom_abi_version(void);
typedef struct chatroom_text { const char* data; size_t size; } chatroom_text;
typedef uint32_t chatroom_session;
typedef uint64_t chatroom_user;
typedef int32_t chatroom_error;
enum { CHATROOM_ERROR_NONE = 0, CHATROOM_ERROR_INVALID_ARGUMENT = 1,
    CHATROOM_ERROR_ENGINE_CLOSED = 2, CHATROOM_ERROR_INSIDE_CALLBACK = 7,
    CHATROOM_ERROR_QUEUED = 10, CHATROOM_ERROR_PENDING = 11 };
const char* chatroom_error_name(chatroom_error why);
const char* chatroom_error_text(chatroom_error why);
enum { CHATROOM_PRESET_GAME = 0, CHATROOM_PRESET_FIRMWARE = 1, CHATROOM_PRESET_SERVER = 2 };
typedef struct chatroom_config {
    uint32_t struct_size; uint32_t preset; uint32_t sessions_max; uint32_t users_max;
    uint32_t sessions_per_user_max; uint32_t rooms_max; uint32_t members_max;
    uint32_t rooms_per_user_max; uint32_t nodes_max; uint32_t history_pages_max;
    uint32_t page_bytes; uint32_t page_messages_max; uint32_t nick_bytes_max;
    uint32_t identity_bytes_max; uint32_t room_name_bytes_max; uint32_t title_bytes_max;
    uint32_t topic_bytes_max; uint32_t message_bytes_max; uint32_t nonce_bytes_max;
    uint32_t frame_bytes_max; uint32_t page_items_max; uint32_t queue_bytes;
    uint32_t records_pending_max; uint32_t rooms_by_host_only; uint32_t create_on_join;
    uint32_t names_shown; uint32_t resume_window_ms; uint32_t room_capacity;
    uint32_t room_messages_max; uint32_t room_pages_reserved; uint32_t room_pages_max;
    uint32_t presence_members_max; uint32_t advance_ms; uint32_t effects_per_record_max;
    uint32_t clock_ahead_max_ms; uint32_t deliveries_per_call; uint32_t queued_per_call;
    uint32_t presence_ms; uint32_t bad_frames_max; uint32_t clock_leap_max_ms; uint32_t node;
    uint32_t incarnation;
} chatroom_config;
const char* chatroom_config_fault(const chatroom_config* config);
enum { CHATROOM_COMMAND_NONE = 0, CHATROOM_COMMAND_BOOT = 1, CHATROOM_COMMAND_ADVANCE = 2,
    CHATROOM_COMMAND_BIND = 3, CHATROOM_COMMAND_UNBIND = 4, CHATROOM_COMMAND_CONFIGURE = 10,
    CHATROOM_COMMAND_PING = 11, CHATROOM_COMMAND_GUEST = 20, CHATROOM_COMMAND_RESUME = 21,
    CHATROOM_COMMAND_TOKEN = 22, CHATROOM_COMMAND_LOGOUT = 23, CHATROOM_COMMAND_NICK = 24,
    CHATROOM_COMMAND_CREATE = 30, CHATROOM_COMMAND_JOIN = 31, CHATROOM_COMMAND_LEAVE = 32,
    CHATROOM_COMMAND_SET = 33, CHATROOM_COMMAND_DESTROY = 34, CHATROOM_COMMAND_ROOMS = 35,
    CHATROOM_COMMAND_MEMBERS = 36, CHATROOM_COMMAND_POST = 40, CHATROOM_COMMAND_HISTORY = 41 };
typedef struct chatroom_command {
    uint32_t type; size_t bytes; const void* body;
} chatroom_command;
typedef struct chatroom_configure_command {
    chatroom_text name; uint64_t value;
} chatroom_configure_command;
typedef struct chatroom_guest_command { chatroom_text nick; } chatroom_guest_command;
typedef struct chatroom_cursor {
    chatroom_text room; uint64_t after; uint64_t id;
} chatroom_cursor;
typedef struct chatroom_cursors { const chatroom_cursor* data; size_t size; } chatroom_cursors;
typedef struct chatroom_resume_command {
    chatroom_text token; chatroom_cursors cursors;
} chatroom_resume_command;
typedef struct chatroom_nick_command { chatroom_text nick; } chatroom_nick_command;
typedef struct chatroom_create_command {
    chatroom_text room; chatroom_text title; chatroom_text topic; uint32_t capacity;
    uint8_t persistent; uint8_t managed;
} chatroom_create_command;
typedef struct chatroom_join_command {
    chatroom_text room; uint32_t history;
} chatroom_join_command;
typedef struct chatroom_leave_command { chatroom_text room; } chatroom_leave_command;
enum { CHATROOM_ROOM_PROPERTY_TITLE = 0, CHATROOM_ROOM_PROPERTY_TOPIC = 1,
    CHATROOM_ROOM_PROPERTY_CAPACITY = 2, CHATROOM_ROOM_PROPERTY_PERSISTENT = 3,
    CHATROOM_ROOM_PROPERTY_MANAGED = 4 };
typedef struct chatroom_set_command {
    chatroom_text room; uint8_t property; chatroom_text value;
} chatroom_set_command;
typedef struct chatroom_destroy_command { chatroom_text room; } chatroom_destroy_command;
typedef struct chatroom_rooms_command {
    uint64_t after; uint32_t limit;
} chatroom_rooms_command;
typedef struct chatroom_members_command {
    chatroom_text room; uint64_t after; uint32_t limit;
} chatroom_members_command;
enum { CHATROOM_MESSAGE_KIND_TEXT = 0, CHATROOM_MESSAGE_KIND_EMOTE = 1 };
typedef struct chatroom_post_command {
    chatroom_text room; chatroom_text text; uint8_t kind; uint64_t reply_to;
    chatroom_text nonce;
} chatroom_post_command;
enum { CHATROOM_SELECTOR_LATEST = 0, CHATROOM_SELECTOR_BEFORE = 1, CHATROOM_SELECTOR_AFTER = 2,
    CHATROOM_SELECTOR_AROUND = 3, CHATROOM_SELECTOR_BETWEEN = 4 };
typedef struct chatroom_history_command {
    chatroom_text room; uint8_t selector; uint64_t number; uint64_t until; uint32_t limit;
} chatroom_history_command;
enum { CHATROOM_EVENT_NONE = 0, CHATROOM_EVENT_WELCOME = 1, CHATROOM_EVENT_OK = 2,
    CHATROOM_EVENT_FAILURE = 3, CHATROOM_EVENT_YOU = 4, CHATROOM_EVENT_RESYNC = 5,
    CHATROOM_EVENT_CAUGHT_UP = 6, CHATROOM_EVENT_BYE = 7, CHATROOM_EVENT_HELP = 8,
    CHATROOM_EVENT_JOINED = 20, CHATROOM_EVENT_LEFT = 21, CHATROOM_EVENT_ROOM = 22,
    CHATROOM_EVENT_ENTERED = 23, CHATROOM_EVENT_EXITED = 24, CHATROOM_EVENT_RENAMED = 25,
    CHATROOM_EVENT_MESSAGE = 40, CHATROOM_EVENT_GAP = 41, CHATROOM_EVENT_HISTORY_PAGE = 60,
    CHATROOM_EVENT_ROOMS_PAGE = 61, CHATROOM_EVENT_MEMBERS_PAGE = 62 };
typedef struct chatroom_event {
    uint16_t type; uint16_t must_arrive; uint32_t bytes; const void* body;
} chatroom_event;
typedef struct chatroom_welcome_event {
    uint32_t protocol; chatroom_text features; uint64_t time; uint32_t frame_bytes_max;
    uint32_t message_bytes_max; uint32_t nick_bytes_max; uint32_t room_name_bytes_max;
    uint32_t nonce_bytes_max; uint32_t page_items_max; uint32_t rooms_per_user_max;
    uint32_t resume_window_ms;
} chatroom_welcome_event;
typedef struct chatroom_ok_event {
    uint64_t ref; uint64_t user; chatroom_text nick; chatroom_text token; chatroom_text room;
    uint64_t number; uint64_t time;
} chatroom_ok_event;
typedef struct chatroom_failure_event {
    uint64_t ref; chatroom_error error; chatroom_text field; uint64_t limit; uint64_t value;
    uint64_t at; chatroom_text found; uint64_t retry_ms;
} chatroom_failure_event;
typedef struct chatroom_you_event { uint64_t user; chatroom_text nick; } chatroom_you_event;
typedef struct chatroom_bye_event { chatroom_error error; } chatroom_bye_event;
typedef struct chatroom_help_event { chatroom_text text; } chatroom_help_event;
enum { CHATROOM_RESUMPTION_NONE = 0, CHATROOM_RESUMPTION_COMPLETE = 1,
    CHATROOM_RESUMPTION_CONTINUES = 2, CHATROOM_RESUMPTION_TRUNCATED = 3 };
typedef struct chatroom_joined_event {
    chatroom_text room; chatroom_text title; chatroom_text topic; uint64_t owner;
    uint32_t capacity; uint8_t persistent; uint8_t managed; chatroom_text rights;
    uint32_t members; uint64_t roster; uint64_t first; uint64_t last; uint8_t resume;
    uint64_t from; uint64_t id;
} chatroom_joined_event;
enum { CHATROOM_PARTING_LEFT = 0, CHATROOM_PARTING_REMOVED = 1, CHATROOM_PARTING_GONE = 2,
    CHATROOM_PARTING_DESTROYED = 3 };
typedef struct chatroom_left_event { chatroom_text room; uint8_t reason; } chatroom_left_event;
typedef struct chatroom_room_event {
    chatroom_text room; chatroom_text title; chatroom_text topic; uint64_t owner;
    uint32_t capacity; uint8_t persistent; uint8_t managed; uint32_t members; uint64_t roster;
} chatroom_room_event;
typedef struct chatroom_entered_event {
    chatroom_text room; uint64_t user; chatroom_text nick; uint32_t members; uint64_t roster;
} chatroom_entered_event;
typedef struct chatroom_exited_event {
    chatroom_text room; uint64_t user; chatroom_text nick; uint8_t reason; uint32_t members;
    uint64_t roster;
} chatroom_exited_event;
typedef struct chatroom_renamed_event {
    chatroom_text room; uint64_t user; chatroom_text nick; chatroom_text old; uint64_t roster;
} chatroom_renamed_event;
typedef struct chatroom_message_event {
    chatroom_text room; uint64_t number; uint64_t time; uint64_t user; chatroom_text nick;
    uint8_t kind; chatroom_text text; uint64_t reply_to; chatroom_text nonce; uint32_t bytes;
} chatroom_message_event;
typedef struct chatroom_gap_event {
    chatroom_text room; uint64_t from; uint64_t to;
} chatroom_gap_event;
typedef struct chatroom_messages_list {
    const chatroom_message_event* data; size_t size;
} chatroom_messages_list;
typedef struct chatroom_history_page_event {
    uint64_t ref; chatroom_text room; chatroom_messages_list messages; uint64_t first;
    uint64_t last; uint8_t complete;
} chatroom_history_page_event;
typedef struct chatroom_room_item {
    chatroom_text room; chatroom_text title; uint32_t members; uint32_t capacity; uint64_t id;
    uint8_t managed;
} chatroom_room_item;
typedef struct chatroom_rooms_list {
    const chatroom_room_item* data; size_t size;
} chatroom_rooms_list;
typedef struct chatroom_rooms_page_event {
    uint64_t ref; chatroom_rooms_list rooms; uint64_t next; uint8_t complete;
} chatroom_rooms_page_event;
typedef struct chatroom_member_item {
    uint64_t user; chatroom_text nick; uint8_t online;
} chatroom_member_item;
typedef struct chatroom_members_list {
    const chatroom_member_item* data; size_t size;
} chatroom_members_list;
typedef struct chatroom_members_page_event {
    uint64_t ref; chatroom_text room; chatroom_members_list members; uint64_t roster;
    uint64_t next; uint8_t complete;
} chatroom_members_page_event;
typedef struct chatroom_engine chatroom_engine;
typedef struct chatroom_recipients chatroom_recipients;
typedef struct chatroom_recipient {
    chatroom_session session; uint64_t tag;
} chatroom_recipient;
int chatroom_recipients_next(chatroom_recipients* to, chatroom_recipient* out);
size_t chatroom_recipients_count(const chatroom_recipients* to);
typedef void (*chatroom_send_fn)(chatroom_recipients* to, const chatroom_event* what,
    const char* frame, size_t frame_bytes, void* context);
enum { CHATROOM_STORED_YES = 0, CHATROOM_STORED_NO = 1, CHATROOM_STORED_PENDING = 2 };
typedef int32_t (*chatroom_log_fn)(const char* record, size_t bytes, uint64_t number,
    void* context);
enum { CHATROOM_ORIGIN_HERE = 0, CHATROOM_ORIGIN_ELSEWHERE = 1, CHATROOM_ORIGIN_RECOVERY = 2 };
typedef struct chatroom_observation {
    uint32_t origin; chatroom_session session; chatroom_user user;
    const chatroom_command* command; chatroom_error why; uint64_t at; uint64_t ticket;
    uint64_t number; uint64_t time;
} chatroom_observation;
typedef void (*chatroom_observe_fn)(const chatroom_observation* seen, void* context);
typedef int (*chatroom_entropy_fn)(void* out, size_t bytes, void* context);
typedef void* (*chatroom_allocate_fn)(size_t bytes, void* context);
typedef void (*chatroom_release_fn)(void* block, size_t bytes, void* context);
typedef struct chatroom_environment {
    uint32_t struct_size; uint32_t memory_zeroed; chatroom_send_fn send; void* send_context;
    chatroom_log_fn log; void* log_context; chatroom_observe_fn observe; void* observe_context;
    chatroom_entropy_fn entropy; void* entropy_context; void* buffer; size_t buffer_bytes;
    chatroom_allocate_fn allocate; chatroom_release_fn release; void* memory_context;
} chatroom_environment;
uint64_t chatroom_hosted_now(void);
chatroom_error chatroom_open(const chatroom_config* config, const chatroom_environment* host,
    chatroom_engine** out);
chatroom_error chatroom_close(chatroom_engine* chat);
enum { CHATROOM_WIRE_JSON = 0, CHATROOM_WIRE_LINES = 1, CHATROOM_WIRE_BINARY = 2,
    CHATROOM_WIRE_TYPED = 3 };
typedef struct chatroom_peer {
    uint32_t struct_size; uint32_t wire; uint64_t tag; uint32_t frame_bytes_max;
    chatroom_text user; chatroom_text nick;
} chatroom_peer;
chatroom_error chatroom_connect(chatroom_engine* chat, const chatroom_peer* who,
    chatroom_session* out);
chatroom_error chatroom_disconnect(chatroom_engine* chat, chatroom_session session);
chatroom_error chatroom_receive(chatroom_engine* chat, chatroom_session session, const void*
    frame, size_t bytes);
chatroom_error chatroom_pause(chatroom_engine* chat, chatroom_session session);
chatroom_error chatroom_unpause(chatroom_engine* chat, chatroom_session session);
typedef struct chatroom_outcome {
    uint32_t struct_size; char token[36]; uint64_t ticket; uint64_t number; uint64_t time;
    chatroom_user user;
} chatroom_outcome;
chatroom_error chatroom_submit(chatroom_engine* chat, chatroom_session by, chatroom_user user,
    const chatroom_command* what, chatroom_outcome* out);
const chatroom_failure_event* chatroom_why(chatroom_engine* chat);
chatroom_error chatroom_history(chatroom_engine* chat, chatroom_session by, chatroom_user user,
    const chatroom_history_command* what, chatroom_message_event* out, size_t capacity,
    const chatroom_history_page_event** page);
chatroom_error chatroom_rooms(chatroom_engine* chat, chatroom_session by, chatroom_user user,
    const chatroom_rooms_command* what, chatroom_room_item* out, size_t capacity,
    const chatroom_rooms_page_event** page);
chatroom_error chatroom_members(chatroom_engine* chat, chatroom_session by, chatroom_user user,
    const chatroom_members_command* what, chatroom_member_item* out, size_t capacity,
    const chatroom_members_page_event** page);
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
enum { CHATROOM_SCOPE_EVERYTHING = 0, CHATROOM_SCOPE_MIGRATION = 1 };
chatroom_error chatroom_snapshot(chatroom_engine* chat, void* out, size_t capacity,
    uint32_t scope, size_t* bytes);
chatroom_error chatroom_restore(chatroom_engine* chat, const void* snapshot, size_t bytes);
]]

local ABI_VERSION = 0
local ITEMS_OF_PAGE = 50
local constants = ffi.C           -- of enumerators alone; functions are in the library
local library, callbacks          -- when it is loaded

-- The enumerator of a name, such as constant("wire", "json").
local function constant(group, name)
    return constants[("CHATROOM_" .. group .. "_" .. name):upper()]
end
chatroom.constant = constant

-- ---- Texts, lists, structs, events -------------------------------------------------------------

ffi.metatype("chatroom_text", {
    __tostring = function(text) return ffi.string(text.data, text.size) end,
    __len = function(text) return tonumber(text.size) end,
})

-- for message in page.messages:each() do ... end
local function each_item(list)
    local at, count = -1, tonumber(list.size)
    return function()
        at = at + 1
        if at < count then return list.data[at] end
    end
end
for _, name in ipairs {"messages", "rooms", "members"} do
    ffi.metatype("chatroom_" .. name .. "_list", {
        __index = {each = each_item},
        __len = function(list) return tonumber(list.size) end,
    })
end

-- What stands in a struct for the name of an enumerator.
local NAMED = {kind = "message_kind", property = "room_property", selector = "selector"}

-- Fills in a struct; texts are the Lua strings themselves, which the caller's tables keep.
local function fill(struct, members)
    for name, value in pairs(members) do
        if NAMED[name] then
            struct[name] = constant(NAMED[name], value)
        elseif type(value) == "string" then
            struct[name].data, struct[name].size = value, #value
        elseif name ~= "cursors" then
            struct[name] = value
        end
    end
    return struct
end

local EVENTS = {
    "welcome", "ok", "failure", "you", "resync", "caught_up", "bye", "help", "joined", "left",
    "room", "entered", "exited", "renamed", "message", "gap", "history_page", "rooms_page",
    "members_page",
}
local WITHOUT_BODY = {resync = true, caught_up = true}
local event_names, event_bodies = {}, {}
for _, name in ipairs(EVENTS) do
    local type = constant("event", name)
    event_names[type] = name
    if not WITHOUT_BODY[name] then
        event_bodies[type] = ffi.typeof("const chatroom_" .. name .. "_event*")
    end
end

ffi.metatype("chatroom_event", {
    __index = {
        -- Its type, such as "message".
        name = function(event) return event_names[event.type] end,
        -- Its struct, such as chatroom_message_event; nil for those that say all by their type.
        struct = function(event)
            local shape = event_bodies[event.type]
            return shape and ffi.cast(shape, event.body)
        end,
    },
})

-- for session, tag in to:each() do ... end
-- A loop that is left early is gone on with by the next one.
local recipient = ffi.typeof("chatroom_recipient[1]")
ffi.metatype("chatroom_recipients", {
    __index = {
        each = function(to)
            local next = recipient()
            return function()
                if library.chatroom_recipients_next(to, next) ~= 0 then
                    return next[0].session, tonumber(next[0].tag)
                end
            end
        end,
    },
    __len = function(to) return tonumber(library.chatroom_recipients_count(to)) end,
})

-- ---- Failures ----------------------------------------------------------------------------------

local Failure = {}
Failure.__index = Failure
function Failure:__tostring()
    return self.error .. ": " .. self.text .. (self.field ~= "" and " (" .. self.field .. ")" or "")
end

local RAISED = {
    [constant("error", "invalid_argument")] = true,
    [constant("error", "engine_closed")] = true,
    [constant("error", "inside_callback")] = true,
}

local function failure_of(why, field)
    return setmetatable({
        code = why,
        error = chatroom.error_name(why),
        text = ffi.string(library.chatroom_error_text(why)),
        field = field or "", limit = 0, value = 0, at = 0, found = "", retry_ms = 0,
    }, Failure)
end

-- With what a chatroom_failure_event tells of it.
local function failure_with(why, facts)
    local failure = failure_of(why)
    for _, name in ipairs {"limit", "value", "at", "retry_ms"} do
        failure[name] = tonumber(facts[name])
    end
    failure.field, failure.found = tostring(facts.field), tostring(facts.found)
    return failure
end

local function failed(why)
    return why ~= constants.CHATROOM_ERROR_NONE and why ~= constants.CHATROOM_ERROR_QUEUED
        and why ~= constants.CHATROOM_ERROR_PENDING
end

-- The name of an error as it stands on the wire, such as "room_full".
function chatroom.error_name(why)
    return ffi.string(library.chatroom_error_name(why))
end

-- ---- Callbacks ---------------------------------------------------------------------------------

local objects = setmetatable({}, {__mode = "v"})     -- by number; weak, to be collected as ever
local numbers = 0

-- A new engine, or what else has callbacks, and their context, by which C names it.
local function object_with(from, class)
    numbers = numbers + 1
    objects[numbers] = setmetatable({from = from, depth = 0}, class)
    return objects[numbers], ffi.cast("void*", numbers)
end

local function object_of(context)
    return objects[tonumber(ffi.cast("uintptr_t", context))]
end

-- Calls back into Lua, and keeps what is raised there: the first one is the cause of others.
local function guarded(object, callback, ...)
    object.depth = object.depth + 1
    local good, answer = pcall(callback, ...)
    object.depth = object.depth - 1
    if good then return answer end
    if object.kept == nil then object.kept = {answer} end
end

local function make_callbacks()
    return {
        send = ffi.cast("chatroom_send_fn", function(to, what, frame, bytes, context)
            local engine = object_of(context)
            guarded(engine, engine.from.send, to, what, ffi.new("chatroom_text", frame, bytes))
        end),
        log = ffi.cast("chatroom_log_fn", function(record, bytes, number, context)
            local engine = object_of(context)
            local text = ffi.new("chatroom_text", record, bytes)
            local stored = guarded(engine, engine.from.log, text, tonumber(number))
            return constant("stored", stored or "no")
        end),
        observe = ffi.cast("chatroom_observe_fn", function(seen, context)
            local engine = object_of(context)
            guarded(engine, engine.from.observe, seen)
        end),
        entropy = ffi.cast("chatroom_entropy_fn", function(out, bytes, context)
            local object = object_of(context)
            local filled = guarded(object, object.from.entropy, ffi.cast("uint8_t*", out),
                                   tonumber(bytes))
            return filled and 1 or 0
        end),
    }
end

-- ---- The engine --------------------------------------------------------------------------------

local Engine = {}
Engine.__index = Engine
chatroom.Engine = Engine

local function load_library()
    if library then return library, callbacks end
    local loaded = ffi.load(chatroom.library)
    assert(loaded.chatroom_abi_version() == ABI_VERSION, "chatroom: a library of another version")
    library, callbacks = loaded, make_callbacks()
    return library, callbacks
end

-- The version of the library, such as "0.1.0".
function chatroom.version()
    load_library()
    return ffi.string(library.chatroom_version())
end

-- The operating system's time in Unix milliseconds, for tick.
function chatroom.now()
    load_library()
    return tonumber(library.chatroom_hosted_now())
end

-- Raises what a callback raised, once no C is left between; and mistakes of the program.
local function check(object, why)
    if object.kept and object.depth == 0 then
        local kept = object.kept[1]
        object.kept = nil
        error(kept, 0)
    end
    if RAISED[why] then error(tostring(failure_of(why)), 3) end
    return failed(why)
end

local function answer(object, why, value)
    if check(object, why) then return nil, failure_of(why) end
    return value == nil or value
end

-- Opens an engine. `from` has the callbacks: send(to, what, frame), and if wanted
-- log(record, number), which answers "yes", "no" or "pending", observe(seen) and
-- entropy(out, bytes), which answers whether it filled them in. `config` has members of
-- chatroom_config; 0 or absent means the default, chatroom.zero a real 0.
function chatroom.open(from, config)
    assert(type(from) == "table" and type(from.send) == "function", "chatroom: `send` is needed")
    load_library()
    local engine, context = object_with(from, Engine)
    local how = fill(ffi.new("chatroom_config"), config or {})
    how.struct_size = ffi.sizeof(how)
    local all = ffi.new("chatroom_environment")
    all.struct_size = ffi.sizeof(all)
    for _, name in ipairs {"send", "log", "observe", "entropy"} do
        if from[name] then
            all[name] = callbacks[name]
            all[name .. "_context"] = context
        end
    end
    local out = ffi.new("chatroom_engine*[1]")
    local why = library.chatroom_open(how, all, out)
    if check(engine, why) then
        local fault = library.chatroom_config_fault(how)
        return nil, failure_of(why, fault ~= nil and ffi.string(fault) or nil)
    end
    engine.chat = ffi.gc(out[0], library.chatroom_close)
    return engine
end

-- Closes it; nothing is sent. One that is forgotten is closed by the garbage collector.
function Engine:close()
    if not self.chat then return end
    check(self, library.chatroom_close(self.chat))
    ffi.gc(self.chat, nil)
    self.chat = nil
end

-- ---- Sessions

-- Takes up a connection: its session. `who` has members of chatroom_peer; `wire` is "json",
-- "lines", "binary" or "typed".
function Engine:connect(who)
    who = who or {}
    local peer, out = ffi.new("chatroom_peer"), ffi.new("chatroom_session[1]")
    peer.struct_size = ffi.sizeof(peer)
    peer.wire = constant("wire", who.wire or "json")
    peer.tag = who.tag or 0
    peer.frame_bytes_max = who.frame_bytes_max or 0
    peer.user.data, peer.user.size = who.user or "", #(who.user or "")
    peer.nick.data, peer.nick.size = who.nick or "", #(who.nick or "")
    local why = library.chatroom_connect(self.chat, peer, out)
    return answer(self, why, out[0])
end

function Engine:disconnect(session)
    return answer(self, library.chatroom_disconnect(self.chat, session))
end

-- Takes a frame as it came from the network; the reply goes to the session. With the failures
-- "paused" and "queue_full" it was not taken: offer it again later.
function Engine:receive(session, frame)
    return answer(self, library.chatroom_receive(self.chat, session, frame, #frame))
end

-- Holds back all that goes to a session, from the frame on that is being sent.
function Engine:pause(session)
    return answer(self, library.chatroom_pause(self.chat, session))
end

-- Tells a session what it missed, and goes on live.
function Engine:unpause(session)
    return answer(self, library.chatroom_unpause(self.chat, session))
end

-- ---- Commands

local COMMANDS = {
    "configure", "guest", "resume", "token", "logout", "nick", "create", "join", "leave", "set",
    "destroy", "post",
}
local command_shapes = {}
for _, name in ipairs {"configure", "guest", "resume", "nick", "create", "join", "leave", "set",
                       "destroy", "post", "history", "rooms", "members"} do
    command_shapes[name] = ffi.typeof("chatroom_" .. name .. "_command")
end

local function cursors_of(list)
    local cursors = ffi.new("chatroom_cursor[?]", math.max(1, #list))
    for at, cursor in ipairs(list) do fill(cursors[at - 1], cursor) end
    return cursors
end

-- A command, and what it points to, which the caller holds until C has returned.
local function command_with(name, members)
    local command, shape, cursors = ffi.new("chatroom_command"), command_shapes[name], nil
    command.type = constant("command", name)
    if not shape then return command end
    local body = fill(shape(), members or {})
    if members and members.cursors then
        cursors = cursors_of(members.cursors)
        body.cursors.data, body.cursors.size = cursors, #members.cursors
    end
    command.body, command.bytes = body, ffi.sizeof(body)
    return command, {body, cursors}
end

-- Carries out a command: a table with `token`, `ticket`, `number`, `time` and `user`. With a ticket
-- that comes later, by observe. `by` is a session or chatroom.host; the host acts on behalf of
-- `user` when that is told.
function Engine:submit(by, name, members, user)
    local command, _ = command_with(name, members)     -- what is held lives until the end
    local out = ffi.new("chatroom_outcome")
    out.struct_size = ffi.sizeof(out)
    local why = library.chatroom_submit(self.chat, by, user or 0, command, out)
    if check(self, why) then
        return nil, failure_with(why, library.chatroom_why(self.chat))
    end
    return {
        token = ffi.string(out.token), ticket = tonumber(out.ticket), number = tonumber(out.number),
        time = tonumber(out.time), user = tonumber(out.user),
    }
end

-- chat:join(session, {room = "lobby"}) and so on: by, members, user.
for _, name in ipairs(COMMANDS) do
    Engine[name] = function(self, by, members, user) return self:submit(by, name, members, user) end
end

-- ---- Reads: pages as C structs, which live until the next call of this engine

local function page_reader(name, item)
    local command = command_shapes[name]
    local items = ffi.typeof("chatroom_" .. item .. "[?]")
    local page = ffi.typeof("const chatroom_" .. name .. "_page_event*[1]")
    local read = "chatroom_" .. name
    return function(self, by, members, user)
        local what, out = fill(command(), members or {}), page()
        local capacity = what.limit ~= 0 and what.limit or ITEMS_OF_PAGE
        self.items = items(capacity)       -- what the page points to
        local why = library[read](self.chat, by, user or 0, what, self.items, capacity, out)
        return answer(self, why, out[0])
    end
end
Engine.history = page_reader("history", "message_event")
Engine.rooms = page_reader("rooms", "room_item")
Engine.members = page_reader("members", "member_item")

-- What there is to know of a room: a chatroom_joined_event.
function Engine:room(by, name, user)
    local out = ffi.new("const chatroom_joined_event*[1]")
    local text = ffi.new("chatroom_text", name, #name)
    local why = library.chatroom_room(self.chat, by, user or 0, text, out)
    return answer(self, why, out[0])
end

-- ---- Time

-- Tells the time, in Unix milliseconds, and does what is due.
function Engine:tick(now_ms, leap_confirmed)
    return answer(self, library.chatroom_tick(self.chat, now_ms, leap_confirmed and 1 or 0))
end

-- For hosts without a calendar: so many milliseconds have gone by.
function Engine:advance(elapsed_ms)
    return answer(self, library.chatroom_advance(self.chat, elapsed_ms))
end

-- How many milliseconds the engine can be left alone.
function Engine:next_tick()
    return tonumber(library.chatroom_next_tick(self.chat))
end

-- ---- Log and snapshots: recovery, and moving a game's chat to another host

-- Applies a record that the log has stored.
function Engine:commit(record)
    return answer(self, library.chatroom_commit(self.chat, record, #record))
end

-- Gives up a record that was pending and is known not to be stored.
function Engine:abandon(number)
    return answer(self, library.chatroom_abandon(self.chat, number))
end

-- Applies a log: how many records and bytes were read, or nil, the failure, and those two.
function Engine:recover(log)
    local records, bytes = ffi.new("uint64_t[1]"), ffi.new("uint64_t[1]")
    local why = library.chatroom_recover(self.chat, log, #log, records, bytes)
    if check(self, why) then
        return nil, failure_of(why), tonumber(records[0]), tonumber(bytes[0])
    end
    return tonumber(records[0]), tonumber(bytes[0])
end

-- The fingerprint of the shared state: a string of 32 bytes.
function Engine:digest()
    local out = ffi.new("uint8_t[32]")
    local why = library.chatroom_digest(self.chat, out)
    return answer(self, why, ffi.string(out, 32))
end

-- The shared state as a string; with "migration" for a host that is not trusted.
function Engine:snapshot(scope)
    local size, of = ffi.new("size_t[1]"), constant("scope", scope or "everything")
    local why = library.chatroom_snapshot(self.chat, nil, 0, of, size)
    local room = ffi.new("uint8_t[?]", math.max(1, tonumber(size[0])))
    why = library.chatroom_snapshot(self.chat, room, size[0], of, size)
    return answer(self, why, ffi.string(room, size[0]))
end

-- Takes over a snapshot, as the first thing after opening.
function Engine:restore(snapshot)
    return answer(self, library.chatroom_restore(self.chat, snapshot, #snapshot))
end

-- All of these call C that can call back: see the traps above.
jit.off(chatroom.open, true)
for _, method in pairs(Engine) do
    if type(method) == "function" then jit.off(method, true) end
end

-- What chatroom_client.lua is made of, too.
chatroom.parts = {
    load_library = load_library, object_with = object_with, object_of = object_of,
    guarded = guarded, check = check, answer = answer, failure_of = failure_of,
    failure_with = failure_with, command_with = command_with, fill = fill,
}

return chatroom
