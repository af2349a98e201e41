// The rows of a room's window: messages, and what stands between them. Each is { key, mark, make }
// for `reconcile`; the mark names all that the row shows and that may change.

import {
    avatar,
    count_text,
    day_name,
    day_of,
    hue_of,
    make,
    name_of,
    icon,
    time_element,
} from "./dom.js";
import { explain, is_emoji, is_long, linked, mentions, snippet } from "./text.js";

const group_ms = 7 * 60 * 1000; // After such a pause a name is said again.

/// @param view  { client, room, from, to, line, unfolded, failed, flashed, with_pending }
export function rows_of(view) {
    const { client, room } = view;
    const rows = [];
    if (view.from === 0) rows.push(start_row(view));
    let before = null; // The message right above, when the next may go on from it.
    let day = null;
    let line = view.line;
    const new_day = (time) => {
        if (day_of(time) === day) return;
        day = day_of(time);
        before = null;
        rows.push(day_row(day, rows.length));
    };
    for (const entry of room.entries.slice(view.from, view.to)) {
        const number = entry.type === "gap" ? entry.to : entry.number;
        if (entry.type === "message") new_day(entry.time);
        if (line !== null && number > line && entry.user !== client.user) {
            rows.push(line_row());
            line = before = null;
        }
        if (entry.type === "gap") {
            rows.push(gap_row(entry));
            before = null;
            continue;
        }
        rows.push(message_row(view, entry, !continues(before, entry)));
        before = entry.kind === "emote" ? null : entry;
    }
    if (!view.with_pending) return rows;
    for (const pending of room.pending) {
        new_day(pending.time);
        const own = { ...pending, user: client.user, nick: client.nick };
        rows.push(pending_row(view, own, !continues(before, own)));
        before = pending.kind === "emote" || pending.status === "failed" ? null : own;
    }
    return rows;
}

const continues = (before, entry) =>
    before !== null &&
    before.user === entry.user &&
    before.nick === entry.nick &&
    !entry.reply_to &&
    entry.kind !== "emote" &&
    entry.time - before.time < group_ms;

// ---- Between messages

function start_row({ room, failed }) {
    const oldest = room.entries.find((entry) => entry.type === "message");
    const row = (mark, ...content) => ({
        key: "start",
        mark,
        make: () => make("div", { class: "row-start" }, ...content),
    });
    const more = (text) =>
        make("button", { type: "button", class: "small-button", "data-do": "older" }, text);
    if (failed) {
        return row(
            "failed",
            make("span", {}, "Earlier messages did not come. "),
            more("Try again"),
        );
    }
    if (room.loading) {
        return row(
            "loading",
            make("span", { class: "spinner", "aria-hidden": "true" }),
            "Earlier messages are on their way",
        );
    }
    if (!room.complete && oldest !== undefined) return row("more", more("Earlier messages"));
    if (oldest !== undefined && oldest.number > 1) {
        return row("cut", "What was said before is no longer kept.");
    }
    return row(
        `begin ${oldest === undefined}`,
        make("h3", {}, "This is where ", name_of("#" + room.name), " begins"),
        make(
            "p",
            {},
            oldest === undefined
                ? "Nobody has said anything yet. You could."
                : "Everything said here since follows.",
        ),
    );
}

const day_row = (day, place) => ({
    key: `day ${day} ${place === 0 ? "" : place}`,
    mark: day_name(day),
    make: () =>
        make(
            "div",
            { class: "row-day", role: "separator", "aria-label": day_name(day) },
            make("span", {}, day_name(day)),
        ),
});

const line_row = () => ({
    key: "line",
    mark: "",
    make: () =>
        make(
            "div",
            { class: "line-new", role: "separator", "aria-label": "New messages" },
            make("span", {}, "New"),
        ),
});

const gap_row = ({ from, to, lost }) => ({
    key: "gap " + from,
    mark: `${to} ${lost}`,
    make: () =>
        make(
            "div",
            { class: "row-gap" },
            lost === false
                ? count_text(to - from + 1, "message is", "messages are") + " on the way"
                : count_text(
                      to - from + 1,
                      "message is no longer kept",
                      "messages are no longer kept",
                  ),
        ),
});

// ---- Messages

function message_row(view, entry, head) {
    const { client, room, unfolded, flashed } = view;
    const mine = entry.user === client.user;
    const quoted = entry.reply_to ? client.message(room.name, entry.reply_to) : undefined;
    const called = !mine && mentions(entry.text ?? "", client.nick);
    const open = unfolded.has(String(entry.number));
    const flash = flashed === entry.number;
    return {
        key: entry.nonce && mine ? "own " + entry.nonce : "message " + entry.number,
        mark: `${entry.number} ${head} ${mine} ${called} ${open} ${flash} ${quoted !== undefined}`,
        make() {
            const row = row_element(entry, head, { mine, called, flash });
            row.dataset.number = entry.number;
            row.querySelector(".body").append(...content_of(room, entry, quoted, open));
            row.append(
                make(
                    "div",
                    { class: "tools" },
                    make(
                        "button",
                        {
                            type: "button",
                            class: "icon-button",
                            tabindex: "-1",
                            "data-do": "reply",
                            "aria-label": "Reply to " + entry.nick,
                            title: "Reply (R)",
                        },
                        icon("reply"),
                    ),
                ),
            );
            return row;
        },
    };
}

function pending_row({ client, room }, pending, head) {
    const failed = pending.status === "failed";
    const quoted = pending.reply_to ? client.message(room.name, pending.reply_to) : undefined;
    return {
        key: "own " + pending.nonce,
        mark: `${pending.status} ${pending.error?.code} ${head}`,
        make() {
            const row = row_element(pending, head, { mine: true, pending: true, failed });
            row.dataset.nonce = pending.nonce;
            const body = row.querySelector(".body");
            body.append(...content_of(room, pending, quoted, false));
            if (failed) body.append(failure(pending));
            else body.append(make("span", { class: "unseen" }, "being sent"));
            return row;
        },
    };
}

const failure = (pending) =>
    make(
        "p",
        { class: "failure" },
        make("span", { class: "error" }, "Not sent. " + explain(pending.error)),
        make("button", { type: "button", class: "small-button", "data-do": "retry" }, "Try again"),
        make("button", { type: "button", class: "small-button", "data-do": "discard" }, "Discard"),
    );

function row_element(entry, head, flags) {
    const emote = entry.kind === "emote";
    const names = [
        "row",
        hue_of(entry.user),
        head && !emote && "head",
        emote && "emote",
        ...Object.keys(flags).filter((flag) => flags[flag]),
    ];
    const time = time_element(entry.time);
    const row = make("article", {
        class: names.filter(Boolean).join(" "),
        tabindex: "-1",
        "aria-label": `${entry.nick || "host"}, ${time.textContent}`,
    });
    const body = make("div", { class: "body" });
    if (head && !emote) {
        row.append(avatar(entry.user, entry.nick || "host"));
        body.append(
            make(
                "p",
                { class: "by" },
                make("span", { class: "name" }, name_of(entry.nick || "host")),
                time,
            ),
        );
    } else {
        row.append(make("span", { class: "gutter" }, time));
    }
    row.append(body);
    return row;
}

function content_of(room, entry, quoted, open) {
    const parts = [];
    if (entry.reply_to) parts.push(quote(entry.reply_to, quoted));
    if (entry.bytes && !entry.text) {
        const size = count_text(Math.ceil(entry.bytes / 1000), "kB", "kB");
        return [
            ...parts,
            make("p", { class: "text hint" }, `A message too long to be shown (${size})`),
        ];
    }
    const long = is_long(entry.text);
    const text = make("div", {
        dir: "auto",
        class: "text" + (is_emoji(entry.text) ? " emoji" : "") + (long && !open ? " folded" : ""),
    });
    if (entry.kind === "emote") {
        text.append(make("span", { class: "name" }, name_of(entry.nick)), " ");
    }
    text.append(...linked(entry.text));
    parts.push(text);
    if (long) {
        parts.push(
            make(
                "button",
                {
                    type: "button",
                    class: "small-button",
                    "data-do": "unfold",
                    "aria-expanded": String(open),
                },
                open ? "Show less" : "Show all",
            ),
        );
    }
    return parts;
}

const quote = (number, entry) =>
    make(
        "button",
        {
            type: "button",
            class: `quote ${entry ? hue_of(entry.user) : ""}`,
            "data-do": "jump",
            "data-to": number,
            title: "Go to the message",
        },
        icon("reply"),
        ...(entry === undefined
            ? [make("span", { class: "quote-text" }, "an earlier message")]
            : [
                  make("span", { class: "name" }, name_of(entry.nick || "host")),
                  make("span", { class: "quote-text", dir: "auto" }, snippet(entry.text ?? "")),
              ]),
    );
