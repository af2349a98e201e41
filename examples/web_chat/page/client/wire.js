// What frames are made of: reading what a server sent, which may be anything, and writing.

const FRAME_CHARS_MAX = 1 << 20;   // Of what is received; no sound server comes near.

const LOCAL_ERRORS = {
    offline: "There is no connection.",
    connection_lost: "The connection was lost before the reply.",
    outcome_unknown: "Nobody can tell whether this was said: send it again or discard it.",
    pending_full: "Too many messages are waiting here.",
    room_unknown: "You are not in this room.",
    member_missing: "There is nothing to say.",
    member_too_long: "The text is too long.",
    frame_too_long: "The text is too long.",
    already_logged_in: "You are logged in.",
    superseded: "Another login took its place.",
    reply_invalid: "The server's reply made no sense.",
};

/**
 * Why something was refused. `code` is stable, `message` is for people. Codes of the server are
 * in docs/protocol.md; of this client are `offline`, `connection_lost`, `outcome_unknown`,
 * `pending_full`, `superseded` and `reply_invalid`.
 */
export class ChatError extends Error {
    /**
     * @param {string} code
     * @param {{field?: string, limit?: number, value?: number, retry_ms?: number,
     *          text?: string}} [facts]
     */
    constructor(code, facts = {}) {
        super(text(facts.text) || LOCAL_ERRORS[code] || code);
        this.name = "ChatError";
        this.code = code;
        this.field = text(facts.field);
        this.limit = number(facts.limit);
        this.value = number(facts.value);
        this.retry_ms = number(facts.retry_ms);
    }
}

// Every member of a frame passes one of these before it is used.
export const text = (value) => (typeof value === "string" ? value : "");
export const number = (value) => (Number.isSafeInteger(value) && value > 0 ? value : 0);
export const list = (value) => (Array.isArray(value) ? value : []);
export const is_object = (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value);

/** @returns {?object} null for what is no frame */
export function parse(frame) {
    if (typeof frame !== "string" || frame.length > FRAME_CHARS_MAX) return null;
    try {
        const what = JSON.parse(frame);
        return is_object(what) ? what : null;
    } catch {
        return null;
    }
}

/** Half a character cannot be sent: JSON has an escape for it that no server takes. */
export const well_formed = (what) => what.replace(/\p{Surrogate}/gu, "\ufffd");

export const encode = (frame) =>
    JSON.stringify(frame, (_, value) => (typeof value === "string" ? well_formed(value) : value));

const encoder = new TextEncoder();

/** Whether a text is longer than so many bytes of UTF-8. */
export const is_longer = (what, bytes) =>
    what.length > bytes || (what.length * 3 > bytes && encoder.encode(what).length > bytes);

export const hex = (bytes) =>
    Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
