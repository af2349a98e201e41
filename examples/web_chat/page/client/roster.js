// Who is in a room: read page by page, then followed from notice to notice.

import { list, number, text } from "./wire.js";

const RESTARTS_MAX = 3;   // Of a reading, while people come and go.

export class Roster {
    /** @type {Map<number, {user: number, nick: string, online: boolean}>} */
    members = new Map();
    /** Whether `members` is right. */
    known = false;
    /** How many are in the room. */
    count = 0;
    /** Raised by the server with every change. */
    number = 0;
    /** Not to be read before this time. */
    read_at = 0;

    #stale = false;
    #reading = null;   // { number, members, restarts, after }

    /** Whether it is to be read, once `read_at` has come. */
    get waits() {
        return this.#stale && this.#reading === null;
    }

    /** What is read on this connection, or was going to be, does not come. */
    cut() {
        this.known = this.#stale = false;
        this.#reading = null;
    }

    /** Takes the state of the room. @returns {boolean} whether `members` may still be right */
    take_state(count, roster) {
        const follows = roster === this.number && this.known;
        this.count = count;
        this.number = roster;
        return follows;
    }

    /** Takes `entered`, `exited` or `renamed`. @returns {boolean} whether it followed */
    take_notice(frame) {
        const follows = number(frame.roster) === this.number + 1 && this.known;
        const user = number(frame.user);
        this.number = number(frame.roster);
        if (frame.op !== "renamed") this.count = number(frame.members);
        if (!follows || user === 0) return false;
        if (frame.op === "exited") {
            this.members.delete(user);
        } else {
            const online = this.members.get(user)?.online ?? true;
            this.members.set(user, { user, nick: text(frame.nick), online });
        }
        return true;
    }

    /**
     * `members` is not right any more. Rooms too large are not read.
     *
     * @returns {boolean} whether that is new
     */
    miss(members_max) {
        const small = this.count <= members_max;
        const news = this.known || (!small && this.members.size > 0);
        this.known = false;
        this.#stale = small;
        if (!small) this.members.clear();
        return news;
    }

    /** `members` is right but for `online`, of which no notice tells: read again. */
    refresh() {
        if (this.known) this.#stale = true;
    }

    /** Begins to read: ask for the first page. */
    begin(now, pause_ms) {
        this.#stale = false;
        this.read_at = now + pause_ms;
        this.#reading = new_reading(0);
    }

    /** A page was refused. */
    give_up() {
        this.#reading = null;
    }

    /**
     * Takes a page that was asked for with `after`.
     *
     * @returns {number} the `after` to ask for next; -1 for none: then `known` says how it ended
     */
    take_page(page, after, members_max) {
        if (this.#reading === null && after === 0) this.#reading = new_reading(0);
        let reading = this.#reading;
        if (reading === null || reading.after !== after) return -1;   // Of one that is over.
        const roster = number(page.roster);
        if (reading.members.size > 0 && reading.number !== roster) {
            reading = this.#reading = new_reading(reading.restarts + 1);
            if (after > 0 && reading.restarts <= RESTARTS_MAX) return 0;
            if (after > 0) return this.#end(null);
        }
        reading.number = roster;
        for (const item of list(page.members)) {
            const user = number(item?.user);
            const online = item?.online === true;
            if (user !== 0) reading.members.set(user, { user, nick: text(item.nick), online });
        }
        if (page.complete === true) return this.#end(reading);
        const sound = number(page.next) > after && reading.members.size <= 2 * members_max;
        if (sound) return (reading.after = page.next);
        this.#reading = null;
        return -1;
    }

    // A reading that is older than what notices told meanwhile is worth nothing: later again.
    #end(reading) {
        this.#reading = null;
        this.#stale = reading === null || reading.number < this.number;
        if (this.#stale) return -1;
        this.number = reading.number;
        this.members = reading.members;
        this.count = reading.members.size;
        this.known = true;
        return -1;
    }
}

const new_reading = (restarts) => ({ number: 0, members: new Map(), restarts, after: 0 });
