// What people in a hurry ask of the demo company: what broke, whose move is it, can I ship, who uses this.

import assert from "node:assert/strict";

import { play } from "./cases.mjs";

const [base, ...words] = process.argv.slice(2);
const GATE = "/can-i-deploy?pacticipant=payments&version=a41c7e0&environment=production";
const PAIR = "provider/payments/consumer/checkout";
const AMOUNT = "9f2c41d";

const heading = (page) => page.locator("h1").innerText();
const answer = (page) => page.locator("h1 .word").innerText();
const asks = (page, words) => page.waitForURL((url) => words.every((word) => decodeURIComponent(url.search).includes(word)));
const json = async (page, path) => {
  const got = await page.request.get(base + path, { headers: { Accept: "application/json, application/hal+json" } });
  assert.equal(got.status(), 200, path);
  return got.json();
};
const twin = (page) => page.locator("[data-key=y]").first().getAttribute("href");

const cases = {
  async "home says what can't ship, whose move it is, and leads to the smallest fix"(page) {
    await page.goto(`${base}/`);
    assert.match(await heading(page), /can’t ship/);
    const concern = page.locator(".concern", { hasText: "payments" }).first();
    assert.match(await concern.locator(".team").innerText(), /payments/);
    await concern.getByRole("link", { name: "Smallest fix" }).click();
    assert.equal(await answer(page), "No");
    await page.getByRole("heading", { name: "Smallest fix" }).waitFor();
  },

  async "home's list is filtered by what is asked, and says the same as the gate"(page) {
    await page.goto(`${base}/`);
    await page.locator("#list select[name=answer], form.filters select[name=answer]").selectOption({ label: "No" });
    await asks(page, ["answer=no"]);
    await page.locator("#list th a.cut[title=checkout]").waitFor({ state: "detached" });
    assert.ok((await page.locator("#list th a.cut").allInnerTexts()).includes("payments"));

    await page.goto(`${base}/`);
    const { items } = (await json(page, await twin(page))).applications;
    assert.equal(items.length, 15);
    const wrong = [];
    for (const { name, version, answer: said } of items) {
      const { summary } = await json(page, `/can-i-deploy?pacticipant=${name}&version=${version}&environment=production`);
      const gate = { true: "yes", false: "no", null: "not-known" }[summary.deployable];
      if (gate !== said) wrong.push(`${name} ${version}: ${said} at home, ${gate} at the gate`);
    }
    assert.deepEqual(wrong, []);
  },

  async "an application says where it runs, who is on each side, and leads to the evidence"(page) {
    await page.goto(`${base}/pacticipants/payments`);
    for (const place of ["Development", "Staging", "Production"]) await page.locator("main", { hasText: place }).waitFor();
    const consumers = page.locator("section", { hasText: "Consumers use payments" });
    await consumers.locator("a", { hasText: "checkout" }).first().waitFor();
    await page.locator("main tr", { hasText: "checkout" }).locator("a:has(.fail)").last().click();
    await page.waitForURL(/\/pacts\/|\/verification-results\//);
    await page.locator("main .v.fail, main .badge.fail, main [data-mismatch]").first().waitFor();
  },

  async "the gate says no, why, and whose answer would change it"(page) {
    await page.goto(base + GATE);
    assert.equal(await answer(page), "No");
    const fix = page.locator("section.panel", { has: page.getByRole("heading", { name: "Smallest fix" }) });
    await fix.getByText(/Make payments satisfy checkout/).waitFor();
    const because = page.locator("section.panel", { has: page.getByRole("heading", { name: "Because" }) });
    await because.getByText("$.amount").first().waitFor();
    assert.ok(await because.locator("details, li", { hasText: "Passed" }).count());
    await page.getByText("pactolus can-i-deploy --pacticipant payments --version a41c7e0 --to-environment production").waitFor();
    const said = await json(page, new URL(await twin(page), base).href.slice(base.length));
    assert.equal(said.summary.deployable, false);
  },

  async "the gate answers what would be, and takes it back"(page) {
    await page.goto(base + GATE);
    await page.getByLabel("No application").selectOption("checkout");
    await page.getByRole("button", { name: "Ask again" }).click();
    await asks(page, ["ignore", "checkout"]);
    assert.equal(await answer(page), "Yes");
    await page.locator(".supposed", { hasText: "without checkout" }).getByRole("link", { name: "Remove" }).click();
    assert.equal(await answer(page), "No");

    await page.getByLabel("Application", { exact: true }).selectOption("checkout");
    await page.getByLabel("Version", { exact: true }).fill("4d0a3b7");
    await page.getByRole("button", { name: "Ask again" }).click();
    await asks(page, ["assume", "4d0a3b7"]);
    await page.locator(".supposed", { hasText: "checkout 4d0a3b7 in production" }).waitFor();
    await page.getByText("Nothing is stored by asking.").waitFor();
  },

  async "the gate names what was meant where nothing is called so"(page) {
    await page.goto(`${base}/can-i-deploy?pacticipant=payments&version=a41c7e&environment=production`);
    await page.locator("main a", { hasText: "a41c7e0" }).first().click();
    assert.equal(await answer(page), "No");
    await page.goto(`${base}/can-i-deploy?pacticipant=payments&version=a41c7e0&environment=prodution`);
    await page.locator("main", { hasText: /production/i }).waitFor();
    assert.doesNotMatch(await heading(page), /^(Yes|No)\b/);
  },

  async "the gate is asked with a form, by keyboard alone"(page) {
    await page.goto(`${base}/can-i-deploy`);
    await page.getByLabel("Application").first().focus();
    await page.keyboard.type("recommendations");
    await page.keyboard.press("Tab");
    await page.keyboard.type("312");
    await page.getByLabel("Environment").selectOption("production");
    await page.getByLabel("Environment").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await asks(page, ["recommendations", "312", "production"]);
    assert.equal(await answer(page), "No");
  },

  async "a cell of the matrix leads to its evidence, and stands in the address"(page) {
    await page.goto(`${base}/matrix/${PAIR}`);
    await page.locator(`a.cell.fail[title^='a41c7e0 with ${AMOUNT}']`).click();
    await asks(page, ["cell="]);
    const evidence = page.locator("#evidence");
    await evidence.getByText("Failed").first().waitFor();
    await evidence.getByText("$.amount").first().waitFor();
    assert.equal(await page.locator(".heat .selected").count(), 1);
    await page.reload();
    await evidence.getByText("$.amount").first().waitFor();
    await evidence.getByRole("link", { name: "Open the evidence" }).click();
    await page.locator("main", { hasText: "$.amount" }).waitFor();
  },

  async "in the matrix arrows go from cell to cell"(page) {
    await page.goto(`${base}/matrix/${PAIR}`);
    await page.locator(".heat tbody tr").first().locator("th a").focus();
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("title"));
    await page.keyboard.press("ArrowRight");
    const first = await focused();
    await page.keyboard.press("ArrowRight");
    assert.notEqual(await focused(), first);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await focused(), first);
    await page.keyboard.press("End");
    const last = await focused();
    await page.keyboard.press("ArrowDown");
    assert.notEqual(await focused(), last);
    await page.keyboard.press("Enter");
    await asks(page, ["cell="]);
    await page.locator("#evidence .badge, #evidence .v").first().waitFor();
  },

  async "the heading and the twin are those of what was filtered last"(page) {
    await page.goto(`${base}/matrix?environment=production`);
    const before = await heading(page);
    await page.locator("form.filters select[name=environment]").selectOption("development");
    await asks(page, ["environment=development"]);
    await page.locator("h1", { hasText: "Development" }).waitFor();
    assert.notEqual(await heading(page), before);
    assert.match(await twin(page), /environment=development/);
  },

  async "the matrix of an environment leads to a pair"(page) {
    await page.goto(`${base}/matrix?environment=development`);
    await page.locator("table a.cell").first().click();
    await page.waitForURL(/\/matrix\/provider\//);
    assert.ok(await page.locator(".heat, table.list").count());
  },

  async "a contract shows a mismatch at the field, and who is meant"(page) {
    await page.goto(`${base}/pacts/${PAIR}/version/${AMOUNT}?against=a41c7e0`);
    const bad = page.locator("#interaction [id*=amount]").first();
    await bad.waitFor();
    assert.match(await bad.innerText(), /"?amount"?/);
    assert.match(await bad.locator("xpath=..").innerText(), /49\.90/);
    await page.keyboard.press("n");
    await page.waitForURL(/#i\d+-.*amount/);

    await page.getByRole("link", { name: "Expected", exact: true }).click();
    await asks(page, ["show=expected"]);
    assert.equal(await page.locator("#interaction .got").count(), 0);
    await page.getByRole("link", { name: "Actual", exact: true }).click();
    await asks(page, ["show=actual"]);
    await page.locator("#interaction .got", { hasText: "49.90" }).waitFor();
  },

  async "a contract is compared with another version, and given as it was published"(page) {
    await page.goto(`${base}/pacts/${PAIR}/version/${AMOUNT}`);
    const select = page.locator("select[name=compare]");
    const others = await select.locator("option").evaluateAll((options) => options.map((option) => option.value).filter(Boolean));
    // By keys alone each entry can be passed: only the button asks.
    await select.focus();
    for (const other of others.slice(0, 2)) {
      await page.keyboard.press("ArrowDown");
      assert.equal(await select.inputValue(), other);
    }
    assert.ok(!/compare=/.test(page.url()));
    await select.selectOption(others[0]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await asks(page, [`compare=${others[0]}`]);
    await page.locator(".difference", { hasText: "promises otherwise" }).waitFor();
    assert.ok(await page.locator(".difference .part").count());
    await page.locator("select[name=compare]").selectOption("");
    await page.getByRole("button", { name: "Compare" }).click();
    await page.waitForURL((url) => !/compare=./.test(url.search));
    await page.locator("#interaction").waitFor();

    const raw = await page.request.get(`${base}/pacts/${PAIR}/version/${AMOUNT}?as=download`, { headers: { Accept: "text/html" } });
    assert.match(raw.headers()["content-disposition"], /attachment/);
    assert.equal((await raw.json()).consumer.name, "checkout");
  },

  async "an interaction of a contract is chosen, by mouse and by key, and stands in the address"(page) {
    await page.goto(`${base}/pacts/${PAIR}/version/${AMOUNT}`);
    await page.locator("a[href*='interaction=']", { hasText: "a request to refund in full" }).click();
    await asks(page, ["interaction="]);
    await page.locator("#interaction h2", { hasText: "a request to refund in full" }).waitFor();
    await page.reload();
    await page.locator("#interaction h2", { hasText: "a request to refund in full" }).waitFor();
    const here = page.url();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.href !== here);
  },

  async "the map says the same as its table, by environment"(page) {
    for (const environment of ["", "?environment=production"]) {
      await page.goto(`${base}/map${environment}`);
      const { pacticipants, contracts } = (await json(page, await twin(page)))._embedded;
      assert.equal(await page.locator("svg.map a.node").count(), pacticipants.length);
      const drawn = await page.locator("svg.map [data-from]").evaluateAll((edges) => edges.map(({ dataset: { from, to } }) => `${from} ${to}`));
      const told = contracts.map(({ consumer, provider }) => `${consumer.name} ${provider.name}`);
      assert.equal(new Set(drawn).size, new Set(told).size);
      await page.getByText(`${contracts.length} contracts between ${pacticipants.length} applications`).waitFor();
      const verdicts = await page.locator("table.contracts tbody tr").evaluateAll((rows) => rows.map((row) => row.cells[3].innerText.trim()));
      const worst = ["Failed", "Not verified", "Pending", "Passed"];
      assert.deepEqual(verdicts, verdicts.toSorted((one, other) => worst.indexOf(one) - worst.indexOf(other)));
    }
  },

  async "the map goes around one application, and marks its cycle"(page) {
    await page.goto(`${base}/map`);
    await page.locator("svg.map", { hasText: "cycle" }).waitFor();
    await page.getByLabel("Around").selectOption("ledger");
    await asks(page, ["around=ledger"]);
    await page.locator("svg.map a.node", { hasText: "web-shop" }).waitFor({ state: "detached" });
    const names = await page.locator("svg.map a.node").allInnerTexts();
    assert.ok(names.length >= 2 && names.length < 15, names.join(" | "));
    await page.getByLabel("Running in").selectOption("production");
    await asks(page, ["around=ledger", "environment=production"]);
  },

  async "the board says what runs where, and its filter stands in the address"(page) {
    await page.goto(`${base}/environments`);
    const row = page.locator("#board tbody tr", { has: page.locator("th", { hasText: "payments" }) });
    await row.locator("td", { hasText: "6e02b91" }).first().waitFor();
    await page.getByRole("searchbox", { name: "Find an application" }).fill("notif");
    await asks(page, ["q=notif"]);
    await page.locator("#board th", { hasText: "payments" }).waitFor({ state: "detached" });
    assert.equal(await page.locator("#board tbody tr").count(), 1);
    await page.locator("select[name=show]").selectOption("differences");
    await asks(page, ["q=notif", "show=differences"]);
    await page.locator("#board a.state").first().click();
    await page.waitForURL(/\/map\?environment=/);
  },

  async "the timeline says what was let in, where, and by what answer"(page) {
    await page.goto(`${base}/deployments?environment=production`);
    const first = page.locator("#timeline li").first();
    assert.match(await first.innerText(), /to Production/);
    await page.locator("#timeline li", { hasText: "Yes" }).first().waitFor();
    await page.getByLabel("Environment").selectOption("staging");
    await asks(page, ["environment=staging"]);
    await page.locator("#timeline li", { hasText: "to Staging" }).first().waitFor();
    await page.locator("#timeline li", { hasText: "to Production" }).first().waitFor({ state: "detached" });
  },

  async "a delivery that failed shows its attempts, and is sent again"(page) {
    await page.goto(`${base}/webhooks`);
    await page.getByRole("link", { name: "Dead letters" }).click();
    await page.locator("tbody th a").first().click();
    await page.locator("main", { hasText: "Attempt 1" }).waitFor();
    const before = Number((await page.locator(".attempts a.cell").count()));
    assert.ok(before > 0);
    await page.getByRole("button", { name: "Send it again" }).click();
    await page.waitForLoadState("load");
    assert.doesNotMatch(await page.locator("main").innerText(), /"_links"/);
    await page.waitForURL(/\/webhook-deliveries\//);
  },

  async "a webhook is found by its team's name, and shows what it tells"(page) {
    await page.goto(`${base}/`);
    await page.keyboard.press("/");
    await page.keyboard.type("Commit status");
    await page.locator("#found a", { hasText: "Commit status of checkout" }).first().click();
    assert.match(await heading(page), /Commit status of checkout/);
    await page.locator("main", { hasText: "git.sardis.invalid" }).waitFor();
    await page.locator("main", { hasText: "provider_verification_published" }).waitFor();
  },

  async "what is asked for and has no answer is listed with the contract that waits"(page) {
    await page.goto(`${base}/verification-requests`);
    const rows = page.locator("#requests tbody tr");
    assert.ok(await rows.count());
    await rows.first().locator("td a").first().click();
    await page.waitForURL(/\/verification-requests\/[0-9a-f-]+$/);
    await page.getByRole("button", { name: "Request again" }).click();
    await page.locator(".facts", { hasText: /asked [2-9] times/ }).waitFor();
    await page.locator("dd a", { hasText: " with " }).click();
    await page.waitForURL(/\/pacts\/provider\//);
    await page.locator("main", { hasText: /not verified/i }).waitFor();
  },

  async "the search finds a version by how it begins, and the contracts of either side"(page) {
    await page.goto(`${base}/search?q=a41c7`);
    await page.locator("#results a", { hasText: "a41c7e0" }).first().click();
    await page.locator("h1", { hasText: "a41c7e0" }).waitFor();
    await page.goto(`${base}/search?q=checkout`);
    await page.locator("#results a", { hasText: "payments" }).first().waitFor();
  },

  async "a provider's document shows who uses an operation, and what would break"(page) {
    await page.goto(`${base}/provider-contracts`);
    await page.locator("main a", { hasText: "payments" }).first().click();
    await page.locator("main", { hasText: "/payments/{" }).first().waitFor();
    await page.locator("main", { hasText: "checkout" }).first().waitFor();
  },

  async "every page gives the same to programs one click away"(page) {
    for (const path of ["/", "/pacticipants/payments", `/pacts/${PAIR}/latest`, `/matrix/${PAIR}`, GATE, "/map", "/environments", "/deployments", "/webhooks",
      "/webhook-deliveries", "/verification-requests", "/search?q=pay"]) {
      await page.goto(base + path);
      const address = await twin(page);
      assert.ok(address, `${path} names no JSON`);
      const got = await page.request.get(new URL(address, page.url()).href);
      assert.equal(got.status(), 200, `${path}: ${address}`);
      assert.match(got.headers()["content-type"], /json/, `${path}: ${address}`);
      await got.json();
    }
  },

  async "a page prints without what only a screen needs, and with its words"(page) {
    await page.emulateMedia({ media: "print" });
    for (const path of [GATE, `/matrix/${PAIR}`, `/pacts/${PAIR}/version/${AMOUNT}`, "/map", "/environments"]) {
      await page.goto(base + path);
      assert.equal(await page.locator("body > header, header.top").first().isVisible(), false, `${path}: the header is printed`);
      const visible = await page.locator("main form.filters").evaluateAll((forms) => forms.filter((form) => form.offsetParent).length);
      assert.equal(visible, 0, `${path}: filters are printed`);
      assert.equal(await page.locator("h1").isVisible(), true);
    }
    await page.goto(base + GATE);
    // Closed reasons stand open on paper.
    assert.ok(await page.getByText("2.31.0").first().isVisible());
    const pdf = await page.pdf({ format: "A4" });
    assert.ok(pdf.length > 5_000);
  },

  async "nothing moves for who wants nothing to move"(page) {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(`${base}/map`);
    const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((one) => {
      const { transitionDuration, animationDuration, animationName } = getComputedStyle(one);
      const isLong = (durations) => durations.split(",").some((duration) => parseFloat(duration) > 0.011);
      return isLong(transitionDuration) || (animationName !== "none" && isLong(animationDuration));
    }).map((one) => `${one.tagName}.${one.className}`).slice(0, 5));
    assert.deepEqual(moving, []);
  },

  async "the gate is read and asked without a script"(page) {
    await page.goto(base + GATE);
    assert.equal(await answer(page), "No");
    await page.getByLabel("No application").selectOption("checkout");
    await page.getByRole("button", { name: "Ask again" }).click();
    assert.equal(await answer(page), "Yes");
    await page.goto(`${base}/matrix/${PAIR}`);
    await page.locator("a.cell.fail").first().click();
    await page.locator("#evidence", { hasText: "Failed" }).waitFor();
    await page.goto(`${base}/environments`);
    await page.locator("select[name=show]").selectOption("differences");
    await page.getByRole("button", { name: "Apply" }).click();
    await asks(page, ["show=differences"]);
  },
};

const settings = {
  "a provider's document shows who uses an operation, and what would break": { awaits: "/provider-contracts" },
  "the gate names what was meant where nothing is called so": { says: /status of 400/ },
  "the gate is read and asked without a script": { javaScriptEnabled: false },
};

await play(base, cases, settings, words);
