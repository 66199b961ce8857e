// Shows the definition of the API that serves this page. "Execute" sends requests to the same API.
"use strict";

async function start() {
  const definition = await (await fetch("/openapi.json")).json();
  definition.servers[0].url = location.origin; // whatever name this machine was called by
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

start().catch((error) => {
  const said = document.querySelector("#documentation");
  said.setAttribute("role", "alert");
  said.textContent = `The definition cannot be shown: ${error.message}. Reload the page, or read /openapi.json.`;
});
