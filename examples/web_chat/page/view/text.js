// What people type, and how it is shown: links, mentions, folding, commands.

import { make } from "./dom.js";

// ---- Shown

// Linear in the text: each character is looked at by one branch. What a browser then makes of the
// address is judged by URL, not by this pattern.
const address = /https?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const trailing = ".,:;!?…)]}";

/// Leaves out what ends a sentence rather than the address; a bracket stays that it opens itself.
function end_of(found) {
    let end = found.length;
    while (trailing.includes(found[end - 1])) end -= 1;
    const opened = found.slice(0, end);
    for (const [left, right] of ["()", "[]", "{}"]) {
        if (opened.includes(left) && !opened.includes(right) && found[end] === right) end += 1;
    }
    return end;
}

function link(text) {
    let url;
    try {
        url = new URL(text);
    } catch {
        return null;
    }
    if (url.protocol !== "http:" && url.protocol !== "https:") return null;
    if (url.username !== "" || url.password !== "") return null; // https://bank@evil.example
    return make(
        "a",
        {
            href: url.href,
            target: "_blank",
            rel: "noopener noreferrer nofollow",
            dir: "ltr",
            title: url.href === text ? null : url.href,
        },
        text,
    );
}

/// The text as nodes: text nodes, and links where it has addresses of the web.
export function linked(text) {
    const nodes = [];
    let done = 0;
    for (const match of text.matchAll(address)) {
        const found = match[0].slice(0, end_of(match[0]));
        const element = link(found);
        if (element === null) continue;
        nodes.push(text.slice(done, match.index), element);
        done = match.index + found.length;
    }
    nodes.push(text.slice(done));
    return nodes;
}

const emoji =
    /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|[\u200d\ufe0f\s])+$/u;

/// A few emoji and nothing else are shown large.
export const is_emoji = (text) => text.length <= 24 && emoji.test(text);

/// Whether a text is folded until somebody wants all of it.
export function is_long(text) {
    return text.length > 900 || text.split("\n", 16).length > 14;
}

const in_word = "[\\p{L}\\p{N}\\p{M}_]";
let name_pattern = { nick: "", pattern: null };

/// Whether `nick` stands in `text` as a word of its own.
export function mentions(text, nick) {
    if (nick === "") return false;
    if (name_pattern.nick !== nick) {
        const literal = nick.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
        const pattern = new RegExp(`(?<!${in_word})${literal}(?!${in_word})`, "iu");
        name_pattern = { nick, pattern };
    }
    return name_pattern.pattern.test(text);
}

/// One line of a text, for quotes and announcements.
export function snippet(text, length = 120) {
    const line = text.replace(/\s+/gu, " ").trim();
    return line.length <= length
        ? line
        : line.slice(0, length).replace(/[\ud800-\udbff]$/u, "") + "…";
}

// ---- Typed

const encoder = new TextEncoder();

export const bytes_of = (text) => encoder.encode(text).length;

// Controls but newline and tab come from the clipboard, and the engine refuses them.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/gu;

const clean = (text) => text.replace(/\r\n?/gu, "\n").replace(controls, "");

export const commands = {
    join: { takes: "ROOM", says: "go into a room" },
    leave: { takes: "[ROOM]", says: "leave this room, or that one" },
    me: { takes: "TEXT", says: "say what you do" },
    nick: { takes: "NICK", says: "change your nick" },
    topic: { takes: "TEXT", says: "change the topic of this room" },
};

/// What a typed text asks for: { command: "say", text }, one of `commands` with its text, or
/// { wrong } with the reason for people. Null when there is nothing in it.
export function read_typed(typed) {
    const text = clean(typed).replace(/^\n+|\s+$/gu, "");
    if (text.trim() === "") return null;
    if (!text.startsWith("/")) return { command: "say", text };
    if (text.startsWith("//")) return { command: "say", text: text.slice(1) };
    const [, name, rest] = /^\/(\S*)\s*(.*)$/su.exec(text);
    const known = Object.hasOwn(commands, name) ? commands[name] : null;
    if (known === null) {
        const all = Object.keys(commands)
            .map((each) => "/" + each)
            .join(" ");
        return {
            wrong:
                `There is no command /${name}. There are ${all}; ` +
                "to say something that begins with a slash, type two.",
        };
    }
    if (rest === "" && name !== "leave" && name !== "topic") {
        return { wrong: `/${name} ${known.takes}: ${known.says}.` };
    }
    return { command: name, text: rest };
}

// ---- Refused

/// An error of the client in words for people: mostly the engine's own.
export function explain(error) {
    if (error?.code === "offline") return "Not connected right now.";
    if (error?.code === "member_too_long" && error.limit > 0) {
        return `Too long: at most ${error.limit} bytes.`;
    }
    return error?.message || "That did not work.";
}
