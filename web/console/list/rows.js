// The rows of the list. A row stays while its user stays, so that the focus stays too.
import { el } from "../core/dom.js";
import { address } from "../core/route.js";
import { day, number } from "../core/texts.js";

const FLASH = 2000; // milliseconds

/** Make the rows those of these users, in their order. A row that says something new is marked for a moment. */
export function update(body, users) {
  const known = new Map([...body.children].map((row) => [row.dataset.id, row]));
  const rows = users.map((user) => refreshed(known.get(user.userId), user) ?? made(user));
  for (const row of [...body.children]) if (!rows.includes(row)) row.remove();
  rows.forEach((row, at) => {
    if (body.children[at] !== row) body.insertBefore(row, body.children[at] ?? null);
  });
}

function refreshed(row, user) {
  if (!row) return null;
  if (row.dataset.seen !== user.updatedAt) {
    row.replaceChildren(...cells(user, row.querySelector("a")));
    row.dataset.seen = user.updatedAt;
    row.classList.add("changed");
    setTimeout(() => row.classList.remove("changed"), FLASH);
  }
  return row;
}

function made(user) {
  const row = el("tr", { "data-id": user.userId, "data-seen": user.updatedAt });
  row.target = () => address(`users/${encodeURIComponent(user.userId)}`);
  row.append(...cells(user, el("a", { href: row.target() })));
  return row;
}

function cells(user, link) {
  link.textContent = user.name;
  return [
    el("th", { scope: "row", class: "name" },
      el("span", { class: "initial", "aria-hidden": "true" }, initial(user.name)),
      el("span", { class: "who" }, el("bdi", {}, link), el("bdi", { class: "email" }, user.email))),
    el("td", { class: "age" }, user.age === undefined ? "" : number(user.age)),
    el("td", { class: "created" }, el("time", { datetime: user.createdAt }, day(user.createdAt))),
  ];
}

const letters = new Intl.Segmenter();

/** The first letter of a name as its readers see it. */
export function initial(name) {
  return [...letters.segment(name)][0]?.segment.toLocaleUpperCase() ?? "";
}
