// Messages that the server sends: by hand, again, and what became of them.

import { call } from "../control.js";
import { attempt, choose, code, facts, field, fill, h, instant, json, say, select, tag } from "./dom.js";
import { Rows } from "./rows.js";

const KINDS = { delivered: "ok", pending: "warn", failed: "bad", signed: "" };
const OTHER = ["", "Another event"];
const FAULTS = ["", "stale", "future", "tampered", "wrong_secret", "duplicate", "reordered", "no_signature"];

export class Webhooks {
  title = "Webhooks";

  constructor(section) {
    this.event = select({ name: "event", onchange: () => this.#places() }, [OTHER]);
    this.other = h("input", { type: "text", name: "other", required: true, autocomplete: "off", spellcheck: "false" });
    this.named = field("Name of the event", this.other, "field grow");
    this.endpoint = select({ name: "endpoint", onchange: () => this.#places() }, [["", "An address"]]);
    this.url = h("input", { type: "url", name: "url", placeholder: "http://127.0.0.1:9000/hooks", autocomplete: "off" });
    this.secret = h("input", { type: "text", name: "secret", placeholder: "whsec_…", autocomplete: "off", spellcheck: "false" });
    this.fault = select({ name: "fault" }, FAULTS.map((kind) => [kind, kind ? kind.replace("_", " ") : "none"]));
    this.data = h("textarea", { name: "data", rows: "4", spellcheck: "false", placeholder: "Empty: an example of the event's payload" });
    this.direct = [field("Address; empty: sign only", this.url, "field grow"), field("Secret", this.secret, "field grow")];
    this.rows = new Rows({
      label: "Deliveries",
      opener: 1,
      columns: [["Message", "roomy"], ["Event", ""], ["State", ""], ["To", "clip wide"], ["Attempts", "number"]],
      cells: (found) => [h("span", { class: "mono" }, found.id), found.event, tag(found.state, KINDS[found.state]), found.url ?? "nobody", found.attempts.length],
      title: (found) => `${found.id} ${found.event}`,
      actions: (found) => [found.url && h("button", { type: "button", class: "primary", onclick: () => this.#again(found) }, "Redeliver")],
      detail,
    });
    fill(
      section,
      h("div", { class: "head" },
        h("div", {}, h("h2", { id: "webhooks-title" }, "Webhooks"), h("p", {}, "Signed as Standard Webhooks; sent to loopback addresses, and to hosts of ", h("code", { class: "tight" }, "--webhook-allow"), ".")),
        h("button", { type: "button", onclick: () => attempt(async () => { await call("DELETE", "/webhooks/deliveries"); await this.update(); }, "Deliveries forgotten") }, "Clear")),
      h("form", { class: "card", onsubmit: (event) => this.#send(event) },
        h("h3", {}, "Send an event"),
        h("div", { class: "bar" }, field("Event", this.event, "field grow"), this.named, field("To", this.endpoint, "field grow"), this.direct, field("Fault", this.fault)),
        h("details", {}, h("summary", {}, "Data"), field("JSON", this.data)),
        h("div", { class: "bar" }, h("button", { class: "primary" }, "Send"))),
      h("h3", { class: "card-title" }, "Deliveries"),
      this.rows.element,
    );
  }

  #places() {
    this.named.hidden = this.event.value !== "";
    this.other.disabled = this.named.hidden;
    for (const part of this.direct) part.hidden = this.endpoint.value !== "";
  }

  async #send(event) {
    event.preventDefault();
    await attempt(async () => {
      const message = { event: this.event.value || this.other.value.trim() };
      if (this.data.value.trim()) message.data = JSON.parse(this.data.value);
      if (this.endpoint.value) message.endpoint = this.endpoint.value;
      else {
        if (this.url.value) message.url = this.url.value;
        if (this.secret.value) message.secrets = [this.secret.value];
      }
      if (this.fault.value) message.faults = [{ kind: this.fault.value }];
      const sent = await call("POST", "/webhooks/send", message);
      say(outcome(sent));
      await this.update();
      this.rows.open(this.#key(sent));
    });
  }

  async #again(found) {
    const sent = await attempt(() => call("POST", `/webhooks/deliveries/${encodeURIComponent(found.id)}/redeliver`));
    if (sent) say(outcome(sent));
    await this.update();
  }

  #key(found) {
    return this.deliveries.findLastIndex((other) => other.id === found.id);
  }

  async update() {
    const [{ events, endpoints }, { deliveries }] = await Promise.all([call("GET", "/webhooks"), call("GET", "/webhooks/deliveries")]);
    choose(this.event, [...events, OTHER], this.began ? this.event.value : events[0]);
    this.began = true;
    choose(this.endpoint, [["", "An address"], ...endpoints.map((found) => [found.id, `${found.url}${found.active ? "" : ", inactive"} (${found.id})`])]);
    this.#places();
    this.deliveries = deliveries;
    this.count = { text: deliveries.length || "", alert: false };
    const pairs = deliveries.map((found, index) => [index, found]).reverse();
    this.rows.show(pairs, "Nothing has been sent. Created, changed and deleted resources emit their events to active endpoints.");
  }
}

function outcome(sent) {
  const last = sent.attempts.at(-1);
  if (!last) return `${sent.id} is signed; it was sent to nobody`;
  return `${sent.id} ${sent.state}: ${last.status ?? last.error}`;
}

function detail(found) {
  let content = code(found.body, "Message body");
  try {
    content = json(JSON.parse(found.body), "Message body");
  } catch {
    // Tampered bodies need not be JSON; the text is shown.
  }
  return [
    facts([
      ["State", tag(found.state, KINDS[found.state])],
      ["To", found.url ?? "nobody"],
      ["Endpoint", found.endpoint ?? "none"],
      ["Next attempt", found.next_attempt_at === null ? "none" : h("span", { class: "mono" }, instant(found.next_attempt_at))],
    ]),
    h("h4", {}, "Attempts"),
    found.attempts.length
      ? h("ol", {}, found.attempts.map((attempted) =>
          h("li", {}, h("span", { class: "mono" }, instant(attempted.at)), " ", attempted.error ? tag(attempted.error, "bad") : tag(attempted.status, attempted.status < 300 ? "ok" : "bad"))))
      : h("p", { class: "quiet" }, "None"),
    h("h4", {}, "Headers"),
    facts(Object.entries(found.headers), "facts headers"),
    h("h4", {}, "Body"),
    content,
  ];
}
