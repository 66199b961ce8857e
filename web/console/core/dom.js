// Elements of the page. What comes from elsewhere becomes text here, and never markup.

/** An element: el("button", { type: "button", onclick: save }, "Save"). Attributes without a value are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** A form. The browser itself presses its button of type "submit" on Enter, and sends nothing. */
export const formOf = (...parts) => el("form", { class: "form", novalidate: true, onsubmit: (event) => event.preventDefault() }, ...parts);

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** A button that cannot start its action twice: it is disabled until the action has ended. */
export function button(text, action, attributes = {}) {
  const node = el("button", { type: "button", ...attributes }, text);
  node.addEventListener("click", async () => {
    node.setAttribute("aria-disabled", "true"); // it keeps the focus, which `disabled` would lose
    if (node.busy) return;
    node.busy = true;
    try {
      await action();
    } finally {
      node.busy = false;
      node.removeAttribute("aria-disabled");
    }
  });
  return node;
}

/** Move the focus to a heading or a message that is no control. */
export function focusOn(node) {
  node.setAttribute("tabindex", "-1");
  node.focus({ preventScroll: false });
}

/** A list of names and values. */
export function facts(pairs) {
  return el("dl", { class: "facts" }, pairs.filter(([, value]) => value !== undefined)
    .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}
