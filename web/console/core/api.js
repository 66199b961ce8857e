// Requests to the API, and what can go wrong with them.
import { credentials, refused } from "./access.js";

const SECONDS = 40; // API Gateway waits for 29

/** A response with a status of 400 or more: the problem document, and the headers as `headersOf` has them. */
export class Problem extends Error {
  constructor(status, document, { requestId, etag, wait } = {}) {
    super(document.detail ?? document.message ?? `status ${status}`);
    Object.assign(this, { status, document, requestId, etag, wait, code: document.code ?? "", fields: document.errors ?? [] });
  }
}

/** No response came. */
export class Unreachable extends Error {}

/**
 * Send one request: { json, etag, status }. Raises Problem, Unreachable, and AbortError if `signal` says so.
 * `body` is sent as JSON.
 */
export async function call(method, path, { body, headers = {}, signal } = {}) {
  const response = await sent(method, path, body, headers, signal);
  const json = await parsed(response);
  const etag = response.headers.get("ETag");
  if (response.ok) return { json, etag, status: response.status };
  const problem = new Problem(response.status, json ?? {}, headersOf(response));
  refused(problem);
  throw problem;
}

/** What headers say of a problem: the id of the request, the tag, and the seconds to wait, if any. */
const headersOf = ({ headers }) => ({
  requestId: headers.get("X-Request-Id"), etag: headers.get("ETag"), wait: Number(headers.get("Retry-After")),
});

/** The bytes behind a path, wherever it leads; null if there is nothing. Raises Problem, Unreachable. */
export async function bytes(path, signal) {
  const response = await sent("GET", path, undefined, {}, signal);
  if (response.ok) return response.blob();
  if (response.status === 404) return null;
  throw new Problem(response.status, (await parsed(response)) ?? {}, headersOf(response));
}

async function sent(method, path, body, headers, signal) {
  const kind = body === undefined ? {} : { "Content-Type": "application/json" };
  const signals = [AbortSignal.timeout(SECONDS * 1000), ...(signal ? [signal] : [])];
  try {
    return await fetch(path, {
      method,
      headers: { ...kind, ...headers, ...credentials() },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.any(signals),
      cache: "no-store", // a page that is shown again is asked for again
      credentials: "omit",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable(error.message);
  }
}

async function parsed(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error.name === "AbortError" ? error : new Unreachable(error.message);
  }
}

/** A key for a request that may be sent twice. Pages of another machine without TLS have no crypto.randomUUID. */
export const random = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

/** Whether an error only says that its request is not wanted any more. */
export const isAbort = (error) => error.name === "AbortError";

/** Send a file by a form that the API has made. `progress` receives parts of one. Raises Problem, Unreachable. */
export function upload(form, file, progress = () => {}) {
  const data = new FormData();
  for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
  data.append("file", file);
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest(); // fetch does not tell how much is sent
    request.open("POST", form.url);
    request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
    request.onload = () => (request.status < 300 ? done() : failed(new Problem(request.status, { code: "upload_refused" })));
    request.onerror = () => failed(new Unreachable("the upload"));
    request.send(data);
  });
}
