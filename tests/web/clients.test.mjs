// Conversations from the client's side: what it is told and asked to do, and what it must do then.
// See tests/conversations/README.md. With RECORD=1 in the environment it writes them anew.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";

import { Protocol } from "../../examples/web_chat/page/client.js";
import { conversations, counting_entropy, told, view_of_room } from "./support.mjs";

const record = process.env.RECORD === "1";

class Talk {
    constructor(head) {
        this.entropy = counting_entropy();
        this.options = head.options;
        this.now = 1700000000000;
        this.open(head.saved);
    }

    open(saved) {
        this.protocol = new Protocol(this.entropy, saved, this.options);
    }

    /** Carries out a line. @returns what came of it, without what is empty. */
    take(line) {
        this.done = [];
        const protocol = this.protocol;
        if (line.tick) protocol.tick((this.now = line.tick));
        if (line.connected) protocol.connected((this.now = line.connected));
        if (line.disconnected) protocol.disconnected((this.now = line.disconnected));
        if (line.in !== undefined) {
            const frame = typeof line.in === "string" ? line.in : JSON.stringify(line.in);
            protocol.receive(frame, this.now);
        }
        if (line.reload) this.open(JSON.parse(JSON.stringify(protocol.saved())));
        if (line.call) this.call(...line.call);
        return this.outcome();
    }

    call(name, ...rest) {
        const protocol = this.protocol;
        if (name === "post") {
            const post = protocol.post(...rest);
            if (post.status === "failed") this.done.push([name, post.error.code]);
        } else if (name === "resend" || name === "discard") {
            const [room, at] = rest;
            protocol[name](protocol.rooms.get(room).pending[at]);
        } else if (name === "see" || name === "hold") {
            protocol[name](...rest);
        } else {
            protocol[name](...rest, (error) => this.done.push([name, error?.code ?? "ok"]));
        }
    }

    outcome() {
        const out = [];
        for (let frame; (frame = this.protocol.next_frame()) !== null;) out.push(JSON.parse(frame));
        const changes = this.protocol.take_changes()
            .map(({ what, room, kind }) => [what, room, kind].filter(Boolean).join(" "));
        return told({ out, done: this.done, changes: changes.sort(),
            close: this.protocol.wants_close });
    }

    view() {
        const { state, error, user, nick, tokens, rooms, faults } = this.protocol;
        const view = told({ state, error: error?.code ?? "", user, nick, tokens, faults });
        for (const [name, room] of rooms) {
            view.rooms ??= {};
            view.rooms[name] = { ...view_of_room(room), ...told({
                live: room.live, complete: room.complete, loading: room.loading,
                unread: room.unread, seen: room.seen,
                pending: room.pending.map(({ text, status, error: why }) =>
                    [text, status, ...(why ? [why.code] : [])]),
            }) };
        }
        return view;
    }
}

const is_expectation = (line) =>
    ["out", "done", "changes", "close"].some((member) => member in line);

for (const { name, path, lines } of conversations("clients/")) {
    test(`${name}: ${lines[0].client}`, () => {
        const talk = new Talk(lines[0]);
        const written = [lines[0]];
        for (let at = 1; at < lines.length; at += 1) {
            const line = lines[at];
            if (is_expectation(line)) continue;
            if ("view" in line) {
                written.push({ view: talk.view() });
                if (!record) assert.deepEqual(talk.view(), line.view, `${name}:${at + 1}`);
                continue;
            }
            const outcome = talk.take(line);
            const next = lines[at + 1] ?? {};
            const meant = is_expectation(next) ? next : {};
            written.push(line);
            if (Object.keys(outcome).length > 0) written.push(outcome);
            const where = `${name}:${at + 1}: ${JSON.stringify(line)}`;
            if (!record) assert.deepEqual(outcome, meant, where);
        }
        const texts = written.map((line) => JSON.stringify(line) + "\n");
        if (record) writeFileSync(path, texts.join(""));
    });
}
