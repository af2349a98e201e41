// Two people use the web chat's page in Chromium: node browser.mjs <node_modules> <url>
import { createRequire } from "node:module";

const [modules, url] = process.argv.slice(2);
const { chromium } = createRequire(modules + "/")("playwright-core");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

async function enter(nick) {
  const page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => { console.log(String(error)); process.exit(1); });
  await page.goto(url);
  await page.fill("#login-nick", nick);
  await page.click("#login-submit");
  await page.fill("#compose-text", `I am ${nick}`);    // Once it is in the lobby.
  await page.press("#compose-text", "Enter");
  return page;
}

try {
  const ann = await enter("ann");
  const bob = await enter("bob");
  for (const page of [ann, bob]) {
    for (const nick of ["ann", "bob"]) {
      await page.locator("#messages", { hasText: `I am ${nick}` }).waitFor({ timeout: 20000 });
    }
  }
} finally {
  await browser.close();
}
