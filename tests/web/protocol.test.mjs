// What Protocol promises that no single conversation shows: cost, bounds, and any garbage.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Protocol } from "../../examples/web_chat/page/client.js";
import { counting_entropy } from "./support.mjs";

const WELCOME = {
    op: "welcome", protocol: 1, frame_bytes_max: 8192, message_bytes_max: 2000, nonce_bytes_max: 32,
    rooms_per_user_max: 32,
};

const frames_of = (protocol) => {
    const frames = [];
    for (let frame; (frame = protocol.next_frame()) !== null;) frames.push(JSON.parse(frame));
    return frames;
};

/** Online as user 1, in the lobby. */
function online(options = {}) {
    const protocol = new Protocol(counting_entropy(), null, options);
    const told = (frame) => protocol.receive(JSON.stringify(frame), 1000);
    protocol.connected(1000);
    told({ ...WELCOME });
    protocol.login("ann", () => {});
    const [{ ref }] = frames_of(protocol);
    told({ op: "ok", ref, user: 1, nick: "ann", token: "a".repeat(32) });
    told({ op: "ok", ref: frames_of(protocol)[0].ref, token: "b".repeat(32) });
    told({ op: "joined", room: "lobby", id: 1, members: 1, roster: 1, last: 0, rights: "post" });
    const reading = frames_of(protocol)[0].ref;
    told({ op: "members", ref: reading, members: [{ user: 1, nick: "ann" }], roster: 1,
        complete: true });
    protocol.take_changes();
    return { protocol, told, room: protocol.rooms.get("lobby") };
}

const message = (number, more = {}) =>
    ({ op: "message", room: "lobby", number, time: 5, user: 2, nick: "bob", text: "x", ...more });

function time_of_messages(count) {
    const { protocol, told, room } = online({ entries_max: Infinity });
    const frames = Array.from({ length: count }, (_, at) => JSON.stringify(message(at + 1)));
    const started = performance.now();
    for (const frame of frames) protocol.receive(frame, 1000);
    const spent = performance.now() - started;
    assert.equal(room.entries.length, count);
    told({ op: "ping" });
    return spent;
}

test("a message costs the same whether it is the hundredth or the hundred thousandth", () => {
    time_of_messages(10000);   // The compiler's turn.
    const few = Math.min(...[1, 2, 3].map(() => time_of_messages(10000)));
    const many = Math.min(...[1, 2, 3].map(() => time_of_messages(100000)));
    assert.ok(many < 30 * few, `10,000: ${few} ms, 100,000: ${many} ms`);
});

test("a burst that nobody looks at is a few changes", () => {
    const { protocol, told } = online();
    for (let number = 1; number <= 500; number += 1) told(message(number));
    assert.deepEqual(protocol.take_changes(), [
        { what: "messages", room: "lobby", kind: "append" }, { what: "rooms", room: "lobby" },
    ]);
    assert.equal(protocol.rooms.get("lobby").unread, 500);
    assert.equal(protocol.message("lobby", 321).number, 321);
});

test("entries are bounded, and what was forgotten can be loaded again", () => {
    const { protocol, told, room } = online({ entries_max: 100 });
    for (let number = 1; number <= 1000; number += 1) {
        told(message(number));
        assert.ok(room.entries.length <= 125);
    }
    assert.equal(room.entries.at(-1).number, 1000);
    assert.equal(room.entries[0].number, room.begin);
    assert.equal(room.complete, false);
    protocol.older("lobby", () => {});
    const [ask] = frames_of(protocol);
    assert.deepEqual([ask.op, ask.selector, ask.number], ["history", "before", room.begin]);
});

test("no more commands are under way than allowed; the others follow the replies", () => {
    const { protocol, told } = online({ commands_max: 2 });
    for (let at = 0; at < 5; at += 1) protocol.post("lobby", `post ${at}`);
    const first = frames_of(protocol);
    assert.deepEqual(first.map((frame) => frame.text), ["post 0", "post 1"]);
    told({ op: "ok", ref: first[0].ref, room: "lobby", number: 1 });
    assert.deepEqual(frames_of(protocol).map((frame) => frame.text), ["post 2"]);
});

test("half characters are replaced before they are sent", () => {
    const { protocol } = online();
    const post = protocol.post("lobby", "a\ud83d\udc4d b\ud83d c\udc4d");
    assert.equal(post.text, "a\ud83d\udc4d b\ufffd c\ufffd");
    protocol.rename("x\udc4d", () => {});
    assert.deepEqual(frames_of(protocol).map((frame) => frame.text ?? frame.nick),
        [post.text, "x\ufffd"]);
});

test("a frame longer than the server's is refused here", () => {
    const { protocol } = online();
    let refused = null;
    protocol.command({ op: "set", room: "lobby", value: "x".repeat(9000) },
        (error) => (refused = error));
    assert.equal(refused.code, "frame_too_long");
    assert.equal(refused.limit, 8192);
    // Fits as a text, and not in a frame once it is escaped.
    const { protocol: narrow, told } = online();
    told({ op: "bye" });
    assert.equal(narrow.state, "ended");
});

test("without nonces a post that was cut off is not said again by itself", () => {
    const protocol = new Protocol(counting_entropy());
    const told = (frame) => protocol.receive(JSON.stringify(frame), 1000);
    const joined = { op: "joined", room: "r", id: 1, members: 99999, roster: 1, last: 0 };
    protocol.connected(1000);
    told({ ...WELCOME, nonce_bytes_max: 0 });
    told({ op: "you", user: 4, nick: "ann" });
    told(joined);
    const post = protocol.post("r", "once");
    assert.equal(frames_of(protocol).at(-1).nonce, undefined);
    protocol.disconnected(2000);
    protocol.connected(3000);
    told({ ...WELCOME, nonce_bytes_max: 0 });
    told({ op: "you", user: 4, nick: "ann" });
    told(joined);
    assert.deepEqual([post.status, post.error.code], ["failed", "outcome_unknown"]);
    protocol.resend(post);
    assert.equal(frames_of(protocol).at(-1).text, "once");
    told({ ...message(1), room: "r", user: 4 });
    assert.equal(protocol.rooms.get("r").pending.length, 1);
});

test("cursors are cut to what a frame holds", () => {
    const rooms = Array.from({ length: 200 }, (_, at) => ({ name: `room ${at}`, id: at, last: 9 }));
    const protocol = new Protocol(counting_entropy(), { tokens: ["t"], nick: "ann", rooms });
    protocol.connected(1);
    protocol.receive(JSON.stringify({ ...WELCOME, frame_bytes_max: 1024,
        rooms_per_user_max: 256 }), 1);
    const [frame] = frames_of(protocol);
    assert.equal(frame.op, "resume");
    assert.ok(frame.cursors.length > 5 && JSON.stringify(frame).length <= 1024);
});

// Anything at all where a member is expected.
function garbage(random, depth = 0) {
    const pick = random() * 14;
    const values = [null, true, -1, 0, 1, 2, 3.5, 2 ** 53, 1e300, "", "lobby", "__proto__", "text"];
    if (pick < 12 || depth > 2) return values[Math.floor(random() * values.length)];
    const some = Array.from({ length: random() * 4 }, () => garbage(random, depth + 1));
    return pick < 13 ? some : Object.fromEntries(some.map((value) => ["user", value]));
}

const OPS = ["welcome", "ok", "error", "history", "rooms", "members", "you", "resync", "caught_up",
    "joined", "left", "room", "entered", "exited", "renamed", "message", "gap", "help"];
const MEMBERS = ["ref", "room", "number", "from", "to", "last", "first", "id", "user", "nick",
    "roster", "members", "messages", "rooms", "next", "complete", "token", "nonce", "code",
    "rights", "resume"];

function random_from(seed) {
    let state = seed;
    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
}

function assert_whole(room) {
    let next = room.begin;
    for (const entry of room.entries) {
        assert.equal(entry.from ?? entry.number, next);
        next = (entry.to ?? entry.number) + 1;
    }
    assert.equal(next, room.last + 1);
}

test("whatever a server says, nothing throws and every room stays whole", () => {
    for (let seed = 1; seed <= 60; seed += 1) {
        const random = random_from(seed);
        const { protocol } = online({ entries_max: 20, fill_max: 30 });
        for (let step = 0; step < 400; step += 1) {
            const frame = { op: OPS[Math.floor(random() * OPS.length)] };
            for (const member of MEMBERS) {
                if (random() < 0.4) frame[member] = garbage(random);
            }
            if (random() < 0.7) frame.room = "lobby";
            if (random() < 0.3) frame.number = Math.floor(random() * 60);
            protocol.receive(JSON.stringify(frame), 1000 + step);
            if (random() < 0.1) protocol.older("lobby", () => {});
            if (random() < 0.1) protocol.post("lobby", "x");
            if (random() < 0.1) protocol.join("lobby", () => {});
            if (random() < 0.05) protocol.tick(1000 + step * 100);
            if (random() < 0.02) {
                protocol.disconnected(1000);
                protocol.connected(1000);
            }
            frames_of(protocol);
            protocol.saved();
            for (const room of protocol.rooms.values()) assert_whole(room);
        }
    }
});

test("a page of a reading that is over is not taken into the next", () => {
    const { protocol, told, room } = online({ members_pause_ms: 0 });
    const page = (ref, users, more) => told({
        op: "members", ref, roster: 9, members: users.map((user) => ({ user, nick: `n${user}` })),
        ...more,
    });
    const joined = { op: "joined", room: "lobby", id: 1, members: 4, roster: 9, last: 0 };
    told({ op: "resync" });
    told(joined);
    const first = frames_of(protocol)[0].ref;
    page(first, [1, 2], { next: 2 });
    const second = frames_of(protocol)[0].ref;
    told({ op: "resync" });
    told(joined);
    const again = frames_of(protocol)[0].ref;
    page(second, [3, 4], { complete: true });
    assert.equal(room.members_known, false);
    page(again, [1, 2, 3, 4], { complete: true });
    assert.deepEqual([room.members_known, [...room.members.keys()]], [true, [1, 2, 3, 4]]);
});
