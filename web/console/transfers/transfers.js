// Imports and exports of users as files.
import { el, focusOn } from "../core/dom.js";
import { frame } from "../user/frame.js";
import { t } from "../core/texts.js";
import { exports } from "./exports.js";
import { imports } from "./imports.js";

let sections = null; // they go on while the person looks at something else

/** Show both in `place`. */
export function show(place) {
  sections ??= [imports(), exports()];
  const heading = el("h2", {}, t("transfers"));
  place.replaceChildren(frame(heading, ...sections));
  focusOn(heading);
}
