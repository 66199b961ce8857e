// The list of users: one page at a time, however many there are.
import { call, isAbort } from "../core/api.js";
import { button, byId, el } from "../core/dom.js";
import { features } from "../core/features.js";
import { failure, say } from "../core/notices.js";
import { filters, place } from "../core/route.js";
import { count } from "../core/stack.js";
import { t } from "../core/texts.js";
import { controls } from "./controls.js";
import { update } from "./rows.js";

const SIZE = 25; // users of a page
const NEWEST = "-createdAt";
// `shown` is the query of the page, `cursors` lead to it from the first one, `next` leads on. `stale` says that there was a
// change while an answer was under way.
const list = { shown: null, cursors: [], next: undefined, users: [], asking: null, stale: false, hidden: new Set(), total: undefined };

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
  if (wanted === list.shown) {
    list.asking?.abort(); // for another query, which the person has left
    return mark();
  }
  await load(wanted, []);
}

/** Read the page again, quietly: after a change that this page or somebody else has made. */
export async function reload() {
  if (list.asking) list.stale = true;
  else await load(list.shown ?? parameters().toString(), list.cursors, { quiet: true });
}

/** Leave a user out of the list while a deletion waits, or bring the user back. */
export function hide(id, hidden = true) {
  if (hidden) list.hidden.add(id);
  else list.hidden.delete(id);
  render();
}

/** Put the focus on the row of a user, or on the table if there is none. */
export function focus(id) {
  const row = [...byId("rows").children].find((it) => it.dataset.id === id);
  (row?.querySelector("a") ?? byId("table")).focus();
}

function parameters() {
  const { query } = place();
  if (!features.search) return new URLSearchParams();
  const found = new URLSearchParams(query);
  if (!found.has("q") && !found.has("sort")) found.set("sort", NEWEST);
  return found;
}

async function load(wanted, cursors, { quiet = false } = {}) {
  list.asking?.abort(); // a late answer to an older question is dropped
  const asking = (list.asking = new AbortController());
  byId("table").setAttribute("aria-busy", "true");
  try {
    const { json } = await call("GET", path(wanted, cursors), { signal: asking.signal });
    Object.assign(list, { shown: wanted, cursors, users: json.users, next: json.hasMore ? json.lastKey : undefined });
    byId("trouble").replaceChildren();
    render();
    if (!quiet) say(counted());
    return true;
  } catch (error) {
    if (isAbort(error)) return false;
    if (error.code?.endsWith("_cursor") && cursors.length) return load(wanted, []); // a cursor is good for a day
    byId("trouble").replaceChildren(failure(error, () => load(wanted, cursors)));
    return false;
  } finally {
    if (list.asking === asking) settle();
  }
}

function settle() {
  list.asking = null;
  byId("table").removeAttribute("aria-busy");
  if (!list.stale) return;
  list.stale = false;
  reload();
}

function path(wanted, cursors) {
  const search = new URLSearchParams(wanted);
  search.set("limit", SIZE);
  if (cursors.length) search.set("lastKey", cursors.at(-1));
  return `/users?${search}`;
}

async function turn(step) {
  if (step > 0 ? list.next === undefined : !list.cursors.length) return;
  const cursors = step > 0 ? [...list.cursors, list.next] : list.cursors.slice(0, -1);
  if (await load(list.shown, cursors)) byId("table").focus();
}

function render() {
  const users = list.users.filter((user) => !list.hidden.has(user.userId));
  update(byId("rows"), users);
  mark();
  const empty = byId("empty");
  empty.hidden = users.length > 0;
  empty.textContent = t(filters(place().query) ? "none.found" : "none");
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
  if (!filters(place().query) && list.total !== undefined) return t("count.all", { count: list.total });
  const more = list.next !== undefined || list.cursors.length > 0;
  return t(more ? "count.page" : "count.found", { count: here });
}

/** Ask for the number of all users, where the stack counts them. */
export async function recount() {
  list.total = await count();
  if (list.shown !== null) byId("count").textContent = counted();
}
