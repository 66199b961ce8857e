// Erasing a person: confirmed by typing, and followed until nothing is left.
import { call, isAbort } from "../core/api.js";
import { button, el, facts, formOf } from "../core/dom.js";
import { failure, say } from "../core/notices.js";
import { has, t, time } from "../core/texts.js";

const PAUSE = 2000; // milliseconds between two looks
const path = (id, action) => `/admin/users/${encodeURIComponent(id)}/${action}`;

/** The section that erases. `word` must be typed before. `begun(receipt)` is called when the service has begun. */
export function erasing(id, word, begun) {
  const message = el("div", {});
  const typed = el("input", { id: "erase-word", type: "text", autocomplete: "off", spellcheck: "false", autocapitalize: "none",
    "aria-describedby": "erase-hint" });
  const erase = async () => {
    if (typed.value.trim() !== word) {
      message.replaceChildren(el("p", { class: "error", role: "alert" }, t("erase.wrong")));
      return typed.focus();
    }
    message.replaceChildren();
    try {
      begun((await call("POST", path(id, "erase"))).json);
    } catch (error) {
      message.replaceChildren(failure(error));
    }
  };
  return el("details", { class: "section", id: "erase" }, el("summary", {}, t("erase")),
    formOf(
      el("p", { id: "erase-hint" }, t("erase.hint")),
      el("div", { class: "field" }, el("label", { for: "erase-word" }, t("erase.type"), " ", el("bdi", { class: "value" }, word)), typed),
      message, el("div", { class: "row" }, button(t("erase.now"), erase, { type: "submit", class: "danger" }))));
}

/** The receipt of an erasure, if somebody has asked for it; else null. Raises what `call` raises. */
export async function erasure(id, signal) {
  try {
    return (await call("GET", path(id, "erasure"), { signal })).json;
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** The receipt on the page. It is read again until nothing is left, as long as it is shown. */
export function receipt(id, first, signal) {
  const element = el("div", { class: "receipt" });
  const again = button(t("erase.again"), async () => { // it goes through all places once more
    await call("POST", path(id, "erase")).catch((error) => element.append(failure(error)));
    await look();
  }, { class: "danger" });
  const look = async () => {
    try {
      const found = await erasure(id, signal);
      if (found) draw(element, found, again);
      if (found?.status === "completed") say(t(state(found)));
      else later();
    } catch (error) {
      if (!isAbort(error)) element.append(failure(error, look));
    }
  };
  const later = () => setTimeout(() => element.isConnected && look(), PAUSE);
  draw(element, first, again);
  if (first.status === "running") later();
  return element;
}

const state = ({ status, verified }) => (status === "running" ? "erase.running" : verified ? "erase.verified" : "erase.completed");

function draw(element, found, again) {
  const named = (kind, name) => (has(`${kind}.${name}`) ? t(`${kind}.${name}`) : name);
  const looked = found.places.filter((it) => it.lookedAt).length;
  const running = found.status === "running";
  const left = !running && !found.verified && found.places.some((it) => it.remaining > 0);
  element.replaceChildren(...[
    el("p", { id: "erase-state", class: running ? "" : found.verified ? "pill on" : "pill open" }, t(state(found))),
    running && el("progress", { max: Math.max(found.places.length, 1), value: looked, "aria-label": t("erasure") }),
    running && el("p", { class: "hint" }, t("erase.takes")),
    left && el("div", { class: "row" }, again),
    facts([
      [t("erase.asked"), time(found.requestedAt)],
      [t("erase.ended"), found.completedAt && time(found.completedAt)],
      [t("id"), el("code", {}, found.userId)],
    ]),
    found.places.length > 0 && el("h3", {}, t("erase.places")),
    facts(found.places.map((it) => [named("erased", it.place), t("erase.counts", { erased: it.erased, remaining: it.remaining ?? "?" })])),
    found.forgets.length > 0 && el("h3", {}, t("erase.forgets")),
    facts(found.forgets.map(({ what, by }) => [named("erased", what), time(by)])),
    el("h3", {}, t("erase.keeps")),
    el("ul", {}, found.keeps.map(({ what, why }) => el("li", {}, has(`erased.${what}`) ? t(`erased.${what}`) : `${what}: ${why}`)))].filter(Boolean));
}
