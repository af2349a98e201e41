-- Tests of examples/lua/chatroom.lua, driven by tests/hosts/languages.py:
--
--     luajit checks.lua layouts | conversation | callbacks
--
-- LUA_PATH leads to chatroom.lua and to support.lua.

local chatroom = require("chatroom_client")
local ffi = require("ffi")
local support = require("support")

local expect, refused, raises = support.expect, support.refused, support.raises
local bytes_of, hex_of, words_of = support.bytes_of, support.hex_of, support.words_of

-- ---- Layouts: of the structs and members, and the enumerators, that come by lines

local function layouts()
    for line in io.lines() do
        local kind, name, member = line:match("^(%w+) ([%w_]+)%.?([%w_]*)$")
        if kind == "struct" then
            print(line, ffi.sizeof(name))
        elseif kind == "member" then
            print(line, ffi.offsetof(name, member))
        else
            print(line, ffi.C[name])
        end
    end
    print("constant CHATROOM_HOST", chatroom.host)
    print("constant CHATROOM_ZERO", chatroom.zero)
end

-- ---- Conversations: calls come by lines of words, what they came to goes out by lines

local function members_of(words, from)
    local members = {}
    for at = from, #words do
        local name, value = words[at]:match("^([^=]+)=(.*)$")
        members[name] = bytes_of(value)
    end
    return members
end

local function conversation()
    local chat, connecting
    local sessions, names, calls, play = {}, {}, 0, {}
    local function send(to, _, frame)
        for session in to:each() do
            print("out\t" .. (names[session] or connecting) .. "\t" .. hex_of(frame))
        end
    end
    local function entropy(out, bytes)
        for i = 0, bytes - 1 do out[i] = (calls + i) % 256 end
        calls = calls + 1
        return true
    end
    function play.open(words)
        local config = {}
        for at = 2, #words do
            local name, value = words[at]:match("^([^=]+)=(.*)$")
            config[name] = tonumber(value)
        end
        chat = assert(chatroom.open({send = send, entropy = entropy}, config))
        return true
    end
    function play.tick(words) return chat:tick(tonumber(words[2]), words[3] == "1") end
    function play.connect(words)
        connecting = words[2]
        local session, why = chat:connect {frame_bytes_max = tonumber(words[3]),
                                           user = bytes_of(words[4]), nick = bytes_of(words[5])}
        sessions[connecting] = session or 0
        names[session or 0] = connecting
        return session, why
    end
    play["in"] = function(words) return chat:receive(sessions[words[2]], bytes_of(words[3])) end
    for _, name in ipairs {"pause", "unpause", "disconnect"} do
        play[name] = function(words) return chat[name](chat, sessions[words[2]]) end
    end
    function play.host(words)
        local members = members_of(words, 4)
        for _, name in ipairs {"managed", "persistent"} do
            if members[name] then members[name] = members[name] == "1" end
        end
        return chat[words[2]](chat, chatroom.host, members, tonumber(words[3]))
    end
    for line in io.lines() do
        local words = words_of(line)
        local good, why = play[words[1]](words)
        print("answer\t" .. (good and "none" or why.error))
    end
end

-- ---- Callbacks

local function open(from, config)
    from.send = from.send or function() end
    local chat = assert(chatroom.open(from, config))
    assert(chat:tick(1700000000000))
    return chat
end

local function guest(chat, nick, wire)
    local session = assert(chat:connect {wire = wire or "typed"})
    assert(chat:guest(session, {nick = nick}))
    assert(chat:join(session, {room = "lobby"}))
    return session
end

local function errors()
    local armed, calls, chat = false, 0, nil
    local mine = {"mine"}
    chat = open {send = function()
        if not armed then return end
        calls = calls + 1
        chat:pause(0)                  -- must not raise what is kept: C is on the stack
        error(mine)
    end}
    local alice, bob = guest(chat, "alice"), assert(chat:connect())
    assert(chat:guest(bob, {nick = "bob"}))
    assert(chat:join(bob, {room = "lobby"}))
    armed = true
    local good, got = pcall(chat.post, chat, alice, {room = "lobby", text = "hello"})
    expect(not good and got == mine, "the error comes out of the outer call: " .. tostring(got))
    expect(calls == 2, "two codecs, two calls of send: " .. calls)
    armed = false
    expect(chat:post(alice, {room = "lobby", text = "again"}).number == 2, "it was carried out")
    chat:close()
end

local function errors_where_answers_count()
    local entropies, log_raises, log_says = 0, true, "yes"
    local from = {
        observe = function(seen)
            if chatroom.error_name(seen.why) == "member_missing" then error("in observe") end
        end,
        log = function()
            if log_raises then error("in log") end
            return log_says
        end,
        entropy = function(out, bytes)
            entropies = entropies + 1
            if entropies == 3 then error("in entropy") end
            for i = 0, bytes - 1 do out[i] = i % 256 end
            return true
        end,
    }
    raises("in log", open, from)
    log_raises, entropies = false, 1
    local chat = open(from)
    local session = assert(chat:connect {wire = "typed"})
    raises("in entropy", chat.guest, chat, session, {nick = "alice"})
    expect(chat:guest(session, {nick = "alice"}), "it was refused, and works now")
    raises("in observe", chat.nick, chat, session, {nick = ""})
    log_says = "no"
    refused("storage_failed", chat:join(session, {room = "lobby"}))
end

local function queued()
    local ticket, number, alice, chat
    chat = open {
        send = function(_, what)
            collectgarbage()           -- what C holds must live on
            if what:name() == "message" and not ticket then
                ticket = chat:post(alice, {room = "lobby", text = "from inside"}).ticket
            end
        end,
        observe = function(seen)
            if ticket and seen.ticket == ticket then number = tonumber(seen.number) end
        end,
    }
    alice = guest(chat, "alice")
    assert(chat:post(alice, {room = "lobby", text = "hello"}))
    expect(ticket and ticket ~= 0 and number == 2, "the outcome came by its ticket")
end

local function closed_inside()
    local armed, chat = false, nil
    chat = open {send = function()
        if not armed then return end
        armed = false
        raises("inside_callback", chat.close, chat)
    end}
    local alice = guest(chat, "alice")
    armed = true
    assert(chat:post(alice, {room = "lobby", text = "hello"}))
    expect(not armed and chat:pause(alice), "it stays open")
    chat:close()
    chat:close()
    raises("invalid_argument", chat.tick, chat, 1700000000001)
end

local function refusals()
    local chat = open {}
    local alice = guest(chat, "alice", "json")
    assert(chat:pause(alice))
    refused("paused", chat:receive(alice, '{"op":"ping"}'))
    assert(chat:unpause(alice))
    refused("session_unknown", chat:unpause(alice + 99))
    local _, why = chat:post(alice, {room = "lobby", text = ("é"):rep(100000)})
    expect(why.error == "member_too_long" and why.field == "text" and why.limit == 2000
           and why.value == 200000, why)
    refused("number_out_of_range",
            chat:configure(chatroom.host, {name = "room_capacity", value = 0}))
    _, why = chatroom.open({send = print}, {page_bytes = 7})
    expect(why.error == "config_invalid" and why.field == "page_bytes", why)
    raises("no_such_member", chatroom.open, {send = print}, {no_such_member = 1})
    raises("no_such_member", chat.join, chat, alice, {no_such_member = "lobby"})
    raises("CHATROOM_WIRE_TELEGRAPH", chat.connect, chat, {wire = "telegraph"})
    expect(chatroom.error_name(12345) == "unknown", "no error")
    expect(chatroom.version():find("^%d+%.%d+%.%d+$"), chatroom.version())
    expect(chatroom.now() > 1700000000000, "the time of the system")
end

local function resuming()
    local told = {}
    local chat = open {send = function(_, what)
        local body = what:struct()
        if what:name() == "joined" then
            told[#told + 1] = ("%s %d %d"):format(tostring(body.room), body.resume,
                                                  tonumber(body.from))
        elseif what:name() == "message" then
            told[#told + 1] = tostring(body.text)
        end
    end}
    local alice = guest(chat, "alice")
    local id = chat:room(alice, "lobby").id
    assert(chat:post(alice, {room = "lobby", text = "one"}))
    local token = assert(chat:token(alice)).token
    assert(chat:disconnect(alice))
    assert(chat:post(chatroom.host, {room = "lobby", text = "two", kind = "emote"}))
    told = {}
    local again = assert(chat:connect {wire = "typed"})
    assert(chat:resume(again, {token = token, cursors = {
        {room = "lobby", after = 1, id = id}, {room = "gone", after = 7, id = 99}}}))
    local continues = chatroom.constant("resumption", "continues")
    expect(table.concat(told, ", ") == "lobby " .. continues .. " 2, two", table.concat(told, ", "))
    expect(chat:logout(again).user == 0, "nobody after logout")
end

local function reads()
    local chat, host = open {}, chatroom.host
    local alice = guest(chat, "alice")
    assert(chat:create(host, {room = "den", title = "The den", capacity = 7, persistent = true,
                              managed = true}))
    assert(chat:set(host, {room = "den", property = "topic", value = "Darker"}))
    for i = 0, 4 do assert(chat:post(alice, {room = "lobby", text = "message " .. i})) end
    local rooms = assert(chat:rooms(host))
    expect(#rooms.rooms == 2 and rooms.complete ~= 0, "two rooms")
    expect(rooms.rooms.data[1].managed ~= 0 and rooms.rooms.data[1].capacity == 7, "the den")
    local den = assert(chat:room(host, "den"))
    expect(tostring(den.topic) == "Darker" and den.persistent ~= 0, "its topic")
    local members = assert(chat:members(alice, {room = "lobby"}))
    expect(#members.members == 1 and tostring(members.members.data[0].nick) == "alice", "alice")
    local page = assert(chat:history(alice, {room = "lobby", selector = "between", number = 2,
                                             ["until"] = 5, limit = 100}))
    local texts = {}
    for message in page.messages:each() do texts[#texts + 1] = tostring(message.text) end
    expect(table.concat(texts, ",") == "message 2,message 3", table.concat(texts, ","))
    refused("room_unknown", chat:history(alice, {room = "den"}))
end

local function migration()
    local log = {}
    local chat = open {log = function(record)
        log[#log + 1] = tostring(record)
        return "yes"
    end}
    local restored = assert(chatroom.open {send = function() end})
    local recovered = assert(chatroom.open {send = function() end})
    assert(chat:post(guest(chat, "alice"), {room = "lobby", text = "hello"}))
    assert(restored:restore(assert(chat:snapshot())))
    expect(restored:digest() == chat:digest() and #chat:digest() == 32, "by a snapshot")
    local whole = table.concat(log)
    local _, why, records, bytes = recovered:recover(whole .. whole:sub(1, 1))
    expect(why.error == "log_torn" and records == #log and bytes == #whole, why)
    expect(recovered:digest() == chat:digest(), "by its log")
    expect(#chat:snapshot("migration") < #chat:snapshot(), "without secrets")
    refused("record_invalid", chat:commit("xyz"))
    raises("invalid_argument", chat.abandon, chat, 99)
end

-- Engines that nobody holds any more give their memory and their callbacks back.
local function forgotten()
    local alive = setmetatable({}, {__mode = "k"})
    for _ = 1, 2000 do
        local chat = open({}, {preset = chatroom.constant("preset", "firmware")})
        guest(chat, "alice")
        alive[chat] = true
    end
    collectgarbage()
    collectgarbage()
    local count = 0
    for _ in pairs(alive) do count = count + 1 end
    expect(count < 100, "most of 2000 forgotten engines are closed, alive: " .. count)
end

-- Loops that are hot enough to be compiled.
local function hot()
    local heard, frames = 0, 0
    local chat = open({
        send = function(to, what, frame)
            for _, tag in to:each() do
                if tag == 7 and what:name() == "message" then
                    heard = heard + #what:struct().text
                end
            end
            frames = frames + #frame
        end,
        observe = function() end,
        log = function() return "yes" end,
    }, {room_messages_max = 50})
    local alice = guest(chat, "alice")
    local bob = assert(chat:connect {tag = 7})
    assert(chat:guest(bob, {nick = "bob"}))
    assert(chat:join(bob, {room = "lobby"}))
    for i = 1, 5000 do
        assert(chat:tick(1700000000000 + i))
        assert(chat:post(alice, {room = "lobby", text = "hello"}))
        assert(chat:receive(bob, '{"op":"post","room":"lobby","text":"hello"}'))
        assert(chat:pause(bob) and chat:unpause(bob))
    end
    expect(heard == 5 * 10000 and frames > 0, "all was heard: " .. heard)
end

-- A call that does not call back until it has been compiled: without jit.off the program dies
-- here. Must be the first case: LuaJIT does not compile calls that it has seen calling back.
local function late()
    local told = {}
    local chat = open {send = function(_, what) told[#told + 1] = what:name() end}
    local _, bob = guest(chat, "alice"), guest(chat, "bob")
    chat:disconnect(bob)               -- in two minutes he is gone, which alice is told
    told = {}
    for i = 1, 20000 do chat:tick(1700000000000 + 10 * i) end
    expect(table.concat(told, ",") == "exited", table.concat(told, ","))
end

local function callbacks()
    late()
    errors()
    errors_where_answers_count()
    queued()
    closed_inside()
    refusals()
    resuming()
    reads()
    migration()
    forgotten()
    hot()
    support.finish()
end

local cases = {layouts = layouts, conversation = conversation, callbacks = callbacks}
cases[arg[1]]()
