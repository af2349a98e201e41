// Clients and a real server, on connections that break, with a server that is killed: in the end
// every message is exactly once in every view. CHATROOM_TCP_CHAT names the program to run.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { Client } from "../../examples/web_chat/page/client.js";

const program = process.env.CHATROOM_TCP_CHAT;
const seconds = Number(process.env.CHATROOM_SOAK_SECONDS ?? 8);
const PEOPLE = 5;
const MESSAGES = 700;        // About so many, fewer than a room keeps.
const LOST_LINES = 0.01;     // Of all messages: what no transport does, and a client gets over.
const LOST_RESUMES = 0.2;    // Of all replies to `resume`, as long as a token is left.

let losing = true;           // In the end nothing is lost: nobody misses what nothing follows.

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A WebSocket over lines: JSON for tcp_chat. Breaks when it is told to, and loses messages. */
class LineSocket {
    #rest = "";
    #welcomed = false;

    constructor(port, person) {
        this.person = person;
        this.socket = net.connect(port, "127.0.0.1");
        this.socket.setEncoding("utf8");
        // The server waits for a first byte, which tells it that this is a program.
        this.socket.on("connect", () => this.socket.write('{"op":"ping"}\n'));
        this.socket.on("connect", () => this.onopen?.());
        this.socket.on("data", (data) => this.#take(data));
        this.socket.on("close", () => this.onclose?.());
        this.socket.on("error", () => {});
    }

    #take(data) {
        const lines = (this.#rest + data).split("\n");
        this.#rest = lines.pop();
        for (const line of lines) {
            const answered = line.startsWith('{"op":"ok","time"');
            if (answered && !this.#welcomed) this.#welcomed = true;   // The ping of our own.
            else if (!this.deaf && !this.#loses(line)) this.#pass(line);
        }
    }

    #pass(line) {
        if (line.startsWith('{"op":"joined"')) this.person.resumes_unanswered = 0;
        this.onmessage?.({ data: line });
    }

    #loses(line) {
        return losing && line.startsWith('{"op":"message"') && Math.random() < LOST_LINES;
    }

    send(frame) {
        this.socket.write(frame + "\n");
        if (!frame.startsWith('{"op":"resume"')) return;
        this.person.resumes_unanswered += 1;
        if (Math.random() < LOST_RESUMES) this.break();
    }

    close() { this.socket.destroy(); }

    /** Breaks; for a while before, what is sent arrives and what is answered does not. */
    async break() {
        if (!this.person.has_a_spare()) return;
        this.deaf = true;
        await sleep(Math.random() * 50);
        this.socket.destroy();
    }
}

class Server {
    port = 0;

    constructor(folder) {
        this.data = join(folder, "chat.log");
    }

    start() {
        const how = ["--port", String(this.port), "--data", this.data];
        this.process = spawn(program, how, { stdio: ["ignore", "pipe", "inherit"] });
        return new Promise((resolve, reject) => {
            this.process.once("exit", () => reject(new Error("the server does not start")));
            this.process.stdout.once("data", (said) => {
                this.port = Number(/127\.0\.0\.1:(\d+)/.exec(said)[1]);
                resolve();
            });
        });
    }

    kill() {
        return new Promise((resolve) => {
            this.process.removeAllListeners("exit");
            this.process.once("exit", resolve);
            this.process.kill("SIGKILL");
        });
    }
}

class Person {
    said = [];
    resumes_unanswered = 0;   // In a row: each may have used up a token.

    constructor(name, server) {
        this.name = name;
        this.client = new Client({
            url: "", connect: () => (this.socket = new LineSocket(server.port, this)),
            entropy: (bytes) => randomBytes(bytes),
            random: () => Math.random() * 0.2, join_history: 20, entries_max: Infinity,
        });
        this.client.start();
    }

    say() {
        const text = `${this.name} ${this.said.length}`;
        if (this.client.post("soak", text).status === "waiting") this.said.push(text);
    }

    async talk(until) {
        while (Date.now() < until) {
            this.say();
            await sleep(Math.random() * 2000 * seconds * PEOPLE / MESSAGES);
        }
    }

    async stumble(until) {
        while (Date.now() < until) {
            await sleep(Math.random() * 700);
            await this.socket.break();
        }
    }

    has_a_spare() {
        return this.client.protocol.tokens.length > this.resumes_unanswered;
    }

    report() {
        const { state, error, protocol } = this.client;
        const { pending, holes, complete, live, last, told } = this.room;
        return JSON.stringify({ state, error: error?.code, tokens: protocol.tokens, pending, holes,
            complete, live, last, told });
    }

    get room() { return this.client.rooms.get("soak"); }

    /** Whether all is here, from the first message to this one, and nothing is under way. */
    async is_done(last) {
        const { pending, holes, complete, live } = this.room;
        assert.deepEqual(pending.filter(({ status }) => status === "failed"), []);
        if (live && !complete) await this.client.older("soak").catch(() => {});
        return live && complete && pending.length === 0 && holes === 0 && this.room.last === last;
    }

    view() {
        return this.room.entries.map((entry) => entry.text ?? "a gap");
    }
}

async function all_posted(people) {
    const until = Date.now() + 40000;
    while (people.some(({ room }) => !room.live || room.pending.length > 0)) {
        if (Date.now() > until) assert.fail(people.map((person) => person.report()).join("\n"));
        await sleep(20);
    }
}

async function all_done(people) {
    const until = Date.now() + 40000;
    const is_done = async () => {
        const last = Math.max(...people.map(({ room }) => room.last));
        const done = await Promise.all(people.map((person) => person.is_done(last)));
        return done.every(Boolean);
    };
    while (!await is_done()) {
        if (Date.now() > until) assert.fail(people.map((person) => person.report()).join("\n"));
        await sleep(20);
    }
}

const skip = program ? false : "CHATROOM_TCP_CHAT names no program";

test("every message once in every view", { skip, timeout: 60000 + 2000 * seconds }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "chatroom-"));
    const server = new Server(folder);
    await server.start();
    const people = Array.from({ length: PEOPLE }, (_, at) => new Person(`p${at}`, server));
    try {
        for (const { client, name } of people) {
            await client.login(name);
            await client.join("soak");
        }
        const users = people.map(({ client }) => client.user);
        const until = Date.now() + 1000 * seconds;
        const work = people.flatMap((person) => [person.talk(until), person.stumble(until)]);
        while (Date.now() < until) {
            await sleep(1000 + Math.random() * 1000);
            while (!people.every((person) => person.has_a_spare())) await sleep(1);
            await server.kill();
            await sleep(Math.random() * 300);
            await server.start();
        }
        await Promise.all(work);
        await all_posted(people);
        losing = false;
        people[0].say();
        await all_done(people);
        const views = people.map((person) => person.view());
        const said = people.flatMap((person) => person.said);
        for (const view of views) assert.deepEqual(view, views[0]);
        assert.deepEqual([...views[0]].sort(), [...said].sort());
        assert.ok(said.length > MESSAGES / 4, `only ${said.length} messages`);
        // Nobody lost the nick, or came back as somebody else.
        assert.deepEqual(people.map(({ client }) => client.nick), people.map(({ name }) => name));
        assert.deepEqual(people.map(({ client }) => client.user), users);
        assert.deepEqual(people.map(({ client }) => client.protocol.faults), users.map(() => 0));
    } finally {
        for (const { client } of people) client.stop();
        await server.kill();
        rmSync(folder, { recursive: true });
    }
});
