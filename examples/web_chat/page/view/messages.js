// The messages of one room. A room can have thousands: only a window of them is in the document,
// from `top` to `bottom`, named by their numbers so that nothing is off when older ones come. Its
// rows are made by rows.js.

import { announce_messages, forget_messages } from "./announce.js";
import { by_id, count_text, reconcile, set_text } from "./dom.js";
import { rows_of } from "./rows.js";
import { snippet } from "./text.js";

const page = 80; // Entries that the window grows by,
const window_max = 240; // and that it holds at the most.
const near = 800; // Pixels from an edge at which it grows.
const end_slack = 48; // Pixels from the end that still count as being there.

const first_of = (entry) => (entry.type === "gap" ? entry.from : entry.number);
const last_of = (entry) => (entry.type === "gap" ? entry.to : entry.number);

/// Index of the first entry that ends at `number` or above.
function index_of(entries, number) {
    let low = 0;
    let high = entries.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (last_of(entries[middle]) < number) low = middle + 1;
        else high = middle;
    }
    return low;
}

export class Messages {
    /// @param on  { reply(entry), retry(pending), discard(pending), toast(text), write() }
    constructor(client, on) {
        this.client = client;
        this.on = on;
        this.scroll = by_id("scroll");
        this.list = by_id("messages");
        this.to_latest = by_id("to-latest");
        this.name = null;
        this.unfolded = new Set(); // Keys of long messages that were opened.
        this.places = new Map(); // Where somebody had scrolled to in the other rooms.
        this.failed = false; // The last try to read older messages.
        this.scroll.addEventListener("scroll", () => this.scrolled(), { passive: true });
        this.scroll.addEventListener("keydown", (event) => this.key(event));
        this.list.addEventListener("click", (event) => this.clicked(event));
        this.to_latest.addEventListener("click", () => this.latest());
        new ResizeObserver(() => this.resized()).observe(this.scroll);
    }

    get room() {
        return this.name === null ? undefined : this.client.rooms.get(this.name);
    }

    // ---- Which room, which part of it

    /// Shows a room: at its first unread message, where it was left, or at its end.
    show(name) {
        if (this.name === name) return;
        if (this.room !== undefined) {
            this.places.set(this.name, this.following ? null : this.place());
            this.client.hold(this.name, false);
        }
        this.name = name;
        this.begin();
    }

    /// Starts over in the room that is shown, as when its entries are others than before.
    begin() {
        const { room } = this;
        this.top = null; // Number of the first entry in the window; null: near its end.
        this.bottom = null; // Number of the last; null: whatever comes.
        this.following = true; // What comes scrolls into view.
        this.line = null; // The line "new" stands above the next of this number.
        this.failed = false;
        this.flashed = null;
        this.announced = room?.entries.length ? last_of(room.entries.at(-1)) : 0;
        reconcile(this.list, []);
        forget_messages();
        if (room === undefined) return;
        const place = this.places.get(this.name);
        if (room.unread > 0) this.line = room.seen;
        if (place) {
            this.around(place.number);
            this.render();
            this.restore(place);
        } else if (this.line !== null) {
            this.around(this.line + 1);
            this.render();
            this.list.querySelector(".line-new")?.scrollIntoView({ block: "center" });
        } else {
            this.render();
        }
        this.scrolled();
    }

    /// Puts the window around a number.
    around(number) {
        const { entries } = this.room;
        const at = index_of(entries, number);
        const from = Math.max(0, at - page / 2);
        this.top = entries.length === 0 ? null : first_of(entries[from]);
        this.bottom = null;
        this.following = false;
        this.keep_within("end");
    }

    /// The window as indices.
    range() {
        const { entries } = this.room;
        const to =
            this.bottom === null
                ? entries.length
                : Math.min(entries.length, index_of(entries, this.bottom) + 1);
        const from = this.top === null ? Math.max(0, to - page) : index_of(entries, this.top);
        return { from: Math.min(from, to), to };
    }

    /// Cuts the window down to its size, at one of its ends.
    keep_within(cut) {
        const { entries } = this.room;
        const { from, to } = this.range();
        if (to - from <= window_max) return;
        if (cut === "start") this.top = first_of(entries[to - window_max]);
        else this.bottom = last_of(entries[from + window_max - 1]);
    }

    // ---- What happens

    /// The room has changed.
    changed(kind) {
        const { room } = this;
        if (room === undefined) return;
        if (kind === "reset") {
            this.places.delete(this.name);
            this.begin();
            return;
        }
        const away = document.hidden || !this.following;
        if (away && room.unread > 0) this.line = room.seen;
        if (this.following) {
            const { from, to } = this.range();
            if (this.bottom === null && to - from > page * 2) this.top = null;
        } else if (this.bottom === null) {
            this.keep_within("end");
        }
        this.render();
        this.tell();
        this.look();
    }

    /// The connection, the nick or the rights may be others.
    state_changed() {
        if (this.client.state === "online") this.failed = false;
        this.render();
    }

    /// Says to a screen reader what others have said since.
    tell() {
        const { entries } = this.room;
        const fresh = entries
            .slice(index_of(entries, this.announced + 1))
            .filter((entry) => entry.type === "message" && entry.user !== this.client.user);
        if (entries.length > 0) this.announced = last_of(entries.at(-1));
        announce_messages(fresh.map((entry) => `${entry.nick}: ${snippet(entry.text)}`));
    }

    /// The person has seen the room when its end is in view.
    look() {
        if (this.room !== undefined && this.following && this.at_end() && !document.hidden) {
            if (this.room.unread > 0) this.client.see(this.name);
        }
        this.show_latest();
    }

    show_latest() {
        const unread = this.room?.unread ?? 0;
        const away = this.room !== undefined && !(this.following && this.at_end());
        this.to_latest.hidden = !away;
        const text = unread > 0 ? count_text(unread, "new message", "new messages") : "Latest";
        set_text(by_id("to-latest-text"), text);
        this.to_latest.classList.toggle("with-news", unread > 0);
    }

    /// Goes to the end; `done`: the person has read what is new.
    latest(done = false) {
        if (this.room === undefined) return;
        if (done) this.line = null;
        this.top = this.bottom = null;
        this.following = true;
        this.render();
        this.look();
        this.on.write();
    }

    /// Shows a message that may be far above, and reads up to it if need be.
    async jump(number) {
        const { room, name } = this;
        const is_here = () => room.entries.length > 0 && first_of(room.entries[0]) <= number;
        for (let pages = 0; pages < 50 && !is_here() && !room.complete; ++pages) {
            const before = room.entries[0];
            if (!(await this.read_older()) || room.entries[0] === before) break;
        }
        if (this.name !== name) return;
        const entry = room.entries[index_of(room.entries, number)];
        if (entry?.type !== "message" || entry.number !== number) {
            this.on.toast("That message is no longer kept.");
            return;
        }
        this.around(number);
        this.flashed = number;
        this.render();
        const row = this.row(number);
        row.scrollIntoView({ block: "center" });
        this.focus(row);
        this.scrolled();
    }

    /// Reads one page above; false when that failed.
    async read_older() {
        const { room, name } = this;
        try {
            await this.client.older(name);
            this.failed = false;
            return true;
        } catch (error) {
            if (this.room === room && error.code !== "offline") {
                this.failed = true;
                this.render();
            }
            return false;
        }
    }

    // ---- Scrolling

    distance_to_end() {
        const { scrollHeight, scrollTop, clientHeight } = this.scroll;
        return scrollHeight - scrollTop - clientHeight;
    }

    at_end() {
        return this.bottom === null && this.distance_to_end() <= end_slack;
    }

    scrolled() {
        if (this.room === undefined) return;
        this.following = this.at_end();
        if (this.scroll.scrollTop < near) this.more_above();
        if (this.distance_to_end() < near) this.more_below();
        this.here = this.following ? null : this.place();
        this.client.hold(this.name, !this.following);
        this.look();
    }

    more_above() {
        const { room } = this;
        const { from } = this.range();
        if (from === 0) {
            const wants = !room.complete && !room.loading && !this.failed;
            if (wants && this.client.state === "online") this.read_older();
            return;
        }
        this.top = first_of(room.entries[Math.max(0, from - page)]);
        if (!this.following) this.keep_within("end");
        this.render();
    }

    more_below() {
        const { entries } = this.room;
        if (this.bottom === null) return;
        const { from, to } = this.range();
        this.top = entries.length === 0 ? null : first_of(entries[from]);
        this.bottom = to + page >= entries.length ? null : last_of(entries[to + page - 1]);
        this.keep_within("start");
        this.render();
    }

    resized() {
        if (this.room === undefined) return;
        if (this.following) this.scroll.scrollTop = this.scroll.scrollHeight;
        else if (this.here) this.restore(this.here);
    }

    row(number) {
        return this.list.querySelector(`[data-number="${number}"]`);
    }

    /// The first message in view, and how far down it is. Of a row, the text: what is above it
    /// comes and goes with the message before.
    place() {
        const { top } = this.scroll.getBoundingClientRect();
        for (const row of this.list.children) {
            const text = row.dataset.number && row.querySelector(".text");
            if (!text) continue;
            const box = text.getBoundingClientRect();
            if (box.bottom > top) return { number: Number(row.dataset.number), y: box.top - top };
        }
        return null;
    }

    restore(place) {
        const text = place && this.row(place.number)?.querySelector(".text");
        if (!text) return;
        const y = text.getBoundingClientRect().top - this.scroll.getBoundingClientRect().top;
        if (Math.abs(y - place.y) >= 0.5) this.scroll.scrollTop += y - place.y;
    }

    // ---- Drawing

    render() {
        const { room, list, scroll } = this;
        if (room === undefined) return;
        const place = this.following ? null : this.place();
        const { from, to } = this.range();
        if (this.top !== null && from < to) this.top = first_of(room.entries[from]);
        reconcile(
            list,
            rows_of({
                client: this.client,
                room,
                from,
                to,
                line: this.line,
                unfolded: this.unfolded,
                failed: this.failed,
                flashed: this.flashed,
                with_pending: this.bottom === null,
            }),
        );
        list.setAttribute("aria-busy", String(room.loading));
        if (this.following) scroll.scrollTop = scroll.scrollHeight;
        else this.restore(place);
        // What does not fill the place cannot be scrolled: then nothing else would ask for more.
        if (from === 0 && scroll.scrollHeight <= scroll.clientHeight + near) this.more_above();
    }

    // ---- Keyboard and pointer

    clicked(event) {
        const button = event.target.closest("button[data-do]");
        if (button === null) return;
        const row = button.closest(".row");
        const number = Number(row?.dataset.number ?? 0);
        const pending = this.room.pending.find((each) => each.nonce === row?.dataset.nonce);
        switch (button.dataset.do) {
            case "reply":
                this.reply(number);
                break;
            case "jump":
                this.jump(Number(button.dataset.to));
                break;
            case "older":
                this.failed = false;
                this.read_older();
                break;
            case "unfold":
                this.unfold(row);
                break;
            case "retry":
                if (pending) this.on.retry(pending);
                break;
            case "discard":
                if (pending) this.on.discard(pending);
                break;
        }
    }

    reply(number) {
        const entry = this.client.message(this.name, number);
        if (entry !== undefined) this.on.reply(entry);
    }

    unfold(row) {
        const { number } = row.dataset;
        if (!this.unfolded.delete(number)) this.unfolded.add(number);
        const following = this.following;
        this.following = false; // What is read stays where it is.
        this.render();
        this.following = following && this.at_end();
    }

    focus(row) {
        this.list.querySelector('.row[tabindex="0"]')?.setAttribute("tabindex", "-1");
        row.setAttribute("tabindex", "0");
        row.focus({ preventScroll: true });
        row.scrollIntoView({ block: "nearest" });
    }

    /// Up and Down go from message to message, Enter or R replies to one.
    key(event) {
        if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        const row = event.target.closest?.(".row[data-number]") ?? null;
        const rows = [...this.list.querySelectorAll(".row[data-number]")];
        const at = row === null ? rows.length : rows.indexOf(row);
        const steps = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 };
        if (event.key in steps) {
            const next = rows[steps[event.key]];
            if (next !== undefined) this.focus(next);
            else if (event.key === "ArrowDown") this.on.write();
            event.preventDefault();
        } else if (row === event.target && row !== null && /^(Enter|r)$/iu.test(event.key)) {
            this.reply(Number(row.dataset.number));
            event.preventDefault();
        }
    }
}
