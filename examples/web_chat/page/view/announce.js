// What a screen reader says though the focus is elsewhere.

import { by_id, make } from "./dom.js";

const kept = 8;

export function announce(text) {
    const log = by_id("announcer");
    log.append(make("p", {}, text));
    while (log.childElementCount > kept) log.firstElementChild.remove();
}
