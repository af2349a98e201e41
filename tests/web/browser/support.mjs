// What the tests of the page need: the host as a process, a line to it that can be cut, people with
// a browser, and bots that talk to the host through client.js.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const WAIT_MS = 20000;

class Wrong extends Error {}

export function expect(what, found, wanted) {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (a !== b)
        throw new Wrong(`${what}\n  found:  ${a?.slice(0, 1500)}\n  wanted: ${b?.slice(0, 1500)}`);
}

export function expect_true(what, found) {
    if (!found) throw new Wrong(what);
}

/** Asks again until the answer is true, and says what was asked last when it never is. */
export async function wait_until(what, ask, wait_ms = WAIT_MS) {
    const until = Date.now() + wait_ms;
    for (;;) {
        const answer = await ask();
        if (answer) return answer;
        if (Date.now() > until) throw new Wrong(`not within ${wait_ms} ms: ${what}`);
        await new Promise((done) => setTimeout(done, 25));
    }
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** playwright-core, or null where it is not installed. */
export function playwright() {
    const root = fileURLToPath(new URL("../../..", import.meta.url));
    const modules = process.env.CHATROOM_NODE_MODULES ?? join(root, "build", "node_modules");
    try {
        return createRequire(resolve(modules) + "/")("playwright-core");
    } catch {
        return null;
    }
}

/** "word 1" to "word count". */
export const numbered = (count, word) =>
    Array.from({ length: count }, (_, i) => `${word} ${i + 1}`);

// ---- The host

/** The host as a process, with its data in a folder of its own. It can be killed and restarted. */
export class Server {
    static running = new Set();

    constructor(program) {
        this.program = program;
        this.folder = mkdtempSync(join(tmpdir(), "web_page-"));
        this.port = 0;
    }

    async start() {
        const data = join(this.folder, "chat.data");
        this.process = spawn(this.program, ["--port", String(this.port), "--data", data], {
            stdio: ["ignore", "pipe", "inherit"],
        });
        Server.running.add(this);
        let said = "";
        this.process.stdout.setEncoding("utf8").on("data", (piece) => {
            said += piece;
        });
        const found = await wait_until("the server listens", () =>
            /listening on http:\/\/127\.0\.0\.1:(\d+)\//u.exec(said),
        );
        this.port = Number(found[1]);
        this.url = `http://127.0.0.1:${this.port}/`;
        return this;
    }

    async kill(signal) {
        const ended = new Promise((done) => this.process.once("exit", done));
        this.process.kill(signal);
        await ended;
    }

    async stop() {
        Server.running.delete(this);
        if (this.process.exitCode === null && this.process.signalCode === null) {
            await this.kill("SIGTERM");
        }
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** A line to a server that can go silent, be cut, and be there again. */
export class Line {
    constructor(port) {
        this.port = port;
        this.silent = false;
        this.ends = new Set();
    }

    async start() {
        this.listener = net.createServer((near) => {
            const far = net.connect(this.port, "127.0.0.1");
            for (const [from, to] of [
                [near, far],
                [far, near],
            ]) {
                this.ends.add(from);
                from.on("data", (bytes) => {
                    if (!this.silent) to.write(bytes);
                });
                from.on("error", () => {});
                from.on("close", () => {
                    this.ends.delete(from);
                    to.destroy();
                });
            }
        });
        await new Promise((done) => this.listener.listen(0, "127.0.0.1", done));
        this.url = `http://127.0.0.1:${this.listener.address().port}/`;
        return this;
    }

    cut() {
        for (const end of this.ends) end.destroy();
    }

    stop() {
        this.cut();
        this.listener.close();
    }
}

// ---- People

/** Somebody with a browser. All that goes wrong in the page is gathered in `faults`. */
export class Person {
    static async open(browser, url, options = {}) {
        const context = await browser.newContext({
            viewport: { width: 1280, height: 800 },
            locale: "en-GB",
            ...options,
        });
        return new Person(context, await context.newPage()).go(url);
    }

    constructor(context, page) {
        this.context = context;
        this.page = page;
        this.faults = [];
        this.may_lose_connection = false;
        page.on("pageerror", (error) => this.faults.push(String(error.stack ?? error)));
        page.on("console", (message) => {
            if (message.type() !== "error" && message.type() !== "warning") return;
            // Chromium says this of every WebSocket that could not connect.
            const lost = /WebSocket connection|net::ERR_|ERR_INTERNET_DISCONNECTED/u;
            if (this.may_lose_connection && lost.test(message.text())) return;
            this.faults.push(message.text());
        });
    }

    async go(url) {
        await this.page.addInitScript(() => {
            window.violations = [];
            document.addEventListener("securitypolicyviolation", (event) =>
                window.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
            );
        });
        await this.page.goto(url);
        return this;
    }

    async login(nick) {
        await this.page.fill("#login-nick", nick);
        await this.page.press("#login-nick", "Enter");
        await this.page.waitForSelector("#composer:not([hidden])");
        return this;
    }

    async say(text) {
        await this.page.fill("#compose-text", text);
        await this.page.press("#compose-text", "Enter");
    }

    /** The messages in the document: [{ number, nick, text }], those that wait without a number. */
    shown() {
        return this.page.evaluate(() => {
            let nick = "";
            return [...document.querySelectorAll("#messages .row")].map((row) => {
                nick = row.querySelector(".by .name")?.textContent ?? nick;
                return {
                    number: Number(row.dataset.number ?? 0),
                    nick,
                    text: row.querySelector(".text")?.textContent,
                };
            });
        });
    }

    async texts() {
        return (await this.shown()).map((each) => each.text);
    }

    async sees(...texts) {
        let last;
        await wait_until(`one sees ${JSON.stringify(texts)}`, async () => {
            last = await this.texts();
            return texts.every((text) => last.includes(text));
        }).catch((error) => {
            throw new Wrong(`${error.message}\n  found: ${JSON.stringify(last)}`);
        });
    }

    /** Waits until exactly these texts are shown, in this order. */
    async sees_all(texts) {
        let last;
        const wanted = JSON.stringify(texts);
        await wait_until("all messages once and in order", async () => {
            last = JSON.stringify(await this.texts());
            return last === wanted;
        }).catch((error) => {
            throw new Wrong(`${error.message}\n  found:  ${last}\n  wanted: ${wanted}`);
        });
    }

    /** Scrolls from the end to the beginning of the room and gathers all messages on the way. */
    async all() {
        const { page } = this;
        await page.keyboard.press("Escape");
        const found = new Map();
        let rows_max = 0;
        await wait_until("the beginning of the room", async () => {
            const rows = await this.shown();
            rows_max = Math.max(rows_max, rows.length);
            for (const { number, text } of rows) {
                if (found.has(number)) expect(`text of message ${number}`, text, found.get(number));
                found.set(number, text);
            }
            const begins = await page.evaluate(() => {
                const scroll = document.getElementById("scroll");
                const at_top = scroll.scrollTop === 0;
                scroll.scrollTop -= scroll.clientHeight;
                return at_top && document.querySelector(".row-start h3") !== null;
            });
            return begins;
        });
        const numbers = [...found.keys()].sort((a, b) => a - b);
        return { numbers, texts: numbers.map((number) => found.get(number)), rows_max };
    }

    online(there = true) {
        return wait_until(
            `the page is ${there ? "" : "not "}online`,
            async () => ((await this.page.textContent("#me-state")) === "online") === there,
        );
    }

    room() {
        return this.page.textContent("#room-title");
    }

    /** Closes the page; nothing may have gone wrong in it. */
    async close() {
        const violations = await this.page.evaluate(() => window.violations);
        await this.context.close();
        expect("errors in the page", this.faults, []);
        expect("violations of the content security policy", violations, []);
    }
}

/** Somebody without a screen, who is quick: client.js in a page that shows nothing. */
export class Bot {
    static async open(browser, url, nick, ...rooms) {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(url + "client.js");
        await page.evaluate(
            async ({ nick, rooms }) => {
                const { Client } = await import("/client.js");
                window.client = new Client({ url: `ws://${location.host}/chat` });
                window.client.start();
                await window.client.login(nick);
                for (const room of rooms) await window.client.join(room);
            },
            { nick, rooms },
        );
        return new Bot(context, page);
    }

    constructor(context, page) {
        this.context = context;
        this.page = page;
    }

    /** Runs a function of (client, argument) in its page. */
    run(action, argument) {
        return this.page.evaluate(
            `(${action})(window.client, ${JSON.stringify(argument) ?? "null"})`,
        );
    }

    /** Says all of these and waits until they are said. */
    async say(room, ...texts) {
        await this.run(
            (client, { room, texts }) => {
                for (const text of texts) client.post(room, text);
            },
            { room, texts },
        );
        await this.settled(room);
    }

    settled(room) {
        return wait_until("what the bot says is said", () =>
            this.run((client, room) => client.rooms.get(room).pending.length === 0, room),
        );
    }

    close() {
        return this.context.close();
    }
}
