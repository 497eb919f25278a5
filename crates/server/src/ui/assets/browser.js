// Lets people try the API on the page that describes it: adds fields and buttons to what is there to read, sends requests,
// and shows answers with their links to follow.

"use strict";

const root = new URL("..", location.href);
const byId = (id) => document.getElementById(id);

/** An element with attributes and what is in it; text stays text. */
function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...content);
  return made;
}

// Sending

/** Sends a request and shows in `place` what comes back. */
async function send({ method, path, headers = {}, body }, place) {
  if (method === "DELETE" && !confirm(`Delete what is at ${path}?`)) return;
  place.replaceChildren(element("p", { role: "status" }, "Waiting for the answer."));
  const token = byId("token").value;
  if (token) headers.Authorization = `Bearer ${token}`;
  const started = performance.now();
  try {
    const answer = await fetch(new URL(path.replace(/^[/\\]+/, ""), root), { method, headers, body });
    const text = await answer.text();
    show(answer, text, Math.round(performance.now() - started), place);
  } catch (error) {
    place.replaceChildren(element("p", { role: "status", class: "bad" }, `No answer came: ${error.message}.`));
  }
}

function show(answer, text, milliseconds, place) {
  const size = new Blob([text]).size.toLocaleString("en");
  const status = element("p", { role: "status", class: answer.ok ? "good" : "bad" },
    element("strong", {}, `${answer.status} ${answer.statusText}`), ` ${size} bytes in ${milliseconds} ms`);
  const rows = [...answer.headers].map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "mono" }, value)));
  const headers = element("details", {}, element("summary", {}, "Headers"), element("table", {}, element("tbody", {}, ...rows)));
  const body = element("pre", { tabindex: "0", "aria-label": "Body of the answer" });
  body.append(shown(text, answer.headers.get("content-type") ?? ""));
  place.replaceChildren(status, headers, ...(text ? [body] : []));
}

// Showing JSON

const LARGEST_WITH_LINKS = 500000;

function shown(text, type) {
  if (!/[/+]json/.test(type) || text.length > LARGEST_WITH_LINKS) return text;
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  return laidOut(text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []);
}

/** A member to a line. Every token stays as it was sent, numbers to the last digit. */
function laidOut(tokens) {
  const parts = document.createDocumentFragment();
  let indent = "\n";
  let key = "";
  tokens.forEach((token, index) => {
    const before = tokens[index - 1];
    const after = tokens[index + 1];
    if (token === "{" || token === "[") {
      if (after !== "}" && after !== "]") indent += "  ";
      parts.append(token, after === "}" || after === "]" ? "" : indent);
    } else if (token === "}" || token === "]") {
      if (before !== "{" && before !== "[") indent = indent.slice(0, -2);
      parts.append(before === "{" || before === "[" ? "" : indent, token);
    } else if (token === ",") {
      parts.append(token, indent);
    } else if (token === ":") {
      parts.append(": ");
    } else if (after === ":") {
      key = JSON.parse(token);
      parts.append(relation(key, token));
    } else {
      parts.append(token.startsWith('"') ? string(token, key) : element("span", { class: "number" }, token));
    }
  });
  return parts;
}

/** A key; the name of a relation leads to the page about it. */
function relation(name, token) {
  if (!/^(pb|beta):/.test(name)) return token;
  return element("a", { href: new URL(`doc/${encodeURIComponent(name)}`, root).href, class: "relation" }, token);
}

/** What contracts hold is no link of ours: only addresses of the web lead anywhere, none that a browser would run. */
function string(token, key) {
  const shown = element("span", { class: "string" }, token);
  const text = JSON.parse(token);
  if (key !== "href" || !/^https?:\/\//.test(text)) return shown;
  const isOwn = `${text}/`.startsWith(root.href);
  const href = isOwn ? `#/${text.slice(root.href.length)}` : text;
  return element("a", { href, rel: isOwn ? undefined : "noreferrer" }, shown);
}

// The request at the top

function sendRequest(event) {
  event?.preventDefault();
  const method = byId("method").value;
  const text = byId("body").value;
  const withBody = method !== "GET" && text !== "";
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  const headers = { Accept: byId("accept").value, ...(withBody && { "Content-Type": type }) };
  const request = { method, path: byId("address").value, headers, body: withBody ? text : undefined };
  send(request, document.querySelector("#request .answer"));
}

/** An address behind `#` is asked; one with variables waits for their values. */
function follow() {
  const target = location.hash.slice(1);
  if (!target.startsWith("/")) return openOperation(target);
  byId("method").value = "GET";
  byId("address").value = target;
  byId("request").scrollIntoView({ block: "start" });
  if (!target.includes("{")) return sendRequest();
  const place = document.querySelector("#request .answer");
  place.replaceChildren(element("p", { role: "status" }, "This address has variables in braces: put values in their places, then send."));
  byId("address").focus();
}

// Operations

function openOperation(id) {
  const found = byId(id);
  if (!found?.matches("details.operation")) return;
  found.hidden = false;
  found.open = true;
  found.scrollIntoView({ block: "start" });
  found.querySelector("summary").focus({ preventScroll: true });
}

/** What is read becomes what is filled in, once it is looked at. */
function makeTryable(operation) {
  if (operation.dataset.ready) return;
  operation.dataset.ready = "yes";
  for (const row of operation.querySelectorAll(".parameters tbody tr")) addField(row);
  const example = operation.querySelector("pre.body");
  if (example) {
    const lines = example.textContent.split("\n").length;
    const field = element("textarea", { rows: Math.min(24, Math.max(3, lines)), spellcheck: "false", "aria-label": "Body" });
    field.value = example.textContent;
    field.dataset.type = example.dataset.type;
    example.replaceWith(field);
  }
  const { method } = operation.dataset;
  const button = element("button", { type: "button", class: "primary" }, `Try ${method}`);
  const answer = element("div", { class: "answer" });
  button.addEventListener("click", () => send(requestOf(operation), answer));
  operation.querySelector(".try").append(button, answer);
}

function addField(row) {
  const { name, values, repeated, required, place } = row.dataset;
  const cell = row.querySelector(".value");
  const example = cell.textContent;
  const label = { "aria-label": name };
  let field;
  if (values !== undefined && repeated === undefined) {
    field = element("select", label, element("option", { value: "" }, ""), ...values.split(" ").map((value) => element("option", {}, value)));
  } else if (repeated !== undefined) {
    field = element("textarea", { ...label, rows: 1, placeholder: "one in each line" });
  } else {
    field = element("input", { ...label, autocomplete: "off", spellcheck: "false" });
  }
  if (place === "path" || required !== undefined) field.value = example;
  else if (example) field.placeholder = example;
  cell.replaceChildren(field);
}

function requestOf(operation) {
  let { path } = operation.dataset;
  const query = [];
  const add = (name, value) => value && query.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  // Of selectors, as of q[][pacticipant] and q[][version], what stands in the same line belongs together.
  const selectors = [];
  const headers = { Accept: "application/hal+json, application/problem+json;q=0.9, */*;q=0.5" };
  for (const row of operation.querySelectorAll(".parameters tbody tr")) {
    const { name, place, repeated } = row.dataset;
    const { value } = row.querySelector("input, select, textarea");
    const values = repeated === undefined ? [value] : value.split("\n");
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (place === "header") value && (headers[name] = value);
    else if (name.includes("[][")) values.forEach((one, line) => selectors.push({ list: name.split("[][")[0], line, name, value: one }));
    else values.forEach((one) => add(name, one));
  }
  selectors.sort((one, other) => one.list.localeCompare(other.list) || one.line - other.line);
  selectors.forEach(({ name, value }) => add(name, value));
  const field = operation.querySelector("textarea[data-type]");
  if (field?.value) headers["Content-Type"] = field.dataset.type;
  const mark = query.length ? "?" : "";
  return { method: operation.dataset.method, path: path + mark + query.join("&"), headers, body: field?.value || undefined };
}

function filter() {
  const words = byId("filter").value.toLowerCase().split(/\s+/);
  for (const section of document.querySelectorAll("section.of-tag")) {
    let shown = 0;
    for (const operation of section.querySelectorAll("details.operation")) {
      const text = `${operation.id} ${operation.querySelector("summary").textContent}`.toLowerCase();
      operation.hidden = !words.every((word) => text.includes(word));
      if (!operation.hidden) shown += 1;
    }
    section.hidden = shown === 0;
  }
}

byId("request").hidden = false;
document.querySelector(".filter").hidden = false;
byId("filter").addEventListener("input", filter);
document.querySelector("#request form").addEventListener("submit", sendRequest);
for (const operation of document.querySelectorAll("details.operation")) {
  operation.addEventListener("toggle", () => operation.open && makeTryable(operation));
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  byId("filter").focus();
});
addEventListener("hashchange", follow);
if (location.hash) follow();
