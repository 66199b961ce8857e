// An import or export while the service works on it.
import { call } from "../core/api.js";
import { el } from "../core/dom.js";
import { say } from "../core/notices.js";
import { t } from "../core/texts.js";

const PAUSE = 1000; // milliseconds between two looks
const MOST_FAILURES = 5; // of looks in a row

/** A bar with words: { element, show(part, text) }. Without a part, nobody knows how long it takes. */
export function bar(label) {
  const progress = el("progress", { max: 1, "aria-label": label });
  const text = el("p", { class: "hint" });
  return {
    element: el("div", { class: "job" }, progress, text),
    show: (part, words) => {
      if (part === undefined) progress.removeAttribute("value");
      else progress.value = part;
      text.textContent = words;
    },
  };
}

/** Look at a job until it has ended. Returns it. Raises what `call` raises. */
export async function ended(path, look) {
  for (let failures = 0; ; ) {
    try {
      const { json } = await call("GET", path);
      failures = 0;
      look(json);
      if (json.status === "completed" || json.status === "failed") {
        say(t(`job.${json.status}`));
        return json;
      }
    } catch (error) {
      if (error.status < 500 || ++failures >= MOST_FAILURES) throw error;
    }
    await new Promise((done) => setTimeout(done, PAUSE));
  }
}
