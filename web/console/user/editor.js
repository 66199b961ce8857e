// The form of a user that is there: it saves what has changed, and only over the version that the person has seen.
import { call } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { fail, failure, notice, say } from "../core/notices.js";
import { t } from "../core/texts.js";
import { panel } from "./conflict.js";
import * as drafts from "./drafts.js";
import { form } from "./form.js";
import { changes, merge, values } from "./merge.js";

/** `settled(user)` is called with each version that the form is based on, `saved()` after a change of ours. */
export class Editor {
  constructor(user, etag, { settled, saved }) {
    Object.assign(this, { settled, saved });
    this.message = el("div", {});
    this.saving = button(t("save"), () => this.save(), { type: "submit", class: "primary" });
    this.buttons = el("div", { class: "row" }, this.saving);
    this.form = form(values(user), () => this.#keep());
    this.element = this.form.element;
    this.element.append(this.message, this.buttons);
    this.#settle(user, etag);
  }

  get path() {
    return `/users/${encodeURIComponent(this.user.userId)}`;
  }

  get wanted() {
    return changes(this.base, this.form.values());
  }

  /** Send what has changed. If somebody else was faster, show both. */
  async save() {
    this.form.mark([]);
    const body = this.wanted;
    if (!Object.keys(body).length) return say(t("save.nothing"));
    try {
      const { json, etag } = await call("PATCH", this.path, { body, headers: { "If-Match": this.etag } });
      this.#settle(json, etag);
      this.form.set(this.base);
      drafts.forget(json.userId);
      this.message.replaceChildren();
      notice(t("saved"));
      this.saved();
    } catch (error) {
      if (error.status === 412) return this.meet();
      this.message.replaceChildren(failure(error));
      this.form.mark(error.fields ?? []);
    }
  }

  /** Read the newest version, and merge what the person has typed into it. */
  async meet() {
    try {
      const { json, etag } = await call("GET", this.path);
      if (etag !== this.etag) this.#merge(json, etag);
    } catch (error) {
      if (error.status === 404) this.#gone();
      else fail(error);
    }
  }

  /** Go on with a draft, if there is one. */
  resume(draft) {
    if (!draft) return;
    const { user, etag } = this;
    this.form.set(draft.mine);
    this.message.replaceChildren(el("p", { class: "hint" }, t("draft")));
    if (draft.etag === etag) return;
    this.base = draft.base;
    this.#merge(user, etag);
  }

  #settle(user, etag) {
    Object.assign(this, { user, etag, base: values(user) });
    this.settled(user);
  }

  #merge(user, etag) {
    const [mine, theirs, touched] = [this.form.values(), values(user), Object.keys(this.wanted).length > 0];
    const found = merge(this.base, mine, theirs);
    this.#settle(user, etag);
    this.form.set(found.merged);
    this.#keep();
    if (!touched) return say(t("changed.elsewhere"));
    if (!found.clashes.length && !found.taken.length) return;
    this.message.replaceChildren(panel(found, mine, theirs, (field, value) => {
      this.form.set({ ...this.form.values(), [field]: value });
      this.#keep();
    }));
    say(t("conflict.title"));
  }

  #keep() {
    drafts.keep(this.user.userId, { etag: this.etag, base: this.base, mine: this.form.values() }, Object.keys(this.wanted).length > 0);
  }

  #gone() {
    this.buttons.remove();
    drafts.forget(this.user.userId);
    this.message.replaceChildren(el("p", { class: "failure", role: "alert" }, t("gone")));
  }
}
