// Who the person at the page is: an API key or a token of the sign-in. Both end with the tab.
import { features } from "./features.js";

const KEY = "console.key";
const TOKEN = "console.token"; // { access, until }
const ASKED = "console.sign-in"; // { verifier, state, place }, while the person is at the sign-in page
const SCOPES = "openid users/self users/admin";
const EARLY = 30_000; // milliseconds before the end of a token in which the next one is asked for
const listeners = new Set();
let refresh = null; // it is good for days, so only this page knows it
let renewing = 0;

/** Headers for a request. */
export function credentials() {
  const found = {};
  const key = sessionStorage.getItem(KEY);
  const token = current();
  if (key) found["X-Api-Key"] = key;
  if (token) found.Authorization = `Bearer ${token.access}`;
  return found;
}

export const hasKey = () => sessionStorage.getItem(KEY) !== null;
export const isSignedIn = () => current() !== null;

/** Keep a key for this tab; without one, forget it. */
export function useKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

/** Call `listener(problem)` when the API does not let us in. */
export const onRefused = (listener) => listeners.add(listener);

/** Tell the listeners if a problem is about access. */
export function refused(problem) {
  const closed = problem.status === 401 || problem.code === "forbidden" || problem.code === "signed_out";
  if (closed) for (const listener of listeners) listener(problem);
}

function current() {
  const token = JSON.parse(sessionStorage.getItem(TOKEN));
  return token && token.until > Date.now() ? token : null;
}

const coded = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/[+/=]/g, (it) => ({ "+": "-", "/": "_" })[it] ?? "");
const here = () => location.origin + location.pathname;

/** Go to the sign-in page, by the code flow with PKCE. */
export async function signIn() {
  const [verifier, state] = [1, 2].map(() => coded(crypto.getRandomValues(new Uint8Array(32))));
  sessionStorage.setItem(ASKED, JSON.stringify({ verifier, state, place: location.hash }));
  const code_challenge = coded(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  const { client, authorize } = features.signIn;
  const asked = { response_type: "code", client_id: client, redirect_uri: here(), scope: SCOPES, state };
  location.assign(`${authorize}?${new URLSearchParams({ ...asked, code_challenge, code_challenge_method: "S256" })}`);
}

/** Take the code that the sign-in page has sent the person back with. Raises Error with what the page says. */
export async function comeBack() {
  const came = new URLSearchParams(location.search);
  if (!came.has("state")) return;
  const asked = JSON.parse(sessionStorage.getItem(ASKED));
  sessionStorage.removeItem(ASKED);
  history.replaceState(null, "", location.pathname + (asked?.place ?? "")); // the code is nobody else's
  if (came.get("state") !== asked?.state) throw new Error("state");
  if (!came.has("code")) throw new Error(came.get("error_description") ?? came.get("error"));
  await take({ grant_type: "authorization_code", code: came.get("code"), code_verifier: asked.verifier, redirect_uri: here() });
}

async function take(form) {
  const body = new URLSearchParams({ ...form, client_id: features.signIn.client });
  const response = await fetch(features.signIn.token, { method: "POST", body, credentials: "omit" });
  const found = await response.json();
  if (!found.access_token) throw new Error(found.error_description ?? found.error);
  refresh = found.refresh_token ?? refresh;
  const until = Date.now() + found.expires_in * 1000;
  sessionStorage.setItem(TOKEN, JSON.stringify({ access: found.access_token, until }));
  clearTimeout(renewing);
  renewing = setTimeout(renew, Math.max(EARLY, until - Date.now() - EARLY));
}

function renew() {
  if (refresh) take({ grant_type: "refresh_token", refresh_token: refresh }).catch(() => (refresh = null));
}

/** Forget the key and the token. */
export function leave() {
  refresh = null;
  clearTimeout(renewing);
  for (const name of [KEY, TOKEN, ASKED]) sessionStorage.removeItem(name);
}
