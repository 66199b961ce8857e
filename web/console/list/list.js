// The list of users: one page at a time, however many there are.
import { call, isAbort } from "../core/api.js";
import { button, byId, el } from "../core/dom.js";
import { features } from "../core/features.js";
import { failure, say } from "../core/notices.js";
import { place } from "../core/route.js";
import { count } from "../core/stack.js";
import { t } from "../core/texts.js";
import { controls } from "./controls.js";
import { update } from "./rows.js";

const SIZE = 25; // users of a page
const NEWEST = "-createdAt";
const list = { shown: null, cursors: [], next: undefined, users: [], asking: null, hidden: new Set(), total: undefined };

/** The list, made once. `load` fills it. */
export function element() {
  const table = el("table", { class: "users", "aria-describedby": "count" },
    el("caption", { class: "unseen" }, t("title")),
    el("thead", {}, el("tr", {},
      ["name", "age", "created"].map((name) => el("th", { scope: "col", class: name }, t(`column.${name}`))))),
    el("tbody", { id: "rows" }));
  return el("section", { class: "list", "aria-label": t("title") },
    controls(),
    el("p", { id: "count", class: "count" }),
    el("div", { id: "trouble" }),
    el("div", { id: "table", tabindex: "-1" }, table, el("div", { id: "empty", class: "empty", hidden: true })),
    el("nav", { class: "pages", "aria-label": t("pages") },
      button(t("previous"), () => turn(-1), { id: "previous", class: "quiet" }),
      el("span", { id: "page" }),
      button(t("next"), () => turn(1), { id: "next", class: "quiet" })));
}

/** The page for the query of the place. The same query keeps its page. */
export async function show() {
  const wanted = parameters().toString();
  if (wanted === list.shown) return mark();
  list.cursors = [];
  await load(wanted);
}

/** Read the page again, quietly: after a change that this page or somebody else has made. */
export const reload = () => load(list.shown ?? parameters().toString(), { quiet: true });

/** Leave a user out of the list while a deletion waits, or bring the user back. */
export function hide(id, hidden = true) {
  if (hidden) list.hidden.add(id);
  else list.hidden.delete(id);
  render();
}

function parameters() {
  const { query } = place();
  if (!features.search) return new URLSearchParams();
  const found = new URLSearchParams(query);
  if (!found.has("q") && !found.has("sort")) found.set("sort", NEWEST);
  return found;
}

async function load(wanted, { quiet = false } = {}) {
  list.asking?.abort(); // a late answer to an older question is dropped
  const asking = (list.asking = new AbortController());
  byId("table").setAttribute("aria-busy", "true");
  try {
    const { json } = await call("GET", path(wanted), { signal: asking.signal });
    Object.assign(list, { shown: wanted, users: json.users, next: json.hasMore ? json.lastKey : undefined });
    byId("trouble").replaceChildren();
    render();
    if (!quiet) say(counted());
  } catch (error) {
    if (isAbort(error)) return;
    if (error.code?.endsWith("_cursor") && list.cursors.length) return first(wanted);
    byId("trouble").replaceChildren(failure(error, () => load(wanted)));
  } finally {
    if (list.asking === asking) byId("table").removeAttribute("aria-busy");
  }
}

function first(wanted) {
  list.cursors = []; // a cursor is good for a day
  return load(wanted);
}

function path(wanted) {
  const search = new URLSearchParams(wanted);
  search.set("limit", SIZE);
  const cursor = list.cursors.at(-1);
  if (cursor) search.set("lastKey", cursor);
  return `/users?${search}`;
}

async function turn(step) {
  if (step > 0 ? list.next === undefined : !list.cursors.length) return;
  const before = [...list.cursors];
  if (step > 0) list.cursors.push(list.next);
  else list.cursors.pop();
  const shown = list.users;
  await load(list.shown);
  if (list.users === shown) list.cursors = before; // it failed
  else byId("table").focus();
}

function render() {
  const users = list.users.filter((user) => !list.hidden.has(user.userId));
  update(byId("rows"), users);
  mark();
  const empty = byId("empty");
  empty.hidden = users.length > 0;
  empty.textContent = t(place().query.size ? "none.found" : "none");
  byId("rows").closest("table").hidden = users.length === 0;
  byId("count").textContent = counted();
  byId("page").textContent = t("page", { n: list.cursors.length + 1 });
  byId("previous").disabled = !list.cursors.length;
  byId("next").disabled = list.next === undefined;
}

function mark() {
  const { id } = place();
  for (const row of byId("rows").children) {
    const link = row.querySelector("a");
    link.setAttribute("href", row.target());
    if (row.dataset.id === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function counted() {
  const here = list.users.filter((user) => !list.hidden.has(user.userId)).length;
  if (place().query.size === 0 && list.total !== undefined) return t("count.all", { count: list.total });
  const more = list.next !== undefined || list.cursors.length > 0;
  return t(more ? "count.page" : "count.found", { count: here });
}

/** Ask for the number of all users, where the stack counts them. Also finds out whether it searches. */
export async function recount() {
  list.total = await count();
  if (list.shown !== null) byId("count").textContent = counted();
}
