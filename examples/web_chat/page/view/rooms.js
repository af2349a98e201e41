// The left side: one's own rooms with what is unread, and oneself.

import {
    by_id,
    count_text,
    hue_of,
    icon,
    initials,
    make,
    name_of,
    reconcile,
    set_text,
    short_count,
} from "./dom.js";
import { mentions } from "./text.js";

/// What a room is called: its title for people, else its name.
export const title_of = (room) => room.title || room.name;

/// In the order of the list, which does not change while one reads it.
export const in_order = (client) =>
    [...client.rooms.values()].sort(
        (a, b) => title_of(a).localeCompare(title_of(b)) || a.name.localeCompare(b.name),
    );

export const room_tile = (id) =>
    make("span", { class: `tile ${hue_of(id)}`, "aria-hidden": "true" }, "#");

/// Whether somebody has named the person in what is unread.
function is_called(client, room) {
    if (room.unread === 0) return false;
    for (let at = room.entries.length - 1; at >= 0; --at) {
        const entry = room.entries[at];
        if (entry.type === "gap") continue;
        if (entry.number <= room.seen) return false;
        if (entry.user !== client.user && mentions(entry.text ?? "", client.nick)) return true;
    }
    return false;
}

export function draw_rooms(client, current, drafts) {
    reconcile(
        by_id("rooms"),
        in_order(client).map((room) => {
            const here = room.name === current;
            const called = is_called(client, room);
            const failed = room.pending.some((each) => each.status === "failed");
            const drafted = !here && drafts.has(room.name);
            return {
                key: room.name,
                mark: [here, called, failed, drafted, room.unread, room.id, room.title].join(" "),
                make: () => room_button(room, { here, called, failed, drafted }),
            };
        }),
    );
}

function room_button(room, { here, called, failed, drafted }) {
    const notes = [
        room.unread > 0 && count_text(room.unread, "new message", "new messages"),
        called && "you are named",
        failed && "a message was not sent",
        drafted && "a draft",
    ].filter(Boolean);
    return make(
        "li",
        {},
        make(
            "button",
            {
                type: "button",
                class: "room" + (room.unread > 0 ? " unread" : ""),
                "data-room": room.name,
                "aria-current": here ? "page" : null,
            },
            room_tile(room.id),
            make(
                "span",
                { class: "room-name" },
                make("span", { class: "room-title" }, name_of(title_of(room))),
                room.title ? make("span", { class: "room-sub" }, name_of("#" + room.name)) : null,
            ),
            notes.length > 0 ? make("span", { class: "unseen" }, ", " + notes.join(", ")) : null,
            drafted ? mark_of("draft", icon("edit")) : null,
            failed ? mark_of("badge failed", "!") : null,
            room.unread > 0
                ? mark_of(
                      "badge" + (called ? " called" : ""),
                      (called ? "@ " : "") + short_count(room.unread),
                  )
                : null,
        ),
    );
}

const mark_of = (names, content) => make("span", { class: names, "aria-hidden": "true" }, content);

export function draw_me(client) {
    const picture = by_id("me-avatar");
    picture.className = `avatar ${hue_of(client.user)} ${client.state === "online" ? "on" : "off"}`;
    set_text(picture, initials(client.nick));
    set_text(by_id("me-nick"), client.nick);
    set_text(by_id("me-state"), client.state === "online" ? "online" : "not connected");
}
