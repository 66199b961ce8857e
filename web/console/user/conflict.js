// Somebody else has changed the user meanwhile: what they did, and a choice where both changed the same field.
import { el } from "../core/dom.js";
import { t } from "../core/texts.js";

/** The panel about a merge. `choose(field, value)` is called when the person decides about a field. */
export function panel({ clashes, taken }, mine, theirs, choose) {
  return el("div", { class: "conflict", role: "group", "aria-labelledby": "conflict" },
    el("h3", { id: "conflict" }, t("conflict.title")),
    taken.length > 0 && el("p", {}, t("conflict.taken")),
    taken.length > 0 && el("ul", {}, taken.map((field) => el("li", {}, `${t(`field.${field}`)}: `, shown(theirs[field])))),
    clashes.map((field) => decision(field, mine[field], theirs[field], choose)),
    el("p", { class: "hint" }, t(clashes.length ? "conflict.choose" : "conflict.check")));
}

function decision(field, mine, theirs, choose) {
  return el("fieldset", {}, el("legend", {}, t("conflict.both", { field: t(`field.${field}`) })),
    option(field, "mine", mine, true, choose), option(field, "theirs", theirs, false, choose));
}

function option(field, side, value, chosen, choose) {
  const radio = el("input", { type: "radio", name: `conflict-${field}`, value: side, checked: chosen, onchange: () => choose(field, value) });
  return el("label", { class: "choice" }, radio, el("span", {}, `${t(`conflict.${side}`)}: `, shown(value)));
}

const shown = (value) => (value === "" ? el("em", {}, t("nothing")) : el("bdi", { class: "value" }, value));
