// Takes the pictures that README shows, as small WebP files. Arguments: the demo company's server, the folder.

import { mkdirSync, writeFileSync } from "node:fs";

import { launch } from "./browser.mjs";

const [base, folder] = process.argv.slice(2);
const QUALITY = 82;
const MOST_BYTES = 120_000;
const PAIR = "provider/payments/consumer/checkout";

const pictures = {
  home: { path: "/" },
  "home-narrow-dark": { path: "/", width: 390, height: 844, theme: "dark" },
  application: { path: "/pacticipants/payments" },
  contract: { path: `/pacts/${PAIR}/version/9f2c41d?against=a41c7e0`, height: 1000 },
  "contract-difference": { path: `/pacts/${PAIR}/version/4d0a3b7?compare=9f2c41d` },
  matrix: { path: `/matrix/${PAIR}`, act: (page) => page.locator("a.cell.fail[title^='a41c7e0 with 9f2c41d']").click() },
  gate: { path: "/can-i-deploy?pacticipant=payments&version=a41c7e0&environment=production", height: 1000 },
  "gate-dark": { path: "/can-i-deploy?pacticipant=invoices&version=2.32.0&environment=production", theme: "dark" },
  map: { path: "/map" },
  environments: { path: "/environments", height: 1000 },
  deployments: { path: "/deployments?environment=production", theme: "dark" },
  openapi: { path: "/provider-contracts/payments", height: 1000 },
  automation: { path: "/webhooks" },
  api: { path: "/doc?operation=getMap" },
};

mkdirSync(folder, { recursive: true });
const browser = await launch();
for (const [name, { path, width = 1440, height = 900, theme = "light", act }] of Object.entries(pictures)) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, deviceScaleFactor: width < 640 ? 2 : 1 });
  const answer = await page.goto(base + path);
  if (answer.status() !== 200) {
    console.log(`    not there: ${name} (${path}: ${answer.status()})`);
    await page.close();
    continue;
  }
  await page.evaluate(() => document.fonts.ready);
  await act?.(page);
  await page.mouse.move(2, 2);
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => scrollTo(0, 0));
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  const bytes = Buffer.from(data, "base64");
  if (bytes.length > MOST_BYTES) throw new Error(`${name} has ${bytes.length} bytes`);
  writeFileSync(`${folder}/${name}.webp`, bytes);
  console.log(`    ${name}: ${(bytes.length / 1000).toFixed(1)} kB`);
  await page.close();
}
await browser.close();
