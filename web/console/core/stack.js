// What the running stack has, by its contract: the operations, and the parameters of a search.
import { call } from "./api.js";
import { features } from "./features.js";

const CONTRACT = "/openapi.json";

/** Read the contract. Raises Error if it cannot be read. */
export async function explore() {
  const contract = await (await fetch(CONTRACT, { cache: "no-store" })).json();
  const offers = (method, path) => contract.paths[path]?.[method] !== undefined;
  features.search = contract.components?.parameters?.Words !== undefined;
  features.audit = offers("get", "/users/{userId}/audit");
  features.pictures = offers("post", "/users/{userId}/avatar");
  features.live = offers("post", "/live/tickets");
  features.bulk = offers("post", "/admin/imports") && offers("post", "/admin/exports");
  features.administration = offers("get", "/admin/users/{userId}");
  features.erasure = offers("post", "/admin/users/{userId}/erase");
  features.verification = offers("post", "/users/{userId}/email-verification");
  features.webhooks = offers("post", "/webhooks");
  features.signIn = contract["x-sign-in"] ? await pages(contract) : null;
}

async function pages(contract) {
  const { clientIds } = await (await fetch(contract["x-sign-in"], { cache: "no-store" })).json();
  const flow = contract.components.securitySchemes.signIn.flows.authorizationCode;
  const server = `${contract.servers[0].url}/`; // what is there is here, whatever name this server was called by
  const at = (url) => (url.startsWith(server) ? `${location.origin}/${url.slice(server.length)}` : url);
  return { client: clientIds.pages, authorize: at(flow.authorizationUrl), token: at(flow.tokenUrl) };
}

/** The number of all users, if the stack searches; undefined if it does not. Raises what `call` raises. */
export async function count() {
  if (!features.search) return undefined;
  return (await call("GET", "/users?limit=1&fields=name&total=true")).json.total;
}
