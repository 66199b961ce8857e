// The webhooks: all of them, a new one, or one of them.
import { call, isAbort, random } from "../core/api.js";
import { button, el, focusOn } from "../core/dom.js";
import { failure, notice } from "../core/notices.js";
import { address, go } from "../core/route.js";
import { t } from "../core/texts.js";
import { frame, framed } from "../user/frame.js";
import { form, TYPES } from "./form.js";
import * as secrets from "./secret.js";
import * as webhook from "./webhook.js";

const SIZE = 50; // webhooks of a page
let asking = null;

/** Show in `place` what the address says: all, "new", or an id. */
export function show(place, id) {
  asking?.abort();
  asking = new AbortController();
  if (id === "new") create(place);
  else if (id) webhook.show(place, id, asking.signal);
  else all(place, asking.signal);
}

function all(place, signal) {
  const heading = el("h2", {}, t("webhooks"));
  const rows = el("ul", { class: "cards" });
  const foot = el("div", {});
  const load = async (cursor) => {
    const search = new URLSearchParams({ limit: SIZE, ...(cursor ? { lastKey: cursor } : {}) });
    try {
      const { json } = await call("GET", `/webhooks?${search}`, { signal });
      rows.append(...json.webhooks.map(card));
      foot.replaceChildren(...[
        rows.children.length === 0 && el("p", { class: "empty" }, t("webhooks.none")),
        json.hasMore && button(t("more"), () => load(json.lastKey), { class: "quiet" })].filter(Boolean));
    } catch (error) {
      if (!isAbort(error)) foot.replaceChildren(failure(error, () => load(cursor)));
    }
  };
  place.replaceChildren(frame(heading, el("p", { class: "hint" }, t("webhooks.hint")),
    el("p", {}, el("a", { class: "button", href: address("webhooks/new") }, t("webhook.new"))), rows, foot));
  focusOn(heading);
  load();
}

function card({ webhookId, url, description, status, eventTypes }) {
  const on = status === "enabled";
  const types = eventTypes.length === TYPES.length ? t("types.all") : eventTypes.map((type) => t(`event.${type}`)).join(", ");
  return el("li", {},
    el("div", { class: "head" }, el("a", { href: address(`webhooks/${encodeURIComponent(webhookId)}`) }, el("bdi", {}, description ?? url)),
      el("span", { class: `pill ${on ? "on" : "off"}` }, t(`webhook.is.${status}`))),
    el("div", { class: "hint" }, description && [el("bdi", {}, url), " · "], types));
}

function create(place) {
  const heading = el("h2", {}, t("webhook.new"));
  const message = el("div", {});
  let key = random(); // sent twice, the same form creates one webhook
  const edit = form({});
  edit.element.addEventListener("input", () => (key = random()));
  const save = async () => {
    edit.mark([]);
    message.replaceChildren();
    try {
      const { json } = await call("POST", "/webhooks", { body: edit.values(), headers: { "Idempotency-Key": key } });
      secrets.keep(json.webhookId, json.secret);
      notice(t("webhook.created"));
      go(`webhooks/${json.webhookId}`);
    } catch (error) {
      message.replaceChildren(failure(error));
      edit.mark(error.fields ?? []);
    }
  };
  const creating = button(t("webhook.create"), save, { type: "submit", class: "primary" });
  edit.element.append(message, el("div", { class: "row" }, creating));
  place.replaceChildren(framed(heading, ["webhooks", t("webhooks.back")], edit.element));
  focusOn(heading);
  edit.element.querySelector("input").focus();
}
