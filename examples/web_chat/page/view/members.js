// The right side: who is in the room.

import { avatar, by_id, count_text, icon, make, name_of, reconcile, set_text } from "./dom.js";

const shown_max = 300;

export function draw_members(client, room) {
    const button = by_id("show-members");
    button.hidden = room === undefined;
    if (room === undefined) {
        reconcile(by_id("members"), []);
        return;
    }
    button.setAttribute("aria-label", "Members, " + room.count);
    button.title = count_text(room.count, "member", "members");
    set_text(by_id("member-count"), String(room.count));
    reconcile(by_id("members"), sections(client, room));
}

function sections(client, room) {
    if (room.members.size === 0 || (!room.members_known && room.members.size < room.count)) {
        const text = count_text(room.count, "member", "members");
        return [
            {
                key: "count",
                mark: text + client.state,
                make: () => make("p", { class: "hint members-count" }, text),
            },
        ];
    }
    const all = [...room.members.values()].sort((a, b) => a.nick.localeCompare(b.nick));
    const shown = all.slice(0, shown_max);
    const rest = all.length - shown.length;
    return [
        ...section(
            "Here",
            shown.filter((each) => each.online),
            client,
            room,
        ),
        ...section(
            "Away",
            shown.filter((each) => !each.online),
            client,
            room,
        ),
        ...(rest === 0
            ? []
            : [
                  {
                      key: "rest",
                      mark: String(rest),
                      make: () => make("p", { class: "hint members-count" }, `and ${rest} more`),
                  },
              ]),
    ];
}

function section(title, members, client, room) {
    if (members.length === 0) return [];
    const words = `${title} (${members.length})`;
    return [
        {
            key: title,
            mark: words + JSON.stringify([members, room.owner, client.user]),
            make: () =>
                make(
                    "section",
                    {},
                    make("h3", { class: "label" }, words),
                    make("ul", {}, ...members.map((each) => member(each, client, room))),
                ),
        },
    ];
}

function member({ user, nick, online }, client, room) {
    return make(
        "li",
        { class: "member" + (online ? "" : " away") },
        avatar(user, nick, make("span", { class: online ? "presence on" : "presence" })),
        make("span", { class: "name" }, name_of(nick)),
        user === client.user ? make("span", { class: "chip" }, "you") : null,
        user === room.owner
            ? make(
                  "span",
                  {
                      class: "owner",
                      role: "img",
                      "aria-label": "owner",
                      title: "Owner of the room",
                  },
                  icon("crown"),
              )
            : null,
    );
}
