// Where the person is: a place in the address, so that each one can be bookmarked and left by "back".

const FILTERS = ["q", "domain", "minAge", "maxAge", "createdAfter", "createdBefore", "sort"];

/** The place in the address: { view: "users" | "user" | "new" | "transfers" | "webhooks", id, query }. */
export function place() {
  const [path, search] = location.hash.replace(/^#/, "").split("?");
  const query = new Map([...new URLSearchParams(search)].filter(([name, value]) => FILTERS.includes(name) && value));
  const parts = path.split("/").filter(Boolean);
  if (parts[0] === "users" && parts[1]) return { view: "user", id: decodeURIComponent(parts[1]), query };
  if (parts[0] === "webhooks") return { view: "webhooks", id: decodeURIComponent(parts[1] ?? ""), query };
  if (parts[0] === "new" || parts[0] === "transfers") return { view: parts[0], id: "", query };
  return { view: "users", id: "", query };
}

/** Whether a query leaves users out, and does not only sort them. */
export const filters = (query) => [...query.keys()].some((name) => name !== "sort");

/** The address of a place. It keeps the query of the list, unless another one is given. */
export function address(path, query = place().query) {
  const search = new URLSearchParams([...query].filter(([, value]) => value)).toString();
  return `#/${path}${search ? `?${search}` : ""}`;
}

/** Go to a place. `replace` leaves no step back, for what changes with each letter. */
export function go(path, { query, replace = false } = {}) {
  const target = address(path, query);
  if (target === location.hash) return;
  if (replace) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  dispatchEvent(new Event("place"));
}
