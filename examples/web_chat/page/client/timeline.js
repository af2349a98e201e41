// What is known of a room's messages: no number twice, and none left out without a word.

import { is_object, number, text } from "./wire.js";

/**
 * @typedef {object} Message
 * @property {"message"} type
 * @property {number} number    1, 2, 3 … in its room
 * @property {number} time      Unix milliseconds
 * @property {number} user      0: the host
 * @property {string} nick
 * @property {string} kind      "text" or "emote"
 * @property {string} text
 * @property {number} reply_to  0: none
 * @property {string} nonce
 * @property {number} bytes     not 0: the text was too long to be told
 *
 * @typedef {object} Gap
 * @property {"gap"} type
 * @property {number} from
 * @property {number} to
 * @property {boolean} lost     false: it is being read
 */

const gap = (from, to, lost) => ({ type: "gap", from, to, lost });
const first_of = (entry) => (entry.type === "gap" ? entry.from : entry.number);
const last_of = (entry) => (entry.type === "gap" ? entry.to : entry.number);

const is_hole = (entry) => entry.type === "gap" && !entry.lost;

/** @returns {?Message} */
export function message_of(frame) {
    if (!is_object(frame) || number(frame.number) === 0) return null;
    return {
        type: "message", number: frame.number, time: number(frame.time), user: number(frame.user),
        nick: text(frame.nick), kind: text(frame.kind) || "text", text: text(frame.text),
        reply_to: number(frame.reply_to), nonce: text(frame.nonce), bytes: number(frame.bytes),
    };
}

/**
 * What is known of a room's messages, from `begin` to `last`, each number once. Every change
 * answers with the kind of change it was, or "" for none.
 */
export class Timeline {
    /** @type {(Message|Gap)[]} Ascending, whole. Not to be changed by others. */
    entries = [];
    /** Nothing older is kept by the server. */
    complete = false;
    begin = 1;
    last = 0;
    holes = 0;   // Gaps that are not lost.
    blind = 0;   // Up to here somebody may have said what was never told here.
    had = 0;     // Up to here all was told before a reload.

    restart(begin) {
        this.entries.length = 0;
        this.holes = 0;
        this.begin = begin;
        this.last = this.blind = begin - 1;
        this.complete = false;
        return "reset";
    }

    /** Takes a message that is told live or after a `joined`. */
    take(message, fill_max) {
        let kind = "append";
        if (message.number <= this.last) return this.#patch(message);
        if (message.number > this.last + 1) kind = this.skip(message.number - 1, fill_max);
        this.entries.push(message);
        this.last = message.number;
        return kind;
    }

    #patch(message) {
        const at = this.find(message.number);
        if (at < 0 || this.entries[at].type !== "gap" || this.entries[at].lost) return "";
        this.#replace(at, message.number, message.number, [message]);
        return "gap";
    }

    /** Leaves a hole behind the last entry; one too large to be read begins everything anew. */
    skip(to, fill_max) {
        if (to - this.last > fill_max) return this.restart(to + 1);
        this.entries.push(gap(this.last + 1, to, false));
        this.holes += 1;
        this.last = to;
        return "append";
    }

    /**
     * What is told from now on begins at `from`, and the server keeps nothing below `first`.
     * After a reload, what was told before it is not missed.
     */
    miss(from, first, fill_max) {
        if (this.entries.length === 0 && first > this.last + 1) {
            this.restart(Math.min(from, Math.max(this.last, this.had) + 1));
        }
        const held = this.last;
        if (from === held + 1) return "";
        const kind = this.skip(from - 1, fill_max);
        if (first > held + 1) this.lose(held + 1, Math.min(first, from) - 1, fill_max);
        return kind;
    }

    /** Takes a `gap`: what is held of it stays, holes in it are lost. */
    lose(from, to, fill_max) {
        let kind = "";
        this.blind = Math.max(this.blind, to);
        from = Math.max(from, this.had + 1);
        if (from <= this.begin && to >= this.begin - 1) {
            this.complete = true;
            if (this.entries.length === 0) {
                this.begin = from;
                this.last = from - 1;
            } else if (from < this.begin) {
                this.entries.unshift(gap(from, this.begin - 1, true));
                this.begin = from;
                kind = "prepend";
            }
        }
        if (this.holes > 0 && this.#lose_holes(from, to)) kind = "gap";
        if (to <= this.last || from > to) return kind;
        if (from > this.last + 1) kind = this.skip(from - 1, fill_max);
        this.entries.push(gap(this.last + 1, to, true));
        this.last = to;
        return kind || "append";
    }

    #lose_holes(from, to) {
        const before = this.holes;
        for (let at = this.entries.length - 1; at >= 0; --at) {
            const hole = this.entries[at];
            if (hole.type !== "gap" || hole.lost || hole.to < from || hole.from > to) continue;
            const [low, high] = [Math.max(from, hole.from), Math.min(to, hole.to)];
            this.#replace(at, low, high, [gap(low, high, true)]);
        }
        return this.holes !== before;
    }

    /** The newest hole. */
    hole() {
        if (this.holes === 0) return null;
        return this.entries.findLast?.(is_hole) ?? [...this.entries].reverse().find(is_hole);
    }

    /** Takes the page that was asked for from `below` downwards, to fill a hole. */
    fill(below, messages, complete) {
        const at = this.find(below - 1);
        const hole = this.entries[at];
        if (hole === undefined || !is_hole(hole) || hole.to !== below - 1) return "";
        const run = run_below(messages, below, hole.from);
        const rest = below - 1 - run.length;
        if (rest >= hole.from && (complete || run.length === 0)) {
            this.blind = Math.max(this.blind, rest);
            this.#replace(at, hole.from, hole.to, [gap(hole.from, rest, true), ...run]);
        } else {
            this.#replace(at, rest + 1, hole.to, run);
        }
        return "gap";
    }

    /** Takes the page that was asked for below `begin`. */
    prepend(below, messages, complete) {
        if (below !== this.begin) return "";
        const run = run_below(messages, below, 1);
        this.complete = complete || run.length === 0;
        this.begin -= run.length;
        this.entries.unshift(...run);
        return "prepend";
    }

    /** Forgets the oldest when there are too many; seldom, so that it costs little. */
    trim(entries_max) {
        if (this.entries.length <= entries_max + entries_max / 4) return "";
        const gone = this.entries.splice(0, this.entries.length - entries_max);
        this.holes -= gone.filter(is_hole).length;
        this.begin = last_of(gone.at(-1)) + 1;
        this.complete = false;
        return "trim";
    }

    /** Where a number is among the entries, or -1. */
    find(wanted) {
        let low = 0;
        let high = this.entries.length - 1;
        while (low <= high) {
            const middle = (low + high) >> 1;
            if (last_of(this.entries[middle]) < wanted) low = middle + 1;
            else if (first_of(this.entries[middle]) > wanted) high = middle - 1;
            else return middle;
        }
        return -1;
    }

    // Puts entries in the place of from..to of a hole.
    #replace(at, from, to, entries) {
        const hole = this.entries[at];
        const left = hole.from < from ? [gap(hole.from, from - 1, false)] : [];
        const right = hole.to > to ? [gap(to + 1, hole.to, false)] : [];
        this.entries.splice(at, 1, ...left, ...entries, ...right);
        this.holes += left.length + right.length - 1;
    }
}

/** Of a page, the messages that lead without a hole up to the one before `below`. */
function run_below(page, below, from) {
    const run = [];
    for (let at = page.length - 1; at >= 0; --at) {
        const message = message_of(page[at]);
        if (message === null || message.number !== below - 1 - run.length) break;
        if (message.number < from) break;
        run.push(message);
    }
    return run.reverse();
}
