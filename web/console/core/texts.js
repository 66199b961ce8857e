// The texts of the page in the reader's language, and numbers and times as that language writes them.
const KEPT = "console.language";
export const languages = { en: "English", de: "Deutsch" };
export const language = chosen();
const parts = ["page", "problems"].map((part) => import(`../texts/${language}/${part}.js`)); // the other languages are not sent
const texts = Object.assign({}, ...(await Promise.all(parts)).map((part) => part.default));

function chosen() {
  const wanted = [localStorage.getItem(KEPT), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wanted.find((tag) => tag in languages) ?? "en";
}

/** Show the page in another language. Only this choice is kept after the tab is closed. */
export function choose(tag) {
  localStorage.setItem(KEPT, tag);
  location.reload();
}

const plural = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);
const times = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const days = new Intl.DateTimeFormat(language, { dateStyle: "medium" });

export const number = (value) => numbers.format(value);
export const time = (value) => times.format(new Date(value));
export const day = (value) => days.format(new Date(value));
export const has = (key) => key in texts;

/** A text. "{n}" is replaced by values.n; with `count`, the form of the language for this number is taken. */
export function t(key, values = {}) {
  const form = "count" in values ? `${key}.${plural.select(values.count)}` : key;
  const found = texts[form] ?? texts[`${key}.other`];
  if (found === undefined) throw new Error(`there is no text ${key}`);
  const shown = (value) => (typeof value === "number" ? number(value) : value);
  return found.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** Fill the elements of a tree that name their text. */
export function fill(tree) {
  for (const node of tree.querySelectorAll("[data-text]")) node.textContent = t(node.dataset.text);
  for (const node of tree.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
}
