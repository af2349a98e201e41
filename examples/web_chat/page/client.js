// A client of a chatroom server, without DOM: for browsers and Node 18 or later.
//
// A client of your own in ten lines:
//
//     import { Client } from "./client.js";
//     const client = new Client({ url: "ws://127.0.0.1:8080/" });
//     client.onchange = (change) => {
//         if (change.what !== "messages" || change.kind !== "append") return;
//         const last = client.rooms.get(change.room).entries.at(-1);
//         if (last.type === "message") console.log(`${last.nick}: ${last.text}`);
//     };
//     client.start();
//     await client.login("ann");
//     await client.join("lobby");
//     client.post("lobby", "hello");
//
// Two layers. `Protocol` (client/protocol.js) is the protocol alone: frames in, frames out, time
// told to it; no socket, timer, clock or storage, and the same calls give the same frames. `Client`
// is a Protocol with a WebSocket, reconnecting, timers and, if given, a Storage. To use it
// elsewhere, take this file and the folder client/.
//
// What is guaranteed, as far as the server keeps its promises (docs/protocol.md):
// - A room's `entries` ascend and are whole from the first to the last: every number between them
//   is in a message or in a gap. A gap that is `lost` will not be told any more; one that is not
//   is being read. Nothing appears twice.
// - A post is said once. It goes out again, with its nonce, after every reconnect until it is
//   answered. It is `failed` when it was refused, or when nobody can tell any more whether it was
//   said (`outcome_unknown`): then it is for a person to `resend` or `discard`.
// - Every command is settled: by its reply, or by `connection_lost`.
// - After a reconnect or a reload the same user comes back by a resume token, in the same rooms,
//   and is told what was missed. Two tokens are kept, so that a reply that is lost with its
//   connection costs one of them and not the nick. With no token left, a new guest of the same
//   nick joins the same rooms; their entries begin anew.
// - Memory is bounded: entries, posts under way, commands and members by the options below.
// - No frame of a server makes it throw; what is not as it should be is ignored and counted
//   in `faults`.
//
// Everything a view needs is in `state`, `error`, `user`, `nick`, `limits` and `rooms`; `changes`
// say what has become different. A view may take many changes together and look once.

import { Protocol } from "./client/protocol.js";
import { ChatError } from "./client/wire.js";

export { DEFAULTS, Protocol } from "./client/protocol.js";
export { ChatError };

const BACKOFF_MS = 500;          // Doubled with every attempt that fails,
const BACKOFF_MAX_MS = 30000;    // up to here; the wait is anything below.
const HEALTHY_MS = 10000;        // A connection that held so long starts over with it.
const CONNECT_MS = 10000;        // Until a connection must stand.
const SAVE_MS = 1000;            // Cursors are saved no more often; tokens at once.

/**
 * A client that stays connected. See the top of this file.
 *
 *     client.onchange = (change) => …       // called for each Change
 *     client.rooms, client.user, …          // as in Protocol
 *
 * Methods that return promises reject with a ChatError.
 */
export class Client {
    /** @type {(change: import("./client/protocol.js").Change) => void} */
    onchange = () => {};
    /** When it connects again: Unix milliseconds, 0 for not. */
    retry_at = 0;
    /** @type {Protocol} */
    protocol;

    #how;
    #socket = null;
    #wanted = false;
    #error = null;
    #attempts = 0;
    #online_at = 0;
    #timers = { retry: 0, connect: 0, tick: 0, save: 0 };
    #tick_at = Infinity;
    #tokens_saved;

    /**
     * @param {object} how  and any of the `Options` of Protocol
     * @param {string} how.url
     * @param {(url: string) => WebSocket} [how.connect]  for another WebSocket
     * @param {Storage} [how.storage]      where a session survives a reload, such as
     *     sessionStorage; without one it does not
     * @param {string} [how.storage_key]
     * @param {(bytes: number) => Uint8Array} [how.entropy]
     * @param {() => number} [how.random]  0 to 1, for the back-off
     */
    constructor(how) {
        this.#how = {
            connect: (url) => new WebSocket(url),
            storage: null,
            storage_key: "chatroom",
            entropy: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
            random: Math.random,
            ...how,
        };
        this.protocol = new Protocol(this.#how.entropy, this.#load(), how);
        this.#tokens_saved = this.protocol.tokens;
    }

    /** @returns {"offline"|"connecting"|"login"|"online"|"ended"} */
    get state() {
        const state = this.protocol.state;
        return state === "offline" && this.#socket !== null ? "connecting" : state;
    }
    get error() { return this.protocol.error ?? this.#error; }
    get user() { return this.protocol.user; }
    get nick() { return this.protocol.nick; }
    get limits() { return this.protocol.limits; }
    get rooms() { return this.protocol.rooms; }

    // ---- Connecting.

    /** Connects, and again whenever the connection is lost. */
    start() {
        this.#wanted = true;
        if (this.#socket === null) this.#connect();
    }

    /** Disconnects and stays so. The session can be resumed for a while. */
    stop() {
        this.#wanted = false;
        this.#disconnect();
        this.save();
    }

    /** Connects now instead of at `retry_at`, also after the end of a session. */
    retry_now() {
        this.#attempts = 0;
        this.start();
    }

    /** A hint, such as the window's `online` and `offline`: whether there is a network. */
    network(there) {
        if (!this.#wanted) return;
        if (there) this.retry_now();
        else if (this.#socket !== null) this.#lost(this.#socket);
    }

    #connect() {
        this.#set_timer("retry", null);
        this.retry_at = 0;
        let socket;
        try {
            socket = this.#socket = this.#how.connect(this.#how.url);
        } catch {
            return this.#lost(null);
        }
        socket.onopen = () => this.#opened(socket);
        socket.onmessage = (event) => this.#heard(socket, event.data);
        socket.onclose = socket.onerror = () => this.#lost(socket);
        this.#set_timer("connect", () => this.#lost(socket), CONNECT_MS);
        this.#tell([{ what: "state" }]);
    }

    #opened(socket) {
        if (socket !== this.#socket) return;
        this.#set_timer("connect", null);
        this.#error = null;
        this.#do((protocol) => protocol.connected(Date.now()));
    }

    #heard(socket, frame) {
        if (socket !== this.#socket) return;
        this.#do((protocol) => protocol.receive(frame, Date.now()));
    }

    #lost(socket) {
        if (socket !== this.#socket) return;
        this.#error = new ChatError("connection_lost");
        this.#disconnect();
    }

    #disconnect() {
        const socket = this.#socket;
        this.#socket = null;
        for (const name of ["retry", "connect", "tick"]) this.#set_timer(name, null);
        this.#tick_at = Infinity;
        this.retry_at = 0;
        if (socket !== null) close(socket);
        if (this.#online_at !== 0 && Date.now() - this.#online_at >= HEALTHY_MS) this.#attempts = 0;
        this.#online_at = 0;
        if (this.#wanted && this.protocol.state !== "ended") this.#connect_later();
        this.#do((protocol) => protocol.disconnected(Date.now()));
        this.#tell([{ what: "state" }]);
    }

    // Full jitter: after a crash of the server not all come back at once.
    #connect_later() {
        const most = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** this.#attempts);
        const wait = Math.ceil(this.#how.random() * most);
        this.#attempts += 1;
        this.retry_at = Date.now() + wait;
        this.#set_timer("retry", () => this.#connect(), wait);
    }

    // ---- What a person does. See Protocol for the meaning.

    /** @returns {Promise<void>} when there is a user, however long that takes */
    login(nick) { return this.#ask((done) => this.protocol.login(nick, done)); }
    logout() { return this.#ask((done) => this.protocol.logout(done)); }
    rename(nick) { return this.#ask((done) => this.protocol.rename(nick, done)); }
    /** @returns {Promise<object>} whose `room` is the name as the server keeps it */
    join(name) { return this.#ask((done) => this.protocol.join(name, done)); }
    create(name, how = {}) { return this.#ask((done) => this.protocol.create(name, how, done)); }
    leave(name) { return this.#ask((done) => this.protocol.leave(name, done)); }
    set(name, property, value) {
        return this.#ask((done) => this.protocol.set(name, property, value, done));
    }
    list_rooms() { return this.#ask((done) => this.protocol.list_rooms(done)); }
    older(name) { return this.#ask((done) => this.protocol.older(name, done)); }
    /** @returns {import("./client/posts.js").Pending} */
    post(name, what, how) { return this.#do((protocol) => protocol.post(name, what, how)); }
    resend(post) { this.#do((protocol) => protocol.resend(post)); }
    discard(post) { this.#do((protocol) => protocol.discard(post)); }
    see(name) { this.#do((protocol) => protocol.see(name)); }
    hold(name, held) { this.#do((protocol) => protocol.hold(name, held)); }
    message(name, number) { return this.protocol.message(name, number); }

    #ask(what) {
        return new Promise((resolve, reject) => {
            this.#do(() => what((error, reply) => (error ? reject(error) : resolve(reply))));
        });
    }

    // ---- After every call: what the protocol wants to be done.

    #do(what) {
        this.protocol.now(Date.now());
        const answer = what(this.protocol);
        const protocol = this.protocol;
        if (protocol.state === "online" && this.#online_at === 0) this.#online_at = Date.now();
        for (let frame; this.#socket !== null && (frame = protocol.next_frame()) !== null;) {
            this.#socket.send(frame);
        }
        if (protocol.tokens !== this.#tokens_saved) this.save();
        const changes = protocol.take_changes();
        if (changes.length > 0) this.#save_later();
        this.#tell(changes);
        if (protocol.wants_close && this.#socket !== null) this.#disconnect();
        this.#tick_later();
        return answer;
    }

    // The timer is set anew only for an earlier time: mostly it goes off in vain, and seldom.
    #tick_later() {
        const at = this.protocol.next_tick();
        if (at >= this.#tick_at || this.#socket === null) return;
        this.#tick_at = at;
        this.#set_timer("tick", () => {
            this.#tick_at = Infinity;
            this.#do((protocol) => protocol.tick(Date.now()));
        }, Math.max(0, at - Date.now()));
    }

    #tell(changes) {
        for (const change of changes) {
            try {
                this.onchange(change);
            } catch (error) {
                queueMicrotask(() => { throw error; });   // The view's fault, not the connection's.
            }
        }
    }

    #set_timer(name, run, wait_ms = 0) {
        clearTimeout(this.#timers[name]);
        this.#timers[name] = 0;
        if (run !== null) this.#timers[name] = setTimeout(run, wait_ms);
    }

    // ---- Storage.

    /** Saves the session; for `pagehide`, since cursors are saved a little late. */
    save() {
        this.#set_timer("save", null);
        this.#tokens_saved = this.protocol.tokens;
        if (this.#how.storage === null) return;
        try {
            const saved = JSON.stringify(this.protocol.saved());
            this.#how.storage.setItem(this.#how.storage_key, saved);
        } catch {
            // No space or not allowed: then a reload begins anew.
        }
    }

    #save_later() {
        if (this.#how.storage === null || this.#timers.save !== 0) return;
        this.#set_timer("save", () => this.save(), SAVE_MS);
    }

    #load() {
        try {
            return JSON.parse(this.#how.storage?.getItem(this.#how.storage_key) ?? "null");
        } catch {
            return null;
        }
    }
}

function close(socket) {
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    try {
        socket.close();
    } catch {
        // It was not open yet.
    }
}
