-- The client half of chatroom for LuaJIT and LÖVE: what a player's machine needs. Copy this file
-- beside chatroom.lua, whose heading tells the rest: the library, failures, traps of callbacks.
--
--     local chatroom = require("chatroom_client")
--     local client = assert(chatroom.client {
--         send = function(frame) ... tostring(frame) ... end,    -- to the network
--         tell = function(change) ... end,                       -- what has changed
--     })
--     client:login("alice")                            -- now, or as soon as it can be
--     client:connected()                               -- there is a connection, a new one
--     client:receive(bytes)                            -- a frame, as it came: a string
--     client:tick(chatroom.now())                      -- in love.update: the client has no clock
--     client:join("lobby")
--     client:post("lobby", "hello")
--     for entry in client:entries("lobby", -20) do     -- what there is to draw: the last 20
--         print(entry.nick, entry.text)
--     end
--
-- The client has no network either: your game connects, hands over each frame, tells of the end by
-- client:disconnected(), and connects again. The client does the rest: it logs in again as the same
-- user, comes back into its rooms, reads what was missed, and says every post once. Frames are JSON
-- in UTF-8. Names are those of chatroom_client_... in chatroom_c.h, so that header is the manual.
--
-- CALLBACKS. `send` takes a frame to the network; `tell` hears, at the end of a call, what has
-- changed. C holds callbacks by their address, so it is given two that are made once, when the
-- library is loaded, kept for ever and shared by all clients: yours are plain Lua functions, and
-- you keep the client alone. receive, restore and close are not for inside `tell`. What a callback
-- raises, the outer call raises. And as in chatroom.lua no method here is compiled that can call
-- back.
--
-- LIFETIME. The texts of a change live until `tell` returns, a frame until `send` does; those of
-- rooms, entries, members and posts until the next call that changes something. tostring(text)
-- makes a Lua string that stays.
--
-- THREADS. One client belongs to one Lua state. A love.thread that reads the network hands what
-- arrived to the main one by a channel.
--
-- FAILURES. As in chatroom.lua: nil and a failure, or true. A call that fails did nothing, and
-- nothing comes. One with a `tag`, a number, that is taken ends with a change "done" of this tag.
--
-- MIT License, Copyright (c) 2026 the chatroom authors; the text is at the end of chatroom_c.h.

local ffi = require("ffi")
local jit = require("jit")
local chatroom = require("chatroom")

local constant, parts = chatroom.constant, chatroom.parts
local check, answer, fill = parts.check, parts.answer, parts.fill

-- Declarations as they stand in chatroom_c.h.
ffi.cdef [[
typedef struct chatroom_client chatroom_client;
typedef struct chatroom_client_config {
    uint32_t struct_size; uint32_t rooms_max; uint32_t entries_max; uint32_t text_bytes_max;
    uint32_t members_max; uint32_t posts_max; uint32_t post_bytes_max; uint32_t asks_max;
    uint32_t ask_bytes_max; uint32_t commands_max; uint32_t frame_bytes_max;
    uint32_t nick_bytes_max; uint32_t room_name_bytes_max; uint32_t title_bytes_max;
    uint32_t topic_bytes_max; uint32_t join_history; uint32_t fill_max;
    uint32_t members_pause_ms; uint32_t ping_ms;
} chatroom_client_config;
enum { CHATROOM_CLIENT_STATE_OFFLINE = 0, CHATROOM_CLIENT_STATE_CONNECTING = 1,
    CHATROOM_CLIENT_STATE_LOGIN = 2, CHATROOM_CLIENT_STATE_ONLINE = 3,
    CHATROOM_CLIENT_STATE_ENDED = 4 };
typedef struct chatroom_client_room_view {
    chatroom_text name; chatroom_text title; chatroom_text topic; chatroom_text rights;
    uint64_t id; uint64_t owner; uint32_t capacity; uint32_t count; uint64_t roster;
    uint64_t begin; uint64_t last; uint64_t seen; uint32_t unread; uint8_t persistent;
    uint8_t managed; uint8_t live; uint8_t members_known; uint8_t complete; uint8_t loading;
} chatroom_client_room_view;
enum { CHATROOM_CLIENT_ENTRY_KIND_MESSAGE = 0, CHATROOM_CLIENT_ENTRY_KIND_GAP = 1,
    CHATROOM_CLIENT_ENTRY_KIND_HOLE = 2 };
typedef struct chatroom_client_entry_view {
    uint8_t what; uint8_t kind; uint32_t bytes; uint64_t number; uint64_t to; uint64_t time;
    uint64_t user; uint64_t reply_to; chatroom_text nick; chatroom_text text;
} chatroom_client_entry_view;
typedef struct chatroom_client_member_view {
    uint64_t user; chatroom_text nick; uint8_t online;
} chatroom_client_member_view;
typedef struct chatroom_client_post_view {
    uint64_t id; chatroom_text text; uint64_t reply_to; uint64_t time; chatroom_error failed;
    uint8_t kind; uint64_t limit; uint64_t retry_ms;
} chatroom_client_post_view;
enum { CHATROOM_CLIENT_NEWS_NONE = 0, CHATROOM_CLIENT_NEWS_STATE = 1,
    CHATROOM_CLIENT_NEWS_ROOM = 2, CHATROOM_CLIENT_NEWS_RESET = 3,
    CHATROOM_CLIENT_NEWS_APPEND = 4, CHATROOM_CLIENT_NEWS_PREPEND = 5,
    CHATROOM_CLIENT_NEWS_GAP = 6, CHATROOM_CLIENT_NEWS_TRIM = 7,
    CHATROOM_CLIENT_NEWS_MEMBERS = 8, CHATROOM_CLIENT_NEWS_POSTS = 9,
    CHATROOM_CLIENT_NEWS_LISTED = 10, CHATROOM_CLIENT_NEWS_DONE = 11,
    CHATROOM_CLIENT_NEWS_CLOSE = 12 };
typedef struct chatroom_client_change {
    uint32_t what; chatroom_error why; uint32_t command; chatroom_text room; uint64_t tag;
    const chatroom_ok_event* reply; const chatroom_failure_event* refusal;
    const chatroom_room_item* item;
} chatroom_client_change;
typedef void (*chatroom_client_send_fn)(const char* frame, size_t bytes, void* context);
typedef void (*chatroom_client_tell_fn)(const chatroom_client_change* change, void* context);
typedef struct chatroom_client_environment {
    uint32_t struct_size; chatroom_client_send_fn send; void* send_context;
    chatroom_client_tell_fn tell; void* tell_context; chatroom_entropy_fn entropy;
    void* entropy_context; void* buffer; size_t buffer_bytes; chatroom_allocate_fn allocate;
    chatroom_release_fn release; void* memory_context;
} chatroom_client_environment;
chatroom_error chatroom_client_open(const chatroom_client_config* config,
    const chatroom_client_environment* host, chatroom_client** out);
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
chatroom_error chatroom_client_create(chatroom_client* client,
    const chatroom_create_command* what, uint64_t tag);
chatroom_error chatroom_client_leave(chatroom_client* client, chatroom_text room, uint64_t tag);
chatroom_error chatroom_client_set(chatroom_client* client, const chatroom_set_command* what,
    uint64_t tag);
chatroom_error chatroom_client_list_rooms(chatroom_client* client, uint64_t tag);
chatroom_error chatroom_client_older(chatroom_client* client, chatroom_text room, uint64_t tag);
chatroom_error chatroom_client_hold(chatroom_client* client, chatroom_text room, int held);
chatroom_error chatroom_client_refresh(chatroom_client* client, chatroom_text room);
chatroom_error chatroom_client_see(chatroom_client* client, chatroom_text room);
chatroom_error chatroom_client_post(chatroom_client* client, chatroom_text room,
    chatroom_text text, uint8_t kind, uint64_t reply_to, uint64_t* id);
chatroom_error chatroom_client_resend(chatroom_client* client, uint64_t post);
chatroom_error chatroom_client_discard(chatroom_client* client, uint64_t post);
chatroom_error chatroom_client_submit(chatroom_client* client, const chatroom_command* what,
    uint64_t tag);
typedef struct chatroom_parsed_line {
    uint32_t struct_size; uint8_t help; chatroom_command command; chatroom_failure_event refusal;
    uint64_t body[12];
} chatroom_parsed_line;
chatroom_error chatroom_parse_line(chatroom_text room, chatroom_text text,
    chatroom_parsed_line* out);
chatroom_error chatroom_client_save(const chatroom_client* client, void* out, size_t capacity,
    size_t* bytes);
chatroom_error chatroom_client_restore(chatroom_client* client, const void* saved, size_t bytes);
uint32_t chatroom_client_state(const chatroom_client* client);
chatroom_error chatroom_client_why(const chatroom_client* client);
uint64_t chatroom_client_user(const chatroom_client* client);
chatroom_text chatroom_client_nick(const chatroom_client* client);
chatroom_error chatroom_client_limits(const chatroom_client* client,
    chatroom_welcome_event* out);
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
]]

local library, callbacks          -- when it is loaded

-- The names of an enumeration, by value.
local function names_of(group, names)
    local by_value = {}
    for _, name in ipairs(names) do by_value[constant(group, name)] = name end
    return by_value
end

local STATES = names_of("client_state", {"offline", "connecting", "login", "online", "ended"})
local ENTRY_KINDS = names_of("client_entry_kind", {"message", "gap", "hole"})
local NEWS = names_of("client_news", {
    "none", "state", "room", "reset", "append", "prepend", "gap", "trim", "members", "posts",
    "listed", "done", "close",
})
local NONE = constant("error", "none")

-- Why something failed, and what the server said about it; nil when it did not.
local function failure_of(why, refusal)
    if why == NONE then return nil end
    if refusal ~= nil then return parts.failure_with(why, refusal) end
    return parts.failure_of(why)
end

ffi.metatype("chatroom_client_change", {
    __index = {
        -- What has changed, such as "append".
        name = function(change) return NEWS[change.what] end,
        -- Of "done": why it failed, or nil.
        failure = function(change) return failure_of(change.why, change.refusal) end,
    },
})

ffi.metatype("chatroom_client_entry_view", {
    __index = {
        -- What it is: "message", "gap" or "hole".
        name = function(entry) return ENTRY_KINDS[entry.what] end,
    },
})

ffi.metatype("chatroom_client_post_view", {
    __index = {
        -- Why it failed, or nil while it waits.
        failure = function(post) return failure_of(post.failed) end,
    },
})

local function make_callbacks(entropy)
    return {
        send = ffi.cast("chatroom_client_send_fn", function(frame, bytes, context)
            local client = parts.object_of(context)
            parts.guarded(client, client.from.send, ffi.new("chatroom_text", frame, bytes))
        end),
        tell = ffi.cast("chatroom_client_tell_fn", function(change, context)
            local client = parts.object_of(context)
            parts.guarded(client, client.from.tell, change)
        end),
        entropy = entropy,
    }
end

local function load_library()
    local loaded, engines = parts.load_library()
    if library then return end
    library, callbacks = loaded, make_callbacks(engines.entropy)
end

-- The Lua string itself, which the caller keeps until C has returned.
local function text_of(string)
    return ffi.new("chatroom_text", string, #string)
end

-- ---- The client --------------------------------------------------------------------------------

local Client = {}
Client.__index = Client
chatroom.Client = Client

-- Opens a client. `from` has the callbacks: send(frame), and if wanted tell(change) and
-- entropy(out, bytes), which answers whether it filled them in. `config` has members of
-- chatroom_client_config; 0 or absent means the default, chatroom.zero a real 0.
function chatroom.client(from, config)
    assert(type(from) == "table" and type(from.send) == "function", "chatroom: `send` is needed")
    load_library()
    local client, context = parts.object_with(from, Client)
    local how = fill(ffi.new("chatroom_client_config"), config or {})
    how.struct_size = ffi.sizeof(how)
    local all = ffi.new("chatroom_client_environment")
    all.struct_size = ffi.sizeof(all)
    for _, name in ipairs {"send", "tell", "entropy"} do
        if from[name] then
            all[name] = callbacks[name]
            all[name .. "_context"] = context
        end
    end
    local out = ffi.new("chatroom_client*[1]")
    local why = library.chatroom_client_open(how, all, out)
    if check(client, why) then return nil, parts.failure_of(why) end
    client.native = ffi.gc(out[0], library.chatroom_client_close)
    return client
end

-- Closes it; nothing is sent. One that is forgotten is closed by the garbage collector.
function Client:close()
    if not self.native then return end
    check(self, library.chatroom_client_close(self.native))
    ffi.gc(self.native, nil)
    self.native = nil
end

-- ---- The connection and the time

-- There is a connection, a new one. The server speaks first.
function Client:connected()
    return answer(self, library.chatroom_client_connected(self.native))
end

-- The connection is gone. What was under way is done: "connection_lost".
function Client:disconnected()
    return answer(self, library.chatroom_client_disconnected(self.native))
end

-- Takes a frame as it came from the network. One that makes no sense is counted: client:faults().
function Client:receive(frame)
    return answer(self, library.chatroom_client_receive(self.native, frame, #frame))
end

-- Tells the time, in Unix milliseconds, and does what is due.
function Client:tick(now_ms)
    return answer(self, library.chatroom_client_tick(self.native, now_ms))
end

-- How many milliseconds the client can be left alone.
function Client:next_tick()
    return tonumber(library.chatroom_client_next_tick(self.native))
end

-- The connection is of no more use: close it, and tell so by client:disconnected().
function Client:wants_close()
    return library.chatroom_client_wants_close(self.native) ~= 0
end

-- ---- Who the user is

-- "offline", "connecting", "login", "online" or "ended".
function Client:state()
    return STATES[library.chatroom_client_state(self.native)]
end

-- Why the last login or connection failed; nil while all is well.
function Client:why()
    return failure_of(library.chatroom_client_why(self.native))
end

function Client:user()
    return tonumber(library.chatroom_client_user(self.native))
end

function Client:nick()
    return tostring(library.chatroom_client_nick(self.native))
end

-- What the server's last welcome told: a chatroom_welcome_event, without its features.
function Client:limits()
    local out = ffi.new("chatroom_welcome_event")
    return answer(self, library.chatroom_client_limits(self.native, out), out)
end

-- Frames that made no sense.
function Client:faults()
    return tonumber(library.chatroom_client_faults(self.native))
end

-- ---- Commands

-- client:login(nick, tag), and so on with a room: join, leave; older reads one page above what is
-- loaded.
for _, name in ipairs {"login", "rename", "join", "leave", "older"} do
    local call = "chatroom_client_" .. name
    Client[name] = function(self, text, tag)
        return answer(self, library[call](self.native, text_of(text), tag or 0))
    end
end

-- Logs out and forgets everything.
function Client:logout(tag)
    return answer(self, library.chatroom_client_logout(self.native, tag or 0))
end

-- Creates a room and joins it: members of chatroom_create_command.
function Client:create(members, tag)
    local what = fill(ffi.new("chatroom_create_command"), members)
    return answer(self, library.chatroom_client_create(self.native, what, tag or 0))
end

-- Members of chatroom_set_command: {room = "lobby", property = "topic", value = "tea"}.
function Client:set(members, tag)
    local what = fill(ffi.new("chatroom_set_command"), members)
    return answer(self, library.chatroom_client_set(self.native, what, tag or 0))
end

-- Reads the list of rooms, all pages: "listed" comes for each, then "done".
function Client:list_rooms(tag)
    return answer(self, library.chatroom_client_list_rooms(self.native, tag or 0))
end

-- Keeps the oldest entries of a room while a person looks at them.
function Client:hold(room, held)
    return answer(self, library.chatroom_client_hold(self.native, text_of(room), held and 1 or 0))
end

-- Reads a room's members again, since no notice tells who is online.
function Client:refresh(room)
    return answer(self, library.chatroom_client_refresh(self.native, text_of(room)))
end

-- The person has seen all of a room.
function Client:see(room)
    return answer(self, library.chatroom_client_see(self.native, text_of(room)))
end

-- Says something, now or as soon as it can be: the id by which it stands among the room's posts
-- until its message is in the room. `with` may have `kind`, "text" or "emote", and `reply_to`.
function Client:post(room, text, with)
    with = with or {}
    local id = ffi.new("uint64_t[1]")
    local why = library.chatroom_client_post(self.native, text_of(room), text_of(text),
        constant("message_kind", with.kind or "text"), with.reply_to or 0, id)
    return answer(self, why, tonumber(id[0]))
end

-- Sends a failed post again.
function Client:resend(post)
    return answer(self, library.chatroom_client_resend(self.native, post))
end

-- Forgets a failed post.
function Client:discard(post)
    return answer(self, library.chatroom_client_discard(self.native, post))
end

-- Sends any command but "resume", which is the client's own business.
function Client:submit(name, members, tag)
    local command, _ = parts.command_with(name, members)   -- what is held lives until the end
    return answer(self, library.chatroom_client_submit(self.native, command, tag or 0))
end

-- Does what a person typed into the text box of a room: says it or, with a slash before it, carries
-- out a command, as in "/me waves" and "/nick anna". Answers "help" when it was "/help".
function Client:type(room, line, tag)
    local parsed = ffi.new("chatroom_parsed_line")
    parsed.struct_size = ffi.sizeof(parsed)
    local why = library.chatroom_parse_line(text_of(room), text_of(line), parsed)
    if why ~= NONE then return nil, parts.failure_with(why, parsed.refusal) end
    local command = parsed.command
    if parsed.help ~= 0 then return "help" end
    if command.type == 0 then return true end
    if command.type ~= constant("command", "post") then
        return answer(self, library.chatroom_client_submit(self.native, command, tag or 0))
    end
    local said = ffi.cast("const chatroom_post_command*", command.body)
    return answer(self, library.chatroom_client_post(self.native, said.room, said.text, said.kind,
        said.reply_to, nil))
end

-- ---- Reads. What is of a room that the user is not in is empty.

-- What there is to know of a room: a chatroom_client_room_view.
function Client:room(name)
    local out = ffi.new("chatroom_client_room_view")
    return answer(self, library.chatroom_client_room(self.native, text_of(name), out), out)
end

-- A message by its number: a chatroom_client_entry_view.
function Client:message(room, number)
    local out = ffi.new("chatroom_client_entry_view")
    local why = library.chatroom_client_message(self.native, text_of(room), number, out)
    return answer(self, why, out)
end

-- Loops over what `count` counts, from a place on that is told as in string.sub.
local function each_view(shape, from, count, read)
    local at = math.max(0, from < 0 and count() + from or from - 1)
    return function()
        if at >= count() then return nil end
        local view = shape()
        read(at, view)
        at = at + 1
        return view
    end
end

-- for room in client:rooms() do ... end
local room_view = ffi.typeof("chatroom_client_room_view")
function Client:rooms()
    return each_view(room_view, 1,
        function() return tonumber(library.chatroom_client_rooms(self.native)) end,
        function(at, view)
            check(self, library.chatroom_client_room_at(self.native, at, view))
        end)
end

-- for entry in client:entries(room, from) do ... end, and so the members and the posts. `from` is
-- the place of the first, counted from 1, or if negative from the end; absent: all.
local function lister(list, one)
    local shape = ffi.typeof("chatroom_client_" .. one .. "_view")
    local total, read = "chatroom_client_" .. list, "chatroom_client_" .. one .. "_at"
    return function(self, room, from)
        return each_view(shape, from or 1,
            function() return tonumber(library[total](self.native, text_of(room))) end,
            function(at, view)
                check(self, library[read](self.native, text_of(room), at, view))
            end)
    end
end
Client.entries = lister("entries", "entry")
Client.members = lister("members", "member")
Client.posts = lister("posts", "post")

-- ---- After a restart

-- What a restart of the game needs to come back as the same user: a string, as good as a password.
function Client:save()
    local size = ffi.new("size_t[1]")
    library.chatroom_client_save(self.native, nil, 0, size)
    local room = ffi.new("uint8_t[?]", math.max(1, tonumber(size[0])))
    local why = library.chatroom_client_save(self.native, room, size[0], size)
    return answer(self, why, ffi.string(room, size[0]))
end

-- Takes over what client:save() answered, as the first thing after opening.
function Client:restore(saved)
    return answer(self, library.chatroom_client_restore(self.native, saved, #saved))
end

-- All of these call C that can call back: see the traps in chatroom.lua.
jit.off(chatroom.client, true)
for _, method in pairs(Client) do
    if type(method) == "function" then jit.off(method, true) end
end

return chatroom
