// The sides of the page. Where there is room they are columns; where there is not, drawers above
// the messages, one at a time, that keep the focus until they are closed.

import { by_id } from "./dom.js";
import { recall, remember } from "./memory.js";

export class Drawers {
    constructor() {
        this.open_pane = null;
        this.opener = null;
        this.narrow = matchMedia("(max-width: 760px)"); // As in style.css.
        this.medium = matchMedia("(max-width: 1080px)");
        by_id("show-rooms").addEventListener("click", (event) => this.open("rooms", event));
        by_id("show-members").addEventListener("click", (event) => this.toggle_members(event));
        for (const id of ["close-rooms", "close-members", "shade"]) {
            by_id(id).addEventListener("click", () => this.close() || this.hide_members(true));
        }
        for (const width of [this.narrow, this.medium]) {
            width.addEventListener("change", () => {
                this.close();
                this.draw();
            });
        }
        this.hidden = recall(localStorage, "members_hidden") === "yes";
        this.draw();
    }

    toggle_members(event) {
        if (this.medium.matches) this.open("members", event);
        else this.hide_members(!this.hidden);
    }

    /// On a wide page the column of members is there or not, as the person likes.
    hide_members(hidden) {
        this.hidden = hidden;
        remember(localStorage, "members_hidden", hidden ? "yes" : "");
        this.draw();
        if (hidden) by_id("show-members").focus();
    }

    open(name, event) {
        this.open_pane = name;
        this.opener = event.currentTarget;
        this.draw();
        const pane = by_id(name + "-pane");
        (pane.querySelector('[aria-current="page"]') ?? by_id("close-" + name)).focus();
    }

    /// False when there was nothing to close.
    close() {
        if (this.open_pane === null) return false;
        this.open_pane = null;
        this.draw();
        this.opener.focus();
        return true;
    }

    draw() {
        const { open_pane } = this;
        const app = by_id("app");
        app.classList.toggle("members-hidden", this.hidden);
        for (const name of ["rooms", "members"]) {
            by_id(name + "-pane").classList.toggle("open", open_pane === name);
            by_id(name + "-pane").inert = open_pane !== null && open_pane !== name;
        }
        by_id("main").inert = open_pane !== null;
        by_id("shade").hidden = open_pane === null;
        const column = !this.medium.matches && !this.hidden;
        by_id("show-members").setAttribute(
            "aria-expanded",
            String(column || open_pane === "members"),
        );
        by_id("show-rooms").setAttribute("aria-expanded", String(open_pane === "rooms"));
    }
}
