// The reference: Swagger UI over the document that this mock serves, with a credential filled in.

import { call, prefix } from "../control.js";
import { inOlderWords } from "./older.js";

/** A key that the mock takes as a user with every scope. */
const KEY = "sk_live_mock_0123456789abcdef";
/** From so many operations on, they are folded under their tags. */
const MANY = 40;
/** From so many on, the document is told in the words of OpenAPI 3.0, for speed. */
const VERY_MANY = 100;
const METHODS = new Set(["get", "put", "post", "delete", "options", "head", "patch", "trace"]);

const status = document.getElementById("status");
const spec = await call("GET", "/openapi.json");
status.textContent = "Drawing the operations …";
const schemes = spec.components?.securitySchemes ?? {};
// Where the document logs in elsewhere, the mock takes a bearer token: nobody can log in there.
for (const [name, scheme] of Object.entries(schemes)) {
  if (scheme.type !== "oauth2" && scheme.type !== "openIdConnect") continue;
  const text = `${scheme.description ?? ""}\n\n${scheme.type} in the document; the mock takes a bearer token.`;
  schemes[name] = { type: "http", scheme: "bearer", description: text };
}
const items = Object.values(spec.paths ?? {});
const operations = items.flatMap((item) => Object.entries(item).filter(([name]) => METHODS.has(name)).map(([, node]) => node));

// Swagger UI fills in the example of every optional parameter, so that a first try would ask for
// one user called Ada on page 3. The examples are told in words instead.
const declared = [spec.components, ...items, ...operations].flatMap((node) => Object.values(node?.parameters ?? {}));
for (const parameter of declared) {
  const shown = parameter.example ?? Object.values(parameter.examples ?? {})[0]?.value ?? parameter.schema?.example;
  if (parameter.required || shown === undefined) continue;
  const text = typeof shown === "object" ? JSON.stringify(shown) : String(shown);
  parameter.description = `${parameter.description ?? ""}\n\nExample: \`${text.replaceAll("`", "'")}\``;
  delete parameter.example;
  delete parameter.examples;
  if (parameter.schema?.example !== undefined) {
    const { example, ...schema } = parameter.schema;
    parameter.schema = schema;
  }
}

document.title = `${spec.info.title}: reference`;
document.getElementById("title").textContent = spec.info.title;
document.getElementById("base").textContent = spec.servers[0]?.url ?? "";
document.getElementById("session").textContent = `Session ${decodeURIComponent(prefix.slice(2)) || "default"}`;
document.getElementById("console-link").href = `${prefix}/__mock/`;

/** Fill in the credential wherever a scheme takes a plain value. */
function authorize(ui) {
  const filled = [];
  for (const [name, scheme] of Object.entries(schemes)) {
    const kind = scheme.type === "http" ? scheme.scheme?.toLowerCase() : scheme.type;
    if (kind === "basic") ui.preauthorizeBasic(name, KEY, "");
    else if (kind === "apiKey" || kind === "bearer") ui.preauthorizeApiKey(name, KEY);
    else continue;
    filled.push(name);
  }
  const hint = document.getElementById("hint");
  const code = document.createElement("code");
  code.textContent = KEY;
  hint.replaceChildren(
    filled.length ? "Requests go to this mock server, authorized with " : "Requests go to this mock server. A credential that it takes: ",
    code,
    ". Any key of 24 characters or more that begins with sk_live_ is a user with every scope.",
  );
  hint.hidden = Object.keys(schemes).length === 0;
}

const many = operations.length > MANY;
// Each schema of the list is resolved as soon as it is drawn, folded or not.
const models = Object.keys(spec.components?.schemas ?? {}).length <= MANY;
const ui = window.SwaggerUIBundle({
  spec: operations.length > VERY_MANY ? inOlderWords(spec) : spec,
  dom_id: "#reference",
  // Nothing leaves this machine: not the document to a validator, not a query to another origin.
  validatorUrl: null,
  queryConfigEnabled: false,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: many ? "none" : "list",
  defaultModelsExpandDepth: models ? 0 : -1,
  filter: many,
  persistAuthorization: false,
  tryItOutEnabled: true,
  onComplete: () => {
    status.hidden = true;
    authorize(ui);
  },
});
