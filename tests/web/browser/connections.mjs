// Connections break, servers die, posts are refused: nothing is lost, nothing is double.

import { Line, expect, expect_true, numbered, pause, wait_until } from "./support.mjs";

export const tests = [];
const test = (name, run) => tests.push({ name, run });

test("a network that was off leaves no hole and nothing double", async ({ person, bot }) => {
    const ada = await person("Ada");
    const ben = await bot("Ben", "lobby");
    ada.may_lose_connection = true;
    await ada.say("before");
    await ada.page.waitForSelector('.row[data-number]:has-text("before")');
    await ada.context.setOffline(true);
    await ada.online(false);
    await ada.say("from the tunnel");
    expect("it waits", await ada.page.locator(".row.pending").count(), 1);
    await ben.say("lobby", ...numbered(20, "missed"));
    await wait_until("the page says so", () => ada.page.isVisible("#banner"));
    await ada.context.setOffline(false);
    await ada.online();
    const all = ["before", ...numbered(20, "missed"), "from the tunnel"];
    await ada.sees_all(all);
    await wait_until(
        "nothing waits",
        async () => (await ada.page.locator(".row.pending").count()) === 0,
    );
    expect("the banner is gone", await ada.page.isVisible("#banner"), false);
    await wait_until(
        "the others heard it once",
        async () =>
            JSON.stringify(
                await ben.run((client) =>
                    client.rooms.get("lobby").entries.map((each) => each.text),
                ),
            ) === JSON.stringify(all),
    );
});

test("a line that went silent loses nothing, and a post into it is said once", async ({
    person,
    bot,
    server,
}) => {
    const line = await new Line(server.port).start();
    try {
        const ada = await person("Ada", { url: line.url });
        const ben = await bot("Ben", "lobby");
        ada.may_lose_connection = true;
        await ben.say("lobby", "one");
        await ada.sees("one");
        line.silent = true; // Its ends believe in it still.
        await ada.say("into the void");
        await ben.say("lobby", "two", "three");
        await pause(300);
        expect("nothing came", await ada.texts(), ["one", "into the void"]);
        line.cut();
        await ada.online(false);
        line.silent = false;
        await wait_until(
            "the page says so",
            async () =>
                (await ada.page.isVisible("#banner")) ||
                (await ada.page.textContent("#me-state")) === "online",
        );
        await ada.online();
        await ada.sees_all(["one", "two", "three", "into the void"]);
        await wait_until("Ben heard it", () =>
            ben.run(
                (client) =>
                    client.rooms
                        .get("lobby")
                        .entries.filter((each) => each.text === "into the void").length === 1,
            ),
        );
    } finally {
        line.stop();
    }
});

test("the server is killed and started: both are back, nothing is lost or double", async ({
    person,
    server,
}) => {
    const ada = await person("Ada");
    const ben = await person("Ben");
    for (const each of [ada, ben]) each.may_lose_connection = true;
    const before = numbered(12, "before");
    for (const text of before) await ada.say(text);
    await ben.sees_all(before);
    await ada.say("in the last moment");
    await server.kill("SIGKILL");
    await ada.online(false);
    await ben.online(false);
    await ben.say("while it was down");
    await wait_until(
        "a banner with a way to hurry",
        async () => (await ben.page.isVisible("#banner")) && (await ben.page.isVisible("#try-now")),
    );
    expect_true(
        "it says when",
        /Next try in \d+ s|Connecting/u.test(await ben.page.textContent("#banner-text")),
    );
    await server.start();
    await ada.online();
    await ben.online();
    await ada.sees("in the last moment", "while it was down");
    await wait_until(
        "nothing waits",
        async () =>
            (await ada.page.locator(".row.pending").count()) === 0 &&
            (await ben.page.locator(".row.pending").count()) === 0,
    );
    const seen = await ada.texts();
    await ben.sees_all(seen);
    expect(
        "each once",
        [...seen].sort(),
        [...before, "in the last moment", "while it was down"].sort(),
    );
    await ada.page.reload();
    await ada.online();
    await ada.sees_all(seen);
});

test("a post that is refused says why, is sent again or taken back", async ({ person }) => {
    const ada = await person(null);
    let refuse = true;
    await ada.page.routeWebSocket("**/chat", (near) => {
        const far = near.connectToServer();
        near.onMessage((frame) => {
            const { op, text, ref } = JSON.parse(frame);
            const refused = op === "post" && (text === "always" || (text === "once" && refuse));
            if (!refused) return far.send(frame);
            near.send(JSON.stringify({ op: "error", ref, code: "forbidden", text: "Not today." }));
        });
        far.onMessage((frame) => near.send(frame));
    });
    await ada.page.reload();
    await ada.login("Ada");
    await ada.say("once");
    await ada.page.waitForSelector('.row.failed:has-text("Not today.")');
    refuse = false;
    await ada.page.click('.row.failed [data-do="retry"]');
    await wait_until("it is said", async () => (await ada.shown())[0]?.number === 1);
    await ada.say("always");
    await ada.page.waitForSelector(".row.failed");
    await ada.page.focus("#compose-text");
    await ada.page.keyboard.press("ArrowUp");
    expect("taken back", await ada.page.inputValue("#compose-text"), "always");
    await ada.sees_all(["once"]);
    await ada.page.keyboard.press("Enter");
    await ada.page.click('.row.failed [data-do="discard"]');
    await ada.sees_all(["once"]);
});

test("what is no longer kept is said in its place", async ({ person }) => {
    const ada = await person(null);
    let page_side;
    await ada.page.routeWebSocket("**/chat", (near) => {
        page_side = near;
        near.connectToServer();
    });
    await ada.page.reload();
    await ada.login("Ada");
    await ada.say("here");
    await ada.sees("here");
    const now = Date.now();
    for (const frame of [
        { op: "gap", room: "lobby", from: 2, to: 13 },
        {
            op: "message",
            room: "lobby",
            number: 14,
            time: now,
            user: 77,
            nick: "Ben",
            text: "there",
        },
    ])
        page_side.send(JSON.stringify(frame));
    await ada.sees("there");
    expect("the gap", await ada.page.textContent(".row-gap"), "12 messages are no longer kept");
    expect(
        "its place",
        await ada.page.evaluate(() =>
            [...document.querySelector(".row-gap").parentElement.children]
                .map((each) => each.className.split(" ")[0])
                .slice(-3),
        ),
        ["row", "row-gap", "row"],
    );
});
