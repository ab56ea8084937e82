// The reference: Swagger UI over the document that this mock serves, with a credential filled in.

import { call, prefix } from "../control.js";

/** A key that the mock takes as a user with every scope. */
const KEY = "sk_live_mock_0123456789abcdef";

const { components = {}, info, ...rest } = await call("GET", "/openapi.json");
const spec = { ...rest, info, components };
const schemes = components.securitySchemes ?? {};

document.title = `${info.title}: reference`;
document.getElementById("title").textContent = info.title;
document.getElementById("base").textContent = spec.servers[0]?.url ?? "";
document.getElementById("session").textContent = `Session ${decodeURIComponent(prefix.slice(2)) || "default"}`;
document.getElementById("console-link").href = `${prefix}/__mock/`;

/** Fill in the credential wherever a scheme takes a plain value. */
function authorize(ui) {
  const filled = [];
  for (const [name, scheme] of Object.entries(schemes)) {
    const plain = scheme.type === "apiKey" || (scheme.type === "http" && scheme.scheme?.toLowerCase() === "bearer");
    if (plain) {
      ui.preauthorizeApiKey(name, KEY);
      filled.push(name);
    }
  }
  const hint = document.getElementById("hint");
  const code = document.createElement("code");
  code.textContent = KEY;
  hint.append(
    filled.length ? "Requests go to this mock server, authorized with " : "Requests go to this mock server. A credential that it takes: ",
    code,
    ". Any key of 24 characters or more that begins with sk_live_ is a user with every scope.",
  );
  hint.hidden = Object.keys(schemes).length === 0;
}

const many = Object.keys(spec.paths ?? {}).length > 60;
const ui = window.SwaggerUIBundle({
  spec,
  dom_id: "#reference",
  // Nothing leaves this machine: not the document to a validator, not a query to another origin.
  validatorUrl: null,
  queryConfigEnabled: false,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: many ? "none" : "list",
  defaultModelsExpandDepth: 0,
  filter: many,
  persistAuthorization: false,
  tryItOutEnabled: true,
  onComplete: () => authorize(ui),
});
