-- A chat in one program: alice plays over the network, bob on the machine of the host.
--
--     LD_LIBRARY_PATH=../../build luajit hello.lua

local chatroom = require("chatroom")

local function on_send(to, what, frame)
    for session in to:each() do
        if #frame ~= 0 then
            print(("to %d: %s"):format(session, tostring(frame)))
        elseif what:name() == "message" then
            local said = what:struct()
            print(("bob reads: <%s> %s"):format(tostring(said.nick), tostring(said.text)))
        else
            print("bob is told: " .. what:name())
        end
    end
end

local function on_observe(seen)
    if seen.why ~= 0 then
        print(("session %d was refused: %s"):format(seen.session, chatroom.error_name(seen.why)))
    end
end

local chat = assert(chatroom.open({send = on_send, observe = on_observe}, {rooms_max = 8}))
assert(chat:tick(1700000000000))                      -- The time: the engine has no clock.
local alice = assert(chat:connect())
local bob = assert(chat:connect {wire = "typed"})
chat:receive(alice, '{"op":"guest","nick":"alice"}')  -- Bytes, as they came from the network.
chat:receive(alice, '{"op":"join","room":"lobby"}')
local who = assert(chat:guest(bob, {nick = "Bjørn 🐻"}))
print(("bob is user %d, his token has %d digits"):format(who.user, #who.token))
assert(chat:join(bob, {room = "lobby"}))
assert(chat:post(bob, {room = "lobby", text = "hello from the host"}))
chat:receive(alice, '{"op":"post","room":"lobby","text":"hello back"}')

local posted, why = chat:post(bob, {room = "cellar", text = "is anybody here?"})
if not posted then print("refused: " .. tostring(why)) end

local page = assert(chat:history(chatroom.host, {room = "lobby"}))
for message in page.messages:each() do
    print(("%d. %s"):format(tonumber(message.number), tostring(message.text)))
end
chat:close()
