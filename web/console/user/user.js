// One user beside the list: what is known, and what can be done.
import { call, isAbort } from "../core/api.js";
import { button, el, facts, focusOn } from "../core/dom.js";
import { features } from "../core/features.js";
import { copyable, failure } from "../core/notices.js";
import { go } from "../core/route.js";
import { t, time } from "../core/texts.js";
import { administration } from "./administration.js";
import { audit } from "./audit.js";
import * as drafts from "./drafts.js";
import { Editor } from "./editor.js";
import { erasing, erasure, receipt } from "./erasure.js";
import { frame } from "./frame.js";
import { picture } from "./picture.js";
import { remove } from "./undo.js";
import { verification } from "./verification.js";

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
    const past = features.erasure && error.status === 404 ? await before(place, id, list, asking.signal) : null;
    if (!asking.signal.aborted) place.replaceChildren(past ?? frame(t("user"), failure(error, () => show(place, id, list))));
  }
}

/** The page of a user who is not there: the receipt of an erasure, or a way to ask for one. */
async function before(place, id, list, signal) {
  try {
    const found = await erasure(id, signal);
    if (found) return frame(t("erasure"), receipt(id, found, signal));
    return frame(t("user"), el("p", { class: "failure", role: "alert" }, t("gone")), el("p", { class: "hint" }, t("erase.late")),
      erasing(id, id, (begun) => follow(place, id, list, begun)));
  } catch {
    return null; // only administrators may know
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
  const { userId: id } = user;
  const [heading, about] = [el("h2", {}), el("div", {})];
  const saved = () => {
    list.reload();
    trail?.refresh();
    verified?.refresh();
  };
  const editor = new Editor(user, etag, { settled: (it) => describe(heading, about, it), saved });
  const verified = features.verification ? verification(id) : undefined;
  const trail = features.audit ? audit(id) : undefined;
  const managed = features.administration ? administration(id, editor) : undefined;
  editor.buttons.append(button(t("delete"), () => leave(editor, list), { class: "danger" }));
  open.refresh = () => {
    editor.meet();
    for (const part of [verified, trail, managed]) part?.refresh();
  };
  const face = features.pictures && picture(id, user.name);
  const erase = features.erasure && erasing(id, user.email, (begun) => follow(place, id, list, begun));
  place.replaceChildren(frame(heading, face, verified?.element, editor.element, managed?.element, trail?.element, erase, about));
  focusOn(heading);
  editor.resume(drafts.take(id));
}

/** An erasure has begun: the page has nothing of the user any more, and shows how far it is. */
function follow(place, id, list, begun) {
  const { signal } = open.asking;
  open.refresh = () => {};
  drafts.forget(id);
  const heading = el("h2", {}, t("erasure"));
  document.title = `${t("erasure")} · ${t("title")}`;
  place.replaceChildren(frame(heading, receipt(id, begun, signal)));
  focusOn(heading);
  list.hide(id); // it leaves the table a moment later
}

function describe(heading, about, user) {
  document.title = `${user.name} · ${t("title")}`;
  heading.replaceChildren(el("bdi", {}, user.name));
  about.replaceChildren(facts([
    [t("id"), copyable("", user.userId)],
    [t("created"), time(user.createdAt)],
    [t("updated"), time(user.updatedAt)],
  ]));
}

function leave({ user, etag }, list) {
  drafts.forget(user.userId);
  go("");
  remove(user, etag, list);
}
