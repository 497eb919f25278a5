// What a person does with the pages of a small server: the search, filters, keys, and the pages about the API itself.

import assert from "node:assert/strict";

import { play } from "./cases.mjs";

const [base, ...words] = process.argv.slice(2);
const BROWSE = `${base}/hal-browser/browser.html`;

const cases = {
  async "an operation is tried, and a link of its answer is followed"(page) {
    await page.goto(BROWSE);
    await page.getByLabel("Filter").fill("listPacticipants");
    const operation = page.locator("#listPacticipants");
    await operation.locator("summary").first().click();
    await operation.getByRole("button", { name: "Try GET" }).click();
    await operation.getByText("200 OK").waitFor();
    await operation.locator("summary", { hasText: "Headers" }).click();
    await operation.getByText("application/hal+json;charset=utf-8").waitFor();

    await operation.locator("pre a", { hasText: "/pacticipants/shop\"" }).first().click();

    const request = page.locator("#request");
    await request.getByText("200 OK").waitFor();
    assert.equal(await page.getByLabel("Address").inputValue(), "/pacticipants/shop");
    assert.match(await request.locator("pre").innerText(), /"name": "shop"/);
  },

  async "something is created with an example and fields"(page) {
    await page.goto(`${BROWSE}#putTag`);
    const operation = page.locator("#putTag");
    for (const [name, value] of [["pacticipant", "shop"], ["version", "1"], ["tag", "feat/x y"]]) {
      await operation.getByLabel(name, { exact: true }).fill(value);
    }
    await operation.getByRole("button", { name: "Try PUT" }).click();
    await operation.getByText("201 Created").waitFor();

    await page.goto(`${base}/pacticipants/shop/versions/1/tags/feat%2Fx%20y`);
    assert.match(await page.locator("pre.answer").innerText(), /"name": "feat\/x y"/);
  },

  async "selectors of a question stay together"(page) {
    await page.goto(`${BROWSE}#getMatrix`);
    const operation = page.locator("#getMatrix");
    await operation.getByLabel("q[][pacticipant]").fill("shop\nstock");
    await operation.getByLabel("q[][version]").fill("1");
    const asked = page.waitForRequest(/\/matrix\?/);
    await operation.getByRole("button", { name: "Try GET" }).click();
    await operation.getByText("200 OK").waitFor();
    const pairs = [...new URL((await asked).url()).searchParams].map(([name, value]) => `${name}=${value}`);
    assert.deepEqual(pairs, ["q[][pacticipant]=shop", "q[][version]=1", "q[][pacticipant]=stock"]);
  },

  async "an address behind # is asked, and Back returns to it"(page) {
    await page.goto(`${BROWSE}#/pacts/provider/stock/consumer/shop/latest`);
    const request = page.locator("#request");
    await request.getByText("200 OK").waitFor();
    await request.locator("pre a", { hasText: "/pacticipants/stock\"" }).first().click();
    await page.waitForFunction(() => document.querySelector("#address").value === "/pacticipants/stock");
    await request.getByText("200 OK").waitFor();

    await page.goBack();

    await page.waitForFunction(() => document.querySelector("#address").value.endsWith("/latest"));
  },

  async "home leads to an application, and its filters stand in the address"(page) {
    await page.goto(`${base}/`);
    await page.getByRole("searchbox", { name: "Name or label" }).fill("sho");
    await page.waitForURL(/[?&]q=sho/);
    await page.locator("#list a", { hasText: "stock" }).waitFor({ state: "detached" });
    await page.reload();
    assert.equal(await page.locator("#list tbody tr").count(), 1);

    await page.locator("#list th a", { hasText: "shop" }).click();

    assert.equal(await page.locator("h1").innerText(), "shop");
    assert.equal(await page.locator(".sections [aria-current]").innerText(), "Applications");
  },

  async "the search of the header finds while one writes"(page) {
    await page.goto(`${base}/pacticipants`);
    await page.keyboard.press("/");
    await page.keyboard.type("stoc");
    await page.locator("#found a", { hasText: "stock" }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/search\?q=stoc/);
    await page.locator("main a", { hasText: "stock" }).first().waitFor();
  },

  async "a theme is chosen and stays"(page) {
    await page.goto(`${base}/pacticipants?q=sho`);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.getByRole("link", { name: "Dark theme" }).first().click();
    assert.match(page.url(), /\/pacticipants\?q=sho$/);
    assert.notEqual(await ground(), light);
    await page.goto(`${base}/search`);
    assert.notEqual(await ground(), light);
    await page.goto(BROWSE);
    assert.notEqual(await ground(), light);
  },

  async "keys lead to places, and can be turned off"(page) {
    await page.goto(`${base}/`);
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.waitForURL(/\/pacticipants$/);
    await page.keyboard.press("?");
    await page.getByLabel("Turn single keys off").check();
    await page.keyboard.press("Escape");
    await page.locator("h1").click();
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.name === "q"), false);
  },

  async "filters and search work without a script"(page) {
    await page.goto(`${base}/`);
    await page.getByRole("searchbox", { name: "Name or label" }).fill("sho");
    await page.getByRole("button", { name: "Apply" }).click();
    assert.equal(await page.locator("#list tbody tr").count(), 1);
    await page.locator("header input[name=q]").fill("stock");
    await page.locator("header input[name=q]").press("Enter");
    await page.locator("main a", { hasText: "stock" }).first().waitFor();
  },

  async "an odd name stays what it is"(page) {
    const odd = "/pacticipants/50%25%20of%20a%2Fb%3F";
    assert.equal((await page.request.post(`${base}/pacticipants`, { data: { name: "50% of a/b?" } })).status(), 201);

    await page.goto(`${BROWSE}#/pacticipants?q=50`);
    const request = page.locator("#request");
    await request.getByText("200 OK").waitFor();
    await request.locator("pre a", { hasText: `${odd}"` }).first().click();

    await page.waitForFunction((path) => document.querySelector("#address").value === path, odd);
    await request.locator("pre", { hasText: /^{\n  "name": "50% of a\/b\?"/ }).waitFor();
  },

  async "an answer is a page with links to follow"(page) {
    await page.goto(`${base}/pacticipants/shop/versions`);
    await page.locator("pre a", { hasText: "/pacticipants/shop/versions/1\"" }).first().click();
    assert.equal(await page.locator("h1").innerText(), "/pacticipants/shop/versions/1");

    await page.getByRole("link", { name: "pb:pacticipant\"" }).click();
    assert.equal(await page.locator("h1").innerText(), "pb:pacticipant");
    await page.locator("td a").first().click();
    await page.locator("details.operation[open]").waitFor();
  },

  async "a link with variables waits for their values"(page) {
    await page.goto(`${BROWSE}#/`);
    await page.locator("#request pre a", { hasText: "/pacticipants/{pacticipant}\"" }).click();
    const address = page.getByLabel("Address");
    await page.getByText("variables in braces").waitFor();
    assert.ok(await address.evaluate((field) => field === document.activeElement));
    await address.fill("/pacticipants/shop");
    await address.press("Enter");
    await page.locator("#request").getByText("200 OK").waitFor();
  },

  async "what users wrote is shown and does nothing"(page) {
    await page.goto(`${base}/pacts/provider/stock/consumer/shop/latest`);
    await page.getByText("</pre><script>alert(1)</script>").first().waitFor();
    assert.equal(await page.locator("img, pre script, a[href^='javascript:']").count(), 0);

    await page.goto(`${BROWSE}#/pacts/provider/stock/consumer/shop/latest`);
    await page.locator("#request").getByText("</pre><script>alert(1)</script>").first().waitFor();
    assert.equal(await page.locator("img, pre script, a[href^='javascript:']").count(), 0);
  },

  async "on the map the neighbours of what is pointed at stay, and its size is chosen"(page) {
    await page.goto(`${base}/map`);
    const width = () => page.locator("svg.map").evaluate((map) => map.getBoundingClientRect().width);
    await page.locator("svg.map a.node", { hasText: "shop" }).hover();
    assert.equal(await page.locator("svg.map.near .node.is-near").count(), 2);
    await page.mouse.move(2, 2);
    assert.equal(await page.locator("svg.map.near").count(), 0);
    const before = await width();
    await page.getByRole("button", { name: "Larger" }).click();
    assert.ok(await width() > before);
    await page.getByRole("button", { name: "Fit" }).click();
    await page.locator("svg.map a.node", { hasText: "stock" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/pacticipants\/stock$/);
  },

  async "who chooses a filter by keys keeps the place"(page) {
    await page.goto(`${base}/map`);
    const select = page.locator("select[name=verdict]");
    await select.focus();
    await page.keyboard.press("ArrowDown");
    await page.waitForURL(/[?&]verdict=failed/);
    await page.locator("#map-and-table", { hasText: "No contract is between applications" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.waitForURL(/[?&]verdict=not-verified/);
    await page.locator("svg.map").waitFor();
    assert.ok(await select.evaluate((field) => field === document.activeElement));
  },

  async "the drawing of the map stands alone, with its colours"(page) {
    await page.goto(`${base}/map`);
    await page.getByRole("link", { name: "SVG" }).click();
    await page.waitForURL(/\/map\.svg$/);
    const fill = (selector) => page.evaluate((selector) => getComputedStyle(document.querySelector(selector)).fill, selector);
    assert.equal(await fill(".ground"), "rgb(255, 255, 255)");
    assert.equal(await fill(".node .name"), "rgb(28, 26, 22)");
    await page.emulateMedia({ colorScheme: "dark" });
    assert.equal(await fill(".ground"), "rgb(27, 26, 23)");
    await page.locator("a.node", { hasText: "shop" }).click();
    await page.waitForURL(/\/pacticipants\/shop$/);
  },

  async "an operation of the API is found among its resources, with a command that works"(page) {
    await page.goto(`${base}/doc`);
    await page.locator(".resources summary", { hasText: "overview" }).click();
    await page.locator(".resources a[href*='operation=getMap']").click();
    await page.locator("#operation .signature", { hasText: "/map" }).waitFor();
    assert.match(await page.locator("#operation .command code").innerText(), new RegExp(`${base}/map`));
  },

  async "keys are enough"(page) {
    await page.goto(BROWSE);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to content");
    await page.keyboard.press("/");
    await page.keyboard.type("heartbeat");
    const focused = () => page.evaluate(() => document.activeElement.closest("details")?.id);
    for (let presses = 0; (await focused()) !== "getHeartbeat"; presses += 1) {
      assert.ok(presses < 40, "the operation is not reached");
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.locator("#getHeartbeat button").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("#getHeartbeat").getByText("200 OK").waitFor();
  },

  async "it is read without a script"(page) {
    await page.goto(BROWSE);
    assert.equal(await page.locator("#request").isVisible(), false);
    await page.locator("#publishContracts summary").click();
    await page.locator("#publishContracts pre", { hasText: "pacticipantName" }).waitFor();
    assert.equal(await page.getByRole("button").count(), 0);
  },

  async "nothing sticks out of a small screen"(page) {
    for (const path of ["/hal-browser/browser.html", "/doc", "/doc/publish-contracts", "/", "/pacticipants", "/pacticipants/shop", "/search?q=s", "/map",
      "/environments", "/deployments", "/webhooks", "/webhook-deliveries", "/verification-requests"]) {
      await page.goto(base + path);
      const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(content <= screen, `${path} is ${content} wide`);
    }
  },
};

const settings = {
  "it is read without a script": { javaScriptEnabled: false },
  "filters and search work without a script": { javaScriptEnabled: false },
  "nothing sticks out of a small screen": { viewport: { width: 390, height: 800 } },
};

await play(base, cases, settings, words);
