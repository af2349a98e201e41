// What a screen reader says though the focus is elsewhere.

import { by_id, count_text, make } from "./dom.js";

const kept = 8;
const pause_ms = 1500; // While one is being read the next ones wait, and many become a number.
const singly_max = 3;

let waiting = [];
let timer = null;

export function announce(text) {
    const log = by_id("announcer");
    log.append(make("p", {}, text));
    while (log.childElementCount > kept) log.firstElementChild.remove();
}

/// Announces new messages of the room, each as its text.
export function announce_messages(texts) {
    waiting.push(...texts);
    if (timer === null) announce_waiting();
}

/// Another room is shown.
export function forget_messages() {
    waiting = [];
}

function announce_waiting() {
    timer = null;
    if (waiting.length === 0) return;
    if (waiting.length <= singly_max) waiting.forEach(announce);
    else announce(count_text(waiting.length, "new message", "new messages"));
    waiting = [];
    timer = setTimeout(announce_waiting, pause_ms);
}
