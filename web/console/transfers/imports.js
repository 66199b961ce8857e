// An import: a file goes to the service, which says what it did with each row.
import { call, upload } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { failure, words } from "../core/notices.js";
import { has, t } from "../core/texts.js";
import { wrong } from "../core/fields.js";
import { bar, ended } from "./job.js";
import { rejected } from "./results.js";

const NDJSON = /\.(ndjson|jsonl)$/i;

/** The section of imports. */
export function imports() {
  const file = el("input", { type: "file", id: "import", accept: ".csv,.txt,.ndjson,.jsonl" });
  const [dry, keep] = [check("import-dry", "import.dry"), check("import-keep", "import.keep")];
  const charset = el("select", { id: "charset" }, ["utf-8", "windows-1252"].map((name) => el("option", { value: name }, name)));
  const result = el("div", {});
  const begin = async () => {
    const [chosen] = file.files;
    if (!chosen) return file.focus();
    const csv = !NDJSON.test(chosen.name);
    const body = { format: csv ? "csv" : "ndjson", dryRun: dry.input.checked, keepIds: keep.input.checked };
    await run(result, chosen, csv ? { ...body, charset: charset.value } : body);
  };
  return el("section", { class: "section", "aria-labelledby": "imports" },
    el("h3", { id: "imports" }, t("import")),
    el("div", { class: "form" },
      el("div", { class: "field" }, el("label", { for: "import" }, t("import.file")), file, el("p", { class: "hint" }, t("import.hint"))),
      el("div", { class: "field" }, el("label", { for: "charset" }, t("import.charset")), charset),
      dry.element, keep.element,
      el("div", { class: "row" }, button(t("import.start"), begin, { class: "primary" }))),
    result);
}

function check(id, key) {
  const input = el("input", { type: "checkbox", id });
  return { input, element: el("label", { class: "choice" }, input, el("span", {}, t(key))) };
}

async function run(result, file, body) {
  const shown = bar(t("import"));
  result.replaceChildren(shown.element);
  try {
    const { json } = await call("POST", "/admin/imports", { body });
    if (file.size > json.upload.maxBytes) throw new Error(t("import.large", { n: Math.floor(json.upload.maxBytes / 1e6) }));
    await upload(json.upload, file, (part) => shown.show(part, t("import.sending")));
    shown.show(undefined, t("import.reading"));
    const job = await ended(`/admin/imports/${json.importId}`, (it) => look(shown, it));
    result.replaceChildren(await report(job));
  } catch (error) {
    result.replaceChildren(failure(error));
  }
}

function look({ show }, { rows }) {
  if (rows?.total) show(rows.done / rows.total, t("import.rows", { done: rows.done, total: rows.total }));
}

// Why a row was rejected: field by field, or as a whole.
const why = ({ code, detail, errors = [] }) =>
  (errors.length ? errors.map((it) => `${named(it.pointer.slice(1))}: ${wrong(it)}`).join(" ") : words({ code, message: detail }));
const named = (name) => (has(`field.${name}`) ? t(`field.${name}`) : name);

async function report(job) {
  if (job.status === "failed") {
    const code = job.problem?.code;
    return failure(Object.assign(new Error(job.problem?.detail ?? t("job.failed")), { code: `file.${code}`, fields: [] }));
  }
  const { created = 0, valid = 0, rejected: refused = 0 } = job.rows;
  const first = refused && job.results ? await rejected(job.results.url).catch(() => []) : [];
  return el("div", { class: "report" },
    el("p", {}, t(job.dryRun ? "import.checked" : "import.done", { done: job.dryRun ? valid : created, refused })),
    first.length > 0 && el("ul", {}, first.map((it) => el("li", {}, `${t("row", { n: it.row })}: `, el("bdi", {}, why(it))))),
    first.length < refused && first.length > 0 && el("p", { class: "hint" }, t("import.more")),
    job.results && el("p", {}, el("a", { href: job.results.url, target: "_blank", rel: "noopener noreferrer" }, t("import.results"))));
}
