// Making elements, and the few texts that every part of the view needs. Text only ever becomes text
// nodes here: no part of the view makes markup out of strings.

const svg = "http://www.w3.org/2000/svg";

export const by_id = (id) => document.getElementById(id);

/// An element with attributes (null and false leave one out), listeners (`onclick`) and children
/// (elements, strings, null).
export function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) continue;
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
}

/// One of the symbols at the top of index.html.
export function icon(name) {
    const picture = document.createElementNS(svg, "svg");
    picture.setAttribute("class", "icon");
    picture.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(svg, "use");
    use.setAttribute("href", "#icon-" + name);
    picture.append(use);
    return picture;
}

/// Sets a text only where it differs, so that nothing is announced or laid out for nothing.
export function set_text(element, text) {
    if (element.textContent !== text) element.textContent = text;
}

/// Makes the children of `parent` those of `items` = [{ key, mark, make }], in this order. A child
/// stays the same element as long as its mark does: what a person has focused or selected stays.
export function reconcile(parent, items) {
    const old = parent.rows ?? new Map();
    const rows = new Map();
    for (const item of items) {
        const before = old.get(item.key);
        const same = before !== undefined && before.mark === item.mark;
        rows.set(item.key, { mark: item.mark, element: same ? before.element : item.make() });
    }
    const had_focus = parent.contains(document.activeElement) ? document.activeElement : null;
    let focused_key = null;
    for (const [key, row] of old) {
        if (rows.get(key)?.element === row.element) continue;
        if (had_focus !== null && row.element.contains(had_focus)) focused_key = key;
        row.element.remove();
    }
    let at = parent.firstElementChild;
    for (const { element } of rows.values()) {
        if (element === at) at = at.nextElementSibling;
        else parent.insertBefore(element, at);
    }
    parent.rows = rows;
    if (focused_key !== null) focus_again(rows.get(focused_key)?.element);
}

// The element that had the focus was made anew.
function focus_again(element) {
    if (element === undefined) return;
    const target = element.matches("[tabindex], button")
        ? element
        : element.querySelector("button");
    target?.focus({ preventScroll: true });
}

// ---- People

const hues = 12;

/// Which of the colours of style.css a user or a room has. By the number, so it stays through a new
/// nick; who comes one after the other differs well.
export const hue_of = (id) => "hue-" + ((id * 5) % hues);

const segments = new Intl.Segmenter();

/// One or two letters for a picture: of the first and last word, or the first of the only one.
export function initials(nick) {
    const words = nick.split(/[\s._-]+/u).filter((word) => word !== "");
    if (words.length === 0) return "?";
    const first = (word) => segments.segment(word)[Symbol.iterator]().next().value.segment;
    const both =
        words.length > 1 ? first(words[0]) + first(words[words.length - 1]) : first(words[0]);
    return both.toUpperCase();
}

export function avatar(user, nick, ...more) {
    return make(
        "span",
        { class: `avatar ${hue_of(user)}`, "aria-hidden": "true" },
        initials(nick),
        ...more,
    );
}

/// A name stands for itself: whatever direction it has, what follows keeps its place.
export const name_of = (nick) => make("bdi", {}, nick);

// ---- Times

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const date = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const date_and_year = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });

export const day_of = (time) => {
    const at = new Date(time);
    return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
};

export function day_name(day, now = Date.now()) {
    const today = day_of(now);
    if (day === today) return "Today";
    if (day === day_of(today - 1)) return "Yesterday";
    const this_year = new Date(day).getFullYear() === new Date(now).getFullYear();
    return (this_year ? date : date_and_year).format(day);
}

export function time_element(time, attributes = {}) {
    return make(
        "time",
        { datetime: new Date(time).toISOString(), title: full.format(time), ...attributes },
        clock.format(time),
    );
}

// ---- Numbers

const grouped = new Intl.NumberFormat();

export const count_text = (count, one, many) =>
    `${grouped.format(count)} ${count === 1 ? one : many}`;

export const short_count = (count) => (count > 99 ? "99+" : String(count));
