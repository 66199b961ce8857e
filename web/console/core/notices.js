// Messages at the edge of the page, and words for people who hear it.
import { Unreachable } from "./api.js";
import { byId, button, el } from "./dom.js";
import { has, t } from "./texts.js";

/** Say a sentence to people who hear the page. */
export function say(text) {
  byId("said").textContent = "";
  setTimeout(() => (byId("said").textContent = text), 50); // the same sentence again is news too
}

/** Show a message until `close()` or, if it is good news, for some seconds. Returns { close, node }. */
export function notice(text, { kind = "good", parts = [], seconds = kind === "good" ? 6 : 0 } = {}) {
  const close = () => node.remove();
  const node = el("div", { class: `notice ${kind}` }, el("p", {}, text), ...parts,
    button("×", close, { class: "close", "aria-label": t("close") }));
  byId("notices").append(node);
  say(text);
  if (seconds) setTimeout(close, seconds * 1000);
  return { close, node };
}

/** A problem in the reader's language. The API's own sentence is shown where there is no other. */
export function words(error) {
  if (error instanceof Unreachable) return t(navigator.onLine ? "problem.unreachable" : "problem.offline");
  const key = `problem.${error.code}`;
  return error.code && has(key) ? t(key) : error.message;
}

/** A problem in words, with the id of its request to copy, and a way to try again if there is one. */
export function failure(error, again) {
  return el("div", { class: "failure", role: "alert" },
    el("p", {}, words(error)),
    error.requestId && requestId(error.requestId),
    again && button(t("again"), again, { class: "quiet" }));
}

/** Show a problem at the edge of the page. */
export function fail(error) {
  return notice(words(error), { kind: "bad", parts: error.requestId ? [requestId(error.requestId)] : [] });
}

function requestId(id) {
  const code = el("code", {}, id);
  const copy = async () => {
    getSelection().selectAllChildren(code); // all that a page may do without TLS
    await navigator.clipboard?.writeText(id);
    say(t("copied"));
  };
  return el("p", { class: "request" }, `${t("request")} `, code, " ", button(t("copy"), copy, { class: "small" }));
}
