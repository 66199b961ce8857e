// A new user.
import { call, random } from "../core/api.js";
import { button, el, focusOn } from "../core/dom.js";
import { failure, notice } from "../core/notices.js";
import { go } from "../core/route.js";
import { t } from "../core/texts.js";
import { form } from "./form.js";
import { frame } from "./frame.js";
import { whole } from "./merge.js";

/** Show the form of a new user in `place`. `list` has reload(). */
export function show(place, list) {
  let key = random(); // sent twice, the same form creates one user
  const edit = form({ name: "", email: "", age: "" }, () => (key = random()));
  const message = el("div", {});
  const save = async () => {
    edit.mark([]);
    message.replaceChildren();
    try {
      const { json } = await call("POST", "/users", { body: whole(edit.values()), headers: { "Idempotency-Key": key } });
      notice(t("create.done", { name: json.name }));
      list.reload();
      go(`users/${json.userId}`);
    } catch (error) {
      message.replaceChildren(failure(error));
      edit.mark(error.fields ?? []);
    }
  };
  const creating = button(t("create"), save, { type: "submit", class: "primary" });
  edit.element.append(message, el("div", { class: "row" }, creating));
  const heading = el("h2", {}, t("new"));
  place.replaceChildren(frame(heading, edit.element));
  focusOn(heading);
  edit.element.querySelector("input").focus();
}

