// One webhook: its state, its fields, its secret and its deliveries.
import { call, isAbort, random } from "../core/api.js";
import { button, el, facts, focusOn } from "../core/dom.js";
import { fail, failure, notice, say } from "../core/notices.js";
import { go } from "../core/route.js";
import { t, time } from "../core/texts.js";
import { framed } from "../user/frame.js";
import { deliveries } from "./deliveries.js";
import { form } from "./form.js";
import * as secrets from "./secret.js";

const BACK = () => ["webhooks", t("webhooks.back")];
const pathOf = (id) => `/webhooks/${encodeURIComponent(id)}`;

/** Show the webhook in `place`. */
export async function show(place, id, signal) {
  place.replaceChildren(framed(t("loading"), BACK()));
  try {
    const { json, etag } = await call("GET", pathOf(id), { signal });
    new Page(place, json, etag).show();
  } catch (error) {
    if (!isAbort(error)) place.replaceChildren(framed(t("webhook"), BACK(), failure(error, () => show(place, id, signal))));
  }
}

class Page {
  constructor(place, webhook, etag) {
    Object.assign(this, { place, webhook, etag });
    this.state = el("div", {});
    this.message = el("div", {});
    this.secret = el("div", {});
  }

  show() {
    const { webhookId: id } = this.webhook;
    const heading = el("h2", {}, t("webhook"));
    this.form = form(this.webhook);
    const saving = button(t("save"), () => this.save(), { type: "submit", class: "primary" });
    const fresh = secrets.take(id);
    if (fresh) this.secret.replaceChildren(secrets.shown(fresh));
    this.form.element.append(this.message, el("div", { class: "row" }, saving));
    this.place.replaceChildren(framed(heading, BACK(), this.secret, this.state, this.form.element, deliveries(id).element, this.leaving()));
    this.draw();
    focusOn(heading);
  }

  /** The state, and what changes it. */
  draw() {
    const { webhook } = this;
    const on = webhook.status === "enabled";
    const turn = button(t(on ? "webhook.disable" : "webhook.enable"), () => this.change({ status: on ? "disabled" : "enabled" }, on ? "webhook.disabled" : "webhook.enabled"),
      { class: on ? "danger" : "primary" });
    this.state.replaceChildren(
      facts([
        [t("admin.status"), el("span", { class: `pill ${on ? "on" : "off"}`, id: "webhook-status" }, t(`webhook.is.${webhook.status}`))],
        [t("webhook.why"), webhook.disabledReason && t(`webhook.why.${webhook.disabledReason}`)],
        [t("secret.previous"), webhook.previousSecretExpiresAt && time(webhook.previousSecretExpiresAt)],
        [t("id"), el("code", {}, webhook.webhookId)],
        [t("created"), time(webhook.createdAt)],
        [t("updated"), time(webhook.updatedAt)],
      ]),
      el("div", { class: "row after" }, turn, button(t("rotate"), () => this.rotate(), { class: "quiet" })));
  }

  async save() {
    this.form.mark([]);
    await this.change(this.form.values(), "saved");
  }

  async change(body, said) {
    this.message.replaceChildren();
    try {
      const { json, etag } = await call("PATCH", pathOf(this.webhook.webhookId), { body, headers: { "If-Match": this.etag } });
      this.settle(json, etag);
      notice(t(said));
    } catch (error) {
      await this.refused(error);
    }
  }

  /** Make another secret. Sent twice, the same press makes one. */
  async rotate() {
    const key = random();
    try {
      const { json, etag } = await call("POST", `${pathOf(this.webhook.webhookId)}/rotate-secret`, { headers: { "Idempotency-Key": key } });
      const { secret, ...webhook } = json;
      this.settle(webhook, etag);
      this.secret.replaceChildren(secrets.shown(secret));
      this.secret.scrollIntoView({ block: "nearest" });
      say(t("secret.once"));
    } catch (error) {
      await this.refused(error);
    }
  }

  settle(webhook, etag) {
    Object.assign(this, { webhook, etag: etag ?? this.etag });
    this.draw();
  }

  async refused(error) {
    this.message.replaceChildren(failure(error));
    this.form.mark(error.fields ?? []);
    if (error.status !== 412) return;
    const look = call("GET", pathOf(this.webhook.webhookId)); // the next decision is about what the person sees then
    await look.then(({ json, etag }) => this.settle(json, etag)).catch(fail);
  }

  /** A deletion is asked for twice: the deliveries and the secret are gone with it. */
  leaving() {
    const sure = el("div", {});
    const remove = async () => {
      try {
        await call("DELETE", pathOf(this.webhook.webhookId));
        notice(t("webhook.gone"));
        go("webhooks");
      } catch (error) {
        sure.replaceChildren(failure(error));
      }
    };
    const ask = () => {
      const now = button(t("delete.now"), remove, { class: "danger" });
      sure.replaceChildren(el("p", {}, t("webhook.sure")), el("div", { class: "row after" }, now, button(t("webhook.keep"), () => sure.replaceChildren(), { class: "quiet" })));
      now.focus();
    };
    return el("section", { class: "section", "aria-label": t("webhook.delete") },
      el("div", { class: "row" }, button(t("webhook.delete"), ask, { class: "danger" })), sure);
  }
}
