// Whether there is a connection: the card to come in, and the line that says what is being done.

import { announce } from "./announce.js";
import { by_id, set_text } from "./dom.js";
import { explain } from "./text.js";

const patience_ms = 800; // So short an interruption is nobody's business.

export class Status {
    constructor(client) {
        this.client = client;
        this.entered = client.nick !== ""; // In the chat, with or without a connection.
        this.away_since = null;
        this.timer = null;
        by_id("try-now").addEventListener("click", () => client.retry_now());
        addEventListener("online", () => client.network(true));
        addEventListener("offline", () => client.network(false));
        addEventListener("pagehide", () => client.save());
    }

    draw() {
        const { client } = this;
        const { state } = client;
        const was_away = this.away_since !== null;
        if (state === "online") this.entered = true;
        if (state === "login") this.entered = false;
        this.away_since =
            !this.entered || state === "online" ? null : (this.away_since ?? Date.now());
        if (state === "online" && was_away && this.said) announce("Connected again");
        if (this.away_since === null) this.said = false;
        this.draw_card();
        this.draw_banner();
    }

    /// The card stands in place of the chat until somebody has come in.
    draw_card() {
        const { client, entered } = this;
        const { state } = client;
        const came = by_id("welcome").hidden === false && entered;
        by_id("app").hidden = !entered;
        const shows = by_id("welcome").hidden && !entered;
        by_id("welcome").hidden = entered;
        if (came) by_id("compose-text").focus();
        if (entered) return;
        if (shows) {
            by_id("login-nick").value ||= client.nick;
            if (state === "login" && client.error !== null) {
                set_text(by_id("login-nick-error"), explain(client.error));
            }
            by_id("login-nick").focus();
        }
        const waits = state === "offline" || state === "ended";
        set_text(by_id("login-state"), waits ? this.waiting_text() : "");
        if (client.limits?.nick_bytes_max)
            by_id("login-nick").maxLength = client.limits.nick_bytes_max;
        if (waits) this.again();
    }

    draw_banner() {
        const { client } = this;
        const banner = by_id("banner");
        const away = this.away_since !== null;
        const late = away && Date.now() - this.away_since >= patience_ms;
        banner.hidden = !late;
        if (!away) return;
        if (late) {
            const text = this.waiting_text();
            set_text(by_id("banner-text"), text);
            by_id("try-now").hidden = client.state === "connecting";
            if (!this.said) announce("Connection lost. What you write is sent when it is back.");
            this.said = true;
        }
        this.again();
    }

    waiting_text() {
        const { client } = this;
        if (client.state === "ended") {
            return (
                "The server has ended this session." +
                (client.error ? " " + explain(client.error) : "")
            );
        }
        if (client.state === "connecting") return "Connecting …";
        if (navigator.onLine === false) return "This device is offline.";
        const seconds = Math.ceil((client.retry_at - Date.now()) / 1000);
        const when =
            client.retry_at === 0 || seconds <= 0 ? "Connecting …" : `Next try in ${seconds} s.`;
        return "No connection. " + when;
    }

    /// The countdown.
    again() {
        if (this.timer !== null) return;
        this.timer = setTimeout(() => {
            this.timer = null;
            this.draw();
        }, 250);
    }
}
