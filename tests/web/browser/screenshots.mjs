// Pictures of the page with a conversation as people have it: wide and narrow, light and dark.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { wait_until } from "./support.mjs";

// It is said within a second; the pictures spread it over a day. Minutes before `now`, who, what,
// to which line it replies.
const now = Date.UTC(2026, 4, 14, 14, 42);
const lines = [
    [1460, "Mira", "I put the new map on the test server: https://play.example.org/maps/harbour"],
    [1457, "Tomás", "Looks lovely at night. The crane by the pier has no collision yet, though."],
    [1456, "Mira", "Ha, I know. People walk through it like ghosts."],
    [1441, "Noor", "/me fell into the harbour"],
    [1439, "Tomás", "That one is a feature 😄", 3],
    [64, "Jun", "Hello! The server was up all night, 14 players at the peak. Nothing in the log."],
    [
        61,
        "Jun",
        "Only the queue at the gate got long around midnight. I can raise the limit, it is " +
            "one line in the config.",
    ],
    [43, "נועה", "אני בודקת עכשיו · checking it now"],
    [37, "נועה", "Fixed: the shaft was 2 cm too short. It is in the next build."],
    [21, "Tomás", "Ada, do we play the race tonight? Six of us so far."],
    [18, "Ada", "Count me in. 20:30 at the old dock?"],
    [9, "Mira", "I will be the lighthouse keeper and throw oranges 🍊"],
    [8, "Noor", "🎉"],
    [3, "Ada", "Then I need a helmet.", 12],
];
const rooms = [
    ["harbour", "Harbour", "The next map: what is done, what is missing · race tonight 20:30"],
    ["builders", "Builders", "Tools and tricks"],
    ["music", "", ""],
    ["news", "News", "Releases"],
];
const elsewhere = [
    ["builders", "Jun", "Ada: the export works now, thank you for the patch!"],
    ["builders", "Mira", "Confirmed here."],
    ["music", "Noor", "Listen to the rain theme when you have a minute."],
];

export async function take_screenshots({ bot, person }, folder) {
    mkdirSync(folder, { recursive: true });
    const ada = await person(null, {
        colorScheme: "light",
        timezoneId: "Europe/Berlin",
        deviceScaleFactor: 2,
    });
    const { page } = ada;
    await route(page);
    await page.reload();
    await ada.login("Ada");
    const bots = new Map();
    const names = rooms.map(([name]) => name);
    for (const nick of ["Mira", "Tomás", "Noor", "Jun", "נועה", "Sólveig"]) {
        bots.set(nick, await bot(nick, "lobby"));
    }
    for (const [name, title, topic] of rooms) {
        await bots
            .get("Mira")
            .run((client, [name, how]) => client.create(name, how), [name, { title, topic }]);
    }
    for (const each of bots.values()) {
        for (const name of names) await each.run((client, name) => client.join(name), name);
    }
    for (const name of names) {
        await ada.say("/join " + name);
        await page.waitForSelector(`[data-room="${name}"][aria-current]`);
    }
    await page.click('[data-room="harbour"]');
    await talk(ada, bots);
    for (const [room, nick, text] of elsewhere) await bots.get(nick).say(room, text);
    await bots.get("Sólveig").run((client) => client.stop());
    await wait_until("two rooms have news", async () => {
        return (await page.locator("#rooms .badge").count()) === 2;
    });
    await page.click("#show-members");
    await page.click("#show-members");
    await page.waitForSelector(".member.away");
    await page.clock.setFixedTime(now);
    await page.click('[data-room="lobby"]');
    await page.click('[data-room="harbour"]');
    await shoot(page, folder);
    await bots.get("Sólveig").run((client) => client.start());
}

/** The conversation, in order, each by whom it is. */
async function talk(ada, bots) {
    for (const [at, [, nick, text, reply_to]] of lines.entries()) {
        if (nick === "Ada") {
            if (reply_to) {
                await ada.page.hover(`[data-number="${reply_to}"]`);
                await ada.page.click(`[data-number="${reply_to}"] [data-do="reply"]`);
            }
            await ada.say(text);
        } else {
            await bots.get(nick).run(
                (client, [text, reply_to]) => {
                    const emote = text.startsWith("/me ");
                    client.post("harbour", emote ? text.slice(4) : text, {
                        kind: emote ? "emote" : "text",
                        reply_to,
                    });
                },
                [text, reply_to],
            );
        }
        await ada.page.waitForSelector(`[data-number="${at + 1}"]`);
    }
}

/** Gives the messages of the conversation their times, on their way to the page. */
function route(page) {
    return page.routeWebSocket("**/chat", (near) => {
        const far = near.connectToServer();
        const set_time = (message, room) => {
            const line = room === "harbour" ? lines[message.number - 1] : undefined;
            message.time = now - (line?.[0] ?? 2) * 60000;
        };
        far.onMessage((text) => {
            const frame = JSON.parse(text);
            if (frame.op === "message") set_time(frame, frame.room);
            for (const each of frame.messages ?? []) set_time(each, frame.room);
            near.send(JSON.stringify(frame));
        });
    });
}

const wide = { width: 1280, height: 860 };
const narrow = { width: 390, height: 800 };

async function shoot(page, folder) {
    const take = async (name) => {
        await page.mouse.move(0, 0);
        await page.waitForTimeout(400);
        await page.screenshot({ path: join(folder, name + ".png") });
    };
    for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(wide);
        await page.focus("#compose-text");
        await take("wide-" + colorScheme);
        await page.setViewportSize(narrow);
        await take("narrow-" + colorScheme);
        await page.click("#show-rooms");
        await take("narrow-rooms-" + colorScheme);
        await page.keyboard.press("Escape");
        await page.setViewportSize(wide);
        await page.click("#open-browser");
        await page.waitForSelector("#browser-list li");
        await take("browser-" + colorScheme);
        await page.keyboard.press("Escape");
    }
    await page.emulateMedia({ colorScheme: "light" });
}
