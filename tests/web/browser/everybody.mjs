// With the keyboard, on a phone, by ear, in the dark.

import { contrasts, unnamed } from "./accessibility.mjs";
import { expect, expect_true, numbered, wait_until } from "./support.mjs";

export const tests = [];
const test = (name, run) => tests.push({ name, run });

test("with the keyboard alone", async ({ person, bot }) => {
    const ben = await bot("Ben", "lobby", "garden");
    await ben.say("lobby", "reply to me");
    const { page } = Object.assign(await person(null), {});
    const keys = async (...all) => {
        for (const each of all) await page.keyboard.press(each);
    };
    const focused = () =>
        page.evaluate(() => document.activeElement.id || document.activeElement.className);
    await wait_until("the nick has the focus", async () => (await focused()) === "login-nick");
    await page.keyboard.type("Ada");
    await keys("Enter");
    await wait_until("so has the text", async () => (await focused()) === "compose-text");
    await page.keyboard.type("/join garden");
    await keys("Enter");
    const room = () => page.textContent("#room-title");
    await wait_until("in the garden", async () => (await room()) === "garden");
    await page.keyboard.type("with keys");
    await keys("Enter");
    await page.waitForSelector('.row[data-number]:has-text("with keys")');
    await keys("Alt+ArrowDown");
    expect("the room below", await room(), "lobby");
    await keys("Control+k");
    await page.keyboard.type("gar");
    await keys("Enter");
    await wait_until("by the switcher", async () => (await room()) === "garden");
    await keys("Alt+ArrowUp");
    expect("the room above", await room(), "lobby");
    expect("ready to write", await focused(), "compose-text");
    await keys("Shift+Tab", "ArrowUp");
    expect(
        "on the last message",
        await page.evaluate(() => document.activeElement.dataset.number),
        "1",
    );
    await keys("r");
    await page.keyboard.type("so I do");
    await keys("Enter");
    await page.waitForSelector('.row[data-number]:has-text("so I do") .quote');
    // All that can be clicked can be reached, and is seen to have the focus.
    const wanted = await page.evaluate(
        () =>
            [
                ...document.querySelectorAll(
                    "#app button, #app textarea, #app [tabindex='0'], #app a",
                ),
            ]
                .filter(
                    (each) => each.offsetParent !== null && each.tabIndex >= 0 && !each.disabled,
                )
                .map((each, place) => (each.dataset.reach = place)).length,
    );
    expect_true(`${wanted} things to reach`, wanted > 10);
    const reached = new Set();
    for (let presses = 0; presses < wanted + 10 && reached.size < wanted; ++presses) {
        await keys("Tab");
        const { place, visible, what } = await page.evaluate(() => {
            const each = document.activeElement;
            const ring = (element) => getComputedStyle(element).outlineStyle !== "none";
            return {
                place: each.dataset.reach,
                what: each.outerHTML.slice(0, 80),
                visible: ring(each) || ring(each.parentElement),
            };
        });
        if (place === undefined) continue;
        expect_true(`the focus is seen on ${what}`, visible);
        reached.add(place);
    }
    expect("reached by Tab", reached.size, wanted);
});

test("a narrow page has its sides in drawers", async ({ person, bot }) => {
    await bot("Ben", "lobby", "garden");
    const ada = await person("Ada", { viewport: { width: 360, height: 740 }, hasTouch: true });
    const { page } = ada;
    await ada.say("/join garden");
    await wait_until("in the garden", async () => (await ada.room()) === "garden");
    await ada.say("a word that is wider than the page " + "w".repeat(100));
    const fits = () =>
        page.evaluate(
            () =>
                document.documentElement.scrollWidth <= 360 &&
                [...document.querySelectorAll("#main button, #compose-text")].every((each) => {
                    const box = each.getBoundingClientRect();
                    return each.offsetParent === null || (box.left >= 0 && box.right <= 360);
                }),
        );
    expect("it fits", await fits(), true);
    expect("rooms are away", await page.isVisible("#rooms"), false);
    await page.tap("#show-rooms");
    await wait_until("rooms are here", () => page.isVisible("#rooms"));
    expect(
        "with the focus",
        await page.evaluate(() =>
            document.getElementById("rooms-pane").contains(document.activeElement),
        ),
        true,
    );
    expect("alone", await page.evaluate(() => document.getElementById("main").inert), true);
    await page.tap('[data-room="lobby"]');
    await wait_until("away again", async () => !(await page.isVisible("#rooms")));
    expect("in the lobby", await ada.room(), "lobby");
    await page.tap("#show-members");
    await wait_until("members are here", () => page.isVisible("#members .member"));
    await page.keyboard.press("Escape");
    await wait_until("and away", async () => !(await page.isVisible("#members")));
    expect(
        "the focus is back",
        await page.evaluate(() => document.activeElement.id),
        "show-members",
    );
    expect("it fits", await fits(), true);
});

test("every control has a name", async ({ person, bot }) => {
    const ben = await bot("Ben", "lobby");
    await ben.say("lobby", "hello", "https://example.org/");
    const ada = await person(null);
    const { page } = ada;
    await page.waitForSelector("#welcome:not([hidden])");
    const nothing_unnamed = async (where) => expect(where, await unnamed(page), []);
    await nothing_unnamed("the card");
    await ada.login("Ada");
    await ada.sees("hello");
    await page.hover(".row");
    await nothing_unnamed("the page");
    for (const opener of [
        "open-browser",
        "open-create",
        "open-profile",
        "open-switcher",
        "logout",
    ]) {
        await page.click("#" + opener);
        await page.waitForSelector("dialog[open]");
        await nothing_unnamed(opener);
        await page.keyboard.press("Escape");
        await wait_until(
            "it is closed",
            async () => (await page.locator("dialog[open]").count()) === 0,
        );
        expect(
            `the focus is back from ${opener}`,
            await page.evaluate(() => document.activeElement.id),
            opener,
        );
    }
    expect(
        "landmarks",
        await page.evaluate(() =>
            ["main", "nav", "aside"].map((tag) => document.querySelectorAll(tag).length),
        ),
        [1, 1, 2],
    );
    expect(
        "ids are unique",
        await page.evaluate(() => {
            const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
            return ids.filter((id, at) => ids.indexOf(id) !== at);
        }),
        [],
    );
});

test("a screen reader is told of this room alone, and not flooded", async ({ person, bot }) => {
    const ada = await person("Ada");
    const ben = await bot("Ben", "lobby", "garden");
    const { page } = ada;
    const told = () =>
        page.evaluate(() =>
            [...document.getElementById("announcer").children].map((each) => each.textContent),
        );
    await ben.say("lobby", "psst");
    await wait_until("it is told", async () => (await told()).includes("Ben: psst"));
    await ada.say("my own words");
    await ada.say("/join garden");
    await wait_until("in the garden", async () => (await ada.room()) === "garden");
    await ben.say("lobby", "elsewhere");
    await ben.say("garden", "here");
    await wait_until("it is told", async () => (await told()).includes("Ben: here"));
    const all = (await told()).join("\n");
    expect("not what is elsewhere, and not one's own", /elsewhere|my own words/u.test(all), false);
    expect("politely", await page.getAttribute("#announcer", "aria-live"), "polite");
    await page.evaluate(() => {
        window.announced = [];
        const note = (changes) =>
            changes.forEach(({ addedNodes }) =>
                window.announced.push(...[...addedNodes].map((each) => each.textContent)),
            );
        new MutationObserver(note).observe(document.getElementById("announcer"), {
            childList: true,
        });
    });
    await ben.say("garden", ...numbered(60, "flood"));
    await ada.sees("flood 60");
    await wait_until("all were counted or told", async () => {
        const announced = await page.evaluate(() => window.announced);
        const counted = announced
            .map((each) => Number(/^(\d+) new messages$/u.exec(each)?.[1] ?? 1))
            .reduce((sum, each) => sum + each, 0);
        return counted === 60;
    });
    const announced = await page.evaluate(() => window.announced);
    expect_true(`${announced.length} announcements`, announced.length <= 15);
});

for (const colorScheme of ["light", "dark"]) {
    test(`all texts have the contrast of WCAG AA, ${colorScheme}`, async ({ person, bot }) => {
        const ben = await bot("Ben", "lobby", "garden");
        const ada = await person("Ada", { colorScheme });
        const { page } = ada;
        await ben.say("lobby", "hello Ada, see https://example.org/", "more");
        await ben.run((client) => client.post("lobby", "a reply", { reply_to: 1, kind: "emote" }));
        await ada.say("/join garden");
        await ben.say("lobby", "unread, Ada");
        await ben.say("garden", "one");
        await ada.say("/nonsense");
        let checked = 0;
        const all_readable = async (where) => {
            const { poor, count } = await contrasts(page);
            checked += count;
            expect(where, poor, []);
        };
        await all_readable("a room");
        await page.click('[data-room="lobby"]');
        await page.waitForSelector(".line-new");
        await all_readable("unread");
        for (const opener of ["open-browser", "open-create", "open-switcher", "logout"]) {
            await page.click("#" + opener);
            await page.waitForSelector("dialog[open]");
            await all_readable(opener);
            await page.keyboard.press("Escape");
        }
        ada.may_lose_connection = true;
        await ada.context.setOffline(true);
        await ada.say("waits");
        await wait_until("the banner", () => page.isVisible("#banner"));
        await all_readable("offline");
        expect_true(`${checked} texts`, checked > 200);
    });
}

test("the page asks nobody but its host, and the host sends a strict policy", async ({
    person,
    server,
}) => {
    const asked = [];
    const ada = await person(null);
    ada.page.on("request", (request) => asked.push(request.url()));
    const response = await ada.page.reload();
    await ada.login("Ada");
    const policy = response.headers()["content-security-policy"] ?? "";
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'"]) {
        expect_true(`${rule} in ${policy}`, policy.includes(rule));
    }
    expect_true("nothing unsafe", !policy.includes("unsafe"));
    expect_true("some requests", asked.length > 5);
    expect(
        "other addresses",
        asked.filter((url) => !url.startsWith(server.url)),
        [],
    );
});
