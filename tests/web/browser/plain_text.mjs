// Whatever people write is shown as the text that it is.

import { expect, expect_true, wait_until } from "./support.mjs";

export const tests = [];
const test = (name, run) => tests.push({ name, run });

const tricks = [
    '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"><b>bold</b>',
    "&lt;i&gt; &amp; \u202egnp.exe\u202c {{7*7}} ${7*7} %3Cscript%3E \u2066\u2067\u2069\u200f",
    "javascript:alert(1) data:text/html,x vbscript:x file:///etc/passwd ftp://example.org/",
    'https://example.org/"onmouseover="window.hacked=1" http://a.b/\'><svg/onload=x>',
    "https://bank.example@evil.example/ http://user:word@evil.example/",
    "\u202e\u202e\u202e unclosed",
];

test("markup and bidi tricks are plain text everywhere", async ({ person, bot }) => {
    const nick = "<b>x</b><img src=x>&amp;";
    const eve = await bot(nick, "lobby");
    const noa = await bot("שלום עולם", "lobby");
    const ada = await person("Ada");
    await eve.run(
        (client, tricks) =>
            client.create("tricks", {
                title: tricks[0].slice(0, 60),
                topic: tricks[1],
            }),
        tricks,
    );
    await noa.say("lobby", "first", "שלום, this is mixed!");
    await eve.say("lobby", ...tricks);
    await eve.run(
        (client, tricks) => client.post("lobby", tricks[0], { kind: "emote", reply_to: 3 }),
        tricks,
    );
    await noa.run((client) => client.post("lobby", "waves", { kind: "emote" }));
    await ada.say("last");
    await ada.sees(...tricks, "שלום עולם waves", "last");
    const rows = await ada.shown();
    expect("the name as text", rows.find((each) => each.text === tricks[0]).nick, nick);
    const made = await ada.page.evaluate(() => ({
        in_texts: [...document.querySelectorAll("#messages .text *")].filter(
            (each) => !each.matches("a, .name, bdi"),
        ).length,
        anywhere: document.querySelectorAll("#app img, #app script, #app b, #app i").length,
        links: [...document.querySelectorAll("#messages .text a")].map((each) => [
            each.protocol,
            each.host,
            each.rel.includes("noopener"),
            each.attributes.length <= 5,
        ]),
        hacked: "hacked" in window,
    }));
    expect("elements", made, {
        in_texts: 0,
        anywhere: 0,
        links: [
            ["https:", "example.org", true, true],
            ["http:", "a.b", true, true],
        ],
        hacked: false,
    });
    // Nothing reaches beyond its own text: names, times and what follows stay in their places.
    const order = await ada.page.evaluate(() => {
        const heads = [...document.querySelectorAll("#messages .head")];
        return heads.map((row) => {
            const name = row.querySelector(".name").getBoundingClientRect();
            const time = row.querySelector("time").getBoundingClientRect();
            return name.right <= time.left;
        });
    });
    expect_true("every name is before its time", order.length >= 3 && order.every(Boolean));
    expect_true(
        "a name stays before what its owner does",
        await ada.page.evaluate(() => {
            const text = [...document.querySelectorAll("#messages .emote .text")].find((each) =>
                each.textContent.endsWith(" waves"),
            );
            const words = document.createRange();
            words.selectNodeContents(text.lastChild);
            return (
                text.querySelector(".name").getBoundingClientRect().right <=
                words.getBoundingClientRect().left + 1
            );
        }),
    );
    await ada.say("/join tricks");
    await wait_until(
        "the room of tricks",
        async () => (await ada.room()) === tricks[0].slice(0, 60),
    );
    expect("its topic", await ada.page.textContent("#room-topic"), tricks[1]);
    await ada.page.click("#open-browser");
    await ada.page.waitForSelector("#browser-list li");
    await ada.page.keyboard.press("Escape");
    await ada.page.keyboard.press("Control+k");
    await ada.page.waitForSelector("#switcher-list li");
    await ada.page.keyboard.press("Escape");
    expect("nothing ran", await ada.page.evaluate(() => "hacked" in window), false);
});

test("long texts fold, long words wrap, and both are whole", async ({ person, bot }) => {
    const ada = await person("Ada");
    const ben = await bot("Ben", "lobby");
    const word = "w".repeat(600);
    const long = Array.from({ length: 60 }, (_, i) => `line ${i}`).join("\n");
    await ben.say("lobby", word, long);
    await ada.sees(word, long);
    expect(
        "nothing is wider than the page",
        await ada.page.evaluate(() => {
            const scroll = document.getElementById("scroll");
            return scroll.scrollWidth <= scroll.clientWidth;
        }),
        true,
    );
    const height = () =>
        ada.page.evaluate(
            () => document.querySelector('[data-number="2"] .text').getBoundingClientRect().height,
        );
    expect_true("folded", (await height()) < 200);
    await ada.page.click('[data-do="unfold"]');
    expect_true("unfolded", (await height()) > 1000);
});

test("what is too long or no command is not sent, and says so", async ({ person }) => {
    const ada = await person("Ada");
    await ada.page.fill("#compose-text", "ü".repeat(1001));
    expect("the count", await ada.page.textContent("#compose-left"), "2 bytes too many");
    expect("no way to send it", await ada.page.isDisabled("#send"), true);
    await ada.page.keyboard.press("Enter");
    await ada.page.fill("#compose-text", "ü".repeat(1000));
    await ada.page.keyboard.press("Enter");
    await ada.sees_all(["ü".repeat(1000)]);
    await ada.say("/dance");
    expect_true(
        "what there is",
        /no command \/dance.*\/join/su.test(await ada.page.textContent("#compose-error")),
    );
    await ada.sees_all(["ü".repeat(1000)]);
    await ada.page.keyboard.press("Escape");
    expect("given up", await ada.page.inputValue("#compose-text"), "");
    await ada.page.keyboard.press("ArrowUp");
    expect("and back", await ada.page.inputValue("#compose-text"), "/dance");
});
