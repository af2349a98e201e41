// The page of the web chat: what a person sees of client.js, and what they want from it. Each part
// of the page has a module in view/; here they are brought together.

import { Client } from "./client.js";
import { announce } from "./view/announce.js";
import { Composer } from "./view/composer.js";
import {
    ask,
    Browser,
    prepare_dialogs,
    prepare_login,
    prepare_nick,
    RoomForm,
    Switcher,
    toast,
} from "./view/dialogs.js";
import { by_id, count_text, name_of, set_text } from "./view/dom.js";
import { Drawers } from "./view/drawers.js";
import { draw_members } from "./view/members.js";
import { recall, remember } from "./view/memory.js";
import { Messages } from "./view/messages.js";
import { draw_me, draw_rooms, in_order, title_of } from "./view/rooms.js";
import { Status } from "./view/status.js";
import { explain, linked } from "./view/text.js";

const first_room = "lobby"; // Where one comes in who was not asked somewhere else.
const presence_ms = 20000; // How old it may be who is here: no notice tells of lost connections.

const address = new URL("chat", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
address.hash = address.search = "";
const client = new Client({ url: address.href, storage: sessionStorage });

// ---- Which room

let current = null; // Name of the room that is shown, null for none.

const room_in_address = () => {
    try {
        return decodeURIComponent(location.hash.slice(1)) || null;
    } catch {
        return null;
    }
};

function go(name) {
    if (!client.rooms.has(name)) return;
    current = name;
    // The address names the room, to be given to others; going back is not by pages.
    if (room_in_address() !== name) history.replaceState(null, "", "#" + encodeURIComponent(name));
    messages.show(name);
    composer.show(name);
    drawers.close();
    draw();
    composer.focus();
    look_who_is_here();
}

function look_who_is_here() {
    if (current !== null && !document.hidden) client.refresh(current);
}

async function join(name) {
    name = name.trim().replace(/^#/u, "");
    go(client.rooms.has(name) ? name : (await client.join(name)).room);
}

async function leave(name) {
    const room = client.rooms.get(name);
    if (room === undefined) return;
    const last_one = room.count <= 1 && !room.persistent;
    const sure =
        !last_one ||
        (await ask(
            `Leave ${title_of(room)}?`,
            "You are the last one here. The room and all that was said in it go with you.",
            "Leave",
        ));
    if (sure) await client.leave(name);
}

/// After rooms have come or gone.
function choose_room() {
    if (current !== null && client.rooms.has(current)) return;
    const rooms = in_order(client);
    const asked = rooms.find((room) => room.name === room_in_address());
    const next = asked ?? rooms[0];
    if (next !== undefined) {
        go(next.name);
    } else if (current !== null) {
        current = null;
        messages.show(null);
        composer.show(null);
    }
}

/// The room of the address, or the first, for somebody who has just come in.
async function come_in() {
    const asked = room_in_address();
    if (client.rooms.size > 0 && (asked === null || client.rooms.has(asked))) return;
    try {
        await join(asked ?? first_room);
    } catch (error) {
        toast(`${asked ?? first_room}: ${explain(error)}`);
    }
}

// ---- What a person wants

async function act(command, text, { room, reply_to }) {
    const emote = command === "me";
    switch (command) {
        case "say":
        case "me": {
            const pending = client.post(room, text, { kind: emote ? "emote" : "text", reply_to });
            if (pending.status === "failed") {
                if (client.rooms.get(room)?.pending.includes(pending)) client.discard(pending);
                throw pending.error;
            }
            messages.latest(true);
            break;
        }
        case "join":
            await join(text);
            break;
        case "leave":
            await leave(text === "" ? room : text.replace(/^#/u, ""));
            break;
        case "nick":
            await rename(text);
            break;
        case "topic":
            await client.set(room, "topic", text);
            break;
    }
}

async function rename(nick) {
    await client.rename(nick);
    remember(localStorage, "nick", client.nick);
}

async function log_out() {
    const sure = await ask(
        "Log out?",
        "You leave all your rooms, and your nick is free again.",
        "Log out",
    );
    if (sure) await client.logout();
}

const shown_if_wrong = (promise) => promise.catch((error) => toast(explain(error)));

const drawers = new Drawers();
const messages = new Messages(client, {
    reply: (entry) => composer.reply(entry),
    retry: (pending) => client.resend(pending),
    discard: (pending) => client.discard(pending),
    toast,
    write: () => composer.focus(),
});
const composer = new Composer(client, sessionStorage, act);
const room_form = new RoomForm({
    async create(name, how) {
        go((await client.create(name, how)).room);
    },
    async change(room, how) {
        for (const property of ["title", "topic"]) {
            if (room[property] !== how[property]) {
                await client.set(room.name, property, how[property]).catch((error) => {
                    error.field = property;
                    throw error;
                });
            }
        }
    },
});
const browser = new Browser(client, { join, create: (name) => room_form.open(null, name) });
const switcher = new Switcher(client, go);
const open_nick = prepare_nick(rename);
const status = new Status(client);

prepare_dialogs();
prepare_login(async (nick) => {
    await client.login(nick);
    remember(localStorage, "nick", client.nick);
    await come_in();
});

for (const id of ["open-browser", "empty-browser"]) {
    by_id(id).addEventListener("click", () => browser.open());
}
for (const id of ["open-create", "empty-create"]) {
    by_id(id).addEventListener("click", () => room_form.open(null));
}
by_id("open-switcher").addEventListener("click", () => switcher.open());
by_id("open-profile").addEventListener("click", () => open_nick(client.nick));
by_id("open-settings").addEventListener("click", () => room_form.open(client.rooms.get(current)));
by_id("leave").addEventListener("click", () => shown_if_wrong(leave(current)));
by_id("logout").addEventListener("click", () => shown_if_wrong(log_out()));
by_id("rooms").addEventListener("click", (event) => {
    const button = event.target.closest("[data-room]");
    if (button !== null) go(button.dataset.room);
});

// ---- Keyboard

document.addEventListener("keydown", (event) => {
    const dialog = document.querySelector("dialog[open]") !== null;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        if (!dialog && !by_id("app").hidden) switcher.open();
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && !dialog) {
        event.preventDefault();
        step_room(event.key === "ArrowUp" ? -1 : 1);
    } else if (event.key === "Escape" && !dialog && !event.isComposing) {
        if (drawers.close() || composer.escape()) return;
        messages.latest(true);
    }
});

/// To the room above or below; over the ends to the other one.
function step_room(step) {
    const names = in_order(client).map((room) => room.name);
    if (names.length === 0) return;
    const at = names.indexOf(current);
    go(names[(at + step + names.length) % names.length]);
}

// ---- Drawing, once for all that has changed

const changed = new Set(); // What has to be drawn: "all", "rooms", "head", "members".
const kinds = new Set(); // What has happened to the messages that are shown.
let scheduled = false;

function schedule() {
    if (scheduled) return;
    scheduled = true;
    // A page in the background has no frames, but its title counts.
    if (document.hidden) setTimeout(draw_changed, 200);
    else requestAnimationFrame(draw_changed);
}

client.onchange = ({ what, room, kind }) => {
    if (what === "state") changed.add("all");
    if (what === "rooms" || what === "pending" || what === "messages") changed.add("rooms");
    if (room === current && what === "members") changed.add("members");
    if (room === current && (what === "messages" || what === "pending")) kinds.add(kind ?? what);
    schedule();
};

function draw_changed() {
    scheduled = false;
    const gone = current !== null && !client.rooms.has(current);
    if (gone || current === null) choose_room();
    if (kinds.size > 0) messages.changed(kinds.has("reset") ? "reset" : "append");
    const all = changed.has("all");
    if (all) draw();
    else if (changed.has("rooms")) draw_around();
    if (!all && changed.has("members")) draw_members(client, client.rooms.get(current));
    changed.clear();
    kinds.clear();
}

function draw() {
    status.draw();
    draw_me(client);
    draw_around();
    messages.state_changed();
}

/// All but the messages.
function draw_around() {
    const room = client.rooms.get(current);
    draw_rooms(client, current, composer.drafts);
    draw_head(room);
    draw_members(client, room);
    composer.draw();
    by_id("scroll").hidden = room === undefined;
    by_id("empty").hidden = room !== undefined || client.state !== "online";
    let elsewhere = 0;
    let unread = 0;
    for (const each of client.rooms.values()) {
        unread += each.unread;
        if (each !== room) elsewhere += each.unread;
    }
    by_id("elsewhere").hidden = elsewhere === 0;
    by_id("show-rooms").setAttribute(
        "aria-label",
        elsewhere === 0
            ? "Rooms"
            : "Rooms, " + count_text(elsewhere, "new message", "new messages"),
    );
    const place = room === undefined ? "chatroom" : `${title_of(room)} · chatroom`;
    const title = unread > 0 ? `(${unread}) ${place}` : place;
    if (document.title !== title) document.title = title;
}

let head_mark = null;

function draw_head(room) {
    const may_set = room?.rights.has("set") ?? false;
    by_id("leave").hidden =
        room === undefined || (room.rights.size > 0 && !room.rights.has("leave"));
    by_id("open-settings").hidden = !may_set;
    const mark = JSON.stringify([room?.name, room?.title, room?.topic]);
    if (mark === head_mark) return;
    head_mark = mark;
    by_id("room-title").replaceChildren(...(room === undefined ? [] : [name_of(title_of(room))]));
    by_id("room-topic").replaceChildren(...linked(room?.topic ?? ""));
    by_id("room-topic").title = room?.topic ?? "";
    set_text(by_id("room-name-shown"), room?.title ? "#" + room.name : "");
    by_id("main").setAttribute(
        "aria-label",
        room === undefined ? "Room" : "Room " + title_of(room),
    );
    by_id("scroll").setAttribute(
        "aria-label",
        room === undefined ? "Messages" : "Messages in " + title_of(room),
    );
    if (room !== undefined) announce(title_of(room));
}

document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    messages.look();
    look_who_is_here();
    schedule();
});

setInterval(look_who_is_here, presence_ms);
by_id("show-members").addEventListener("click", look_who_is_here);

addEventListener("hashchange", () => {
    const name = room_in_address();
    if (name !== null && name !== current && client.state === "online") shown_if_wrong(join(name));
});

// ---- Start

by_id("login-nick").value = recall(localStorage, "nick");
client.start();
draw();
