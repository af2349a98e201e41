// Uses the page as people do, in Debian's Chromium, against the real host.
//
//     node browser.mjs <web_chat> [<folder for screenshots>] [--only WORDS]
//
// Prints TAP; ends with 1 when a test failed, 77 where playwright-core or Chromium is missing.
// CHROMIUM names the browser, CHATROOM_NODE_MODULES the folder that holds playwright-core. The
// tests are in browser/, each with a server of its own.

import { existsSync } from "node:fs";

import { tests as connections } from "./browser/connections.mjs";
import { tests as everybody } from "./browser/everybody.mjs";
import { tests as many_messages } from "./browser/many_messages.mjs";
import { tests as plain_text } from "./browser/plain_text.mjs";
import { take_screenshots } from "./browser/screenshots.mjs";
import { Bot, Person, playwright, Server } from "./browser/support.mjs";
import { tests as talking } from "./browser/talking.mjs";

const words = process.argv.slice(2);
const only_at = words.indexOf("--only");
const only = only_at < 0 ? "" : words.splice(only_at, 2)[1];
const [program, screenshots] = words;
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const library = playwright();

function skip(why) {
    console.log(`1..0 # SKIP ${why}`);
    process.exit(77);
}

if (program === undefined) {
    console.error("usage: browser.mjs <web_chat> [<folder for screenshots>] [--only WORDS]");
    process.exit(2);
}
if (library === null) skip("playwright-core is missing: npm install playwright-core");
if (!existsSync(executablePath)) skip(`${executablePath} is missing: install chromium`);

const tests = [
    ...talking,
    ...connections,
    ...many_messages,
    ...plain_text,
    ...everybody,
    { name: "screenshots", run: picture },
].filter(({ name }) => name.includes(only));

/** @returns why it was skipped, or nothing */
async function picture(house) {
    if (screenshots === undefined) return "no folder is given";
    await take_screenshots(house, screenshots);
}

/** Runs one with a server and people that are gone afterwards. */
async function run(browser, test) {
    const server = await new Server(program).start();
    const guests = [];
    const keep = (guest) => guests.push(guest) && guest;
    const house = {
        server,
        person: async (nick, { url = server.url, ...options } = {}) => {
            const person = keep(await Person.open(browser, url, options));
            return nick === null ? person : person.login(nick);
        },
        bot: async (nick, ...rooms) => keep(await Bot.open(browser, server.url, nick, ...rooms)),
    };
    try {
        const skipped = await test.run(house);
        for (const guest of guests) await guest.close();
        return skipped;
    } finally {
        for (const guest of guests) await guest.context.close();
        await server.stop();
    }
}

process.on("exit", () => {
    for (const server of Server.running) server.process.kill("SIGKILL");
});

const browser = await library.chromium.launch({
    executablePath,
    args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ],
});

let failed = 0;
let skips = 0;
console.log(`1..${tests.length}`);
for (const [at, test] of tests.entries()) {
    const began = Date.now();
    try {
        const skipped = await run(browser, test);
        if (skipped) skips += 1;
        const note = skipped ? `SKIP ${skipped}` : `${Date.now() - began} ms`;
        console.log(`ok ${at + 1} - ${test.name} # ${note}`);
    } catch (error) {
        failed += 1;
        console.log(`not ok ${at + 1} - ${test.name}`);
        console.log(String(error.stack ?? error).replace(/^/gmu, "# "));
    }
}
await browser.close();
console.log(`# pass ${tests.length - failed - skips}\n# fail ${failed}\n# skipped ${skips}`);
process.exit(failed === 0 && tests.length > 0 ? 0 : 1);
