// What pages gain where scripts run: copying, keys, filters that apply themselves. Everything works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const cookie = /(?:^|; )theme=(light|dark)/.exec(document.cookie);
  if (cookie && !root.dataset.theme) root.dataset.theme = cookie[1];

  const prefix = document.querySelector("link[rel=icon]").getAttribute("href").replace(/\/assets\/.*$/, "");
  const say = (text) => {
    const toast = document.querySelector(".toast");
    toast.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { toast.textContent = ""; }, 6000);
  };
  // Browsers have a clipboard only where the address is safe.
  const write = (text) => navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("no clipboard"));
  const copy = (text, done) => write(text).then(() => say(done), () => say("Not copied: select the text instead."));

  const prepare = (within) => within.querySelectorAll("[data-copy][hidden], [data-zoom][hidden]").forEach((button) => { button.hidden = false; });
  prepare(document);
  document.addEventListener("htmx:load", (event) => prepare(event.target));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    event.preventDefault();
    const command = button.closest(".command");
    copy(command ? command.querySelector("code").textContent : location.href, command ? "Command copied." : "Link copied.");
  });
  // What is not filtered by is not in the address, and what is filtered by is marked.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.matches("form.filters")) return;
    const parameters = event.detail.parameters;
    for (const name of Object.keys(parameters)) if (parameters[name] === "") delete parameters[name];
  });
  document.addEventListener("input", (event) => {
    const filter = event.target.closest(".filters .field, .filters .choice");
    if (filter) filter.classList.toggle("set", event.target.value !== "");
  });

  // The map: neighbours of what is pointed at stay, it is dragged, and its size is chosen.
  const near = (map, item) => {
    map.classList.toggle("near", !!item);
    map.querySelectorAll(".is-near").forEach((one) => one.classList.remove("is-near"));
    if (!item) return;
    const shown = new Set([item.dataset.node]);
    map.querySelectorAll("[data-from]").forEach((edge) => {
      const { from, to } = edge.dataset;
      const is = item.dataset.node ? from === item.dataset.node || to === item.dataset.node : from === item.dataset.from && to === item.dataset.to;
      if (is) { edge.classList.add("is-near"); shown.add(from).add(to); }
    });
    map.querySelectorAll("[data-node]").forEach((node) => node.classList.toggle("is-near", shown.has(node.dataset.node)));
  };
  const point = (event) => {
    const map = event.target.closest && event.target.closest("svg.map");
    if (map) near(map, event.target.closest("[data-node], [data-from]"));
  };
  document.addEventListener("pointerover", point);
  document.addEventListener("focusin", point);
  ["pointerout", "focusout"].forEach((name) => document.addEventListener(name, (event) => {
    const map = event.target.closest && event.target.closest("svg.map");
    if (map && !(event.relatedTarget instanceof Element && event.relatedTarget.closest("[data-node], [data-from]"))) near(map, null);
  }));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom] button");
    const map = document.querySelector("svg.map");
    if (!button || !map) return;
    const { width, height } = map.viewBox.baseVal;
    const room = map.parentElement.clientWidth;
    const by = button.dataset.by === "fit" ? room / map.getBoundingClientRect().width : Number(button.dataset.by);
    const wide = Math.min(Math.max(map.getBoundingClientRect().width * by, 240), width * 3);
    map.classList.remove("fits");
    map.setAttribute("width", wide);
    map.setAttribute("height", (wide / width) * height);
  });
  document.addEventListener("pointerdown", (event) => {
    const room = event.target.closest(".map-room");
    if (!room || event.pointerType !== "mouse" || event.button || event.target.closest("a")) return;
    const move = (to) => room.scrollBy(-to.movementX, -to.movementY);
    const end = () => { room.classList.remove("held"); document.removeEventListener("pointermove", move); };
    room.classList.add("held");
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", end, { once: true });
  });

  // In a heat map arrows go from cell to cell, and Home and End to the ends of a row. The chosen cell is marked at once.
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -Infinity], End: [0, Infinity] };
  document.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    const here = event.target.closest && event.target.closest(".heat tbody td, .heat tbody th, .heat .versions th");
    if (!move || !here || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const rows = [...here.closest("table").querySelectorAll(".versions, tbody tr")];
    const row = rows.indexOf(here.parentElement);
    const cells = rows[Math.min(Math.max(row + move[0], 0), rows.length - 1)].children;
    const at = [...here.parentElement.children].indexOf(here) + move[1];
    const link = cells[Math.min(Math.max(at, move[1] === -Infinity ? 1 : 0), cells.length - 1)].querySelector("a");
    if (!link) return;
    event.preventDefault();
    link.focus();
    link.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  document.addEventListener("click", (event) => {
    const cell = event.target.closest(".heat a.cell");
    if (!cell || !cell.closest("[hx-boost]")) return;
    cell.closest("table").querySelectorAll(".selected").forEach((one) => { one.classList.remove("selected"); one.removeAttribute("aria-current"); });
    cell.classList.add("selected");
    cell.setAttribute("aria-current", "true");
  });

  // Parts of pages are asked for as pages.
  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers.Accept = "text/html"; });

  // Storage may be refused; keys work then.
  const stored = (act) => { try { return act(); } catch { return null; } };
  const off = () => stored(() => localStorage.getItem("keys")) === "off";
  const toggle = document.querySelector("#keys-off");
  if (toggle) {
    toggle.closest("[hidden]").hidden = false;
    toggle.checked = off();
    toggle.addEventListener("change", () => stored(() => localStorage.setItem("keys", toggle.checked ? "off" : "on")));
  }
  const places = { h: "/", a: "/pacticipants", m: "/matrix", g: "/can-i-deploy", s: "/map", e: "/environments", o: "/provider-contracts", w: "/webhooks" };
  const step = (selector, by) => {
    const items = [...document.querySelectorAll(selector)].filter((item) => item.offsetParent);
    const at = items.indexOf(document.activeElement);
    const next = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : at + by];
    if (next) { next.focus(); next.scrollIntoView({ block: "nearest" }); }
  };
  const mismatch = (by) => {
    const marks = [...document.querySelectorAll("[data-mismatch]")];
    const at = marks.indexOf(mismatch.last);
    const next = marks[at < 0 ? (by > 0 ? 0 : marks.length - 1) : at + by];
    if (!next) return;
    mismatch.last = next;
    location.hash = next.id;
    next.scrollIntoView({ block: "center" });
  };
  const press = (selector) => { const item = document.querySelector(selector); if (item) item.click(); return item; };
  const keys = {
    "/": () => { const field = [...document.querySelectorAll("input[name=q]")].find((one) => one.offsetParent); if (field) field.focus(); },
    j: () => step("[data-step], .list th[scope=row] a", 1),
    k: () => step("[data-step], .list th[scope=row] a", -1),
    n: () => mismatch(1),
    p: () => mismatch(-1),
    d: () => press("[data-key=d]"),
    e: () => press("[data-key=e]"),
    c: () => copy(location.href, "Link copied."),
    y: () => press("[data-key=y]"),
    "?": () => { const help = document.querySelector(".keys"); help.open = !help.open; if (help.open) help.scrollIntoView(); },
  };
  let went = -Infinity;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open], .keys[open]").forEach((one) => { one.open = false; });
      const found = document.querySelector(".found");
      if (found) found.replaceChildren();
      if (document.activeElement.name === "q") document.activeElement.blur();
      return;
    }
    if (off() || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.timeStamp - went < 1500 && places[event.key]) { location.href = prefix + places[event.key]; return; }
    went = event.key === "g" ? event.timeStamp : -Infinity;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
})();
