// Search, sort and filters of the list. They are there if the stack searches.
import { byId, el } from "../core/dom.js";
import { features } from "../core/features.js";
import { address, go, place } from "../core/route.js";
import { t } from "../core/texts.js";

const PAUSE = 250; // milliseconds without a letter, after which the search begins
const SORTS = ["", "-createdAt", "createdAt", "name", "-name"];
let waiting = 0;

/** The controls, filled from the place. */
export function controls() {
  const search = el("input", { type: "search", id: "q", maxlength: 200, autocomplete: "off", spellcheck: "false",
    "aria-describedby": "q-hint", oninput: later });
  return el("div", { class: "controls" },
    el("form", { role: "search", id: "search", hidden: true, onsubmit: now },
      el("div", { class: "field" }, el("label", { for: "q" }, t("search")), search, el("p", { id: "q-hint", class: "hint" }, t("search.hint"))),
      el("details", { id: "filters" }, el("summary", {}, t("filters"), " ", el("span", { id: "active" })), fields())),
    el("a", { class: "button", id: "add", href: address("new") }, t("new")));
}

function fields() {
  const choice = el("select", { id: "sort", onchange: now }, SORTS.map((sort) => el("option", { value: sort }, t(`sort.${sort || "default"}`))));
  return el("div", { class: "filters" },
    field("sort", choice),
    field("domain", input("domain", { type: "text", autocomplete: "off", spellcheck: "false" })),
    field("minAge", input("minAge", { type: "number", min: 1, max: 150 })),
    field("maxAge", input("maxAge", { type: "number", min: 1, max: 150 })),
    field("createdAfter", input("createdAfter", { type: "date" })),
    field("createdBefore", input("createdBefore", { type: "date" })),
    el("button", { type: "button", class: "quiet", onclick: clear }, t("clear")));
}

const input = (name, more) => el("input", { id: name, onchange: now, ...more });
const field = (name, control) => el("div", { class: "field" }, el("label", { for: name }, t(`filter.${name}`)), control);

/** Show what the place says, without taking letters away from a person who types. */
export function refresh() {
  const { query } = place();
  byId("search").hidden = !features.search;
  byId("add").setAttribute("href", address("new"));
  if (waiting) return;
  set("q", query.get("q") ?? "");
  for (const name of ["sort", "domain", "minAge", "maxAge"]) set(name, query.get(name) ?? "");
  for (const name of ["createdAfter", "createdBefore"]) set(name, local(query.get(name)));
  const active = [...query.keys()].filter((name) => name !== "q").length;
  byId("active").textContent = active ? t("active", { n: active }) : "";
}

function set(id, value) {
  if (byId(id).value !== value) byId(id).value = value;
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(now, PAUSE);
}

function now(event) {
  event?.preventDefault?.();
  clearTimeout(waiting);
  waiting = 0;
  go("", { query: asked(), replace: place().view === "users" });
}

function clear() {
  go("", { query: new Map() });
}

// The API wants a word of two characters, so a single letter is not asked for.
function asked() {
  const text = byId("q").value.trim();
  const found = new Map([...text].length > 1 ? [["q", text]] : []);
  for (const name of ["sort", "domain", "minAge", "maxAge"]) if (byId(name).value) found.set(name, byId(name).value);
  for (const name of ["createdAfter", "createdBefore"]) if (byId(name).value) found.set(name, utc(byId(name).value));
  return found;
}

const utc = (date) => `${new Date(`${date}T00:00:00`).toISOString().slice(0, 19)}Z`; // the day begins where the reader is
function local(time) {
  if (!time) return "";
  const date = new Date(time);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
