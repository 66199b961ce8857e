// The fields of a user in a form, and what is wrong with them.
import { el } from "../core/dom.js";
import { has, t } from "../core/texts.js";
import { FIELDS } from "./merge.js";

const KINDS = {
  name: { type: "text", autocomplete: "off", dir: "auto" },
  email: { type: "text", inputmode: "email", autocomplete: "off", spellcheck: "false", autocapitalize: "none" },
  age: { type: "text", inputmode: "numeric", autocomplete: "off" },
};

/** A form: { element, values(), set(values), mark(errors) }. `changed` is called when a person changes a field. */
export function form(start, { save, changed = () => {} }) {
  const inputs = Object.fromEntries(FIELDS.map((field) => [field, input(field, start[field], changed)]));
  const element = el("form", { class: "form", novalidate: true, onsubmit: (event) => submit(event, save) },
    FIELDS.map((field) => el("div", { class: "field" },
      el("label", { for: `field-${field}` }, t(`field.${field}`)), inputs[field],
      el("p", { class: "hint", id: `hint-${field}` }, t(`hint.${field}`)),
      el("p", { class: "error", id: `error-${field}`, hidden: true }))));
  return {
    element,
    values: () => Object.fromEntries(FIELDS.map((field) => [field, inputs[field].value.trim()])),
    set: (values) => FIELDS.forEach((field) => (inputs[field].value = values[field])),
    mark: (errors) => mark(element, inputs, errors),
  };
}

function input(field, value, changed) {
  return el("input", { id: `field-${field}`, name: field, value, "aria-describedby": `error-${field} hint-${field}`,
    oninput: changed, ...KINDS[field] });
}

function submit(event, save) {
  event.preventDefault();
  save();
}

/** Show the API's sentences at their fields, and put the focus on the first. No errors take them away. */
function mark(element, inputs, errors) {
  for (const field of FIELDS) {
    const found = errors.find(({ pointer }) => pointer === `/${field}`);
    const said = element.querySelector(`#error-${field}`);
    said.hidden = !found;
    said.textContent = found ? sentence(field, found) : "";
    inputs[field].toggleAttribute("aria-invalid", Boolean(found));
    if (found) inputs[field].setAttribute("aria-invalid", "true");
  }
  element.querySelector("[aria-invalid]")?.focus();
}

function sentence(field, { code, message }) {
  const key = [`wrong.${field}.${code}`, `wrong.${code}`].find(has);
  return key ? t(key) : message;
}
