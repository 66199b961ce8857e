// The fields of a user in a form.
import { el, formOf } from "../core/dom.js";
import { field, mark } from "../core/fields.js";
import { FIELDS } from "./merge.js";

const KINDS = {
  name: { type: "text", autocomplete: "off", dir: "auto" },
  email: { type: "text", inputmode: "email", autocomplete: "off", spellcheck: "false", autocapitalize: "none" },
  age: { type: "text", inputmode: "numeric", autocomplete: "off" },
};

/** A form: { element, values(), set(values), mark(errors) }. `changed` is called when a person changes a field. */
export function form(start, changed) {
  const inputs = Object.fromEntries(FIELDS.map((name) => [name, input(name, start[name], changed)]));
  const element = formOf(FIELDS.map((name) => field(name, inputs[name])));
  return {
    element,
    values: () => Object.fromEntries(FIELDS.map((name) => [name, inputs[name].value.trim()])),
    set: (values) => FIELDS.forEach((name) => (inputs[name].value = values[name])),
    mark: (errors) => mark(element, inputs, errors),
  };
}

const input = (name, value, changed) => el("input", { id: `field-${name}`, name, value, oninput: changed, ...KINDS[name] });
