// Client around Protocol: its socket, timers and storage, all of them made up.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ChatError, Client } from "../../examples/web_chat/page/client.js";
import { Clock, counting_entropy } from "./support.mjs";

const WELCOME = { op: "welcome", protocol: 1, frame_bytes_max: 8192, message_bytes_max: 2000,
    nonce_bytes_max: 32, rooms_per_user_max: 32 };

class Socket {
    sent = [];
    closed = false;
    send(frame) { this.sent.push(JSON.parse(frame)); }
    close() { this.closed = true; }
    hears(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
    last() { return this.sent.at(-1); }
    /** Up to being online, by whatever the client asks for. */
    welcome(token = "a".repeat(32)) {
        this.onopen();
        this.hears(WELCOME);
        const { op, ref } = this.last();
        assert.match(op, /guest|resume/);
        this.hears({ op: "ok", ref, user: 1, nick: "ann", token });
    }
}

class MemoryStorage extends Map {
    getItem(key) { return this.get(key) ?? null; }
    setItem(key, value) { this.set(key, value); }
}

function start(t, how = {}) {
    const clock = new Clock(t);
    const sockets = [];
    const connect = () => {
        sockets.push(new Socket());
        return sockets.at(-1);
    };
    const client = new Client({ url: "ws://x/", connect, entropy: counting_entropy(),
        random: () => 1, ...how });
    client.start();
    return { client, sockets, clock };
}

test("connects, logs in, joins, posts, and tells what changed", async (t) => {
    const { client, sockets: [socket] } = start(t);
    const changes = [];
    client.onchange = (change) => changes.push(Object.values(change).join(" "));
    assert.equal(client.state, "connecting");
    const login = client.login("ann");
    socket.welcome();
    await login;
    assert.deepEqual([client.state, client.user, client.nick], ["online", 1, "ann"]);
    const join = client.join("Lobby");
    socket.hears({ op: "ok", ref: socket.last().ref, room: "lobby" });
    socket.hears({ op: "joined", room: "lobby", id: 1, members: 1, roster: 1, last: 0 });
    assert.equal((await join).room, "lobby");
    const post = client.post("lobby", "hello");
    assert.equal(post.status, "waiting");
    const { ref, nonce } = socket.last();
    socket.hears({ op: "ok", ref, room: "lobby", number: 1 });
    socket.hears({ op: "message", room: "lobby", number: 1, user: 1, nick: "ann", nonce,
        text: "hello" });
    assert.equal(client.message("lobby", 1).text, "hello");
    assert.equal(client.rooms.get("lobby").pending.length, 0);
    assert.ok(changes.includes("messages lobby append") && changes.includes("pending lobby"));
    client.stop();
    assert.ok(socket.closed);
    assert.equal(client.state, "offline");
});

test("commands reject with a ChatError, offline ones at once", async (t) => {
    const { client, sockets: [socket] } = start(t);
    await assert.rejects(client.join("lobby"), { name: "ChatError", code: "offline" });
    const login = client.login("bob");
    socket.onopen();
    socket.hears(WELCOME);
    socket.hears({ op: "error", ref: socket.last().ref, code: "nick_taken", field: "nick",
        text: "In use." });
    await assert.rejects(login, { code: "nick_taken", field: "nick", message: "In use." });
    assert.ok(client.error instanceof ChatError);
    assert.equal(client.state, "login");
    client.stop();
});

test("back-off doubles with full jitter up to 30 s, and starts over after a healthy time", (t) => {
    const { client, sockets, clock } = start(t);
    const waits = [];
    for (let at = 0; at < 9; at += 1) {
        sockets.at(-1).onclose();
        assert.equal(client.state, "offline");
        assert.equal(client.error.code, "connection_lost");
        waits.push(client.retry_at - Date.now());
        clock.tick(waits.at(-1));
        assert.equal(sockets.length, at + 2);
        assert.equal(client.retry_at, 0);
    }
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    client.login("ann").catch(() => {});
    sockets.at(-1).welcome();
    clock.tick(5000);
    sockets.at(-1).onclose();
    assert.equal(client.retry_at - Date.now(), 30000, "a short connection changes nothing");
    client.retry_now();
    sockets.at(-1).welcome();
    clock.tick(10000);
    sockets.at(-1).onclose();
    assert.equal(client.retry_at - Date.now(), 500);
    client.stop();
    clock.tick(60000);
    assert.equal(client.state, "offline");
});

test("the wait is any part of that", (t) => {
    const { client, sockets } = start(t, { random: () => 0.25 });
    sockets[0].onclose();
    assert.equal(client.retry_at - Date.now(), 125);
    client.stop();
});

test("a connection that does not open is given up", (t) => {
    const { client, sockets, clock } = start(t);
    clock.tick(9999);
    assert.equal(client.state, "connecting");
    clock.tick(1);
    assert.ok(sockets[0].closed);
    assert.equal(client.state, "offline");
    client.stop();
});

test("a constructor that throws is a connection that failed", (t) => {
    const { client } = start(t, { connect: () => { throw new Error("no"); } });
    assert.equal(client.state, "offline");
    assert.ok(client.retry_at > 0);
    client.stop();
});

test("silence is answered with a ping, then with another connection", (t) => {
    const { client, sockets, clock } = start(t);
    client.login("ann").catch(() => {});
    sockets[0].welcome();
    clock.tick(20000);
    assert.equal(sockets[0].last().op, "ping");
    sockets[0].hears({ op: "ok", ref: sockets[0].last().ref });
    clock.tick(20000);
    assert.equal(sockets[0].sent.filter(({ op }) => op === "ping").length, 2);
    clock.tick(20000);
    assert.ok(sockets[0].closed);
    clock.tick(500);
    assert.equal(sockets.length, 2);
    client.stop();
});

test("frames of a connection that was given up are not heard", (t) => {
    const { client, sockets, clock } = start(t);
    const { onmessage, onclose } = sockets[0];
    sockets[0].onclose();
    clock.tick(500);
    onmessage({ data: JSON.stringify(WELCOME) });
    onclose();
    assert.equal(client.state, "connecting");
    assert.equal(client.protocol.faults, 0);
    client.stop();
});

test("the network's hints", (t) => {
    const { client, sockets } = start(t);
    client.network(false);
    assert.equal(client.state, "offline");
    client.network(true);
    assert.equal(sockets.length, 2);
    client.network(true);
    assert.equal(sockets.length, 2);
    client.stop();
    client.network(true);
    assert.equal(sockets.length, 2);
});

test("after bye it stays away until it is told to come back", (t) => {
    const { client, sockets, clock } = start(t);
    client.login("ann").catch(() => {});
    sockets[0].welcome();
    sockets[0].hears({ op: "bye", code: "frame_malformed" });
    assert.equal(client.state, "ended");
    assert.equal(client.error.code, "frame_malformed");
    clock.tick(100000);
    assert.equal(sockets.length, 1);
    client.retry_now();
    sockets[1].welcome();
    assert.equal(client.state, "online");
    client.stop();
});

test("a view that throws breaks neither the connection nor the other changes", (t) => {
    const { client, sockets: [socket] } = start(t);
    const { queueMicrotask } = globalThis;
    t.after(() => Object.assign(globalThis, { queueMicrotask }));
    const rethrown = [];
    globalThis.queueMicrotask = (run) => rethrown.push(run);
    client.onchange = () => { throw new Error("of the view"); };
    client.login("ann").catch(() => {});
    socket.welcome();
    assert.equal(client.state, "online");
    assert.ok(rethrown.length > 0);
    for (const run of rethrown) assert.throws(run, { message: "of the view" });
    client.stop();
});

test("a reload resumes; a token is stored as soon as it is known", (t) => {
    const storage = new MemoryStorage();
    const { client, sockets, clock } = start(t, { storage });
    client.login("ann").catch(() => {});
    sockets[0].welcome("1".repeat(32));
    assert.match(storage.getItem("chatroom"), /1{32}/);
    sockets[0].hears({ op: "ok", ref: sockets[0].last().ref, token: "2".repeat(32) });
    sockets[0].hears({ op: "joined", room: "lobby", id: 7, last: 80, members: 1, roster: 1 });
    clock.tick(1000);
    const connect = () => (sockets.push(new Socket()), sockets.at(-1));
    const again = new Client({ url: "ws://x/", connect, storage, entropy: counting_entropy() });
    assert.deepEqual([again.nick, ...again.rooms.keys()], ["ann", "lobby"]);
    again.start();
    sockets[1].onopen();
    sockets[1].hears(WELCOME);
    const { op, token, cursors } = sockets[1].last();
    assert.deepEqual([op, token], ["resume", "2".repeat(32)]);
    assert.deepEqual(cursors, [{ room: "lobby", after: 30, id: 7 }]);
    client.stop();
    again.stop();
});

test("of two tabs with one storage the second falls back to a login", async (t) => {
    const storage = new MemoryStorage();
    const { client, sockets } = start(t, { storage });
    client.login("ann").catch(() => {});
    sockets[0].welcome();
    const copy = new MemoryStorage(storage);
    const connect = () => (sockets.push(new Socket()), sockets.at(-1));
    const tab = new Client({ url: "ws://x/", connect, storage: copy, entropy: counting_entropy() });
    tab.start();
    sockets[1].onopen();
    sockets[1].hears(WELCOME);
    sockets[1].hears({ op: "error", ref: sockets[1].last().ref, code: "token_invalid" });
    assert.deepEqual([sockets[1].last().op, sockets[1].last().nick], ["guest", "ann"]);
    sockets[1].hears({ op: "error", ref: sockets[1].last().ref, code: "nick_taken" });
    assert.deepEqual([tab.state, tab.error.code], ["login", "nick_taken"]);
    const login = tab.login("ann2");
    sockets[1].hears({ op: "ok", ref: sockets[1].last().ref, user: 2, nick: "ann2", token: "t" });
    await login;
    client.stop();
    tab.stop();
});

test("a storage that refuses, or holds anything, does no harm", (t) => {
    const refuses = { getItem() { throw new Error("no"); }, setItem() { throw new Error("no"); } };
    const { client, sockets } = start(t, { storage: refuses });
    client.login("ann").catch(() => {});
    sockets[0].welcome();
    assert.equal(client.state, "online");
    client.stop();
    const odd = '{"tokens":7,"rooms":[null,{"pending":{}}],"nick":[]}';
    for (const held of ["", "7", "[]", odd, "{"]) {
        const storage = new MemoryStorage([["chatroom", held]]);
        const other = new Client({ url: "", storage, connect: () => new Socket() });
        other.start();
        other.stop();
    }
});
