// The audit trail of a user: who did what, the newest first.
import { call } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { failure } from "../core/notices.js";
import { has, t, time } from "../core/texts.js";

const SIZE = 20; // entries of a page
const LATE = 1500; // milliseconds after a change in which its entry may not be there yet

/** The trail, read when it is opened: { element, refresh() }. */
export function audit(id) {
  const entries = el("ol", { class: "trail" });
  const foot = el("div", {});
  const element = el("details", { class: "section", ontoggle: () => element.open && load() }, el("summary", {}, t("audit")), entries, foot);
  const load = async (cursor) => {
    const search = new URLSearchParams({ limit: SIZE, ...(cursor ? { lastKey: cursor } : {}) });
    try {
      const { json } = await call("GET", `/users/${encodeURIComponent(id)}/audit?${search}`);
      if (!cursor) entries.replaceChildren();
      entries.append(...json.entries.map(entry));
      foot.replaceChildren(...(json.hasMore ? [button(t("more"), () => load(json.lastKey), { class: "quiet" })] : []));
    } catch (error) {
      const late = error.status === 404; // the first entry follows its change a moment later
      foot.replaceChildren(late ? el("p", { class: "hint" }, t("audit.none")) : failure(error, () => load(cursor)));
    }
  };
  return { element, refresh: () => element.open && setTimeout(load, LATE) };
}

function entry({ type, time: at, actor, changed = [] }) {
  const what = has(`event.${type}`) ? t(`event.${type}`) : type;
  const fields = changed.filter((name) => has(`field.${name}`)).map((name) => t(`field.${name}`));
  const who = `${t(`actor.${has(`actor.${actor.type}`) ? actor.type : "unknown"}`)}${actor.id ? ` ${actor.id}` : ""}`;
  return el("li", {}, el("strong", {}, what), fields.length > 0 && `: ${fields.join(", ")}`,
    el("div", { class: "hint" }, el("time", { datetime: at }, time(at)), ` · ${who}`));
}
