// Every receiver of the recorded conversations, heard by a Protocol, ends with the recorded view.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Protocol } from "../../examples/web_chat/page/client.js";
import { conversations, counting_entropy, told, view_of_room } from "./support.mjs";

/** A Protocol whose commands come from the script: what it would ask by itself stays unsaid. */
class Listener {
    constructor() {
        this.protocol = new Protocol(counting_entropy(), null, { commands_max: Infinity });
        this.protocol.connected(0);
    }

    asks(text) {
        let frame = {};
        try {
            frame = JSON.parse(text);
        } catch {
            // The engine says so, too.
        }
        this.drain();
        this.ref = frame.ref ?? 0;
        const { ref, ...members } = frame;
        this.asked = { op: "nothing", ...members };
        this.own_ref = this.send();
    }

    // Commands that change who it is go the way that a person's would.
    send() {
        const { op, nick } = this.asked;
        const protocol = this.protocol;
        if (op === "guest" && protocol.state === "login") protocol.login(nick ?? "", () => {});
        else if (op === "logout") protocol.logout(() => {});
        else protocol.command(this.asked, (error, reply) => this.answered(error, reply));
        return this.drain();
    }

    // The script has a token, and resumes when it likes: to the client, the host logs it in.
    answered(error, reply) {
        if (error !== null) return;
        const { op, room, after } = this.asked;
        const protocol = this.protocol;
        if (op === "resume") protocol.receive(JSON.stringify({ ...reply, op: "you" }), 0);
        if (op === "members") protocol.take_members(protocol.rooms.get(room), reply, after ?? 0);
    }

    drain() {
        let ref = 0;
        for (let frame; (frame = this.protocol.next_frame()) !== null;) ref = JSON.parse(frame).ref;
        return ref;
    }

    hears(frame) {
        const is_reply = ["ok", "error", "history", "rooms", "members"].includes(frame.op);
        const heard = is_reply ? { ...frame, ref: this.own_ref } : frame;
        this.protocol.receive(JSON.stringify(heard), 0);
    }

    view(meant) {
        const { user, nick, rooms } = this.protocol;
        const view = told({ user, nick });
        for (const [name, room] of rooms) {
            view.rooms ??= {};
            view.rooms[name] = view_of_room(room, meant.rooms?.[name]?.begin);
        }
        return view;
    }
}

for (const { name, lines } of conversations()) {
    test(`${name}: ${lines[0].conversation}`, () => {
        const listeners = new Map();
        for (const line of lines) {
            if (line.connect) listeners.set(line.connect, new Listener());
            for (const [who, frame] of Object.entries(line.in ?? {})) {
                listeners.get(who).asks(frame);
            }
            for (const [who, frames] of Object.entries(line.out ?? {})) {
                for (const frame of frames) listeners.get(who).hears(frame);
            }
        }
        const { views } = lines.at(-1);
        assert.deepEqual([...listeners.keys()].sort(), Object.keys(views).sort());
        for (const [who, meant] of Object.entries(views)) {
            const listener = listeners.get(who);
            assert.deepEqual(listener.view(meant), meant, `${name}: ${who}`);
            assert.equal(listener.protocol.faults, 0, `${name}: faults of ${who}`);
        }
    });
}
