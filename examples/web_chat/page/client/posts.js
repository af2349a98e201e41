// What was said here and is not in the room yet.

import { ChatError, is_object, list, number, text } from "./wire.js";

/**
 * A post that waits for its message, or has failed. The last four are the client's own business.
 *
 * @typedef {object} Pending
 * @property {string} nonce
 * @property {string} room
 * @property {string} text
 * @property {"text"|"emote"} kind
 * @property {number} reply_to      0: none
 * @property {number} time          Unix milliseconds
 * @property {"waiting"|"failed"} status
 * @property {?ChatError} error     why it failed
 * @property {boolean} sent         it has left, and what became of it is not known
 * @property {number} after         the room's last message before it left
 * @property {number} number        its message's, once it is answered
 * @property {boolean} busy         it is among the commands
 */

/** @returns {Pending} */
export function new_post(room, what, time) {
    return {
        nonce: text(what.nonce), room, text: text(what.text), kind: text(what.kind) || "text",
        reply_to: number(what.reply_to), time, status: "waiting", error: null,
        sent: what.sent === true, after: number(what.after), number: number(what.number),
        busy: false,
    };
}

/** @returns {Pending} */
export function fail(post, why) {
    post.status = "failed";
    post.error = why;
    return post;
}

export class Posts {
    /** @type {Pending[]} In the order in which they were said. */
    all = [];

    /** Those that are to be sent now; of `blind`, see Timeline. */
    ready(blind, nonce_bytes_max) {
        const waiting = this.all.filter((post) =>
            post.status === "waiting" && !post.busy && post.number === 0);
        for (const post of waiting) {
            const unknown = post.sent && (blind > post.after || nonce_bytes_max === 0);
            if (unknown) fail(post, new ChatError("outcome_unknown"));
        }
        return waiting.filter((post) => post.status === "waiting");
    }

    /** A post goes when its message has come, so that a view always has one of the two. */
    settle(last, nonce, nonce_bytes_max) {
        const before = this.all.length;
        if (before === 0) return false;
        this.all = this.all.filter((post) => {
            const answered = post.number !== 0 && post.number <= last;
            const here = nonce !== "" && post.nonce.slice(0, nonce_bytes_max) === nonce;
            return !answered && !here;
        });
        return this.all.length !== before;
    }

    remove(post) {
        this.all = this.all.filter((other) => other !== post);
    }

    /**
     * The room's messages are told anew. What was answered was said, there or in a room that is
     * gone; what was not was not said in another room.
     */
    begin_anew(same_room) {
        this.all = this.all.filter((post) => post.number === 0);
        if (!same_room) for (const post of this.all) post.sent = false;
    }

    saved() {
        return this.all.map(({ busy, error, ...post }) => ({ ...post, code: error?.code ?? "" }));
    }

    restore(room, saved) {
        for (const from of list(saved).filter(is_object)) {
            const post = new_post(room, from, number(from.time));
            const code = text(from.code) || "outcome_unknown";
            if (from.status === "failed") fail(post, new ChatError(code));
            this.all.push(post);
        }
    }
}
