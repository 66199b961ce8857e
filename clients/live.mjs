// Live updates of users: one WebSocket connection that reconnects, resumes and tells of each change once.
// For browsers, and for Node 22 or newer. It has no dependencies. See docs/how-to/live-updates.md.
//
//   const live = new LiveUpdates(() => fetch("/my-server/live-ticket", { method: "POST" }).then((it) => it.json()));
//   live.follow("users", { update: (change) => reload(change.userId), gap: () => reloadAll() });

const PING_SECONDS = 300; // API Gateway closes a connection after ten minutes without a message
const PONG_SECONDS = 10;
const FIRST_WAIT_SECONDS = 0.5;
const MOST_WAIT_SECONDS = 30;
const REMEMBERED = 2000; // ids of messages
// Another connection helps. Messages without a type are API Gateway's own: it could not call the function.
const AGAIN = new Set(["not_connected", "internal_error"]);

/** One connection for all topics. `requestTicket` resolves to a response of POST /live/tickets. */
export class LiveUpdates {
  constructor(requestTicket, { WebSocket = globalThis.WebSocket, random = Math.random, pingSeconds = PING_SECONDS } = {}) {
    Object.assign(this, { requestTicket, WebSocket, random, pingSeconds });
    this.topics = new Map(); // topic -> { update, gap, place }
    this.seen = new Set();
    this.failures = 0;
    this.socket = null;
    this.closed = false;
  }

  /** Follow "users" or "users/<userId>". `update` receives each change, `gap` is called when changes were missed. */
  follow(topic, { update, gap = () => {} }) {
    this.topics.set(topic, { update, gap });
    if (this.socket === null) this.#connect();
    else this.#subscribe(topic);
  }

  /** Follow a topic no longer. */
  unfollow(topic) {
    this.topics.delete(topic);
    this.#send({ action: "unsubscribe", to: topic });
  }

  /** Close the connection for good. */
  close() {
    this.closed = true;
    this.#quiet();
    this.socket?.close?.(1000);
  }

  async #connect() {
    this.socket = {}; // a connection is under way
    try {
      const ticket = await this.requestTicket();
      if (this.closed) return;
      const socket = (this.socket = new this.WebSocket(ticket.url, ticket.protocols));
      socket.onopen = () => this.#opened();
      socket.onmessage = (event) => this.#received(JSON.parse(event.data));
      socket.onerror = () => {}; // a close follows
      socket.onclose = () => this.#broken(socket);
    } catch {
      this.#later();
    }
  }

  #opened() {
    for (const topic of this.topics.keys()) this.#subscribe(topic);
    this.#pingLater();
  }

  #broken(socket) {
    if (socket !== this.socket) return; // another one has taken its place
    this.#quiet();
    this.#later();
  }

  // Full jitter, so that the clients of a restarted server do not return all at once.
  #later() {
    if (this.closed) return;
    const most = Math.min(MOST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** this.failures++);
    this.waiting = setTimeout(() => this.#connect(), this.random() * most * 1000);
  }

  #subscribe(topic) {
    const { place } = this.topics.get(topic);
    this.#send({ action: "subscribe", to: topic, ...(place === undefined ? {} : { after: place }) });
  }

  #send(message) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  #received(message) {
    if (message.type === "update") this.#tell(message);
    if (message.type === "subscribed") this.#subscribed(message);
    if (message.type === "pong") this.#pingLater();
    if (message.type === undefined || AGAIN.has(message.code)) this.#abandon();
  }

  #subscribed({ to, place, missed, gap }) {
    const topic = this.topics.get(to);
    if (topic === undefined) return;
    this.failures = 0;
    for (const message of missed) this.#tell(message);
    topic.place = Math.max(topic.place ?? 0, place);
    if (gap) topic.gap();
  }

  #tell(message) {
    const known = this.seen.has(message.id);
    this.#remember(message.id);
    for (const name of ["users", `users/${message.userId}`]) {
      const topic = this.topics.get(name);
      if (topic === undefined) continue;
      topic.place = Math.max(topic.place ?? 0, message.place);
      if (!known) topic.update(message);
    }
  }

  #remember(id) {
    this.seen.add(id);
    if (this.seen.size > REMEMBERED) this.seen.delete(this.seen.values().next().value);
  }

  #pingLater() {
    this.#quiet();
    this.timer = setTimeout(() => {
      this.#send({ action: "ping" });
      this.timer = setTimeout(() => this.#abandon(), PONG_SECONDS * 1000);
    }, this.pingSeconds * 1000);
  }

  // A dead network closes nothing: do not wait for the end of the old connection.
  #abandon() {
    const { socket } = this;
    this.#quiet();
    this.socket = {};
    socket.close?.();
    this.#later();
  }

  #quiet() {
    clearTimeout(this.timer);
    clearTimeout(this.waiting);
  }
}
