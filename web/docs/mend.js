// What Swagger UI leaves out for people who hear the page or use the keyboard: names of fields, levels of headings.
"use strict";

// Attributes by selector.
const MENDED = {
  "#servers": { "aria-label": "Server" },
  "select.examples-select-element": { "aria-label": "Example" },
  "select.content-type": { "aria-label": "Content type" },
  ".parameters select": { "aria-label": "Value" },
  "textarea.body-param__text": { "aria-label": "Body of the request" },
  ".close-modal": { "aria-label": "Close" },
  "[aria-label='Apply credentials']": { "aria-label": "Authorize: apply credentials" },
  ".information-container": { role: "region", "aria-label": "About this API" },
  ".filter-container": { role: "search" },
  ".operation-filter-input": { "aria-label": "Filter by tag" },
  ".scheme-container": { role: "region", "aria-label": "Server and access" },
  "pre.microlight": { tabindex: "0" }, // it scrolls
  "h3.opblock-tag": { "aria-level": "2" },
  ".models h4": { "aria-level": "2" },
  "h4.opblock-title, .responses-wrapper h4": { "aria-level": "3" },
  ".responses-wrapper h5": { "aria-level": "4" },
  ".dialog-ux h3": { "aria-level": "2" },
  ".dialog-ux h4": { "aria-level": "3" },
};

function mend() {
  for (const [selector, attributes] of Object.entries(MENDED)) {
    for (const node of document.querySelectorAll(selector)) set(node, attributes);
  }
  for (const table of document.querySelectorAll(".responses-table[id]")) set(table, { "aria-label": table.id.replaceAll("_", " ") });
  // A link inside of a button: the button does the same.
  for (const link of document.querySelectorAll("button a[href]")) link.removeAttribute("href");
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

new MutationObserver(mend).observe(document.documentElement, { childList: true, subtree: true });
