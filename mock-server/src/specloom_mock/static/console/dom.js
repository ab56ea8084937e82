// Elements made of data. Text becomes text nodes and nothing else: no markup is ever parsed.

/** An element: attributes, listeners (`onclick`), properties by name, and children. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else if (key === "checked") element.checked = true;
    else element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Put other children in the place of an element's own. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** A labelled control. */
export function field(label, control, className = "field") {
  return h("label", { class: className }, h("span", {}, label), control);
}

/** A select of `[value, text]` pairs or of plain values. */
export function select(attributes, options, chosen) {
  const element = h("select", attributes);
  choose(element, options, chosen);
  return element;
}

/** Replace a select's options and keep what was chosen if it is still there. */
export function choose(element, options, chosen = element.value) {
  const pairs = options.map((option) => (Array.isArray(option) ? option : [option, option]));
  fill(element, pairs.map(([value, text]) => h("option", { value }, text)));
  if (pairs.some(([value]) => value === chosen)) element.value = chosen;
}

/** A switch: a button that is on or off. */
export function toggle(title, explanation, on, change, className = "") {
  const attributes = { type: "button", class: `switch ${className}`, role: "switch" };
  const button = h(
    "button",
    { ...attributes, "aria-checked": String(on) },
    h("div", {}, h("strong", {}, title), explanation && h("small", {}, explanation)),
    h("span", { "aria-hidden": "true" }),
  );
  button.addEventListener("click", () => {
    attempt(() => change(button.getAttribute("aria-checked") !== "true"));
  });
  return button;
}

/** Say what happened, on screen and to a screen reader. */
export function say(text, bad = false) {
  const box = document.getElementById("messages");
  const message = h("div", { class: bad ? "message bad" : "message" }, text);
  box.append(message);
  while (box.children.length > 3) box.firstChild.remove();
  setTimeout(() => message.remove(), bad ? 9000 : 4000);
}

/** Do something that may be refused, and say so when it is. */
export async function attempt(action, done) {
  try {
    const value = await action();
    if (done) say(typeof done === "function" ? done(value) : done);
    return value;
  } catch (error) {
    say(error.message, true);
    return undefined;
  }
}

/** Copy text; says so. */
export function copy(text, what) {
  attempt(() => {
    if (!navigator.clipboard) throw new Error("The browser copies on localhost and https only");
    return navigator.clipboard.writeText(text);
  }, `${what} copied`);
}

const TOKENS =
  /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;
const COLOURED = 60_000;
const SHOWN = 400_000;

/** A value as indented, coloured JSON. */
export function json(value, label = "JSON") {
  return code(JSON.stringify(value, null, 2) ?? "null", label, true);
}

/** Text in a box that can be reached and scrolled by keyboard. */
export function code(text, label, isJson = false) {
  const box = h("pre", { tabindex: "0", role: "region", "aria-label": label });
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}\n… ${text.length} characters` : text;
  if (!isJson || text.length > COLOURED) {
    box.textContent = shown;
    return box;
  }
  let at = 0;
  for (const match of shown.matchAll(TOKENS)) {
    const [whole, string, colon, number] = match;
    box.append(shown.slice(at, match.index));
    const kind = string ? (colon ? "k" : "s") : number ? "n" : "w";
    const token = string ?? whole;
    box.append(h("span", { class: kind }, token), whole.slice(token.length));
    at = match.index + whole.length;
  }
  box.append(shown.slice(at));
  return box;
}

/** A body of the journal: JSON, text or bytes. */
export function body(value, label) {
  if (value === null || value === undefined) return h("p", { class: "quiet" }, "No body");
  if ("json" in value) return json(value.json, label);
  if ("text" in value) return code(value.text, label);
  return [h("p", { class: "quiet" }, "Bytes, in Base64"), code(value.base64, label)];
}

/** Headers or other facts as a list of terms. */
export function facts(pairs, className = "facts") {
  return h(
    "dl",
    { class: className },
    pairs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

/** Epoch seconds as a time of day in UTC, with the whole instant as its title. */
export function time(seconds) {
  const iso = instant(seconds);
  return h("time", { datetime: iso, title: iso, class: "mono" }, iso.slice(11, 23));
}

/** Epoch seconds in RFC 3339, UTC. */
export function instant(seconds) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}

/** A coloured word. */
export function tag(text, kind = "") {
  return h("span", { class: `tag ${kind}` }, text);
}

/** How a status is coloured. */
export function statusTag(status, complete = true) {
  if (status === null || status === undefined) return tag("cut", "bad");
  const kind = status >= 500 ? "bad" : status >= 400 ? "warn" : status >= 300 ? "" : "ok";
  return tag(complete ? status : `${status} cut`, complete ? kind : "bad");
}
