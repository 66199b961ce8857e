// Shows the definition of the API that serves this page. "Execute" sends requests to the same API.
"use strict";

async function start() {
  const definition = await (await fetch("/openapi.json")).json();
  comeHere(definition);
  leaveOut(definition);
  const ui = SwaggerUIBundle({
    spec: definition,
    dom_id: "#documentation",
    deepLinking: true,
    displayRequestDuration: true,
    filter: true,
    tryItOutEnabled: true,
    requestSnippetsEnabled: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
    oauth2RedirectUrl: `${location.origin}/docs/oauth2-redirect.html`,
    validatorUrl: null, // nothing is sent to another host
    requestInterceptor: (request) => {
      delete request.headers["X-Requested-With"]; // a token endpoint elsewhere need not allow it to pages
      return request;
    },
  });
  if (definition["x-sign-in"]) {
    const facts = await (await fetch(definition["x-sign-in"])).json();
    if (facts.clientIds.pages) {
      ui.initOAuth({ clientId: facts.clientIds.pages, usePkceWithAuthorizationCodeGrant: true });
    }
  }
}

/** Have requests and the sign-in go to the origin of this page, whatever name this machine was called by. */
function comeHere({ servers, components = {} }) {
  servers[0].url = location.origin;
  const flows = Object.values(components.securitySchemes ?? {}).flatMap((scheme) => Object.values(scheme.flows ?? {}));
  for (const flow of flows) {
    for (const name of ["authorizationUrl", "tokenUrl"]) {
      if (flow[name]) flow[name] = location.origin + new URL(flow[name]).pathname;
    }
  }
}

/** Leave the examples of optional parameters out: a request with all of them at once contradicts itself. */
function leaveOut({ components = {}, paths }) {
  const items = Object.values(paths);
  const operations = items.flatMap((item) => Object.values(item)).filter((each) => each.responses);
  const own = [...items, ...operations].flatMap((each) => each.parameters ?? []);
  for (const parameter of [...Object.values(components.parameters ?? {}), ...own]) {
    if (!parameter.required) delete parameter.example;
  }
}

start().catch((error) => {
  const said = document.querySelector("#documentation");
  said.setAttribute("role", "alert");
  said.textContent = `The definition cannot be shown: ${error.message}. Reload the page, or read /openapi.json.`;
});
