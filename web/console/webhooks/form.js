// The fields of a webhook in a form.
import { el, formOf } from "../core/dom.js";
import { box, choices, field, mark } from "../core/fields.js";
import { t } from "../core/texts.js";

export const TYPES = ["UserCreated", "UserUpdated", "UserDeleted"];

/** A form: { element, values(), mark(errors) }. `start` is a webhook, or {} for a new one. */
export function form(start) {
  const url = el("input", { id: "field-url", type: "url", inputmode: "url", autocomplete: "off", spellcheck: "false", value: start.url ?? "" });
  const description = el("input", { id: "field-description", type: "text", autocomplete: "off", dir: "auto", value: start.description ?? "" });
  const boxes = TYPES.map((type) => box(`type-${type}`, t(`event.${type}`), (start.eventTypes ?? TYPES).includes(type)));
  const element = formOf(field("url", url), field("description", description), choices("eventTypes", boxes));
  return {
    element,
    values: () => ({
      url: url.value.trim(),
      description: description.value.trim() || null,
      eventTypes: TYPES.filter((_, at) => boxes[at].input.checked),
    }),
    mark: (errors) => mark(element, { url, description, eventTypes: boxes[0].input }, errors),
  };
}
