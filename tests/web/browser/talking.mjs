// People talk: messages, rooms, nicks, replies, what is unread.

import { expect, expect_true, numbered, wait_until } from "./support.mjs";

export const tests = [];
const test = (name, run) => tests.push({ name, run });

test("two people chat", async ({ person }) => {
    const ada = await person("Ada");
    const ben = await person("Ben");
    await ada.say("hello");
    await ben.sees("hello");
    await ben.say("hi Ada");
    await ada.say("/me waves");
    await ben.say("//join is a command");
    const texts = ["hello", "hi Ada", "Ada waves", "/join is a command"];
    await ada.sees_all(texts);
    await ben.sees_all(texts);
    expect("who said it", (await ben.shown()).map((each) => each.nick).slice(0, 2), ["Ada", "Ben"]);
    await wait_until(
        "both are members",
        async () => (await ben.page.locator("#members .member").count()) === 2,
    );
    expect("a message that names her is marked", await ada.page.locator(".row.called").count(), 1);
});

test("a message keeps its lines and its spaces", async ({ person }) => {
    const ada = await person("Ada");
    await ada.page.focus("#compose-text");
    await ada.page.keyboard.type("one");
    await ada.page.keyboard.press("Shift+Enter");
    await ada.page.keyboard.type("  two");
    await ada.page.keyboard.press("Enter");
    await ada.sees_all(["one\n  two"]);
});

test("a reload shows the history, the room and what was being written", async ({ person, bot }) => {
    const ada = await person("Ada");
    const ben = await bot("Ben", "lobby", "garden");
    await ben.say("lobby", ...numbered(30, "word"));
    await ada.say("/join garden");
    await wait_until("in the garden", async () => (await ada.room()) === "garden");
    await ada.say("roses");
    await ada.sees("roses");
    await ada.page.fill("#compose-text", "half a sent");
    await ada.page.click('[data-room="lobby"]');
    expect("a draft is of its room", await ada.page.inputValue("#compose-text"), "");
    await ada.sees("word 30");
    await ada.page.click('[data-room="garden"]');
    await ada.page.reload();
    await ada.online();
    await ada.sees_all(["roses"]);
    expect("the room", await ada.room(), "garden");
    expect("the draft", await ada.page.inputValue("#compose-text"), "half a sent");
    await ada.page.click('[data-room="lobby"]');
    await ada.sees_all(numbered(30, "word"));
    expect("nobody came twice", await ben.run((client) => client.rooms.get("lobby").count), 2);
});

test("a nick that is taken is said at the field, and another goes", async ({ person, bot }) => {
    await bot("Ada", "lobby");
    const ada = await person(null);
    await ada.page.fill("#login-nick", "ada");
    await ada.page.keyboard.press("Enter");
    const error = () => ada.page.textContent("#login-nick-error");
    await wait_until("an error at the field", async () => (await error()) !== "");
    expect_true(
        "the field is marked",
        (await ada.page.locator("#login-nick[aria-invalid=true]").count()) === 1,
    );
    await ada.login("Ada 2");
    expect("the error is gone", await error(), "");
    await ada.page.click("#open-profile");
    await ada.page.fill("#nick-text", "ADA");
    await ada.page.keyboard.press("Enter");
    await wait_until(
        "an error in the dialog",
        async () => (await ada.page.textContent("#nick-text-error")) !== "",
    );
    await ada.page.fill("#nick-text", "Ada Lovelace");
    await ada.page.keyboard.press("Enter");
    await wait_until(
        "the new nick",
        async () => (await ada.page.textContent("#me-nick")) === "Ada Lovelace",
    );
});

test("rooms are made, found, joined, changed and left", async ({ person }) => {
    const ada = await person("Ada");
    const ben = await person("Ben");
    await ada.page.click("#open-create");
    await ada.page.fill("#room-name", "not a name");
    await ada.page.keyboard.press("Enter");
    await wait_until(
        "an error at the name",
        async () => (await ada.page.textContent("#room-name-error")) !== "",
    );
    await ada.page.fill("#room-name", "Garden");
    await ada.page.fill("#room-title-text", "The garden");
    await ada.page.fill("#room-topic-text", "See https://example.org/roses.");
    await ada.page.click("#room-submit");
    await wait_until("the room", async () => (await ada.room()) === "The garden");
    expect(
        "the topic's link",
        await ada.page.getAttribute("#room-topic a", "href"),
        "https://example.org/roses",
    );
    expect("rights", await ada.page.isVisible("#open-settings"), true);

    await ben.page.click("#open-browser");
    await ben.page.fill("#browser-filter", "the gard");
    expect(
        "what the list says of it",
        await ben.page.textContent("#browser-list .room-name"),
        "The garden#garden · 1 member",
    );
    await ben.page.click('#browser-list button:has-text("Join")');
    await wait_until("Ben is in it", async () => (await ben.room()) === "The garden");
    expect("Ben may not change it", await ben.page.isVisible("#open-settings"), false);
    await ben.say("/topic mine");
    await wait_until(
        "a reason below what he wrote",
        async () => (await ben.page.textContent("#compose-error")) !== "",
    );
    expect(
        "what he wrote is still there",
        await ben.page.inputValue("#compose-text"),
        "/topic mine",
    );
    await ben.page.fill("#compose-text", "");

    await ada.page.click("#open-settings");
    await ada.page.fill("#room-title-text", "Kitchen garden");
    await ada.page.click("#room-submit");
    await wait_until("Ben is told", async () => (await ben.room()) === "Kitchen garden");
    await ben.page.click("#leave");
    await wait_until("Ben is back in the lobby", async () => (await ben.room()) === "lobby");
    expect("he is asked only when he is the last", await ben.page.isVisible("#sure-dialog"), false);
    await ada.page.click("#leave");
    await ada.page.click("#sure-yes");
    await wait_until("Ada is back in the lobby", async () => (await ada.room()) === "lobby");
});

test("who has lost the connection is shown as away", async ({ person, bot }) => {
    const ben = await bot("Ben", "lobby");
    const ada = await person("Ada");
    const { page } = ada;
    const away = () => page.locator(".member.away").allTextContents();
    await wait_until("both are here", async () => (await page.locator(".member").count()) === 2);
    expect("nobody is away", await away(), []);
    await ben.run((client) => client.stop());
    await page.click("#show-members");
    await page.click("#show-members");
    await wait_until("Ben is away", async () => (await away()).join().includes("Ben"));
    expect("alone", (await away()).length, 1);
});

test("an address with a room leads into it, and the first room is the lobby", async ({
    person,
    server,
}) => {
    const ada = await person("Ada", { url: server.url + "#garden" });
    expect("the room of the address", await ada.room(), "garden");
    const ben = await person("Ben");
    expect("without one", await ben.room(), "lobby");
    expect("to be given to others", new URL(ben.page.url()).hash, "#lobby");
});

test("what is unread is counted, named and forgotten when seen", async ({ person, bot }) => {
    const ada = await person("Ada");
    const ben = await bot("Ben", "lobby", "garden");
    await ada.say("/join garden");
    await wait_until("Ada is in the garden", async () => (await ada.room()) === "garden");
    await ben.say("lobby", "one", "two", "are you there, Ada?");
    await wait_until("the title counts", async () => (await ada.page.title()).startsWith("(3) "));
    const lobby = ada.page.locator('[data-room="lobby"]');
    expect("the badge", await lobby.locator(".badge").textContent(), "@ 3");
    expect_true("as words", /3 new messages, you are named/u.test(await lobby.textContent()));
    await lobby.click();
    await ada.sees("one", "two", "are you there, Ada?");
    expect(
        "the line stands before them",
        await ada.page.evaluate(
            () =>
                document.querySelector(".line-new").nextElementSibling.querySelector(".text")
                    .textContent,
        ),
        "one",
    );
    await wait_until("seen", async () => !(await ada.page.title()).startsWith("("));
    expect("no badge", await lobby.locator(".badge").count(), 0);
});

test("a reply quotes, and leads to what it replies to", async ({ person, bot }) => {
    const ben = await bot("Ben", "lobby");
    await ben.say("lobby", "the question", ...numbered(150, "chatter"));
    const ada = await person("Ada");
    await ben.run((client) => {
        client.post("lobby", "the answer", { reply_to: 1 });
    });
    await ada.sees("the answer");
    await ada.page.click('.row:has-text("the answer") .quote');
    await ada.sees("the question");
    await wait_until("it is in view and has the focus", () =>
        ada.page.evaluate(() => {
            const box = document.querySelector('[data-number="1"]')?.getBoundingClientRect();
            return (
                box &&
                box.top > 0 &&
                box.bottom < innerHeight &&
                document.activeElement.dataset.number === "1"
            );
        }),
    );
    await ada.page.keyboard.press("r");
    expect("what she replies to", await ada.page.textContent("#replying-text"), "the question");
    await ada.page.keyboard.type("a better answer");
    await ada.page.keyboard.press("Enter");
    await ada.sees("a better answer");
    expect(
        "the quote",
        await ada.page.textContent('.row:has-text("a better answer") .quote-text'),
        "the question",
    );
});
