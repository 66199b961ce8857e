// Changes of users as they happen, for the list and for the user that is shown.
import { LiveUpdates } from "../live.mjs"; // served from the folder clients/
import { call } from "./api.js";
import { byId } from "./dom.js";
import { t } from "./texts.js";

const SOON = 300; // milliseconds after a change in which more of them may come
const LATE = 2000; // after the last one: by then the search knows it

/** The browser's WebSocket, which also says whether it is open: `told(open)`. */
const watched = (told) => class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("open", () => told(true));
    this.addEventListener("close", () => told(false));
  }
};

/** Follow all users: `user(id)` is told of each change, `list()` after some of them, and `late()` when it is quiet. */
export function follow({ user, list, late }) {
  let [soon, quiet] = [0, 0];
  const later = () => {
    clearTimeout(quiet);
    quiet = setTimeout(late, LATE);
  };
  const changed = () => {
    soon ||= setTimeout(() => {
      soon = 0;
      list();
    }, SOON);
    later();
  };
  const told = (open) => {
    show(open);
    if (open) later(); // what has changed since the list was read
  };
  const live = new LiveUpdates(async () => (await call("POST", "/live/tickets")).json, { WebSocket: watched(told) });
  live.follow("users", {
    update: (change) => {
      user(change.userId);
      changed();
    },
    gap: () => {
      user(undefined); // any of them may have changed
      changed();
    },
  });
}

function show(on) {
  const node = byId("live");
  node.hidden = false;
  node.textContent = t(on ? "live.on" : "live.off");
  node.classList.toggle("on", on);
}
