// The panel beside the list.
import { el } from "../core/dom.js";
import { address } from "../core/route.js";
import { t } from "../core/texts.js";

/** A panel with a heading, which is a text or an element, and a link back to the list. */
export const frame = (heading, ...parts) => framed(heading, ["", t("back")], ...parts);

/** A panel whose link leads back to another place: [path, text]. */
export function framed(heading, [path, text], ...parts) {
  const title = typeof heading === "string" ? el("h2", {}, heading) : heading;
  return el("article", { class: "panel" },
    el("div", { class: "head" }, title, el("a", { class: "back", href: address(path) }, text)), ...parts);
}
