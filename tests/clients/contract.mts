// Runs the whole contract with openapi-fetch and the types in users.d.ts, which the test generates.
// Prints the name of each step that passes; stops with status 1 at the first that fails.
import createClient from "openapi-fetch";
import type { components, operations, paths } from "./users.js";

declare const process: { env: Record<string, string>; exitCode: number };
type Problem = components["schemas"]["Problem"];
type Answer = { data?: unknown; error?: Problem; response: Response };
type Shown = { operation: keyof operations; problem: Problem };

const { API, KEY, BUSY, BUSY_KEY, ERRORS } = process.env;
const NOBODY = "00000000-0000-4000-8000-000000000000";
const MERGE_PATCH = { "Content-Type": "application/merge-patch+json" };
const connected = (baseUrl: string, key: string) =>
  createClient<paths>({ baseUrl, headers: { "X-Api-Key": key } });
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

const somebody = (more: object = {}) => ({ name: "Ann", email: `${crypto.randomUUID()}@example.com`, ...more });
const at = (userId: string, header: object = {}) => ({ params: { path: { userId }, header } });

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
    for (const { operation, problem } of shown) {
      const headers = { "Content-Type": "application/problem+json" };
      const answer = async () => new Response(JSON.stringify(problem), { status: problem.status, headers });
      const client = createClient<paths>({ baseUrl: "http://nowhere", fetch: answer });
      equal((await calls[operation](client)).error, problem, operation);
    }
  },
};

const calls: Record<keyof operations, (client: Client) => Promise<Answer>> = {
  createUser: (client) => client.POST("/users", { body: somebody() }),
  listUsers: (client) => client.GET("/users"),
  getUser: (client) => client.GET("/users/{userId}", at(NOBODY)),
  updateUser: (client) => client.PUT("/users/{userId}", { ...at(NOBODY), body: { age: 1 } }),
  patchUser: (client) => client.PATCH("/users/{userId}", { ...at(NOBODY), body: { age: 1 } }),
  deleteUser: (client) => client.DELETE("/users/{userId}", at(NOBODY)),
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
