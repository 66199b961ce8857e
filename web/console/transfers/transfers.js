// Imports and exports of users as files.
import { el, focusOn } from "../core/dom.js";
import { frame } from "../user/frame.js";
import { t } from "../core/texts.js";
import { exports } from "./exports.js";
import { imports } from "./imports.js";

/** Show both in `place`. */
export function show(place) {
  const heading = el("h2", {}, t("transfers"));
  place.replaceChildren(frame(heading, imports(), exports()));
  focusOn(heading);
}
