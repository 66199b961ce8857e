// Whether the email of a user is verified, and another link for one that is not.
import { call } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { failure, notice } from "../core/notices.js";
import { t } from "../core/texts.js";

/** The state: { element, refresh() }. */
export function verification(id) {
  const path = `/users/${encodeURIComponent(id)}/email-verification`;
  const element = el("div", { class: "row state", id: "verification" });
  const draw = ({ emailVerified: verified }) => element.replaceChildren(...[
    el("span", { class: verified ? "pill on" : "pill open" }, t(verified ? "verified" : "verified.not")),
    !verified && button(t("verified.send"), send, { class: "quiet small" })].filter(Boolean));
  const ask = async (method, told) => {
    try {
      const { json } = await call(method, path);
      draw(json);
      if (told) notice(t(json.emailVerified ? "verified.already" : "verified.sent"));
    } catch (error) {
      if (error.status === 404) element.replaceChildren(); // the page says that the user is gone
      else element.replaceChildren(failure(error, refresh));
    }
  };
  const send = () => ask("POST", true);
  const refresh = () => ask("GET", false);
  refresh();
  return { element, refresh };
}
