// A document in the words of OpenAPI 3.0. Swagger UI resolves the whole of a 3.1 document again for
// every operation that is opened; of a 3.0 document it resolves what it shows.

const MAPS = new Set(["properties", "patternProperties", "$defs", "definitions", "schemas", "parameters", "responses", "headers", "requestBodies", "securitySchemes", "examples", "links", "callbacks", "paths"]);
const VALUES = new Set(["example", "default", "enum", "const", "value", "security", "required"]);

/** A copy of an OpenAPI 3.1 document that calls itself 3.0, its schemas reworded where they differ. */
export function inOlderWords(document) {
  const { webhooks, jsonSchemaDialect, ...rest } = document;
  return { ...reworded(rest), openapi: "3.0.3" };
}

function reworded(node) {
  if (Array.isArray(node)) return node.map(reworded);
  if (node === null || typeof node !== "object") return node;
  const fresh = {};
  for (const [key, value] of Object.entries(node)) {
    if (VALUES.has(key) || (key === "examples" && Array.isArray(value))) fresh[key] = value;
    else if (MAPS.has(key) && value && !Array.isArray(value)) {
      fresh[key] = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, reworded(part)]));
    } else fresh[key] = reworded(value);
  }
  if (Array.isArray(fresh.type)) {
    const kinds = fresh.type.filter((kind) => kind !== "null");
    if (kinds.length < fresh.type.length) fresh.nullable = true;
    if (kinds.length === 1) [fresh.type] = kinds;
    else delete fresh.type;
  }
  if ("const" in fresh && !("enum" in fresh)) {
    fresh.enum = [fresh.const];
    delete fresh.const;
  }
  if (Array.isArray(fresh.examples)) {
    [fresh.example] = fresh.examples;
    delete fresh.examples;
  }
  for (const [limit, name] of [["exclusiveMinimum", "minimum"], ["exclusiveMaximum", "maximum"]]) {
    if (typeof fresh[limit] !== "number") continue;
    fresh[name] = fresh[limit];
    fresh[limit] = true;
  }
  return fresh;
}
