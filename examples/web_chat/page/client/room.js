// A room that the user is in: its state, messages, members and posts.

import { Posts } from "./posts.js";
import { Roster } from "./roster.js";
import { Timeline } from "./timeline.js";
import { number, text } from "./wire.js";

/** To be read; changed by `Protocol` alone. `entries` and `complete` are those of Timeline. */
export class Room extends Timeline {
    id = 0;
    title = "";
    topic = "";
    owner = 0;
    managed = false;
    persistent = false;
    capacity = 0;
    /** @type {Set<string>} Of post, leave, set. */
    rights = new Set();
    /** Older messages are being read. */
    loading = false;
    /** Messages of others that the person has not seen. */
    unread = 0;
    /** Up to here the person has seen it. */
    seen = 0;

    // For Protocol.
    posts = new Posts();
    roster = new Roster();
    live = false;      // `joined` came on this connection.
    told = 0;          // Up to here messages were said before that `joined`.
    was = 0;           // Its id when the user was another.
    filling = false;   // A hole is being read.
    held = false;      // A person looks at the oldest messages.

    constructor(name) {
        super();
        this.name = name;
    }

    /** How many are in it. */
    get count() { return this.roster.count; }
    /** @returns {Map<number, {user: number, nick: string, online: boolean}>} */
    get members() { return this.roster.members; }
    /** Whether `members` is right: not while they are read, and not in large rooms. */
    get members_known() { return this.roster.known; }
    /** @returns {import("./posts.js").Pending[]} own posts that wait or have failed */
    get pending() { return this.posts.all; }

    /** @returns {boolean} whether `members` may still be right */
    take_state(frame) {
        this.title = text(frame.title);
        this.topic = text(frame.topic);
        this.owner = number(frame.owner);
        this.capacity = number(frame.capacity);
        this.persistent = frame.persistent === true;
        this.managed = frame.managed === true;
        return this.roster.take_state(number(frame.members), number(frame.roster));
    }

    /** The connection is gone, or the server is about to tell again which rooms there are. */
    cut() {
        this.live = this.loading = this.filling = false;
        this.roster.cut();
    }
}
