// What only administrators see and do: whether a person may sign in, and their roles.
import { call } from "../core/api.js";
import { button, el, facts } from "../core/dom.js";
import { failure, notice } from "../core/notices.js";
import { t, time } from "../core/texts.js";

const ADMINS = "admins";

/** The section: { element, refresh() }. Each decision is about the version in the `editor`, and makes another one. */
export function administration(id, editor) {
  const path = `/admin/users/${encodeURIComponent(id)}`;
  const inside = el("div", {});
  const element = el("section", { class: "section", "aria-labelledby": "administration" }, el("h3", { id: "administration" }, t("admin")), inside);
  const act = (method, action, said, body) => async () => {
    try {
      const { json, etag } = await call(method, `${path}/${action}`, { body, headers: { "If-Match": editor.etag } });
      editor.etag = etag;
      draw(json);
      notice(t(said));
    } catch (error) {
      if (error.status === 412) await editor.meet(); // the next decision is about what the person sees then
      inside.append(failure(error, refresh));
    }
  };
  const draw = (user) => {
    const [active, admin] = [user.status === "active", (user.roles ?? []).includes(ADMINS)];
    inside.replaceChildren(
      facts([
        [t("admin.status"), el("span", { class: active ? "pill on" : "pill off" }, t(`status.${user.status}`))],
        [t("admin.roles"), user.roles ? user.roles.join(", ") || t("nothing") : t("admin.pool")],
        [t("admin.lastSignIn"), user.lastSignedInAt ? time(user.lastSignedInAt) : t("admin.never")],
      ]),
      el("div", { class: "row" },
        active
          ? button(t("disable"), act("POST", "disable", "disabled"), { class: "danger" })
          : button(t("enable"), act("POST", "enable", "enabled")),
        button(t(admin ? "roles.take" : "roles.give"), act("PUT", "roles", "roles.done", { roles: admin ? [] : [ADMINS] }), { class: "quiet" }),
        button(t("signOut"), act("POST", "sign-out", "signedOut"), { class: "quiet" })));
  };
  const refresh = async () => {
    try {
      draw((await call("GET", path)).json);
    } catch (error) {
      inside.replaceChildren(failure(error, refresh));
    }
  };
  refresh();
  return { element, refresh };
}
