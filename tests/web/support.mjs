// What the tests of client.js share: recorded conversations, views, entropy that counts.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../conversations/", import.meta.url);

/** All conversations of a folder below tests/conversations: [{ name, path, lines }]. */
export function conversations(below = "") {
    const from = new URL(below, folder);
    return readdirSync(from).filter((name) => name.endsWith(".jsonl")).sort().map((name) => {
        const path = fileURLToPath(new URL(name, from));
        const lines = readFileSync(path, "utf8").split("\n").filter((line) => line !== "");
        return { name, path, lines: lines.map((line) => JSON.parse(line)) };
    });
}

/** Byte i of the k-th call is (k + i) mod 256, both counted from 0. */
export function counting_entropy() {
    let calls = 0;
    return (bytes) => {
        const call = calls++;
        return Uint8Array.from({ length: bytes }, (_, i) => (call + i) & 255);
    };
}

const is_absent = (value) => value === 0 || value === "" || value === false ||
    (Array.isArray(value) && value.length === 0);

/** As in frames: what is 0, false or empty is left out. */
export const told = (members) =>
    Object.fromEntries(Object.entries(members).filter(([, value]) => !is_absent(value)));

/** A room's view as tests/conversations/README.md has it, from the number `begin` on. */
export function view_of_room(room, begin = room.begin) {
    const kept = room.entries.filter((entry) => (entry.from ?? entry.number) >= begin);
    const view = told({
        id: room.id, title: room.title, topic: room.topic, owner: room.owner,
        capacity: room.capacity, persistent: room.persistent, managed: room.managed,
        rights: [...room.rights].join(" "), count: room.count, roster: room.roster.number,
        begin: Math.max(begin, room.begin), last: room.last,
        messages: kept.filter((entry) => entry.type === "message")
            .map((entry) => [entry.number, entry.text]),
        gaps: kept.filter((entry) => entry.type === "gap" && entry.lost)
            .map((entry) => [entry.from, entry.to]),
        holes: kept.filter((entry) => entry.type === "gap" && !entry.lost)
            .map((entry) => [entry.from, entry.to]),
    });
    if (room.members_known) {
        view.members = [...room.members.values()].map(({ user, nick }) => [user, nick])
            .sort(([a], [b]) => a - b);
    }
    return view;
}

/** A clock that stands until it is told to `tick`, in the place of the global one during a test. */
export class Clock {
    #now = 1700000000000;
    #timers = new Map();   // By id: { at, run }.
    #ids = 0;

    constructor(test) {
        const { setTimeout, clearTimeout } = globalThis;
        const now = Date.now;
        globalThis.setTimeout = (run, wait) => {
            this.#timers.set((this.#ids += 1), { at: this.#now + wait, run });
            return this.#ids;
        };
        globalThis.clearTimeout = (id) => this.#timers.delete(id);
        Date.now = () => this.#now;
        test.after(() => {
            Object.assign(globalThis, { setTimeout, clearTimeout });
            Date.now = now;
        });
    }

    tick(elapsed) {
        const end = this.#now + elapsed;
        for (let due; (due = this.#due(end)) !== undefined;) {
            const [id, { at, run }] = due;
            this.#timers.delete(id);
            this.#now = Math.max(this.#now, at);
            run();
        }
        this.#now = end;
    }

    #due(end) {
        return [...this.#timers].filter(([, { at }]) => at <= end)
            .sort(([, a], [, b]) => a.at - b.at)[0];
    }
}
