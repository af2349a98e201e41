// Bursts, long rooms, and somebody who reads above.

import { expect, expect_true, numbered, wait_until } from "./support.mjs";

export const tests = [];
const test = (name, run) => tests.push({ name, run });

test("500 messages in a burst: each once, in order, in a small document", async ({
    person,
    bot,
}) => {
    const ada = await person("Ada");
    const ben = await bot("Ben", "lobby");
    await ada.page.evaluate(() => {
        window.rows_max = 0;
        new MutationObserver(() => {
            window.rows_max = Math.max(
                window.rows_max,
                document.getElementById("messages").childElementCount,
            );
        }).observe(document.getElementById("messages"), { childList: true });
    });
    const all = numbered(500, "message");
    for (let at = 0; at < all.length; at += 100) await ben.say("lobby", ...all.slice(at, at + 100));
    await ada.sees("message 500");
    expect_true(
        "it followed to the end",
        await ada.page.evaluate(() => {
            const { scrollHeight, scrollTop, clientHeight } = document.getElementById("scroll");
            return scrollHeight - scrollTop - clientHeight < 2;
        }),
    );
    const { numbers, texts, rows_max } = await ada.all();
    expect(
        "numbers",
        numbers,
        all.map((_, i) => i + 1),
    );
    expect("texts", texts, all);
    const most = Math.max(rows_max, await ada.page.evaluate(() => window.rows_max));
    expect_true(`${most} rows at the most`, most > 50 && most <= 260);
    await ada.page.keyboard.press("Escape");
    await ada.sees("message 500");
});

test("history comes when scrolling up, and nothing jumps", async ({ person, bot }) => {
    const ben = await bot("Ben", "lobby");
    await ben.say("lobby", ...numbered(90, "early"));
    await ben.say(
        "lobby",
        ...numbered(90, "middle and so long that it takes two lines ".repeat(4)),
    );
    await ben.say("lobby", ...numbered(90, "late"));
    const ada = await person("Ada");
    await ada.sees("late 90");
    let steps = 0;
    for (let first = 270; first > 1; steps += 1) {
        expect_true("it comes to an end", steps < 60);
        // What is read while the next page comes must stay where it is.
        const moved = await ada.page.evaluate(async () => {
            const scroll = document.getElementById("scroll");
            const list = document.getElementById("messages");
            const first = () => Number(list.querySelector("[data-number]").dataset.number);
            const { top } = scroll.getBoundingClientRect();
            const before = first();
            scroll.scrollTop = Math.min(scroll.scrollTop - 1, 200);
            const text = [...list.querySelectorAll(".row")].find(
                (row) => row.getBoundingClientRect().top > top + 100,
            );
            const { number } = text.dataset;
            const y = () =>
                list.querySelector(`[data-number="${number}"] .text`).getBoundingClientRect().top;
            const y_before = y();
            const until = performance.now() + 5000;
            let worst = 0;
            let calm = 0;
            while (performance.now() < until && calm < 5) {
                await new Promise(requestAnimationFrame);
                worst = Math.max(worst, Math.abs(y() - y_before));
                calm = first() < before || before === 1 ? calm + 1 : 0;
            }
            return { worst, first: first() };
        });
        expect_true(`it moved by ${moved.worst} pixels above message ${first}`, moved.worst <= 1);
        expect_true(`more came above ${first}`, moved.first < first);
        first = moved.first;
    }
    expect_true("page by page", steps >= 3);
    const { numbers } = await ada.all();
    expect(
        "all of it",
        numbers,
        Array.from({ length: 270 }, (_, i) => i + 1),
    );
});

test("who reads above is not moved, and told how many came", async ({ person, bot }) => {
    const ben = await bot("Ben", "lobby");
    await ben.say("lobby", ...numbered(45, "old"));
    const ada = await person("Ada");
    await ada.sees("old 45");
    await ada.page.evaluate(() => {
        document.getElementById("scroll").scrollTop -= 500;
    });
    const latest = ada.page.locator("#to-latest");
    await wait_until("a way back", () => latest.isVisible());
    const place = () =>
        ada.page.evaluate(
            () => document.querySelector('[data-number="30"] .text').getBoundingClientRect().top,
        );
    const before = await place();
    await ben.say("lobby", "new 1", "new 2", "new 3");
    await wait_until(
        "the count",
        async () => (await latest.textContent()).trim() === "3 new messages",
    );
    expect("not moved", await place(), before);
    await latest.click();
    await wait_until("at the end", async () => !(await latest.isVisible()));
    expect(
        "the line is before what is new",
        await ada.page.evaluate(
            () =>
                document.querySelector(".line-new").nextElementSibling.querySelector(".text")
                    .textContent,
        ),
        "new 1",
    );
    await ada.say("I am back");
    await ada.sees("I am back");
    expect("the line is gone", await ada.page.locator(".line-new").count(), 0);
});
