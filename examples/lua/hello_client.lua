-- A player's client and the chat that it talks to, in one program. Between them, where a game has a
-- socket, are two lists of frames.
--
--     LD_LIBRARY_PATH=../../build luajit hello_client.lua

local chatroom = require("chatroom_client")

-- ---- The server: an engine, as in hello.lua. Bob plays on its machine.

local NETWORK = 1                                     -- the tag of connections over the network
local to_server, to_client = {}, {}

local server = assert(chatroom.open {send = function(to, _, frame)
    for _, tag in to:each() do
        if tag == NETWORK then to_client[#to_client + 1] = tostring(frame) end
    end
end})
assert(server:tick(1700000000000))
local bob = assert(server:connect {wire = "typed"})
assert(server:guest(bob, {nick = "bob"}))
assert(server:join(bob, {room = "lobby"}))
assert(server:post(bob, {room = "lobby", text = "anybody here?"}))

-- ---- The player

local client
client = assert(chatroom.client {
    send = function(frame) to_server[#to_server + 1] = tostring(frame) end,
    tell = function(change)
        if change:name() == "state" then
            print("* " .. client:state())
        elseif change:name() == "done" and change:failure() then
            print(("* command %d: %s"):format(tonumber(change.tag), tostring(change:failure())))
        end
    end,
})

-- What love.draw would do: here, the messages that have not been shown yet.
local shown = 0
local function draw()
    for entry in client:entries("lobby") do
        if entry.number > shown and entry:name() == "message" then
            print(("%d. <%s> %s"):format(tonumber(entry.number), tostring(entry.nick),
                                         tostring(entry.text)))
            shown = tonumber(entry.number)
        end
    end
    client:see("lobby")
end

-- What love.update would do: the time, and what came from the network.
local now, alice = 1700000000000, nil                 -- `alice` is her connection
local function update()
    now = now + 16
    server:tick(now)
    client:tick(now)
    while to_server[1] or to_client[1] do
        if to_server[1] then server:receive(alice, table.remove(to_server, 1)) end
        if to_client[1] then client:receive(table.remove(to_client, 1)) end
    end
    draw()
end

local function connect()
    client:connected()
    alice = assert(server:connect {tag = NETWORK})
end

local function lose_connection()
    client:disconnected()
    server:disconnect(alice)
    to_server, to_client = {}, {}
end

client:login("alice")
connect()
update()
client:join("lobby")
update()
client:post("lobby", "hello bob")
client:create({room = "lobby"}, 7)                    -- comes back as command 7
update()

lose_connection()
server:post(bob, {room = "lobby", text = "did you hear that?"})
client:post("lobby", "I am back")                     -- goes out when there is a connection
connect()
update()

local room = assert(client:room("lobby"))
print(("%s: %d members, %d messages"):format(tostring(room.name), room.count,
                                             tonumber(room.last)))
client:close()
server:close()
