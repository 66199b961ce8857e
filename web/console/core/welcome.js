// The dialog that lets a person in: with an API key, or by the sign-in page.
import { call } from "./api.js";
import * as access from "./access.js";
import { button, byId, el, formOf } from "./dom.js";
import { features } from "./features.js";
import { failure, words } from "./notices.js";
import { t } from "./texts.js";

let dialog = null;

/** Ask the person for access. `problem` is why. `entered()` is called when they have given a key that works. */
export function ask(entered, problem) {
  if (dialog?.open) return;
  const message = el("div", {}, problem && el("p", { class: "failure", role: "alert" }, words(problem)));
  dialog = el("dialog", { "aria-labelledby": "welcome", onclose: () => dialog.remove() },
    el("h2", { id: "welcome" }, t("access.title")),
    message,
    features.signIn && el("p", {}, button(t("access.signIn"), access.signIn, { class: "primary" })),
    keyForm(entered, message),
    el("div", { class: "row" },
      (access.hasKey() || access.isSignedIn()) && button(t("access.leave"), leave, { class: "quiet" }),
      button(t("close"), () => dialog.close(), { class: "quiet" })));
  document.body.append(dialog);
  dialog.showModal();
}

function keyForm(entered, message) {
  const key = el("input", { type: "password", id: "key", autocomplete: "off", spellcheck: "false" });
  const use = async () => {
    message.replaceChildren();
    access.useKey(key.value.trim());
    try {
      await call("GET", "/users?limit=1");
    } catch (error) {
      if (error.status === 401 || error.status === 403) {
        access.useKey("");
        return message.replaceChildren(failure(error));
      }
    }
    dialog.close();
    entered();
  };
  return formOf(
    el("div", { class: "field" }, el("label", { for: "key" }, t("access.key")), key, el("p", { class: "hint" }, t("access.hint"))),
    el("div", { class: "row" }, button(t("access.use"), use, { type: "submit", class: features.signIn ? "quiet" : "primary" })));
}

function leave() {
  access.leave();
  location.reload();
}

/** Whether the page may ask the API already. */
export const isLetIn = () => !features.signIn || access.isSignedIn();

/** Show the button that opens the dialog. */
export function offer(entered) {
  byId("access").hidden = false;
  byId("access").addEventListener("click", () => ask(entered));
}
