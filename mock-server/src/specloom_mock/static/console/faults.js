// What goes wrong, for which operation, and how often.

import { call } from "../control.js";
import { attempt, choose, field, fill, h, select, tag, toggle } from "./dom.js";

const PRESETS = [
  ["503 Unavailable", "With Retry-After: 2", { kind: "status", params: { status: 503, retry_after: 2 } }],
  ["500 Server error", "The document's error body", { kind: "status", params: { status: 500 } }],
  ["429 Too many requests", "With Retry-After: 2", { kind: "status", params: { status: 429, retry_after: 2 } }],
  ["401 Unauthorized", "Whatever the credential", { kind: "status", params: { status: 401 } }],
  ["Slow", "Two real seconds before each answer", { kind: "delay", params: { seconds: 2, real: true } }],
  ["Lost answer", "It happens, then the connection ends", { kind: "lose_response", params: {} }],
  ["Closed connection", "Ended in order, without an answer", { kind: "close", params: {} }],
  ["Reset connection", "Ended at once, without an answer", { kind: "reset", params: {} }],
  ["Silence", "No answer until the client gives up", { kind: "stall", params: {} }],
  ["Malformed JSON", "Chaos port: half of the body", { kind: "malformed_json", params: {} }],
  ["HTML page", "Chaos port: 200 with a web page", { kind: "html", params: {} }],
  ["Short body", "Chaos port: cut before its end", { kind: "truncate", params: {} }],
];
const FIELDS = {
  status: ["status", "retry_after", "code"],
  delay: ["seconds"],
  slow_headers: ["seconds"],
  slow_body: ["seconds"],
  html: ["status"],
  redirect: ["location", "status"],
  truncate: ["bytes"],
  reset: ["bytes"],
  respond: ["status", "text"],
};
const LABELS = { retry_after: "Retry-After" };
const NUMBERS = new Set(["status", "seconds", "bytes"]);
const KINDS = ["status", "delay", "lose_response", "close", "reset", "stall", "respond", "redirect", "html", "malformed_json", "truncate", "slow_headers", "slow_body"];

export class Faults {
  title = "Faults";

  constructor(section) {
    this.faults = [];
    this.operations = [];
    this.target = select({ onchange: () => this.#show() }, [["", "Every operation"]]);
    this.undeclared = h("p", { class: "note", hidden: true });
    this.switches = h("div", { class: "switches" });
    this.kind = select({ onchange: () => this.#fields() }, KINDS);
    this.inputs = h("div", { class: "bar" });
    this.times = h("input", { type: "number", min: "1", value: "1", required: true });
    this.skip = h("input", { type: "number", min: "0", value: "0", required: true });
    this.chance = h("input", { type: "number", min: "0", max: "1", step: "any", value: "1", required: true });
    this.profile = select({ onchange: () => this.#begin() }, [["", "None"]]);
    this.told = h("p", { class: "quiet" });
    this.stored = h("div", { class: "card list" });
    fill(
      section,
      h("div", { class: "head" },
        h("div", {}, h("h2", { id: "faults-title" }, "Faults"), h("p", {}, "Make requests fail on purpose. One request alone can be failed with the header X-Mock-Fault.")),
        h("button", { type: "button", class: "danger", onclick: () => attempt(() => this.#clear(), "All faults are off") }, "Switch all off")),
      h("div", { class: "card" },
        h("h3", {}, "Switches"),
        h("div", { class: "bar" }, field("For", this.target, "field grow")),
        this.undeclared,
        this.switches),
      h("div", { class: "card" },
        h("h3", {}, "Once, or now and then"),
        h("p", { class: "quiet" }, "For the operation chosen above."),
        h("form", { class: "bar", onsubmit: (event) => this.#add(event) },
          field("Kind", this.kind),
          this.inputs,
          field("Times", this.times), field("After skipping", this.skip), field("Probability", this.chance),
          h("button", { class: "primary" }, "Add"))),
      h("div", { class: "card" },
        h("h3", {}, "Chaos profile"),
        h("div", { class: "bar narrow" }, field("In force on the chaos port", this.profile, "field grow")),
        this.told),
      h("h3", { class: "card-title" }, "Stored faults"),
      this.stored,
    );
    this.#fields();
  }

  get match() {
    return this.target.value ? { operation: this.target.value } : {};
  }

  #fields() {
    const chosen = FIELDS[this.kind.value] ?? [];
    const starts = { status: this.kind.value === "status" ? "503" : this.kind.value === "redirect" ? "307" : "200", seconds: "1" };
    fill(this.inputs, chosen.map((name) =>
      field(LABELS[name] ?? name[0].toUpperCase() + name.slice(1), h("input", { name, type: NUMBERS.has(name) ? "number" : "text", min: "0", step: "any", value: starts[name] ?? "" }))));
    this.inputs.hidden = chosen.length === 0;
  }

  #add(event) {
    event.preventDefault();
    const params = {};
    for (const input of this.inputs.querySelectorAll("input")) {
      if (input.value !== "") params[input.name] = NUMBERS.has(input.name) ? Number(input.value) : input.value;
    }
    const fault = {
      match: this.match, kind: this.kind.value, params,
      times: Number(this.times.value), skip: Number(this.skip.value), probability: Number(this.chance.value),
    };
    attempt(async () => { await call("POST", "/faults", { faults: [fault] }); await this.update(); }, "Fault added");
  }

  async #clear() {
    await call("DELETE", "/faults");
    await this.update();
  }

  async info() {
    ({ operations: this.operations } = await call("GET", "/operations"));
    choose(this.target, [["", "Every operation"], ...this.operations.map(({ id, method, path }) => [id, `${method} ${path} (${id})`])]);
    this.#show();
  }

  async update() {
    const [{ faults }, chaos] = await Promise.all([call("GET", "/faults"), call("GET", "/chaos")]);
    this.faults = faults;
    this.#told(chaos);
    this.#show();
  }

  #begin() {
    const name = this.profile.value || null;
    attempt(async () => this.#told(await call("PUT", "/chaos", { profile: name })), name ? `The profile ${name} has begun` : "No profile any more");
  }

  #told(chaos) {
    choose(this.profile, [["", "None"], ...Object.keys(chaos.profiles)], chaos.profile ?? "");
    const drawn = chaos.faults.reduce((sum, fault) => sum + fault.applied, 0);
    this.told.textContent = chaos.profile ? `${chaos.profiles[chaos.profile]}. Faults drawn so far: ${drawn}.` : "A profile draws faults for every request on the chaos port, the same ones for the same seed.";
  }

  /** Stored faults that a switch of the chosen target made. */
  #made(preset) {
    const same = (fault) =>
      fault.times === null && fault.kind === preset.kind &&
      JSON.stringify(fault.params) === JSON.stringify(preset.params) &&
      JSON.stringify(fault.match ?? {}) === JSON.stringify(this.match);
    return this.faults.filter(same);
  }

  async #switch(preset, title, on) {
    if (on) await call("POST", "/faults", { faults: [{ match: this.match, ...preset, times: null }] });
    else await Promise.all(this.#made(preset).map((fault) => call("DELETE", `/faults/${encodeURIComponent(fault.id)}`)));
    await this.update();
  }

  #show() {
    const spent = (fault) => fault.times !== null && fault.applied >= fault.times;
    const active = this.faults.filter((fault) => !spent(fault)).length;
    this.count = { text: active || "", alert: active > 0 };
    const focused = this.switches.contains(document.activeElement) && [...this.switches.children].indexOf(document.activeElement);
    fill(this.switches, PRESETS.map(([title, text, preset]) =>
      toggle(title, this.#explained(text, preset), this.#made(preset).length > 0, (on) => this.#switch(preset, title, on), "danger")));
    if (focused !== false) this.switches.children[focused]?.focus();
    fill(this.stored, this.faults.length ? this.#table(spent) : h("div", { class: "empty" }, "Nothing goes wrong on purpose."));
  }

  /** A status that the operation does not declare is sent by the chaos port only. */
  #explained(text, preset) {
    const operation = this.operations.find((found) => found.id === this.target.value);
    if (!operation || preset.kind !== "status") return text;
    const status = String(preset.params.status);
    const declared = operation.statuses.some((found) => [status, `${status[0]}XX`, "default"].includes(found.toUpperCase().replace("DEFAULT", "default")));
    return declared ? text : "Not declared here: chaos port only";
  }

  #table(spent) {
    const remove = (fault) => attempt(async () => { await call("DELETE", `/faults/${encodeURIComponent(fault.id)}`); await this.update(); }, `${fault.id} removed`);
    return h("table", { "aria-label": "Stored faults" },
      h("thead", {}, h("tr", {}, ["For", "What", "Taken"].map((text) => h("th", { scope: "col" }, text)), h("th", { scope: "col", class: "wide" }, "Id"), h("th", { scope: "col" }, h("span", { class: "quiet" }, "Action")))),
      h("tbody", {}, this.faults.map((fault) =>
        h("tr", {},
          h("td", { class: "mono" }, described(fault.match)),
          h("td", {}, tag(fault.kind, spent(fault) ? "" : "warn"), " ", h("code", {}, described(fault.params, ""))),
          h("td", { class: "tight" }, `${fault.applied} of ${fault.times ?? "all"}`),
          h("td", { class: "wide mono quiet" }, fault.id),
          h("td", {}, h("button", { type: "button", "aria-label": `Remove ${fault.id}`, onclick: () => remove(fault) }, "Remove"))))));
  }
}

function described(value, none = "every request") {
  const parts = Object.entries(value ?? {}).map(([name, item]) => `${name} ${typeof item === "object" ? JSON.stringify(item) : item}`);
  return parts.join(", ") || none;
}
