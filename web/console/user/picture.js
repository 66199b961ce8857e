// The picture of a user: shown, uploaded, removed.
import { bytes, call, upload } from "../core/api.js";
import { button, el } from "../core/dom.js";
import { fail, notice, say } from "../core/notices.js";
import { t } from "../core/texts.js";
import { initial } from "../list/rows.js";

const TYPES = ["image/jpeg", "image/png", "image/webp"];
const SECONDS = 15; // for which an upload is waited for; the API does not tell of one that it refuses
const PAUSE = 500; // milliseconds

/** The picture with its controls. */
export function picture(id, name) {
  const path = `/users/${encodeURIComponent(id)}/avatar`;
  const shown = el("div", { class: "picture" });
  const file = el("input", { type: "file", id: "picture", accept: TYPES.join(","), onchange: () => send() });
  const removing = button(t("picture.remove"), () => remove(), { class: "quiet small", hidden: true });
  let address = "";

  const draw = (blob) => {
    URL.revokeObjectURL(address);
    address = blob ? URL.createObjectURL(blob) : "";
    shown.replaceChildren(blob ? el("img", { src: address, alt: t("picture.of", { name }), width: 96, height: 96 })
      : el("span", { class: "initial large", "aria-hidden": "true" }, initial(name)));
    removing.hidden = !blob;
  };
  const load = () => bytes(path).then(draw).catch(fail);
  const send = async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    if (!TYPES.includes(chosen.type)) return notice(t("picture.type"), { kind: "bad" });
    try {
      const before = await bytes(path);
      const { json } = await call("POST", path, { body: { contentType: chosen.type } });
      if (chosen.size > json.maxBytes) return notice(t("picture.large"), { kind: "bad" });
      await upload(json, chosen);
      say(t("picture.waits"));
      await until(before);
    } catch (error) {
      fail(error);
    } finally {
      file.value = "";
    }
  };
  const until = async (before) => { // the picture is made from the upload a moment later
    for (let waited = 0; waited < SECONDS * 1000; waited += PAUSE) {
      await new Promise((done) => setTimeout(done, PAUSE));
      const found = await bytes(path);
      if (found && !(await same(found, before))) {
        draw(found);
        return notice(t("picture.done"));
      }
    }
    notice(t("picture.refused"), { kind: "bad" });
  };
  const remove = async () => {
    try {
      await call("DELETE", path);
      draw(null);
      notice(t("picture.gone"));
    } catch (error) {
      fail(error);
    }
  };

  draw(null);
  load();
  return el("div", { class: "portrait" }, shown,
    el("div", {}, el("label", { for: "picture" }, t("picture.choose")), file, el("p", { class: "hint" }, t("picture.hint")), removing));
}

async function same(one, other) {
  if (one.size !== other?.size) return false;
  const [first, second] = [new Uint8Array(await one.arrayBuffer()), new Uint8Array(await other.arrayBuffer())];
  return first.every((byte, at) => byte === second[at]);
}
