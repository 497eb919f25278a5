// Plays cases, each on a page of its own. Whatever a case is about, nothing may be asked of another host, no dialog may open, and
// the console must stay silent.

import assert from "node:assert/strict";

import { launch, watched } from "./browser.mjs";

// As in e2e/pages.
const NOTHING_CHOSEN = 3;
const AT_ONCE = 2;

/// Those whose name contains one of the words; settings of pages by the name of a case, what the console may say there, and
/// the address of a page that a case awaits: as long as it is not there, the case is not played.
export async function play(base, cases, settings, words) {
  const browser = await launch();
  const wanted = Object.entries(cases).filter(([name]) => !words.length || words.some((word) => name.includes(word)));
  const left = [...wanted];
  let failed = 0;
  let awaited = 0;
  const work = async () => {
    for (let one = left.shift(); one; one = left.shift()) {
      const [name, tried] = one;
      const { says, awaits, ...setting } = settings[name] ?? {};
      const { page, noise } = await watched(browser, base, { viewport: { width: 1440, height: 900 }, ...setting });
      try {
        if (awaits && (await page.request.get(base + awaits, { headers: { Accept: "text/html" } })).status() === 404) {
          awaited += 1;
          console.log(`    not there yet: ${awaits} (${name})`);
          await page.close();
          continue;
        }
        await tried(page);
        assert.deepEqual(noise.filter((line) => !says?.test(line)), []);
        console.log(`    ${name}`);
      } catch (error) {
        failed += 1;
        console.log(`FAILED: ${name}\n${error.stack}\n${noise.join("\n")}`);
      }
      await page.close();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await browser.close();
  console.log(`${wanted.length - failed - awaited} passed, ${failed} failed, ${awaited} not there yet`);
  process.exitCode = failed ? 1 : wanted.length ? 0 : NOTHING_CHOSEN;
}
