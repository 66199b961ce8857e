// One user beside the list: what is known, and what can be done.
import { call, isAbort } from "../core/api.js";
import { button, el, facts, focusOn } from "../core/dom.js";
import { features } from "../core/features.js";
import { failure } from "../core/notices.js";
import { go } from "../core/route.js";
import { t, time } from "../core/texts.js";
import { administration } from "./administration.js";
import { audit } from "./audit.js";
import * as drafts from "./drafts.js";
import { Editor } from "./editor.js";
import { frame } from "./frame.js";
import { picture } from "./picture.js";
import { remove } from "./undo.js";

let open = null; // the user that is shown: { id, asking, refresh() }

/** Show a user in `place`. `list` has hide(id, hidden), focus(id) and reload(). */
export async function show(place, id, list) {
  close();
  const asking = new AbortController();
  open = { id, asking, refresh: () => {} };
  place.replaceChildren(frame(t("loading")));
  try {
    const { json, etag } = await call("GET", `/users/${encodeURIComponent(id)}`, { signal: asking.signal });
    draw(place, json, etag, list);
  } catch (error) {
    if (isAbort(error)) return;
    place.replaceChildren(frame(t("user"), failure(error, () => show(place, id, list))));
  }
}

/** A user has changed elsewhere, or perhaps has. */
export function changed(id) {
  if (open && (id === undefined || open.id === id)) open.refresh();
}

/** No user is shown any more. */
export function close() {
  open?.asking.abort();
  open = null;
}

function draw(place, user, etag, list) {
  const [heading, about] = [el("h2", {}), el("div", {})];
  const saved = () => {
    list.reload();
    trail?.refresh();
  };
  const editor = new Editor(user, etag, { settled: (it) => describe(heading, about, it), saved });
  const trail = features.audit && audit(user.userId);
  const managed = features.administration && administration(user.userId, editor);
  editor.buttons.append(button(t("delete"), () => leave(editor, list), { class: "danger" }));
  open.refresh = () => {
    editor.meet();
    trail?.refresh?.();
    managed?.refresh?.();
  };
  const face = features.pictures && picture(user.userId, user.name);
  place.replaceChildren(frame(heading, face, editor.element, managed && managed.element, trail && trail.element, about));
  focusOn(heading);
  editor.resume(drafts.take(user.userId));
}

function describe(heading, about, user) {
  document.title = `${user.name} · ${t("title")}`;
  heading.replaceChildren(el("bdi", {}, user.name));
  about.replaceChildren(facts([
    [t("id"), el("code", {}, user.userId)],
    [t("created"), time(user.createdAt)],
    [t("updated"), time(user.updatedAt)],
  ]));
}

function leave({ user, etag }, list) {
  drafts.forget(user.userId);
  go("");
  remove(user, etag, list);
}
