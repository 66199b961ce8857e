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
  return el("div", { class: "failure", role: "alert" }, el("p", {}, words(error)), details(error),
    again && button(t("again"), again, { class: "quiet" }));
}

function details(error) {
  const only = error.status === 400 && !error.fields.length && error.message !== words(error); // only the API says which part
  return [
    only && el("p", { lang: "en" }, error.message),
    error.wait > 0 && el("p", {}, t("problem.wait", { count: error.wait })),
    error.requestId && copyable(t("request"), error.requestId),
  ].filter(Boolean);
}

/** Show a problem at the edge of the page. */
export function fail(error) {
  return notice(words(error), { kind: "bad", parts: details(error) });
}

/** A name, and a text to copy. */
export function copyable(name, text) {
  const code = el("code", {}, text);
  const copy = async () => {
    getSelection().selectAllChildren(code); // all that a page may do without TLS
    await navigator.clipboard?.writeText(text);
    say(t("copied"));
  };
  return el("p", { class: "request" }, name && `${name} `, code, " ", button(t("copy"), copy, { class: "small" }));
}
