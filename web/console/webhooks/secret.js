// The secret of a webhook. The API says it once, and so does the page.
import { button, el } from "../core/dom.js";
import { copyable } from "../core/notices.js";
import { t } from "../core/texts.js";

let kept = null; // { id, secret } from the creation to the page of the webhook

/** Have a secret shown on the page of its webhook, which is next. */
export const keep = (id, secret) => (kept = { id, secret });

/** The secret of a webhook that was just created, once. */
export function take(id) {
  const secret = kept?.id === id ? kept.secret : undefined;
  kept = null;
  return secret;
}

/** A secret to copy, until the person says that they have it. */
export function shown(secret) {
  const element = el("div", { class: "conflict", role: "group", "aria-labelledby": "secret" },
    el("h3", { id: "secret" }, t("secret")), el("p", {}, t("secret.once")), copyable("", secret),
    el("div", { class: "row" }, button(t("secret.stored"), () => element.remove(), { class: "quiet" })));
  return element;
}
