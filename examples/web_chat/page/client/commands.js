// Commands on their way: those that wait, those that have left, and the reply to each.

import { ChatError, encode, is_longer, number, text } from "./wire.js";

const REPLIES = { history: "history", rooms: "rooms", members: "members" };   // To others: `ok`.

export class Commands {
    #queue = [];
    #under_way = new Map();   // By ref.
    #ref = 0;

    /**
     * @param {object} members  `op` and the members of a command
     * @param {{done: Function, left?: Function}} then  `left` is called when it leaves
     */
    add(members, frame_bytes_max, then) {
        const frame = { ...members, ref: (this.#ref += 1) };
        const encoded = encode(frame);
        if (frame_bytes_max !== 0 && is_longer(encoded, frame_bytes_max)) {
            const facts = { field: "frame_bytes_max", limit: frame_bytes_max };
            return then.done(new ChatError("frame_too_long", facts), null);
        }
        this.#queue.push({ frame, encoded, ...then });
    }

    /** @returns {?string} the next frame, unless so many are under way */
    next(under_way_max) {
        if (this.#queue.length === 0 || this.#under_way.size >= under_way_max) return null;
        const command = this.#queue.shift();
        this.#under_way.set(command.frame.ref, command);
        command.left?.();
        return command.encoded;
    }

    /**
     * Takes a reply. They come in order; to a frame that could not be read one comes without its
     * `ref`.
     *
     * @returns {boolean} whether it made sense
     */
    answer(reply) {
        const ref = number(reply.ref) || this.#under_way.keys().next().value;
        const command = this.#under_way.get(ref);
        if (command === undefined) return false;
        this.#under_way.delete(ref);
        const error = refusal(command.frame, reply);
        command.done(error, error === null ? reply : null);
        return error?.code !== "reply_invalid";
    }

    /** The connection is gone: none of them is answered any more. @returns those to be settled */
    cut() {
        const all = [...this.#under_way.values(), ...this.#queue];
        this.#under_way.clear();
        this.#queue = [];
        return all;
    }
}

function refusal(frame, reply) {
    if (reply.op === "error") return new ChatError(text(reply.code) || "reply_invalid", reply);
    return reply.op === (REPLIES[frame.op] ?? "ok") ? null : new ChatError("reply_invalid");
}
