// Where one writes. What is not sent yet is kept for each room, over a reload too.

import { by_id, set_text } from "./dom.js";
import { recall, remember } from "./memory.js";
import { bytes_of, explain, read_typed, snippet } from "./text.js";

/// Texts that were begun, by room, in `storage`.
class Drafts {
    constructor(storage) {
        this.storage = storage;
    }

    get(room) {
        try {
            const { text, reply_to } = JSON.parse(recall(this.storage, "draft." + room) || "{}");
            return { text: typeof text === "string" ? text : "", reply_to: Number(reply_to) || 0 };
        } catch {
            return { text: "", reply_to: 0 };
        }
    }

    has(room) {
        return this.get(room).text.trim() !== "";
    }

    set(room, draft) {
        const empty = draft.text === "" && draft.reply_to === 0;
        remember(this.storage, "draft." + room, empty ? "" : JSON.stringify(draft));
    }
}

export class Composer {
    /// @param on  async (command, text, { reply_to }): does what was typed; throws what went wrong.
    constructor(client, storage, on) {
        this.client = client;
        this.on = on;
        this.drafts = new Drafts(storage);
        this.room = null;
        this.reply_to = 0;
        this.unsent = ""; // What was taken back last: Up brings it again.
        this.form = by_id("composer");
        this.input = by_id("compose-text");
        this.form.addEventListener("submit", (event) => {
            event.preventDefault();
            this.submit();
        });
        this.input.addEventListener("input", () => this.typed());
        this.input.addEventListener("keydown", (event) => this.key(event));
        by_id("no-reply").addEventListener("click", () => {
            this.reply(null);
            this.focus();
        });
    }

    focus() {
        if (!this.form.hidden) this.input.focus({ preventScroll: true });
    }

    show(room) {
        if (room === this.room) return;
        this.room = room;
        this.form.hidden = room === null;
        if (room === null) return;
        const draft = this.drafts.get(room);
        this.input.value = draft.text;
        this.reply_to = draft.reply_to;
        this.error("");
        this.draw();
        this.measure();
    }

    /// The room's title, its rights or messages may have changed.
    draw() {
        const room = this.client.rooms.get(this.room);
        if (room === undefined) return;
        const name = room.title || "#" + room.name;
        const may = room.rights.size === 0 || room.rights.has("post");
        this.input.placeholder = may ? `Write in ${name}` : "Only the host writes here";
        this.input.setAttribute("aria-label", `Message to ${name}`);
        this.input.readOnly = !may;
        this.draw_reply();
    }

    draw_reply() {
        by_id("replying").hidden = this.reply_to === 0;
        if (this.reply_to === 0) return;
        const entry = this.client.message(this.room, this.reply_to);
        set_text(by_id("replying-nick"), entry?.nick || (entry ? "host" : "an earlier message"));
        set_text(by_id("replying-text"), snippet(entry?.text ?? "", 80));
    }

    /// What will be replied to; null: nothing.
    reply(entry) {
        this.reply_to = entry?.number ?? 0;
        this.keep();
        this.draw_reply();
        if (entry !== null) this.focus();
    }

    keep() {
        if (this.room === null) return;
        this.drafts.set(this.room, { text: this.input.value, reply_to: this.reply_to });
    }

    typed() {
        this.error("");
        this.keep();
        this.measure();
    }

    /// Height of the field, and how much more goes in when that is little.
    measure() {
        const { input } = this;
        input.style.height = "auto";
        input.style.height = input.scrollHeight + 2 + "px";
        const bytes_max = this.client.limits?.message_bytes_max ?? Infinity;
        const left = bytes_max - bytes_of(input.value.trimEnd());
        const counter = by_id("compose-left");
        counter.hidden = left > bytes_max / 5;
        counter.classList.toggle("over", left < 0);
        if (!counter.hidden) {
            set_text(counter, left < 0 ? `${-left} bytes too many` : `${left} bytes left`);
        }
        by_id("send").disabled = left < 0 || input.value.trim() === "";
    }

    error(text) {
        set_text(by_id("compose-error"), text);
    }

    /// Puts a text into the field, as when a failed message is taken back.
    write(text) {
        this.input.value = text;
        this.input.setSelectionRange(text.length, text.length);
        this.typed();
        this.focus();
    }

    async submit() {
        const asked = read_typed(this.input.value);
        if (asked === null || this.input.readOnly) return;
        if (asked.wrong !== undefined) {
            this.error(asked.wrong);
            return;
        }
        if (bytes_of(asked.text) > (this.client.limits?.message_bytes_max ?? Infinity)) return;
        const typed = this.input.value;
        const { room, reply_to } = this;
        const speaks = asked.command === "say" || asked.command === "me";
        this.input.value = "";
        if (speaks) this.reply_to = 0;
        this.typed();
        this.draw_reply();
        try {
            await this.on(asked.command, asked.text, { room, reply_to });
        } catch (error) {
            if (this.input.value === "" && this.room === room) this.write(typed);
            this.error(explain(error));
        }
    }

    key(event) {
        if (event.isComposing) return;
        if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
            event.preventDefault();
            this.submit();
        } else if (event.key === "ArrowUp" && this.input.value === "" && !event.altKey) {
            if (this.take_back()) event.preventDefault();
        } else if (event.key === "Tab" && !event.shiftKey && this.complete()) {
            event.preventDefault();
        }
    }

    /// Brings back what was not sent last: a failed message, or what Escape took away.
    take_back() {
        const failed = this.client.rooms
            .get(this.room)
            ?.pending.filter((each) => each.status === "failed")
            .at(-1);
        if (failed !== undefined) {
            this.client.discard(failed);
            this.reply_to = failed.reply_to || 0;
            this.write((failed.kind === "emote" ? "/me " : "") + failed.text);
            this.draw_reply();
        } else if (this.unsent !== "") {
            this.write(this.unsent);
            this.unsent = "";
        } else {
            return false;
        }
        return true;
    }

    /// Escape: no reply any more, else an empty field. False when there was nothing to give up.
    escape() {
        if (this.reply_to !== 0) {
            this.reply(null);
        } else if (this.input.value !== "" && document.activeElement === this.input) {
            this.unsent = this.input.value;
            this.input.value = "";
            this.typed();
        } else {
            return false;
        }
        return true;
    }

    /// Tab after @ and some letters makes the nick of a member of it.
    complete() {
        const { input } = this;
        const before = input.value.slice(0, input.selectionStart);
        const begun = /(^|\s)@(\S+)$/u.exec(before)?.[2].toLowerCase();
        if (begun === undefined || input.selectionStart !== input.selectionEnd) return false;
        const members = this.client.rooms.get(this.room)?.members.values() ?? [];
        const found = [...members]
            .map((each) => each.nick)
            .filter((nick) => nick.toLowerCase().startsWith(begun))
            .sort();
        if (found.length === 0) return false;
        input.setRangeText(found[0] + " ", before.length - begun.length, before.length, "end");
        this.typed();
        return true;
    }
}
