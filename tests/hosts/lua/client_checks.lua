-- Tests of examples/lua/chatroom_client.lua, driven by tests/hosts/languages.py:
--
--     luajit client_checks.lua conversation | callbacks
--
-- LUA_PATH leads to chatroom_client.lua and to support.lua.

local chatroom = require("chatroom_client")
local ffi = require("ffi")
local support = require("support")

local expect, refused, raises = support.expect, support.refused, support.raises
local bytes_of, hex_of, words_of = support.bytes_of, support.hex_of, support.words_of

local begin_ms = 1700000000000

-- ---- Conversations: one client; see tests/hosts/client_talk.py

local function conversation()
    local client, config, draws
    local shapes, play = {}, {}

    local function say(...)
        print(table.concat({...}, "\t"))
    end
    local from = {
        send = function(frame) say("send", hex_of(frame)) end,
        tell = function(change)
            say("change", change:name(), hex_of(change.room), chatroom.error_name(change.why),
                tonumber(change.tag))
        end,
        entropy = function(out, bytes)
            for i = 0, bytes - 1 do out[i] = (draws + i) % 256 end
            draws = draws + 1
            return true
        end,
    }
    local function word_of(value)
        if ffi.istype("chatroom_text", value) then return hex_of(value) end
        return ("%d"):format(tonumber(value))
    end
    local function say_view(shape, view)
        local words = {shape}
        for _, member in ipairs(shapes[shape]) do words[#words + 1] = word_of(view[member]) end
        say(unpack(words))
    end
    local function members_of(words, first)
        local members = {}
        for at = first, #words do
            local name, kind, value = words[at]:match("^([%w_]+)([=#])(.*)$")
            members[name] = kind == "=" and bytes_of(value) or tonumber(value)
        end
        return members
    end

    function play.shape(words)
        shapes[words[2]] = {unpack(words, 3)}
        return true
    end
    function play.open(words)
        if client then client:close() end
        config, draws = members_of(words, 2), 0
        client = assert(chatroom.client(from, config))
        return true
    end
    function play.reload()
        local saved = client:save()
        client:close()
        client = assert(chatroom.client(from, config))
        return client:restore(saved)
    end
    function play.tick(words) return client:tick(tonumber(words[2])) end
    function play.connected() return client:connected() end
    function play.disconnected() return client:disconnected() end
    play["in"] = function(words) return client:receive(bytes_of(words[2])) end
    function play.submit(words) return client:submit(words[2], members_of(words, 3)) end
    function play.call(words)
        local name, tag = words[2], tonumber(words[3])
        local one, two = words[4] and bytes_of(words[4]), words[5] and bytes_of(words[5])
        if name == "post" then
            return client:post(one, two, {kind = bytes_of(words[6]),
                                          reply_to = tonumber(bytes_of(words[7]))})
        end
        if name == "resend" or name == "discard" then
            for post in client:posts(one, tonumber(two) + 1) do
                return client[name](client, post.id)
            end
        end
        if name == "create" then return client:create({room = one}, tag) end
        if name == "set" then
            return client:set({room = one, property = two, value = bytes_of(words[6])}, tag)
        end
        if name == "hold" then return client:hold(one, two == "1") end
        if name == "logout" or name == "list_rooms" then return client[name](client, tag) end
        return client[name](client, one, tag)
    end
    function play.view()
        local why = client:why()
        say("client", why and why.error or "none", client:user(), hex_of(client:nick()),
            client:faults(), hex_of(client:save()))
        for room in client:rooms() do
            local name = tostring(room.name)
            say_view("room", room)
            for entry in client:entries(name) do say_view("entry", entry) end
            for member in client:members(name) do say_view("member", member) end
            for post in client:posts(name) do
                say_view("post", post)
                local failure = post:failure()
                say("failed", failure and failure.error or "none")
            end
        end
        return true
    end
    for line in io.lines() do
        local words = words_of(line)
        local good, why = play[words[1]](words)
        say("answer", good and "none" or why.error, client and client:state() or "",
            client and client:wants_close() and 1 or 0)
        io.flush()
    end
end

-- ---- A client and an engine in one program

-- A chat with one client on it: what the client sends is heard at once.
local function pair(from, config)
    local it = {told = {}}
    it.server = assert(chatroom.open {send = function(to, _, frame)
        for _ in to:each() do it.client:receive(tostring(frame)) end
    end})
    assert(it.server:tick(begin_ms))
    from = from or {}
    local send, tell = from.send, from.tell
    from.send = function(frame)
        if send then send(frame) end
        if it.session then
            it.server:receive(it.session, tostring(frame))
        else
            it.early = tostring(frame)             -- the server speaks before it has answered
        end
    end
    from.tell = function(change)
        it.told[#it.told + 1] = change:name() .. " " .. tostring(change.room)
        if tell then tell(change) end
    end
    it.client = assert(chatroom.client(from, config))
    return it
end

local function connect(it)
    assert(it.client:tick(begin_ms))
    assert(it.client:connected())
    it.session = nil
    it.session = assert(it.server:connect())
    if it.early then it.server:receive(it.session, it.early) end
    it.early = nil
end

local function in_lobby(from, config)
    local it = pair(from, config)
    assert(it.client:login("alice"))
    connect(it)
    assert(it.client:join("lobby"))
    it.told = {}
    return it
end

local function texts_of(list)
    local texts = {}
    for each in list do texts[#texts + 1] = tostring(each.text) end
    return table.concat(texts, ",")
end

-- A call that does not call back until it has been compiled: without jit.off the program dies
-- here. Must be the first case: LuaJIT does not compile calls that it has seen calling back.
local function late()
    local sent, it = 0, nil
    it = in_lobby {send = function() sent = sent + 1 end}
    sent, it.session = 0, nil                      -- nobody answers any more
    for i = 1, 20000 do it.client:tick(begin_ms + 10 * i) end
    expect(sent == 1, "a ping in the silence: " .. sent)
    expect(table.concat(it.told, ",") == "close ", table.concat(it.told, ","))
    expect(it.client:wants_close() and it.client:why().error == "connection_lost", it.client:why())
end

local function hot()
    local heard, it = 0, nil
    it = in_lobby({tell = function(change)
        if change:name() ~= "append" then return end
        for entry in it.client:entries(tostring(change.room), -1) do heard = heard + #entry.text end
    end}, {entries_max = 50})
    for i = 1, 5000 do
        assert(it.client:tick(begin_ms + i))
        assert(it.client:post("lobby", "hello"))
        assert(it.client:see("lobby"))
        assert(it.client:next_tick() <= 20000)
    end
    expect(heard == 5 * 5000, "all was heard: " .. heard)
end

local function errors()
    local armed, mine, it = nil, {"mine"}, nil
    local function throw(where)
        if armed ~= where then return end
        it.client:state()                          -- must not raise what is kept
        it.client:see("lobby")
        error(mine)
    end
    it = in_lobby {
        send = function() throw("send") end,
        tell = function() throw("tell") end,
    }
    for _, where in ipairs {"send", "tell"} do
        armed = where
        local good, got = pcall(it.client.post, it.client, "lobby", where)
        expect(not good and got == mine, "out of the outer call: " .. tostring(got))
    end
    armed = nil
    assert(it.client:post("lobby", "again"))
    it.server:receive(it.session, "")              -- what went wrong did not break the connection
    -- The frame of the first post was lost with its error: it waits, and goes out again.
    expect(texts_of(it.client:posts("lobby")) == "send", texts_of(it.client:posts("lobby")))
    expect(texts_of(it.client:entries("lobby")) == "tell,again",
           texts_of(it.client:entries("lobby")))
end

local function errors_in_entropy()
    local draws = 0
    local it = in_lobby {entropy = function(out, bytes)
        draws = draws + 1
        if draws == 1 then error("in entropy") end
        for i = 0, bytes - 1 do out[i] = i end
        return draws > 2
    end}
    raises("in entropy", it.client.post, it.client, "lobby", "one")
    refused("entropy_failed", it.client:post("lobby", "two"))
    expect(it.client:post("lobby", "three") and texts_of(it.client:entries("lobby")) == "three",
           "it was refused, and works now")
end

-- What may be called inside the callbacks, and that all that C holds lives on.
local function inside()
    local it, armed, posted = nil, false, false
    it = in_lobby {
        send = function()
            collectgarbage()
            if armed then raises("inside_callback", it.client.close, it.client) end
        end,
        tell = function(change)
            collectgarbage()
            if not armed then return end
            raises("inside_callback", it.client.close, it.client)
            raises("inside_callback", it.client.receive, it.client, "{}")
            raises("inside_callback", it.client.restore, it.client, "")
            if change:name() == "append" and not posted then
                posted = true
                assert(it.client:post("lobby", "from inside"))
            end
        end,
    }
    armed = true
    assert(it.client:post("lobby", "hello"))
    armed = false
    expect(texts_of(it.client:entries("lobby")) == "hello,from inside",
           texts_of(it.client:entries("lobby")))
    it.client:close()
    it.client:close()
    raises("invalid_argument", it.client.tick, it.client, begin_ms)
end

local function done()
    local last, listed = nil, {}
    local it = in_lobby {tell = function(change)
        if change:name() == "listed" then
            listed[#listed + 1] = tostring(change.item.room) .. " " .. change.item.members
        elseif change:name() == "done" then
            last = {tag = tonumber(change.tag), failure = change:failure(),
                    command = change.command, room = tostring(change.room)}
            last.user = change.reply ~= nil and tonumber(change.reply.user) or 0
        end
    end}
    assert(it.client:list_rooms(7))
    expect(last.tag == 7 and not last.failure and listed[1] == "lobby 1", listed[1])
    assert(it.client:join("Den", 8))
    expect(last.tag == 8 and last.room == "den" and
           last.command == chatroom.constant("command", "join"), last.room)
    assert(it.client:create({room = "den"}, 9))
    expect(last.tag == 9 and last.failure.error == "room_exists", last.failure)
    assert(it.client:rename(("x"):rep(40), 10))
    expect(last.failure.field == "nick" and last.failure.limit == 32, last.failure)
    assert(it.client:submit("nick", {nick = "Alice"}, 11))
    expect(last.tag == 11 and it.client:nick() == "Alice", it.client:nick())
    assert(it.client:set({room = "den", property = "topic", value = "tea"}, 12))
    expect(last.tag == 12 and tostring(it.client:room("den").topic) == "tea", "its topic")
    assert(it.client:leave("den", 13))
    expect(last.tag == 13, "left")
    assert(it.client:logout(14))
    expect(last.tag == 14 and it.client:user() == 0 and it.client:state() == "login",
           it.client:state())
    assert(it.client:login("anna", 15))
    expect(last.tag == 15 and last.user == it.client:user() and last.user == 2, last.user)
end

local function refusals()
    refused("config_invalid", chatroom.client({send = print}, {rooms_max = 1001}))
    raises("no_such_member", chatroom.client, {send = print}, {no_such_member = 1})
    raises("`send` is needed", chatroom.client, {})
    local it = pair({}, {posts_max = 1, asks_max = 1})
    refused("offline", it.client:join("lobby"))
    refused("member_missing", it.client:login(""))
    refused("room_unknown", it.client:older("lobby"))
    refused("room_unknown", it.client:hold("lobby", true))
    refused("room_unknown", it.client:post("lobby", "hello"))
    refused("room_unknown", it.client:room("lobby"))
    refused("snapshot_invalid", it.client:restore("nothing"))
    raises("invalid_argument", it.client.resend, it.client, 99)
    raises("CHATROOM_MESSAGE_KIND_SHOUT", it.client.post, it.client, "lobby", "a",
           {kind = "shout"})
    expect(it.client:why() == nil and it.client:limits().frame_bytes_max == 0, "nothing yet")
    assert(it.client:login("alice"))
    refused("queue_full", it.client:logout())
    connect(it)
    assert(it.client:join("lobby"))
    refused("member_missing", it.client:post("lobby", ""))
    refused("text_invalid", it.client:post("lobby", "\255"))
    refused("member_too_long", it.client:post("lobby", ("x"):rep(2001)))
    refused("reply_unknown", it.client:message("lobby", 1))
    assert(it.client:receive("nonsense"))
    expect(it.client:faults() == 1 and it.client:limits().frame_bytes_max == 8192, "one fault")
    local id = assert(it.client:post("lobby", "to nobody", {reply_to = 77}))
    refused("pending_full", it.client:post("lobby", "more"))
    for post in it.client:posts("lobby") do
        expect(post.id == id and post:failure().error == "reply_unknown", post:failure())
        assert(it.client:discard(post.id))
    end
    expect(texts_of(it.client:posts("lobby")) == "", "it is gone")
end

local function typed()
    local it = in_lobby()
    for _, line in ipairs {"grüße 🐻", "/me waves", "//slash", "/nick anna", ""} do
        expect(it.client:type("lobby", line) == true, line)
    end
    expect(texts_of(it.client:entries("lobby")) == "grüße 🐻,waves,/slash", "all is said")
    expect(assert(it.client:message("lobby", 2)).kind ==
           chatroom.constant("message_kind", "emote"), "an emote")
    expect(tostring(it.client:nick()) == "anna", "another nick")
    expect(it.client:type("lobby", "/help") == "help", "it asks for help")
    local _, why = it.client:type("lobby", "/dance now")
    expect(why.error == "op_unknown" and why.found == "dance", tostring(why))
    refused("room_unknown", it.client:type("cellar", "a"))
end

local function reads()
    local it = in_lobby()
    for i = 1, 5 do
        assert(it.client:post("lobby", "m" .. i, {kind = i == 5 and "emote" or "text"}))
    end
    expect(texts_of(it.client:entries("lobby")) == "m1,m2,m3,m4,m5", "all")
    expect(texts_of(it.client:entries("lobby", -2)) == "m4,m5", "the last two")
    expect(texts_of(it.client:entries("lobby", -9)) == "m1,m2,m3,m4,m5", "not so many")
    expect(texts_of(it.client:entries("lobby", 4)) == "m4,m5", "from the fourth")
    expect(texts_of(it.client:entries("cellar")) == "", "nothing of an unknown room")
    local message = assert(it.client:message("lobby", 5))
    expect(message:name() == "message" and tostring(message.nick) == "alice" and
           message.kind == chatroom.constant("message_kind", "emote"), "the fifth")
    local names = {}
    for room in it.client:rooms() do names[#names + 1] = tostring(room.name) end
    for member in it.client:members("lobby") do
        names[#names + 1] = tostring(member.nick) .. member.online
    end
    expect(table.concat(names, ",") == "lobby,alice1", table.concat(names, ","))
    local room = assert(it.client:room("lobby"))
    expect(room.last == 5 and room.count == 1 and room.live ~= 0 and
           tostring(room.rights) == "post leave set", "the lobby")
end

local function restart()
    local it = in_lobby()
    assert(it.client:post("lobby", "grüße 🐻"))
    local saved = it.client:save()
    assert(it.server:disconnect(it.session))
    it.client:close()
    it.session = nil
    it.client = assert(chatroom.client {send = function(frame) it.early = tostring(frame) end})
    assert(it.client:restore(saved))
    raises("invalid_argument", it.client.restore, it.client, saved)
    it.client.from.send = function(frame)
        if it.session then
            it.server:receive(it.session, tostring(frame))
        else
            it.early = tostring(frame)
        end
    end
    connect(it)
    expect(it.client:state() == "online" and it.client:user() == 1, it.client:state())
    local told = texts_of(it.client:entries("lobby"))
    expect(told == "grüße 🐻", told)
end

-- Clients that nobody holds any more give their memory back.
local function forgotten()
    local alive = setmetatable({}, {__mode = "k"})
    for _ = 1, 2000 do
        local client = assert(chatroom.client({send = function() end}, {rooms_max = 1}))
        assert(client:connected())
        alive[client] = true
    end
    collectgarbage()
    collectgarbage()
    local count = 0
    for _ in pairs(alive) do count = count + 1 end
    expect(count < 100, "most of 2000 forgotten clients are closed, alive: " .. count)
end

local function callbacks()
    late()
    errors()
    errors_in_entropy()
    inside()
    done()
    refusals()
    reads()
    typed()
    restart()
    forgotten()
    hot()
    support.finish()
end

local cases = {conversation = conversation, callbacks = callbacks}
cases[arg[1]]()
