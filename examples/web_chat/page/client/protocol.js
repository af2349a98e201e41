// The protocol alone: no socket, timer, clock or storage. See ../client.js for what it promises.

import { Commands } from "./commands.js";
import { fail, new_post } from "./posts.js";
import { Room } from "./room.js";
import { message_of } from "./timeline.js";
import { ChatError, hex, is_longer, is_object, list, number, parse, text, well_formed }
    from "./wire.js";

/**
 * Options of `Protocol`; `Client` takes them, too.
 *
 * @typedef {object} Options
 * @property {number} join_history     Messages asked for with a join, and again after a reload.
 * @property {number} entries_max      Entries of a room; beyond, the oldest are forgotten.
 * @property {number} fill_max         The largest hole that is read; a larger one begins anew.
 * @property {number} pending_max      Posts of a room that wait or have failed.
 * @property {number} members_max      Larger rooms are counted only, their members not read.
 * @property {number} members_pause_ms From one reading of a room's members to the next.
 * @property {number} commands_max     Commands under way at a time.
 * @property {number} ping_ms          Silence until a ping, and again until it counts as dead.
 *
 * @typedef {object} Change
 * @property {"state"|"rooms"|"messages"|"members"|"pending"} what
 * @property {string} [room]
 * @property {"reset"|"append"|"prepend"|"gap"|"trim"} [kind]  of messages: all are new; at the
 *     end; at the front; a gap became messages or was lost; the oldest were forgotten
 *
 * @callback Done  Called once, later or at once.
 * @param {?ChatError} error
 * @param {?object} reply
 */

/** @type {Options} */
export const DEFAULTS = Object.freeze({
    join_history: 50,
    entries_max: 1000,
    fill_max: 500,
    pending_max: 100,
    members_max: 200,
    members_pause_ms: 5000,
    commands_max: 8,
    ping_ms: 20000,
});

const ROOMS_MAX = 1000;
const TOKENS_KEPT = 2;
const LIST_PAGES_MAX = 100;

/**
 * A client without anything around it. What it wants to be done stands in `next_frame()`,
 * `take_changes()`, `next_tick()` and `wants_close`: look at them after every call. Times are
 * Unix milliseconds. Nothing here throws.
 */
export class Protocol {
    /** @type {"offline"|"connecting"|"login"|"online"|"ended"} */
    state = "offline";
    /** @type {?ChatError} Why the last login or connection failed. */
    error = null;
    user = 0;
    nick = "";
    /** @type {?Object<string, number|string>} The members of `welcome`. */
    limits = null;
    /** @type {Map<string, Room>} */
    rooms = new Map();
    /** Resume tokens, the newest first. Replaced by another array when they change. */
    tokens = [];
    /** Frames of the server that made no sense. */
    faults = 0;
    /** The connection is of no more use. */
    wants_close = false;

    #entropy;
    #how;
    #now = 0;
    #heard_at = 0;
    #pinged = false;
    #greeted = false;
    #commands = new Commands();
    #login = null;    // { nick, done }: what a person asked for.
    #joining = [];    // { name, done, reply }: answered, `joined` is still to come.
    #changes = [];

    /**
     * @param {(bytes: number) => Uint8Array} entropy  for nonces: each is 16 bytes of it in
     *     lower-case hexadecimal, cut to `nonce_bytes_max`
     * @param {?object} [saved]  what `saved()` answered before a reload
     * @param {Partial<Options>} [options]
     */
    constructor(entropy, saved = null, options = {}) {
        this.#entropy = entropy;
        this.#how = { ...DEFAULTS, ...options };
        if (is_object(saved)) this.#restore(saved);
    }

    // ---- The connection and the time.

    connected(now) {
        this.#now = this.#heard_at = now;
        this.#turn("connecting");
    }

    disconnected(now) {
        this.#now = now;
        const cut = [...this.#commands.cut(), ...this.#joining];
        this.#joining = [];
        this.#greeted = this.#pinged = this.wants_close = false;
        for (const room of this.rooms.values()) {
            room.cut();
            room.roster.read_at = 0;
        }
        if (this.state !== "ended") this.#turn("offline");
        for (const each of cut) each.done(new ChatError("connection_lost"), null);
    }

    /** Takes a frame. */
    receive(frame, now) {
        this.#now = this.#heard_at = now;
        this.#pinged = false;
        const what = parse(frame);
        if (what === null || (what.op === "welcome") === this.#greeted) return this.#fault();
        Protocol.#takers.get(what.op)?.(this, what);   // Unknown ones are for later versions.
    }

    /** Tells the time before a call that is not told it. */
    now(now) {
        this.#now = now;
    }

    /** Does what is due; to be called at the latest when `next_tick()` says. */
    tick(now) {
        this.#now = now;
        if (!this.#is_connected()) return;
        for (const room of this.rooms.values()) this.#read_members(room);
        const silence = now - this.#heard_at;
        if (silence >= 2 * this.#how.ping_ms) {
            this.error = new ChatError("connection_lost");
            this.wants_close = true;
        } else if (silence >= this.#how.ping_ms && this.#greeted && !this.#pinged) {
            this.#pinged = true;
            this.command({ op: "ping" });
        }
    }

    /** When `tick` has something to do; Infinity for never. */
    next_tick() {
        if (!this.#is_connected()) return Infinity;
        const silence = (this.#pinged || !this.#greeted ? 2 : 1) * this.#how.ping_ms;
        let at = this.#heard_at + silence;
        for (const room of this.rooms.values()) {
            if (room.roster.waits) at = Math.min(at, room.roster.read_at);
        }
        return at;
    }

    /** @returns {?string} the next frame to send */
    next_frame() {
        return this.#commands.next(this.#how.commands_max);
    }

    /** @returns {Change[]} what has changed since this was asked last */
    take_changes() {
        const changes = this.#changes;
        this.#changes = [];
        return changes;
    }

    #is_connected() {
        return this.state !== "offline" && this.state !== "ended";
    }

    // ---- Commands.

    /**
     * Sends any command.
     *
     * @param {object} members  `op` and the command's members, without `ref`
     * @param {Done} [done]
     */
    command(members, done = () => {}, left = undefined) {
        if (!this.#greeted) return done(new ChatError("offline"), null);
        this.#commands.add(members, number(this.limits.frame_bytes_max), { done, left });
    }

    #user_command(members, done) {
        if (this.state !== "online") return done(new ChatError("offline"), null);
        this.command(members, done);
    }

    rename(nick, done) {
        this.#user_command({ op: "nick", nick }, done);
    }

    /** Done when the room is there; the reply's `room` is its name as the server keeps it. */
    join(name, done) {
        this.#enter({ op: "join", room: name, history: this.#how.join_history }, done);
    }

    /** @param {{title?: string, topic?: string}} how */
    create(name, how, done) {
        this.#enter({ op: "create", room: name, title: how.title, topic: how.topic }, done);
    }

    #enter(members, done) {
        this.#user_command(members, (error, reply) => {
            const name = text(reply?.room);
            if (error || this.rooms.get(name)?.live) done(error, reply);
            else this.#joining.push({ name, done, reply });
        });
    }

    leave(name, done) {
        this.#user_command({ op: "leave", room: name }, (error, reply) => {
            if (error?.code === "room_unknown") this.#drop_room(name);
            done(error, reply);
        });
    }

    /** @param {string} value  text, or a number in decimal */
    set(name, property, value, done) {
        this.#user_command({ op: "set", room: name, property, value }, done);
    }

    /** Reads the list of rooms, all pages; the reply is an array of `room_item`. */
    list_rooms(done) {
        const rooms = [];
        const ask = (after, pages_left) => {
            this.#user_command({ op: "rooms", after: after || undefined }, (error, page) => {
                if (error) return done(error, null);
                rooms.push(...list(page.rooms).filter(is_object));
                const more = page.complete !== true && number(page.next) > after;
                if (more && pages_left > 1) ask(page.next, pages_left - 1);
                else done(null, rooms);
            });
        };
        ask(0, LIST_PAGES_MAX);
    }

    /** Reads one page above what is loaded; nothing when all is, or when one is being read. */
    older(name, done) {
        const room = this.rooms.get(name);
        if (!room?.live) return done(new ChatError(room ? "offline" : "room_unknown"), null);
        if (room.complete || room.loading) return done(null, null);
        room.loading = true;
        const below = room.begin;
        const ask = { op: "history", room: name, selector: "before", number: below };
        this.command(ask, (error, page) => {
            room.loading = false;
            if (error) return done(error, null);
            const messages = list(page.messages);
            this.#changed(room, room.prepend(below, messages, page.complete === true));
            for (const each of messages) this.#settle_posts(room, message_of(each));
            done(null, page);
        });
    }

    /** Keeps the oldest messages of a room while a person looks at them. */
    hold(name, held) {
        const room = this.rooms.get(name);
        if (!room) return;
        room.held = held;
        if (!held) this.#changed(room, room.trim(this.#how.entries_max));
    }

    /** The person has seen all of a room. */
    see(name) {
        const room = this.rooms.get(name);
        if (!room || room.seen >= room.last) return;
        room.seen = room.last;
        if (room.unread !== 0) this.#tell("rooms", room);
        room.unread = 0;
    }

    /** @returns {import("./timeline.js").Message|undefined} */
    message(name, wanted) {
        const room = this.rooms.get(name);
        const found = room?.entries[room.find(wanted)];
        return found?.type === "message" ? found : undefined;
    }

    // ---- Posts.

    /**
     * Says something. What cannot go at all (too long, empty, no such room, too many waiting)
     * comes back `failed` and is not kept; everything else stands in the room's `pending` until
     * its message is in the room.
     *
     * @param {{kind?: "text"|"emote", reply_to?: number}} [how]
     * @returns {import("./posts.js").Pending}
     */
    post(name, what, how = {}) {
        const { kind, reply_to } = how;
        const post = new_post(name, { text: well_formed(what), kind, reply_to }, this.#now);
        const room = this.rooms.get(name);
        const why = room ? this.#refusal(room, post) : new ChatError("room_unknown");
        if (why) return fail(post, why);
        post.nonce = hex(this.#entropy(16));
        room.posts.all.push(post);
        this.#tell("pending", room);
        this.#send_posts(room);
        return post;
    }

    /** Sends a failed post again, with the nonce it had. */
    resend(post) {
        const room = this.rooms.get(post.room);
        if (post.status !== "failed" || !room?.pending.includes(post)) return;
        post.status = "waiting";
        post.error = null;
        post.sent = false;
        this.#tell("pending", room);
        this.#send_posts(room);
    }

    /** Forgets a failed post. One that waits may be said already. */
    discard(post) {
        const room = this.rooms.get(post.room);
        if (post.status !== "failed" || !room) return;
        room.posts.remove(post);
        this.#tell("pending", room);
    }

    #refusal(room, post) {
        const limit = number(this.limits?.message_bytes_max);
        if (post.text === "") return new ChatError("member_missing", { field: "text" });
        if (limit !== 0 && is_longer(post.text, limit)) {
            return new ChatError("member_too_long", { field: "text", limit });
        }
        return room.pending.length < this.#how.pending_max ? null : new ChatError("pending_full");
    }

    // Posts wait until all that was said meanwhile is known: they may be in it.
    #send_posts(room) {
        if (room.pending.length === 0 || !room.live) return;
        if (room.last < room.told || room.holes > 0) return;
        const nonce_bytes_max = number(this.limits.nonce_bytes_max);
        const failed = room.pending.filter((post) => post.status === "failed").length;
        for (const post of room.posts.ready(room.blind, nonce_bytes_max)) {
            post.busy = true;
            const frame = {
                op: "post", room: room.name, text: post.text,
                kind: post.kind === "text" ? undefined : post.kind,
                reply_to: post.reply_to || undefined,
                nonce: post.nonce.slice(0, nonce_bytes_max) || undefined,
            };
            const done = (error, reply) => this.#posted(room, post, error, reply);
            this.command(frame, done, () => {
                if (!post.sent) post.after = room.last;
                post.sent = true;
            });
        }
        const now_failed = room.pending.filter((post) => post.status === "failed").length;
        if (now_failed !== failed) this.#tell("pending", room);
    }

    #posted(room, post, error, reply) {
        post.busy = false;
        if (this.rooms.get(room.name) !== room) return;
        if (error === null) {
            post.number = number(reply.number);
            this.#settle_posts(room);
        } else if (error.code !== "connection_lost") {
            fail(post, error);
            this.#tell("pending", room);
        }
    }

    #settle_posts(room, message = null) {
        const nonce = message?.nonce ?? "";
        const settled = room.posts.settle(room.last, nonce, number(this.limits.nonce_bytes_max));
        if (settled) this.#tell("pending", room);
    }

    // ---- Logging in and out.

    /** Logs in as a guest, now or as soon as there is a connection; a resumed session will do. */
    login(nick, done) {
        if (this.state === "online") return done(new ChatError("already_logged_in"), null);
        this.#login?.done(new ChatError("superseded"), null);
        this.#login = { nick, done };
        if (this.state === "login") this.#log_in();
    }

    /** Logs out and forgets everything; without a connection the server finds out later. */
    logout(done) {
        this.#user_command({ op: "logout" }, (error) => {
            if (error && !["offline", "connection_lost"].includes(error.code)) {
                return done(error, null);
            }
            this.#forget_user();
            this.tokens = [];
            if (this.state === "online") this.#turn("login");
            done(null, null);
        });
    }

    /** What a reload needs to come back: plain data for JSON. */
    saved() {
        const rooms = [...this.rooms.values()].map((room) => ({
            name: room.name, id: room.id || room.was, title: room.title, last: room.last,
            seen: room.seen, pending: room.posts.saved(),
        }));
        return { user: this.user, nick: this.nick, tokens: this.tokens, rooms };
    }

    // The end of what was there before the reload is asked for again: the view is empty.
    #restore(saved) {
        this.user = number(saved.user);
        this.nick = text(saved.nick);
        this.tokens = list(saved.tokens).filter((token) => text(token) !== "");
        for (const from of list(saved.rooms).filter(is_object).slice(0, ROOMS_MAX)) {
            const room = new Room(text(from.name));
            room.id = number(from.id);
            room.title = text(from.title);
            room.seen = number(from.seen);
            room.had = number(from.last);
            room.restart(Math.max(0, room.had - this.#how.join_history) + 1);
            room.posts.restore(room.name, from.pending);
            this.rooms.set(room.name, room);
        }
    }

    #log_in() {
        if (this.tokens.length > 0) return this.#resume(this.tokens[0]);
        const nick = this.#login?.nick ?? this.nick;
        if (nick === "" && this.#login === null) return this.#turn("login");
        this.#turn("connecting");
        this.command({ op: "guest", nick }, (error, reply) => this.#guest(error, reply));
    }

    #resume(token) {
        const cursors = [];
        for (const room of this.rooms.values()) {
            if (room.id !== 0) cursors.push({ room: room.name, after: room.last, id: room.id });
        }
        cursors.splice(number(this.limits.rooms_per_user_max));
        const frame = { op: "resume", token, cursors, ref: Number.MAX_SAFE_INTEGER };
        // Rooms without a cursor come, too; what was missed in them is read from history.
        while (cursors.length > 0 &&
               is_longer(JSON.stringify(frame), this.limits.frame_bytes_max)) cursors.pop();
        this.command(frame, (error, reply) => this.#resumed(token, error, reply));
    }

    // A token works once. One whose reply was lost may have been used: then the other is tried.
    #resumed(token, error, reply) {
        const others = this.tokens.filter((other) => other !== token);
        if (error === null) {
            this.#keep_token(reply, others);
            this.#logged_in(reply);
        } else if (error.code === "token_invalid") {
            this.tokens = others;
            this.#log_in();
        } else if (!is_no_refusal(error)) {
            this.error = error;
            this.wants_close = true;   // Such as user_sessions_full: later it may work.
            this.#tell("state");
        }
    }

    #guest(error, reply) {
        if (error === null) {
            this.#keep_token(reply, []);
            this.#logged_in(reply);
            for (const room of this.rooms.values()) this.#rejoin(room);
        } else if (!is_no_refusal(error)) {
            const login = this.#login;
            this.#login = null;
            this.error = error;
            this.#turn("login");
            login?.done(error, null);
        }
    }

    // As another user. That an id is the same tells nothing: the server may have begun anew.
    #rejoin(room) {
        room.was = room.id || room.was;
        room.id = 0;
        const ask = { op: "join", room: room.name, history: this.#how.join_history };
        this.command(ask, (error) => {
            if (error && error.code !== "connection_lost") this.#drop_room(room.name);
        });
    }

    #keep_token(reply, others) {
        const token = text(reply.token);
        this.tokens = (token === "" ? others : [token, ...others]).slice(0, TOKENS_KEPT);
    }

    #logged_in(reply) {
        const login = this.#login;
        this.#login = null;
        this.user = number(reply.user);
        this.nick = text(reply.nick);
        this.error = null;
        this.#turn("online");
        if (this.tokens.length > 0 && this.tokens.length < TOKENS_KEPT) {
            this.command({ op: "token" }, (error, spare) => {
                if (error === null) this.#keep_token(spare, this.tokens);
            });
        }
        login?.done(null, reply);
    }

    #forget_user() {
        for (const name of [...this.rooms.keys()]) this.#drop_room(name);
        this.user = 0;
        this.nick = "";
    }

    #drop_room(name) {
        const room = this.rooms.get(name);
        if (!this.rooms.delete(name)) return;
        for (const post of room.pending) fail(post, new ChatError("room_unknown"));
        this.#tell("rooms", room);
    }

    // ---- Frames about the session.

    static #takers = new Map([
        ["welcome", (self, frame) => self.#take_welcome(frame)],
        ["ok", (self, frame) => self.#take_reply(frame)],
        ["error", (self, frame) => self.#take_reply(frame)],
        ["history", (self, frame) => self.#take_reply(frame)],
        ["rooms", (self, frame) => self.#take_reply(frame)],
        ["members", (self, frame) => self.#take_reply(frame)],
        ["you", (self, frame) => self.#take_you(frame)],
        ["resync", (self) => self.#take_resync()],
        ["caught_up", (self) => self.#take_caught_up()],
        ["bye", (self, frame) => self.#take_bye(frame)],
        ["joined", (self, frame) => self.#take_joined(frame)],
        ["left", (self, frame) => self.#drop_room(self.#room_of(frame)?.name)],
        ["room", (self, frame) => self.#take_room(frame)],
        ["entered", (self, frame) => self.#take_notice(frame)],
        ["exited", (self, frame) => self.#take_notice(frame)],
        ["renamed", (self, frame) => self.#take_notice(frame)],
        ["message", (self, frame) => self.#take_message(frame)],
        ["gap", (self, frame) => self.#take_gap(frame)],
    ]);

    #take_welcome(frame) {
        this.limits = frame;
        this.error = null;
        this.#greeted = true;
        this.#log_in();
    }

    #take_reply(frame) {
        if (!this.#commands.answer(frame)) this.#fault();
    }

    // The host has logged this session in, or the nick is another.
    #take_you(frame) {
        if (number(frame.user) === 0) return this.#fault();
        if (this.state === "online") {
            this.nick = text(frame.nick);
            return this.#tell("state");
        }
        if (number(frame.user) !== this.user) this.#forget_user();
        this.#logged_in(frame);
    }

    #take_resync() {
        for (const room of this.rooms.values()) room.cut();
    }

    #take_caught_up() {
        for (const room of [...this.rooms.values()]) {
            if (room.live) continue;
            if (room.id === 0) this.#rejoin(room);   // Its `join` was cut.
            else this.#drop_room(room.name);
        }
    }

    #take_bye(frame) {
        this.error = new ChatError(text(frame.code));
        this.wants_close = true;
        this.#turn("ended");
    }

    // ---- Frames about rooms.

    #take_joined(frame) {
        const name = text(frame.room);
        const full = !this.rooms.has(name) && this.rooms.size >= ROOMS_MAX;
        if (name === "" || full) return this.#fault();
        if (!this.rooms.has(name)) this.rooms.set(name, new Room(name));
        const room = this.rooms.get(name);
        room.cut();
        room.take_state(frame);
        room.rights = new Set(text(frame.rights).split(" ").filter((right) => right !== ""));
        room.live = true;
        room.told = number(frame.last);
        this.#tell("rooms", room);
        this.#go_on(room, frame);
        this.#want_members(room);
        this.#advance(room);
        const here = this.#joining.filter((each) => each.name === name);
        this.#joining = this.#joining.filter((each) => each.name !== name);
        for (const each of here) each.done(null, each.reply);
    }

    // Where the messages go on that are told from now on, against what is held.
    #go_on(room, frame) {
        const [id, last] = [number(frame.id), number(frame.last)];
        const from = Math.min(number(frame.from) || last + 1, last + 1);
        const first = number(frame.first) || last + 1;
        const same = id === (room.id || room.was);
        room.seen = same ? Math.min(room.seen, last) : last;
        if (room.id !== id || id === 0 || last < room.last || from < room.begin) {
            room.posts.begin_anew(same);
            room.unread = 0;
            this.#changed(room, room.restart(from));
            this.#tell("pending", room);
        } else if (from > room.last + 1) {
            this.#changed(room, room.miss(from, first, this.#how.fill_max));
        }
        room.id = id;
        if (first >= room.begin) room.complete = true;
    }

    #take_room(frame) {
        const room = this.#room_of(frame);
        if (!room) return;
        const follows = room.take_state(frame);
        this.#tell("rooms", room);
        if (!follows) this.#want_members(room);
    }

    // `entered`, `exited` and `renamed`.
    #take_notice(frame) {
        const room = this.#room_of(frame);
        if (!room || number(frame.roster) <= room.roster.number) return;
        const follows = room.roster.take_notice(frame);
        if (frame.op !== "renamed") this.#tell("rooms", room);
        if (follows && room.count <= this.#how.members_max) this.#tell("members", room);
        else this.#want_members(room);
    }

    #take_message(frame) {
        const room = this.#room_of(frame);
        const message = message_of(frame);
        if (!room || !message) return room && this.#fault();
        const kind = room.take(message, this.#how.fill_max);
        if (kind === "") return;
        this.#changed(room, kind);
        this.#count_unread(room, message);
        this.#settle_posts(room, message);
        if (!room.held) this.#changed(room, room.trim(this.#how.entries_max));
        this.#advance(room);
    }

    #take_gap(frame) {
        const room = this.#room_of(frame);
        const [from, to] = [number(frame.from), number(frame.to)];
        if (!room || from === 0 || to < from) return room && this.#fault();
        this.#changed(room, room.lose(from, to, this.#how.fill_max));
        this.#advance(room);
    }

    #room_of(frame) {
        const room = this.rooms.get(frame.room);
        if (room?.live) return room;
        this.#fault();
        return null;
    }

    // What can be done once more is known of a room's messages.
    #advance(room) {
        this.#settle_posts(room);
        this.#send_posts(room);
        const hole = room.filling || !room.live ? null : room.hole();
        if (hole === null) return;
        room.filling = true;
        const below = hole.to + 1;
        const ask = {
            op: "history", room: room.name, selector: "between",
            number: below, until: hole.from - 1,
        };
        this.command(ask, (error, page) => {
            room.filling = false;
            if (error?.code !== "connection_lost") this.#fill(room, below, page);
        });
    }

    // A page that was refused says no more than an empty one.
    #fill(room, below, page) {
        const messages = list(page?.messages);
        this.#changed(room, room.fill(below, messages, page === null || page.complete === true));
        for (const each of messages.map(message_of)) {
            this.#count_unread(room, each);
            this.#settle_posts(room, each);
        }
        this.#advance(room);
    }

    #count_unread(room, message) {
        if (!message || message.number <= room.seen || message.user === this.user) return;
        room.unread += 1;
        this.#tell("rooms", room);
    }

    // ---- Members.

    #want_members(room) {
        if (room.roster.miss(this.#how.members_max)) this.#tell("members", room);
        this.#read_members(room);
    }

    #read_members(room) {
        const roster = room.roster;
        if (!room.live || !roster.waits || this.#now < roster.read_at) return;
        roster.begin(this.#now, this.#how.members_pause_ms);
        this.#ask_members(room, 0);
    }

    #ask_members(room, after) {
        const ask = { op: "members", room: room.name, after: after || undefined };
        this.command(ask, (error, page) => {
            if (error) room.roster.give_up();
            else this.take_members(room, page, after);
        });
    }

    /** Takes a page of members that was asked for by `command`. */
    take_members(room, page, after) {
        const next = room.roster.take_page(page, after, this.#how.members_max);
        if (next >= 0) return this.#ask_members(room, next);
        if (!room.members_known) return;
        this.#tell("members", room);
        this.#tell("rooms", room);
    }

    // ---- Telling.

    #turn(state) {
        if (this.state === state) return;
        this.state = state;
        this.#tell("state");
    }

    #changed(room, kind) {
        if (kind !== "") this.#tell("messages", room, kind);
    }

    #tell(what, room = null, kind = undefined) {
        const name = room?.name;
        const same = (other) =>
            other.what === what && other.room === name && other.kind === kind;
        if (this.#changes.some(same)) return;
        const change = { what };
        if (room !== null) change.room = name;
        if (kind !== undefined) change.kind = kind;
        this.#changes.push(change);
    }

    #fault() {
        this.faults += 1;
    }
}

/** What a login is answered with when it was not refused. */
const is_no_refusal = (error) => ["connection_lost", "already_logged_in"].includes(error.code);
