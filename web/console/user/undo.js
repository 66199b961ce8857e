// Deletions that wait: nothing is sent for some seconds, and until then nothing has happened.
import { call } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { fail, notice, say } from "../core/notices.js";
import { t } from "../core/texts.js";

const SECONDS = 8;
const waiting = new Set();

/** Whether a deletion has not been sent yet. */
export const isWaiting = () => waiting.size > 0;

/**
 * Delete a user after some seconds, unless somebody changes it or says no. `list` has hide(id, hidden), focus(id) and reload().
 */
export function remove(user, etag, list) {
  const { name } = user;
  const seconds = el("span", { "aria-hidden": "true" });
  const undo = button(t("undo"), () => end(() => back(user, list)));
  const now = button(t("delete.now"), () => end(() => send(user, etag, list)), { class: "quiet" });
  const shown = notice(t("delete.waits", { name }), { kind: "waits", parts: [seconds, el("div", { class: "row" }, undo, now)] });
  shown.node.querySelector(".close").remove(); // it would not say what it does
  const stop = countdown(shown.node, (left) => {
    seconds.textContent = t("delete.left", { n: left });
    if (left === 0) end(() => send(user, etag, list));
  });
  const end = (next) => {
    if (!waiting.delete(shown)) return; // it was decided already
    stop();
    shown.close();
    return next();
  };
  waiting.add(shown);
  undo.focus(); // by keyboard, the time stands still until the person goes on
  list.hide(user.userId);
}

/** Count down, but not while somebody is about to decide. Returns what stops it. */
function countdown(node, tell) {
  let left = SECONDS;
  const timer = setInterval(() => {
    if (node.matches(":hover, :has(:focus-visible)")) return;
    left -= 1;
    tell(left);
  }, 1000);
  queueMicrotask(() => tell(left));
  return () => clearInterval(timer);
}

function back({ userId, name }, list) {
  list.hide(userId, false);
  list.focus(userId);
  say(t("delete.undone", { name }));
}

async function send({ userId, name }, etag, list) {
  try {
    await call("DELETE", `/users/${encodeURIComponent(userId)}`, { headers: { "If-Match": etag } });
    say(t("delete.done", { name }));
    list.reload();
  } catch (error) {
    if (error.status === 404) return list.reload(); // somebody else has done it
    list.hide(userId, false);
    if (error.status === 412) notice(t("delete.changed", { name }), { kind: "bad" });
    else fail(error);
  }
}
