// Looks at every page of some worlds, as wide and narrow screens, light and dark, a keyboard, a reader without scripts and axe see it.
// Arguments: the worlds, in JSON; then words that the name of a page has to contain one of.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { address, addresses } from "./addresses.mjs";
import { launch, watched } from "./browser.mjs";

const axe = readFileSync(createRequire(process.env.MODULES).resolve("axe-core/axe.min.js"), "utf8");
const worlds = JSON.parse(process.argv[2]);
const words = process.argv.slice(3);
const WIDTHS = [1440, 1024, 390];
const HEIGHT = 900;
const MOST_HEIGHT = 3000;
const THEMES = ["light", "dark"];
const MOST_BYTES = 100_000;
const AT_ONCE = 2;
// As in e2e/pages.
const NOTHING_CHOSEN = 3;

mkdirSync(process.env.SCREENSHOTS, { recursive: true });

/// What is wrong with a page in a world; `undefined` when it is not there yet.
async function look(browser, world, name, path) {
  const wrong = [];
  const check = async (about, checked) => {
    try {
      await checked();
    } catch (error) {
      wrong.push(`${about}: ${error.generatedMessage ? JSON.stringify(error.actual) : error.message.split("\n    at ")[0]}`);
    }
  };
  const context = await browser.newContext({ viewport: { width: WIDTHS[0], height: HEIGHT }, colorScheme: "light" });
  const { page, noise } = await watched(context, world.url);
  const weight = await weigh(page);
  const answer = await page.goto(world.url + path, { waitUntil: "load" });
  await page.evaluate(() => document.fonts.ready);
  if (addresses[name].awaited && (!answer.ok() || !(await page.locator("main").count()) || (await page.locator("pre.answer").count()))) {
    await context.close();
    return undefined;
  }

  await check("status", () => assert.equal(answer.status(), addresses[name].status ?? 200));
  await check("weight", () => assert.ok(weight.bytes < (addresses[name].mostBytes ?? MOST_BYTES), `${weight.bytes} bytes`));
  const status = `status of ${addresses[name].status} `;
  await check("silence", () => assert.deepEqual(noise.filter((line) => !line.includes(status)), []));
  if (world.checks.includes("keyboard")) await check("keyboard", () => tryKeys(page));
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await check(`width ${width}`, () => fits(page));
      if (width !== 1024 && (theme === "light" || world.checks.includes("pictures"))) {
        await check("screenshot", () => picture(page, width, `${name}-${world.name}-${width}-${theme}`));
      }
      if (width === 1440 && (theme === "light" || world.checks.includes("dark"))) await check(`axe, ${theme}`, () => judge(page));
    }
  }
  await context.close();
  if (world.checks.includes("scriptless")) await check("without scripts", () => readWithoutScripts(browser, world.url + path));
  return { wrong, bytes: weight.bytes };
}

/// Counts what travels, as it travels.
async function weigh(page) {
  const weight = { bytes: 0 };
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  session.on("Network.loadingFinished", ({ encodedDataLength }) => { weight.bytes += encodedDataLength; });
  return weight;
}

/// Very long pages are looked at as far as somebody scrolls.
async function picture(page, width, name) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height: Math.min(Math.max(height, HEIGHT), MOST_HEIGHT) });
  await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
}

async function fits(page) {
  const [content, screen, widest] = await page.evaluate(() => {
    const inside = (element) => element.parentElement && (getComputedStyle(element.parentElement).overflowX !== "visible" || inside(element.parentElement));
    const wide = [...document.body.querySelectorAll("*")].find((one) => one.getBoundingClientRect().right > innerWidth + 1 && !inside(one));
    return [document.scrollingElement.scrollWidth, innerWidth, wide && `${wide.tagName.toLowerCase()}.${wide.className}`];
  });
  assert.ok(content <= screen, `the page is ${content} wide on a screen of ${screen}: ${widest}`);
}

/// WCAG 2.2 AA and what axe holds to be good besides; findings that keep somebody out.
async function judge(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { preload: false, resultTypes: ["violations"] });
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
  });
  assert.ok(!found.length, found.join("\n    "));
}

async function tryKeys(page) {
  const focused = () => page.evaluate(() => {
    const one = document.activeElement;
    const { width, height } = one.getBoundingClientRect();
    // A field may have its ring around the whole form that it stands in.
    const isRinged = [one, one.parentElement].some((element) => {
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element ?? one);
      return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || (element === one && boxShadow !== "none");
    });
    const isSeen = width > 1 && height > 1 && isRinged;
    return { text: one.textContent.trim(), name: one.getAttribute("name"), tag: one.outerHTML.slice(0, 120), isSeen, isBody: one === document.body };
  });
  await page.keyboard.press("Tab");
  const skip = await focused();
  assert.equal(skip.text, "Skip to content");
  assert.ok(skip.isSeen, "the skip link is not seen");
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press("Tab");
    const one = await focused();
    if (one.isBody) break;
    assert.ok(one.isSeen, `focus is not seen at ${one.tag}`);
  }
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("/");
  const field = await focused();
  assert.ok(/<input/.test(field.tag), `/ leads to ${field.tag}`);
  await page.evaluate(() => document.activeElement.blur());
  await page.evaluate(() => scrollTo(0, 0));
}

async function readWithoutScripts(browser, url) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: WIDTHS[0], height: HEIGHT } });
  try {
    const page = await context.newPage();
    await page.goto(url);
    assert.equal(await page.locator("h1").count(), 1);
    const text = await page.locator("main").innerText();
    assert.ok(text.trim().length > 40, `the main part says only ${JSON.stringify(text)}`);
    assert.ok(!/loading|enable javascript/i.test(text), "the main part waits for a script");
  } finally {
    await context.close();
  }
}

const browser = await launch();
const tasks = worlds.flatMap((world) => Object.entries(addresses)
  .filter(([name]) => !words.length || words.some((word) => name.includes(word)))
  .filter(([, page]) => !page.same || world.checks.includes("same"))
  .map(([name, page]) => ({ world, name, path: address(page, world.values) }))
  .filter(({ path }) => path !== undefined));
const counts = { passed: 0, failed: 0, awaited: 0 };
const work = async () => {
  for (let task = tasks.shift(); task; task = tasks.shift()) {
    const { world, name, path } = task;
    const started = Date.now();
    const found = await look(browser, world, name, path).catch((error) => ({ wrong: [error.stack], bytes: 0 }));
    if (!found) {
      counts.awaited += 1;
      console.log(`    not there yet: ${name} (${path})`);
    } else if (found.wrong.length) {
      counts.failed += 1;
      console.log(`FAILED: ${name} in the world "${world.name}" (${world.url}${path.slice(0, 200)})\n  ${[...new Set(found.wrong)].join("\n  ")}`);
    } else {
      counts.passed += 1;
      console.log(`    ${name} in the world "${world.name}": ${(found.bytes / 1000).toFixed(1)} kB, looked at in ${((Date.now() - started) / 1000).toFixed(1)} s`);
    }
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, work));
await browser.close();
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.awaited} not there yet`);
process.exitCode = counts.failed ? 1 : counts.passed + counts.awaited ? 0 : NOTHING_CHOSEN;
