// Runs clients/live.mjs against an API, through a proxy that can be cut. Prints the name of each step that passes.
import { createConnection, createServer } from "node:net";
import { LiveUpdates } from "../../clients/live.mjs";

const { API } = process.env;
const SECONDS = 20;

function equal(came, wanted, what) {
  const [left, right] = [JSON.stringify(came), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`${what}: ${left}, not ${right}`);
}

async function until(enough, what) {
  for (const end = Date.now() + SECONDS * 1000; !enough(); await new Promise((next) => setTimeout(next, 20)))
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
}

async function ask(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${API}${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  return response.json();
}

const created = async () => {
  const user = await ask("POST", "/users", { name: "Ann", email: `${crypto.randomUUID()}@example.com` });
  return `users/${user.userId}`;
};
const renamed = (user) => ask("PATCH", `/${user}`, { name: crypto.randomUUID() });

// A way to the WebSocket API that can be cut.
class Cable {
  constructor(target) {
    this.sockets = new Set();
    this.cut = false;
    this.server = createServer((near) => {
      if (this.cut) return near.destroy();
      const far = createConnection(Number(target.port), target.hostname);
      for (const [one, other] of [[near, far], [far, near]]) {
        this.sockets.add(one);
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => (this.sockets.delete(one), other.destroy()));
      }
    });
  }
  async plugged() {
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    return this.server.address().port;
  }
  pull() {
    this.cut = true;
    for (const socket of this.sockets) socket.destroy();
  }
}

const cable = new Cable(new URL((await ask("POST", "/live/tickets")).url));
const port = await cable.plugged();
const requestTicket = async () => {
  const ticket = await ask("POST", "/live/tickets");
  const url = new URL(ticket.url);
  url.port = port;
  return { ...ticket, url: url.href };
};

async function following(topic) {
  const [told, live] = [[], new LiveUpdates(requestTicket)];
  live.follow(topic, { update: (message) => told.push(message) });
  await until(() => live.topics.get(topic).place !== undefined, "the subscription");
  return { told, live };
}

const versions = (told) => [...new Set(told.map((message) => message.userVersion))].sort();

// A WebSocket that does what a test says.
class Scripted {
  static made = [];
  readyState = 0;
  sent = [];
  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    Scripted.made.push(this);
  }
  open() {
    this.readyState = 1;
    this.onopen();
  }
  send = (text) => this.sent.push(JSON.parse(text));
  tell = (message) => this.onmessage({ data: JSON.stringify(message) });
  close() {
    this.readyState = 3;
  }
}

async function scripted(options = {}) {
  Scripted.made = [];
  const log = [];
  const ticket = async () => ({ url: "ws://x", protocols: ["a", "b"] });
  const live = new LiveUpdates(ticket, { WebSocket: Scripted, random: () => 0, ...options });
  live.follow("users", { update: (message) => log.push(message.id), gap: () => log.push("gap") });
  await until(() => Scripted.made.length === 1, "a connection");
  Scripted.made[0].open();
  return { live, log, socket: Scripted.made[0] };
}

const update = (id, place) => ({ type: "update", id, userId: "1", userVersion: 1, place });

const steps = {
  async "a change is told"() {
    const user = await created();
    const { told, live } = await following(user);
    await renamed(user);
    await until(() => versions(told).includes(2), "the change");
    live.close();
  },

  async "what happens while the connection is broken is told after it"() {
    const user = await created();
    const { told, live } = await following(user);
    await renamed(user);
    await until(() => versions(told).includes(2), "the first change");
    cable.pull();
    await renamed(user);
    await renamed(user);
    cable.cut = false;
    await until(() => versions(told).includes(4), "the changes that were missed");
    equal(versions(told.filter((message) => message.userVersion > 1)), [2, 3, 4], "the versions");
    equal(told.length, new Set(told.map((message) => message.id)).size, "messages, each once");
    live.close();
  },

  async "a message that comes twice is told once"() {
    const { live, log, socket } = await scripted();
    socket.tell(update("a", 1));
    socket.tell(update("a", 2));
    socket.tell(update("b", 3));
    equal(log, ["a", "b"], "what was told");
    live.close();
  },

  async "a new connection resumes after the last place"() {
    const { live, socket } = await scripted();
    socket.tell({ type: "subscribed", to: "users", place: 5, missed: [], gap: false });
    socket.tell(update("a", 9));
    socket.tell(update("b", 7));
    socket.onclose();
    await until(() => Scripted.made.length === 2, "another connection");
    Scripted.made[1].open();
    equal(Scripted.made[1].sent, [{ action: "subscribe", to: "users", after: 9 }], "what was sent");
    live.close();
  },

  async "a gap is told"() {
    const { live, log, socket } = await scripted();
    socket.tell({ type: "subscribed", to: "users", place: 5, missed: [], gap: true });
    equal(log, ["gap"], "what was told");
    live.close();
  },

  async "a connection that is silent is left"() {
    const { live, socket } = await scripted({ pingSeconds: 0.01 });
    await until(() => socket.sent.some((message) => message.action === "ping"), "a ping");
    await until(() => Scripted.made.length === 2, "another connection");
    equal(socket.readyState, 3, "the state of the old connection");
    live.close();
  },

  async "a request that fails is sent again over another connection"() {
    for (const failure of [{ message: "Internal server error" }, { type: "error", code: "internal_error" }]) {
      const { live, socket } = await scripted();
      socket.tell(failure);
      await until(() => Scripted.made.length === 2, "another connection");
      Scripted.made[1].open();
      equal(Scripted.made[1].sent, [{ action: "subscribe", to: "users" }], "what was sent");
      live.close();
    }
  },

  async "no ticket stops nothing"() {
    let requests = 0;
    const live = new LiveUpdates(async () => { requests++; throw new Error("offline"); }, { random: () => 0 });
    live.follow("users", { update: () => {} });
    await until(() => requests > 2, "another attempt");
    live.close();
  },
};

for (const [name, step] of Object.entries(steps)) {
  await step();
  console.log(name);
}
process.exit(0);
