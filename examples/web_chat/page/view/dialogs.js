// What opens above the page: all rooms, a new room, another nick, the way to a room, questions.

import { by_id, count_text, make, name_of, reconcile, set_text } from "./dom.js";
import { in_order, room_tile, title_of } from "./rooms.js";
import { explain } from "./text.js";

/// Opens a dialog; what had the focus gets it again by the browser. Its [data-close] close it.
function open(dialog) {
    if (!dialog.open) dialog.showModal();
}

export function prepare_dialogs() {
    for (const dialog of document.querySelectorAll("dialog")) {
        dialog.addEventListener("click", (event) => {
            if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
        });
    }
}

/// A form that says at each field what is wrong with it, and nothing while it works.
///
/// @param fields  { name of a member in errors: id of its input }; the first takes what has none
function on_submit(form, fields, act) {
    const show = (id, text) => {
        set_text(by_id(id + "-error"), text);
        by_id(id).setAttribute("aria-invalid", String(text !== ""));
    };
    form.clear = () => Object.values(fields).forEach((id) => show(id, ""));
    form.addEventListener("input", form.clear);
    form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = form.querySelector("[type=submit]");
        if (button.disabled) return;
        form.clear();
        button.disabled = true;
        try {
            await act();
        } catch (error) {
            const visible = Object.values(fields).filter((id) => by_id(id).offsetParent !== null);
            const id = visible.includes(fields[error.field]) ? fields[error.field] : visible[0];
            show(id, explain(error));
            by_id(id).focus();
        } finally {
            button.disabled = false;
        }
    });
}

/// An error of this page, in the shape of the client's.
const missing = (field, message) => Object.assign(new Error(message), { field });

// ---- Login

export function prepare_login(act) {
    const input = by_id("login-nick");
    on_submit(by_id("login"), { nick: "login-nick" }, async () => {
        const nick = input.value.trim().replace(/\s+/gu, " ");
        if (nick === "") throw missing("nick", "Choose a nick first.");
        await act(nick);
    });
}

// ---- All rooms

export class Browser {
    /// @param on  { go(name), join(name), create() }
    constructor(client, on) {
        this.client = client;
        this.on = on;
        this.rooms = [];
        this.dialog = by_id("browser-dialog");
        this.filter = by_id("browser-filter");
        this.filter.addEventListener("input", () => this.draw());
        by_id("browser-create").addEventListener("click", () => {
            this.dialog.close();
            on.create(this.filter.value.trim());
        });
    }

    async open() {
        this.filter.value = "";
        this.rooms = [];
        this.wrong = "";
        this.draw("Looking …");
        open(this.dialog);
        this.filter.focus();
        try {
            this.rooms = await this.client.list_rooms();
            this.rooms.sort((a, b) => b.members - a.members || a.room.localeCompare(b.room));
            this.draw();
        } catch (error) {
            this.draw(explain(error));
        }
    }

    draw(state = null) {
        const wanted = this.filter.value.trim().toLowerCase();
        const found = this.rooms.filter(
            ({ room, title = "" }) => room.includes(wanted) || title.toLowerCase().includes(wanted),
        );
        set_text(
            by_id("browser-state"),
            state ??
                (found.length > 0
                    ? count_text(found.length, "room", "rooms")
                    : wanted === ""
                      ? "There is no room yet."
                      : "No room of this name."),
        );
        reconcile(
            by_id("browser-list"),
            found.slice(0, 500).map((item) => this.row(item)),
        );
    }

    row({ room, title = "", id, members = 0, managed = false }) {
        const mine = this.client.rooms.has(room);
        const count = count_text(members, "member", "members");
        return {
            key: room,
            mark: `${mine} ${count} ${title}`,
            make: () =>
                make(
                    "li",
                    { class: "browser-room" },
                    room_tile(id),
                    make(
                        "span",
                        { class: "room-name" },
                        make("span", { class: "room-title" }, name_of(title || room)),
                        make(
                            "span",
                            { class: "room-sub" },
                            title ? name_of("#" + room) : null,
                            title ? ` · ${count}` : count,
                        ),
                    ),
                    make(
                        "button",
                        {
                            type: "button",
                            class: mine ? "small-button" : "small-button strong",
                            disabled: managed && !mine,
                            onclick: (event) => this.go(room, event),
                            "aria-label": `${mine ? "Open" : "Join"} ${room}`,
                        },
                        mine ? "Open" : managed ? "By the host" : "Join",
                    ),
                ),
        };
    }

    async go(room, event) {
        const button = event.currentTarget;
        button.disabled = true;
        try {
            await this.on.join(room);
            this.dialog.close();
        } catch (error) {
            set_text(by_id("browser-state"), explain(error));
            button.disabled = false;
        }
    }
}

// ---- A room's name, title and topic

export class RoomForm {
    /// @param on  { create(name, { title, topic }), change(room, { title, topic }) }, async
    constructor(on) {
        this.dialog = by_id("room-dialog");
        this.room = null;
        const fields = { room: "room-name", title: "room-title-text", topic: "room-topic-text" };
        on_submit(by_id("room-form"), fields, async () => {
            const name = by_id("room-name").value.trim().replace(/^#/u, "");
            const how = {
                title: by_id("room-title-text").value.trim(),
                topic: by_id("room-topic-text").value.trim(),
            };
            if (this.room !== null) await on.change(this.room, how);
            else if (name === "") throw missing("room", "A room needs a name.");
            else await on.create(name, how);
            this.dialog.close();
        });
    }

    /// @param room  what to change; null: a new one
    open(room, name = "") {
        this.room = room;
        by_id("room-form").clear();
        set_text(by_id("room-dialog-title"), room === null ? "New room" : "This room");
        set_text(by_id("room-submit"), room === null ? "Create" : "Save");
        by_id("room-name-field").hidden = room !== null;
        by_id("room-name").value = name;
        by_id("room-title-text").value = room?.title ?? "";
        by_id("room-topic-text").value = room?.topic ?? "";
        open(this.dialog);
        by_id(room === null ? "room-name" : "room-title-text").focus();
    }
}

// ---- Another nick

export function prepare_nick(rename) {
    const dialog = by_id("nick-dialog");
    on_submit(by_id("nick-form"), { nick: "nick-text" }, async () => {
        const nick = by_id("nick-text").value.trim().replace(/\s+/gu, " ");
        if (nick === "") throw missing("nick", "Choose a nick first.");
        await rename(nick);
        dialog.close();
    });
    return (nick) => {
        by_id("nick-form").clear();
        by_id("nick-text").value = nick;
        open(dialog);
        by_id("nick-text").select();
    };
}

// ---- A question

/// Resolves to whether the person wants it.
export function ask(title, text, yes) {
    const dialog = by_id("sure-dialog");
    set_text(by_id("sure-title"), title);
    set_text(by_id("sure-text"), text);
    set_text(by_id("sure-yes"), yes);
    dialog.returnValue = "";
    open(dialog);
    return new Promise((resolve) =>
        dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), {
            once: true,
        }),
    );
}

// ---- The quick way to a room

export class Switcher {
    constructor(client, go) {
        this.client = client;
        this.go = go;
        this.at = 0;
        this.dialog = by_id("switcher");
        this.input = by_id("switcher-text");
        this.list = by_id("switcher-list");
        this.input.addEventListener("input", () => {
            this.at = 0;
            this.draw();
        });
        this.input.addEventListener("keydown", (event) => this.key(event));
        this.list.addEventListener("click", (event) => {
            const option = event.target.closest("[role=option]");
            if (option !== null) this.choose(option.dataset.room);
        });
    }

    open() {
        this.input.value = "";
        this.at = 0;
        this.draw();
        open(this.dialog);
        this.input.focus();
    }

    /// Unread rooms first; those that begin with what was typed before those that have it inside.
    found() {
        const wanted = this.input.value.trim().toLowerCase().replace(/^#/u, "");
        const rank = (room) => {
            const names = [room.name.toLowerCase(), room.title.toLowerCase()];
            if (!names.some((name) => name.includes(wanted))) return 0;
            return (
                1 +
                (names.some((name) => name.startsWith(wanted)) ? 2 : 0) +
                (room.unread > 0 ? 1 : 0)
            );
        };
        return in_order(this.client)
            .map((room) => ({ room, rank: rank(room) }))
            .filter((each) => each.rank > 0)
            .sort((a, b) => b.rank - a.rank)
            .map((each) => each.room);
    }

    draw() {
        const rooms = this.found();
        this.at = Math.max(0, Math.min(this.at, rooms.length - 1));
        reconcile(
            this.list,
            rooms.map((room, place) => ({
                key: room.name,
                mark: `${place} ${place === this.at} ${room.unread} ${room.title}`,
                make: () =>
                    make(
                        "li",
                        {
                            id: "option-" + place,
                            role: "option",
                            "data-room": room.name,
                            "aria-selected": String(place === this.at),
                        },
                        room_tile(room.id),
                        make("span", { class: "room-name" }, name_of(title_of(room))),
                        room.title
                            ? make("span", { class: "room-sub" }, name_of("#" + room.name))
                            : null,
                        room.unread > 0
                            ? make("span", { class: "badge" }, String(room.unread))
                            : null,
                    ),
            })),
        );
        if (rooms.length === 0) this.input.removeAttribute("aria-activedescendant");
        else this.input.setAttribute("aria-activedescendant", "option-" + this.at);
        this.list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
    }

    key(event) {
        const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (step !== undefined) {
            const { length } = this.found();
            this.at = length === 0 ? 0 : (this.at + step + length) % length;
            this.draw();
            event.preventDefault();
        } else if (event.key === "Enter" && !event.isComposing) {
            const room = this.found()[this.at];
            if (room !== undefined) this.choose(room.name);
            event.preventDefault();
        }
    }

    choose(name) {
        this.dialog.close();
        this.go(name);
    }
}

// ---- What has no better place

export function toast(text) {
    const note = make("p", { class: "toast" }, text);
    by_id("toasts").append(note);
    setTimeout(() => note.remove(), 6000);
}
