// An export: the service writes all users to files.
import { call } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { failure } from "../core/notices.js";
import { number, t } from "../core/texts.js";
import { bar, ended } from "./job.js";

/** The section of exports. */
export function exports() {
  const format = el("select", { id: "format" }, ["csv", "ndjson"].map((name) => el("option", { value: name }, t(`format.${name}`))));
  const result = el("div", {});
  return el("section", { class: "section", "aria-labelledby": "exports" },
    el("h3", { id: "exports" }, t("export")),
    el("div", { class: "form" },
      el("div", { class: "field" }, el("label", { for: "format" }, t("export.format")), format),
      el("div", { class: "row" }, button(t("export.start"), () => run(result, format.value), { class: "primary" }))),
    result);
}

async function run(result, format) {
  const shown = bar(t("export"));
  result.replaceChildren(shown.element);
  shown.show(undefined, t("export.running", { count: 0 }));
  try {
    const { json } = await call("POST", "/admin/exports", { body: { format } });
    const job = await ended(`/admin/exports/${json.exportId}`, (it) => shown.show(undefined, t("export.running", { count: it.users ?? 0 })));
    result.replaceChildren(job.status === "failed" ? failure(new Error(t("job.failed"))) : report(job));
  } catch (error) {
    result.replaceChildren(failure(error));
  }
}

function report(job) {
  return el("div", { class: "report" },
    el("p", {}, t("export.done", { count: job.users })),
    el("ul", {}, job.files.map((file, at) => el("li", {},
      el("a", { href: file.url, target: "_blank", rel: "noopener noreferrer" }, t("export.file", { n: at + 1 })),
      file.bytes === undefined ? "" : ` (${number(file.bytes)} B)`))),
    el("p", { class: "hint" }, t("export.hint")));
}
