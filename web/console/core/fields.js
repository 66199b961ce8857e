// Fields of a form, and what is wrong with them.
import { el } from "./dom.js";
import { has, t } from "./texts.js";

/** A field with its label, its hint and room for what is wrong: `input` has the id `field-NAME`. */
export function field(name, input) {
  input.setAttribute("aria-describedby", `error-${name}${has(`hint.${name}`) ? ` hint-${name}` : ""}`);
  return el("div", { class: "field" }, el("label", { for: `field-${name}` }, t(`field.${name}`)), input, notes(name));
}

/** Several choices that are one field. The first of `boxes` gets the focus when something is wrong. */
export function choices(name, boxes) {
  boxes[0].input.setAttribute("aria-describedby", `error-${name}`);
  return el("fieldset", { class: "field plain" }, el("legend", {}, t(`field.${name}`)), boxes.map(({ element }) => element), notes(name));
}

/** A box to tick with its label: { input, element }. */
export function box(id, text, checked = false) {
  const input = el("input", { type: "checkbox", id, checked });
  return { input, element: el("label", { class: "choice" }, input, el("span", {}, text)) };
}

const notes = (name) => [
  has(`hint.${name}`) && el("p", { class: "hint", id: `hint-${name}` }, t(`hint.${name}`)),
  el("p", { class: "error", id: `error-${name}`, hidden: true }),
];

/** Show what is wrong at the fields of a form, and put the focus on the first. No errors take the sentences away. */
export function mark(form, inputs, errors) {
  for (const [name, input] of Object.entries(inputs)) {
    const found = errors.find(({ pointer }) => pointer === `/${name}` || pointer.startsWith(`/${name}/`));
    const said = form.querySelector(`#error-${name}`);
    said.hidden = !found;
    said.textContent = found ? wrong(found) : "";
    if (found) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  form.querySelector("[aria-invalid]")?.focus();
}

/** What is wrong with a field, in the reader's language. The API's own sentence is shown where there is no other. */
export function wrong({ pointer, code, message }) {
  const key = [`wrong.${pointer.slice(1)}.${code}`, `wrong.${code}`].find(has);
  return key ? t(key) : message;
}
