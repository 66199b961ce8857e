// Runs the whole contract with openapi-fetch and the types in users.d.ts, which the test generates.
// Prints the name of each step that passes; stops with status 1 at the first that fails.
import createClient from "openapi-fetch";
import type { components, operations, paths } from "./users.js";

declare const process: { env: Record<string, string>; exitCode: number };
type Problem = components["schemas"]["Problem"];
type User = components["schemas"]["User"];
type Query = NonNullable<operations["listUsers"]["parameters"]["query"]>;
type Answer = { data?: unknown; error?: Problem; response: Response };
type Page = Omit<Answer, "error"> & { error?: Problem | string }; // for people; an error of API Gateway is a problem
type Shown = { problem: Problem; operations: (keyof operations)[] };

const { API, KEY, TOKEN, BUSY, BUSY_KEY, ERRORS } = process.env;
const NOBODY = "00000000-0000-4000-8000-000000000000";
// a PNG of one pixel
const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const MERGE_PATCH = { "Content-Type": "application/merge-patch+json" };
const connected = (baseUrl: string, key: string) =>
  createClient<paths>({ baseUrl, headers: { "X-Api-Key": key, Authorization: `Bearer ${TOKEN}` } });
type Client = ReturnType<typeof connected>;
const users = connected(API!, KEY!);

function equal(came: unknown, wanted: unknown, what: string): void {
  const [left, right] = [JSON.stringify(came), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`${what}: ${left}, not ${right}`);
}

function refused(answer: Answer, status: number, code: string): Problem {
  equal([answer.response.status, answer.error?.status, answer.error?.code], [status, status, code], code);
  equal(answer.error!.requestId, answer.response.headers.get("X-Request-Id"), "the request id");
  return answer.error!;
}

const HOOK = "https://hooks.example.invalid/users";
const hookAt = (webhookId: string) => ({ params: { path: { webhookId } } });
const importOf = (importId: string) => ({ params: { path: { importId } } });
const exportOf = (exportId: string) => ({ params: { path: { exportId } } });
const deliveryAt = (webhookId: string, deliveryId: string) => ({ params: { path: { webhookId, deliveryId } } });
const somebody = (more: object = {}) => ({ name: "Ann", email: `${crypto.randomUUID()}@example.com`, ...more });
const nobody = { params: { path: { userId: NOBODY } } };
const of = (userId: string) => ({ params: { path: { userId } } });
const trailOf = (userId: string, query: { limit?: number; lastKey?: string } = {}) => ({ params: { path: { userId }, query } });
const at = (userId: string, header: object = {}) => ({ params: { path: { userId }, header } });

const linkOf = (userId: string) => ({ params: { path: { userId, token: "A".repeat(55) } } });

async function created() {
  const { data, response } = await users.POST("/users", { body: somebody() });
  equal(response.status, 201, "creating");
  return { user: data!, tag: response.headers.get("ETag")! };
}

const steps: Record<string, () => Promise<void>> = {
  async "a user is created, read, changed and deleted"() {
    const { data: user, response } = await users.POST("/users", { body: somebody({ age: 36 }) });
    equal(response.status, 201, "creating");
    equal(response.headers.get("Location"), `/users/${user!.userId}`, "its place");
    const one = at(user!.userId);
    equal((await users.GET("/users/{userId}", one)).data, user, "reading");
    equal((await users.PUT("/users/{userId}", { ...one, body: { name: "Bea" } })).data?.name, "Bea", "changing");
    const patched = await users.PATCH("/users/{userId}", { ...one, body: { age: null }, headers: MERGE_PATCH });
    equal([patched.data?.name, patched.data?.age], ["Bea", undefined], "patching");
    equal((await users.PATCH("/users/{userId}", { ...one, body: { age: 7 } })).data?.age, 7, "patching as JSON");
    equal((await users.DELETE("/users/{userId}", one)).data?.userId, user!.userId, "deleting");
    refused(await users.GET("/users/{userId}", one), 404, "user_not_found");
  },

  async "people read and change their own user"() {
    const { data: mine, response } = await users.GET("/users/me");
    equal([response.status, mine?.name], [200, "Ada"], "reading");
    equal((await users.PUT("/users/me", { body: { age: 36 } })).data?.age, 36, "changing");
    const patched = await users.PATCH("/users/me", { body: { age: null }, headers: MERGE_PATCH });
    equal([patched.data?.userId, patched.data?.age], [mine!.userId, undefined], "patching");
    const other = await users.PATCH("/users/me", { body: { email: "other@example.com" } });
    refused(other, 403, "email_managed_by_sign_in");
    refused(await users.DELETE("/users/me", { params: { header: { "If-Match": '"0"' } } }), 412, "precondition_failed");
  },

  async "an avatar is uploaded, found and deleted"() {
    const one = of((await created()).user.userId);
    refused(await users.GET("/users/{userId}/avatar", one), 404, "avatar_not_found");
    const { data: form } = await users.POST("/users/{userId}/avatar", { ...one, body: { contentType: "image/png" } });
    const sent = new FormData();
    for (const [name, value] of Object.entries(form!.fields)) sent.append(name, value);
    sent.append("file", new Blob([Uint8Array.from(atob(PIXEL), (letter) => letter.charCodeAt(0))]));
    equal((await fetch(form!.url, { method: "POST", body: sent })).status, 204, "uploading");
    const small = { params: { ...one.params, query: { size: 128 as const } }, redirect: "manual" as const };
    let found = await users.GET("/users/{userId}/avatar", small);
    for (let each = 0; each < 200 && found.response.status === 404; each++) {
      await new Promise((done) => setTimeout(done, 100));
      found = await users.GET("/users/{userId}/avatar", small);
    }
    equal(found.response.status, 302, "finding");
    const shown = await fetch(found.response.headers.get("Location")!);
    equal([shown.status, shown.headers.get("Content-Type")], [200, "image/webp"], "reading");
    equal((await users.DELETE("/users/{userId}/avatar", one)).data?.userId, one.params.path.userId, "deleting");
    refused(await users.DELETE("/users/{userId}/avatar", one), 404, "avatar_not_found");
    const gone = await users.POST("/users/{userId}/avatar", { ...of(NOBODY), body: { contentType: "image/png" } });
    refused(gone, 404, "user_not_found");
  },

  async "a list is followed to its end"() {
    const made = [];
    for (let each = 0; each < 5; each++) made.push((await created()).user.userId);
    const seen: string[] = [];
    let page, lastKey: string | undefined;
    do {
      page = (await users.GET("/users", { params: { query: { limit: 2, lastKey } } })).data!;
      seen.push(...page.users.map((user) => user.userId));
      lastKey = page.lastKey;
    } while (page.hasMore);
    equal(made.every((id) => seen.includes(id)), true, "everybody is listed");
    equal(new Set(seen).size, seen.length, "nobody is listed twice");
  },

  async "users are searched, sorted, filtered and counted"() {
    const word = `w${crypto.randomUUID().slice(0, 8)}`;
    const made: User[] = [];
    for (const [first, age] of [["Ada", 30], ["Bea", 40], ["Cleo", 50]] as const)
      made.push((await users.POST("/users", { body: somebody({ name: `${first} ${word}`, age }) })).data!);
    const search = async (query: Query) => (await users.GET("/users", { params: { query } })).data!;
    const ids = (some: { userId: string }[]) => some.map((each) => each.userId);
    equal((await search({ email: made[0]!.email.toUpperCase() })).users, [made[0]], "by email, at once");
    for (let tries = 0; tries < 100 && (await search({ q: word })).count < 3; tries++)
      await new Promise((resolve) => setTimeout(resolve, 200));
    equal(ids((await search({ q: `be ${word}` })).users), [made[1]!.userId], "by words");
    const seen: string[] = [];
    let page, lastKey: string | undefined;
    do {
      page = await search({ q: word, sort: "-name", limit: 2, lastKey });
      seen.push(...ids(page.users));
      lastKey = page.lastKey;
    } while (page.hasMore);
    equal(seen, ids(made).reverse(), "sorted, page by page");
    const times = { createdAfter: "2026-01-31T12:00:00Z", createdBefore: "2099-01-31T12:00:00.000Z" };
    const filters = { ...times, updatedAfter: times.createdAfter, minAge: 31, maxAge: 40, domain: "example.com" };
    const filtered = await search({ q: word, ...filters, fields: "name" });
    equal(filtered.users, [{ userId: made[1]!.userId, name: made[1]!.name }], "filtered, its name alone");
    const counted = await search({ total: "true", limit: 1 });
    equal([counted.total! >= 3, typeof counted.totalAsOf], [true, "string"], "counted");
    const wrong = await users.GET("/users", { params: { query: { email: made[0]!.email, sort: "name" } } });
    equal(refused(wrong, 400, "invalid_query").detail, "email cannot be combined with sort.", "what is wrong");
  },

  async "the audit trail is read, also of a deleted user"() {
    const { user } = await created();
    await users.DELETE("/users/{userId}", at(user.userId));
    const read = () => users.GET("/users/{userId}/audit", trailOf(user.userId));
    let answer = await read();
    for (let tries = 0; tries < 100 && answer.data?.count !== 2; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      answer = await read();
    }
    equal(answer.data?.entries.map((entry) => entry.number), [2, 1], "the newest entry first");
    const page = async (lastKey?: string) =>
      (await users.GET("/users/{userId}/audit", trailOf(user.userId, { limit: 1, lastKey }))).data!;
    const first = await page();
    const rest = await page(first.lastKey);
    equal([...first.entries, ...rest.entries], answer.data?.entries, "each entry once");
    refused(await users.GET("/users/{userId}/audit", trailOf(NOBODY)), 404, "user_not_found");
  },

  async "conditions hold"() {
    const { user, tag } = await created();
    const unless = await users.GET("/users/{userId}", at(user.userId, { "If-None-Match": tag }));
    equal(unless.response.status, 304, "nothing new");
    const onlyIf = at(user.userId, { "If-Match": tag });
    const changed = await users.PUT("/users/{userId}", { ...onlyIf, body: { name: "Bea" } });
    for (const answer of [
      await users.PATCH("/users/{userId}", { ...onlyIf, body: { name: "Cleo" } }),
      await users.DELETE("/users/{userId}", onlyIf),
    ]) {
      refused(answer, 412, "precondition_failed");
      equal(answer.response.headers.get("ETag"), changed.response.headers.get("ETag"), "the current ETag");
    }
  },

  async "a create is repeated by its key"() {
    const params = { header: { "Idempotency-Key": crypto.randomUUID() } };
    const body = somebody();
    const first = await users.POST("/users", { params, body });
    const again = await users.POST("/users", { params, body });
    equal(again.data, first.data, "the same user");
    equal(again.response.headers.get("Idempotency-Replayed"), "true", "replayed");
    refused(await users.POST("/users", { params, body: somebody() }), 422, "idempotency_key_reused");
  },

  async "an email is not verified without its link"() {
    const { userId } = (await created()).user;
    const { data } = await users.GET("/users/{userId}/email-verification", { params: { path: { userId } } });
    equal(data, { emailVerified: false }, "reading");
    const asked = await users.POST("/users/{userId}/email-verification", { params: { path: { userId } } });
    equal(asked.data, { emailVerified: false }, "asking for a link");
    const link = linkOf(userId);
    const shown = await users.GET("/users/{userId}/email-verification/{token}", { ...link, parseAs: "text" });
    equal(shown.response.status, 200, "the page");
    const confirmed = await users.POST("/users/{userId}/email-verification/{token}", { ...link, parseAs: "text" });
    equal(confirmed.response.status, 410, "the button");
  },

  async "a webhook is created, read, listed, changed, rotated and deleted"() {
    const { data: made, response } = await users.POST("/webhooks", { body: { url: HOOK, eventTypes: ["UserCreated"] } });
    equal(response.status, 201, "creating");
    const { secret, ...shown } = made!;
    const one = hookAt(made!.webhookId);
    equal((await users.GET("/webhooks/{webhookId}", one)).data, shown, "reading, without the secret");
    const listed = (await users.GET("/webhooks", { params: { query: { limit: 1000 } } })).data!.webhooks;
    equal(listed.some((each) => each.webhookId === made!.webhookId), true, "listing");
    const changed = await users.PATCH("/webhooks/{webhookId}", { ...one, body: { status: "disabled" }, headers: MERGE_PATCH });
    equal(changed.data?.status, "disabled", "changing");
    const rotated = (await users.POST("/webhooks/{webhookId}/rotate-secret", one)).data!;
    equal([rotated.secret === secret, typeof rotated.previousSecretExpiresAt], [false, "string"], "rotating");
    const deliveries = (await users.GET("/webhooks/{webhookId}/deliveries", one)).data!;
    equal(deliveries.count, deliveries.deliveries.length, "its deliveries");
    const again = deliveryAt(made!.webhookId, NOBODY);
    refused(await users.POST("/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", again), 404, "delivery_not_found");
    refused(await users.POST("/webhooks", { body: { url: "http://example.com/" } }), 400, "invalid_webhook");
    equal((await users.DELETE("/webhooks/{webhookId}", one)).data?.webhookId, made!.webhookId, "deleting");
    refused(await users.GET("/webhooks/{webhookId}", one), 404, "webhook_not_found");
  },

  async "a ticket for live updates is requested"() {
    const { data: ticket, response } = await users.POST("/live/tickets");
    equal(response.status, 201, "requesting");
    equal(ticket!.protocols.map((protocol) => protocol.split(".")[0]), ["users-api", "ticket"], "its protocols");
  },

  async "users are imported, and exported"() {
    const { data: made } = await users.POST("/admin/imports", { body: { format: "ndjson" } });
    const sent = new FormData();
    for (const [name, value] of Object.entries(made!.upload.fields)) sent.append(name, value);
    sent.append("file", new Blob([JSON.stringify(somebody()) + "\n" + JSON.stringify(somebody({ age: 0 }))]));
    equal((await fetch(made!.upload.url, { method: "POST", body: sent })).status, 204, "uploading");
    const ended = async <Job extends { status: string }>(read: () => Promise<Job>) => {
      let job = await read();
      for (let each = 0; each < 300 && !["completed", "failed"].includes(job.status); each++) {
        await new Promise((done) => setTimeout(done, 100));
        job = await read();
      }
      return job;
    };
    const job = await ended(async () => (await users.GET("/admin/imports/{importId}", importOf(made!.importId))).data!);
    equal([job.status, job.rows?.created, job.rows?.rejected], ["completed", 1, 1], "importing");
    equal((await fetch(job.results!.url)).status, 200, "its results");
    const { data: started } = await users.POST("/admin/exports", { body: { format: "csv" } });
    const out = await ended(async () => (await users.GET("/admin/exports/{exportId}", exportOf(started!.exportId))).data!);
    equal([out.status, out.files!.reduce((sum, file) => sum + file.users, 0)], ["completed", out.users], "exporting");
    equal((await fetch(out.manifest!.url)).status, 200, "its manifest");
    refused(await users.GET("/admin/imports/{importId}", importOf(NOBODY)), 404, "import_not_found");
    refused(await users.GET("/admin/exports/{exportId}", exportOf(NOBODY)), 404, "export_not_found");
    refused(await users.POST("/admin/imports", { body: { format: "xls" as "csv" } }), 400, "invalid_import");
  },

  async "administrators see, disable and sign out people, and set their roles"() {
    const { user } = await created();
    const one = of(user.userId);
    const seen = await users.GET("/admin/users/{userId}", one);
    equal([seen.data?.userId, seen.data?.status], [user.userId, "active"], "reading");
    const tag = { "If-Match": seen.response.headers.get("ETag")! };
    const once = at(user.userId, { ...tag, "Idempotency-Key": crypto.randomUUID() });
    const disable = () => users.POST("/admin/users/{userId}/disable", once);
    equal((await disable()).data?.status, "disabled", "disabling");
    equal((await disable()).response.headers.get("Idempotency-Replayed"), "true", "replayed");
    refused(await users.POST("/admin/users/{userId}/enable", at(user.userId, tag)), 412, "precondition_failed");
    equal((await users.POST("/admin/users/{userId}/enable", one)).data?.status, "active", "enabling");
    equal(typeof (await users.POST("/admin/users/{userId}/sign-out", one)).data?.signedOutAt, "string", "signing out");
    const roles = async (...names: "admins"[]) =>
      (await users.PUT("/admin/users/{userId}/roles", { ...one, body: { roles: names } })).data?.roles;
    equal([await roles("admins"), await roles()], [["admins"], []], "its roles");
    const { data: mine } = await users.GET("/users/me");
    refused(await users.POST("/admin/users/{userId}/disable", of(mine!.userId)), 403, "own_administration");
    refused(await users.GET("/admin/users/{userId}", nobody), 404, "user_not_found");
    const receipt = (await users.POST("/admin/users/{userId}/erase", one)).data!;
    equal([receipt.userId, receipt.status], [user.userId, "running"], "erasing");
    equal((await users.GET("/admin/users/{userId}/erasure", one)).data!.requestedAt, receipt.requestedAt, "its receipt");
    refused(await users.POST("/admin/users/{userId}/erase", of(mine!.userId)), 403, "own_administration");
    refused(await users.GET("/admin/users/{userId}/erasure", nobody), 404, "erasure_not_found");
    equal((await users.GET("/admin/stats")).data!.approximateUserCount >= 0, true, "counting");
  },

  async "the health is read without a key"() {
    const { data } = await connected(API!, "").GET("/health");
    equal(data, { status: "ok", takesWrites: true }, "the health");
  },

  async "refusals are problems"() {
    const { email } = (await created()).user;
    const wrong = refused(await users.POST("/users", { body: somebody({ name: "", age: 151 }) }), 400, "invalid_user");
    equal(wrong.errors?.map((each) => each.pointer).sort(), ["/age", "/name"], "every wrong member");
    const list = (query: object) => users.GET("/users", { params: { query } });
    refused(await list({ limit: 0 }), 400, "invalid_query");
    refused(await list({ lastKey: "forged" }), 400, "invalid_cursor");
    refused(await users.GET("/users/{userId}", at(NOBODY, { "If-Match": "no tag" })), 400, "invalid_header");
    refused(await users.PUT("/users/{userId}", { ...at(NOBODY), body: {} }), 400, "invalid_user");
    refused(await users.POST("/users", { body: somebody({ email }) }), 409, "email_in_use");
    refused(await users.POST("/users", { body: somebody({ name: "x".repeat(17000) }) }), 413, "body_too_large");
    const text = { body: somebody(), headers: { "Content-Type": "text/plain" } };
    refused(await users.POST("/users", text), 415, "unsupported_media_type");
    const broken = { body: somebody(), bodySerializer: () => "{" };
    refused(await users.POST("/users", broken), 400, "invalid_json");
    refused(await connected(API!, "nobodys").GET("/users"), 403, "forbidden");
    const once = connected(BUSY!, BUSY_KEY!);
    await once.GET("/users");
    const late = await once.GET("/users");
    refused(late, 429, "too_many_requests");
    equal(Number(late.response.headers.get("Retry-After")) > 0, true, "when to try again");
  },

  async "every documented error is read"() {
    const shown = JSON.parse(ERRORS!) as Shown[];
    equal(new Set(shown.map((each) => each.problem.status)).size, 14, "statuses");
    for (const { problem, operations } of shown) {
      const headers = { "Content-Type": "application/problem+json" };
      const answer = async () => new Response(JSON.stringify(problem), { status: problem.status, headers });
      const client = createClient<paths>({ baseUrl: "http://nowhere", fetch: answer });
      for (const operation of operations) equal((await calls[operation](client)).error, problem, operation);
    }
  },
};
const calls: Record<keyof operations, (client: Client) => Promise<Page>> = {
  createUser: (client) => client.POST("/users", { body: somebody() }),
  listUsers: (client) => client.GET("/users"),
  getUser: (client) => client.GET("/users/{userId}", at(NOBODY)),
  updateUser: (client) => client.PUT("/users/{userId}", { ...at(NOBODY), body: { age: 1 } }),
  patchUser: (client) => client.PATCH("/users/{userId}", { ...at(NOBODY), body: { age: 1 } }),
  getMe: (client) => client.GET("/users/me"),
  updateMe: (client) => client.PUT("/users/me", { body: { age: 1 } }),
  patchMe: (client) => client.PATCH("/users/me", { body: { age: 1 } }),
  deleteMe: (client) => client.DELETE("/users/me"),
  getManagedUser: (client) => client.GET("/admin/users/{userId}", nobody),
  disableUser: (client) => client.POST("/admin/users/{userId}/disable", nobody),
  enableUser: (client) => client.POST("/admin/users/{userId}/enable", nobody),
  setRoles: (client) => client.PUT("/admin/users/{userId}/roles", { ...nobody, body: { roles: ["admins"] } }),
  signOutUser: (client) => client.POST("/admin/users/{userId}/sign-out", nobody),
  eraseUser: (client) => client.POST("/admin/users/{userId}/erase", nobody),
  getErasure: (client) => client.GET("/admin/users/{userId}/erasure", nobody),
  getStatistics: (client) => client.GET("/admin/stats"),
  getHealth: (client) => client.GET("/health"),
  createWebhook: (client) => client.POST("/webhooks", { body: { url: HOOK } }),
  listWebhooks: (client) => client.GET("/webhooks"),
  getWebhook: (client) => client.GET("/webhooks/{webhookId}", hookAt(NOBODY)),
  updateWebhook: (client) => client.PATCH("/webhooks/{webhookId}", { ...hookAt(NOBODY), body: { status: "enabled" } }),
  deleteWebhook: (client) => client.DELETE("/webhooks/{webhookId}", hookAt(NOBODY)),
  rotateWebhookSecret: (client) => client.POST("/webhooks/{webhookId}/rotate-secret", hookAt(NOBODY)),
  listDeliveries: (client) => client.GET("/webhooks/{webhookId}/deliveries", hookAt(NOBODY)),
  redeliverWebhook: (client) =>
    client.POST("/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver", deliveryAt(NOBODY, NOBODY)),
  deleteUser: (client) => client.DELETE("/users/{userId}", at(NOBODY)),
  createAvatarUpload: (client) =>
    client.POST("/users/{userId}/avatar", { ...of(NOBODY), body: { contentType: "image/png" } }),
  getAvatar: (client) => client.GET("/users/{userId}/avatar", of(NOBODY)),
  deleteAvatar: (client) => client.DELETE("/users/{userId}/avatar", of(NOBODY)),
  listAudit: (client) => client.GET("/users/{userId}/audit", trailOf(NOBODY)),
  getEmailVerification: (client) => client.GET("/users/{userId}/email-verification", nobody),
  requestEmailVerification: (client) => client.POST("/users/{userId}/email-verification", nobody),
  showEmailVerification: (client) => client.GET("/users/{userId}/email-verification/{token}", linkOf(NOBODY)),
  confirmEmail: (client) => client.POST("/users/{userId}/email-verification/{token}", linkOf(NOBODY)),
  createImport: (client) => client.POST("/admin/imports", { body: { format: "csv" } }),
  getImport: (client) => client.GET("/admin/imports/{importId}", importOf(NOBODY)),
  createExport: (client) => client.POST("/admin/exports", { body: { format: "csv" } }),
  getExport: (client) => client.GET("/admin/exports/{exportId}", exportOf(NOBODY)),
  createLiveTicket: (client) => client.POST("/live/tickets"),
};

for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(name);
  } catch (error) {
    console.log(`${name}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
    break;
  }
}
