// The console: it puts the parts together, and follows the place in the address.
import { comeBack, onRefused } from "./core/access.js";
import { byId, el } from "./core/dom.js";
import { features } from "./core/features.js";
import { follow } from "./core/live.js";
import { fail, failure, notice } from "./core/notices.js";
import { address, place } from "./core/route.js";
import { explore } from "./core/stack.js";
import { choose, fill, language, languages, t } from "./core/texts.js";
import { ask, isLetIn, offer } from "./core/welcome.js";
import { refresh } from "./list/controls.js";
import * as list from "./list/list.js";
import * as transfers from "./transfers/transfers.js";
import * as create from "./user/create.js";
import * as drafts from "./user/drafts.js";
import { isWaiting } from "./user/undo.js";
import * as user from "./user/user.js";
import * as webhooks from "./webhooks/webhooks.js";

const ALONE = ["transfers", "webhooks"]; // views without the list of users

let shown = ""; // the place beside the list

async function start() {
  prepare();
  try {
    await explore();
  } catch {
    byId("main").replaceChildren(failure(new Error(t("problem.contract")), () => location.reload()));
    return;
  }
  await comeBack().catch((error) => notice(t("access.failed", { reason: error.message }), { kind: "bad" }));
  onRefused((problem) => ask(enter, problem));
  offer(enter);
  byId("main").replaceChildren(list.element(), el("div", { id: "beside" }));
  addEventListener("hashchange", arrive);
  addEventListener("popstate", arrive);
  addEventListener("place", arrive);
  if (isLetIn()) await enter();
  else ask(enter);
}

function prepare() {
  document.documentElement.lang = language;
  document.title = t("title");
  fill(document);
  byId("language").append(...Object.keys(languages).map((tag) => el("option", { value: tag, lang: tag }, languages[tag])));
  byId("language").value = language;
  byId("language").addEventListener("change", () => choose(byId("language").value));
  byId("skip").addEventListener("click", skip);
  addEventListener("online", connected);
  addEventListener("offline", connected);
  connected();
  addEventListener("beforeunload", (event) => (isWaiting() || drafts.any()) && event.preventDefault());
}

function skip(event) {
  event.preventDefault(); // the address is the place of the person
  byId("main").focus();
}

function connected() {
  byId("offline").hidden = navigator.onLine;
  byId("offline").textContent = navigator.onLine ? "" : t("problem.offline");
}

/** The API lets us in: show what it has. */
async function enter() {
  shown = "";
  arrive();
  try {
    await list.recount();
  } catch (error) {
    byId("trouble").replaceChildren(failure(error, enter));
    return;
  }
  if (features.live && !enter.following) {
    enter.following = true;
    follow({ user: user.changed, list: list.reload, late: late });
  }
}

function late() {
  list.reload();
  list.recount().catch(fail);
}

/** Show the place in the address. */
function arrive() {
  const { view, id } = place();
  navigation(view);
  refresh();
  document.body.dataset.view = view;
  document.body.toggleAttribute("data-alone", ALONE.includes(view));
  if (!ALONE.includes(view)) list.show();
  const wanted = `${view} ${id}`;
  if (wanted === shown) return;
  const left = shown.startsWith("user ") && view === "users" ? shown.slice(5) : "";
  shown = wanted;
  document.title = [...(view === "users" || view === "user" ? [] : [t(view)]), t("title")].join(" · ");
  beside(view, id);
  if (left) list.focus(left); // back where the person came from
}

function beside(view, id) {
  const node = byId("beside");
  user.close();
  if (view === "user") user.show(node, id, list);
  else if (view === "new") create.show(node, list);
  else if (view === "transfers" && features.bulk) transfers.show(node);
  else if (view === "webhooks" && features.webhooks) webhooks.show(node, id);
  else node.replaceChildren();
}

function navigation(view) {
  const more = [features.webhooks && "webhooks", features.bulk && "transfers"].filter(Boolean);
  const here = ALONE.includes(view) ? view : "users";
  byId("places").replaceChildren(...(more.length ? ["users", ...more] : []).map((name) =>
    el("a", { href: address(name === "users" ? "" : name), "aria-current": here === name ? "page" : undefined }, t(`place.${name}`))));
}

start().catch(fail);
