// The deliveries of a webhook, the newest first: what was sent, what came back, and once more.
import { call } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { failure, notice } from "../core/notices.js";
import { has, number, t, time } from "../core/texts.js";

const SIZE = 20; // deliveries of a page
const PAUSE = 3000; // milliseconds until the page looks again, while one is on its way
const KINDS = { delivered: "on", failed: "off", pending: "open", canceled: "open" };

/** The section: { element, refresh() }. */
export function deliveries(id) {
  const path = `/webhooks/${encodeURIComponent(id)}/deliveries`;
  const rows = el("ol", { class: "trail", id: "deliveries" });
  const foot = el("div", {});
  let looking = 0;
  const refresh = () => load();
  const entry = row(path, refresh);
  const load = async (cursor) => {
    clearTimeout(looking);
    const search = new URLSearchParams({ limit: SIZE, ...(cursor ? { lastKey: cursor } : {}) });
    try {
      const { json } = await call("GET", `${path}?${search}`);
      if (cursor) rows.append(...json.deliveries.map(entry));
      else rows.replaceChildren(...json.deliveries.map(entry));
      foot.replaceChildren(...[
        rows.children.length === 0 && el("p", { class: "hint" }, t("deliveries.none")),
        json.hasMore && button(t("more"), () => load(json.lastKey), { class: "quiet" })].filter(Boolean));
      const first = rows.children.length <= SIZE; // further pages stay as they are, and so does an open list of attempts
      const still = first && !rows.querySelector("details[open], :focus");
      if (still && json.deliveries.some((it) => it.status === "pending")) looking = setTimeout(() => element.isConnected && load(), PAUSE);
    } catch (error) {
      foot.replaceChildren(failure(error, () => load(cursor)));
    }
  };
  const element = el("section", { class: "section", "aria-labelledby": "deliveries-title" },
    el("div", { class: "head" }, el("h3", { id: "deliveries-title" }, t("deliveries")), button(t("look"), refresh, { class: "quiet small" })), rows, foot);
  load();
  return { element, refresh };
}

const row = (path, refresh) => (delivery) => {
  const { deliveryId, eventType, status, attempts, nextAttemptAt } = delivery;
  const again = async () => {
    try {
      await call("POST", `${path}/${encodeURIComponent(deliveryId)}/redeliver`);
      notice(t("redeliver.done"));
      await refresh();
    } catch (error) {
      notice(t("redeliver.failed"), { kind: "bad", parts: [failure(error)] });
    }
  };
  return el("li", {},
    el("div", { class: "head" },
      el("span", {}, el("strong", {}, has(`event.${eventType}`) ? t(`event.${eventType}`) : eventType), " ", el("span", { class: `pill ${KINDS[status]}` }, t(`delivery.${status}`))),
      status !== "pending" && button(t("redeliver"), again, { class: "quiet small" })),
    el("div", { class: "hint" }, el("time", { datetime: delivery.createdAt }, time(delivery.createdAt)),
      nextAttemptAt && ` · ${t("delivery.next", { time: time(nextAttemptAt) })}`),
    attempts.length > 0 && el("details", {}, el("summary", {}, t("attempts", { count: attempts.length }), ": ", result(attempts.at(-1))),
      el("ul", {}, [...attempts].reverse().map((it) => el("li", {}, `${time(it.time)}: ${result(it)}, ${number(it.durationMs)} ms`)))),
    el("code", { class: "hint" }, deliveryId));
};

const result = ({ status, error }) => (status === undefined ? error : t("attempt.status", { status: String(status) }));
