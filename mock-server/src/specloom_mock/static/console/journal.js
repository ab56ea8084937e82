// Every request as it was received, and what was answered.

import { call } from "../control.js";
import { attempt, body, copy, facts, field, fill, h, instant, say, select, statusTag, tag, time } from "./dom.js";
import { Rows } from "./rows.js";

const KEPT = 500;
const SHOWN = 200;
const FIRST = 300;

export class Journal {
  title = "Journal";

  constructor(section) {
    this.entries = new Map();
    this.last = 0;
    this.more = SHOWN;
    this.paused = false;
    this.search = h("input", { type: "search", placeholder: "path, operation, status, text of a body", oninput: () => this.#show() });
    this.status = select({ onchange: () => this.#show() }, [
      ["", "Any status"], ["2", "2xx"], ["3", "3xx"], ["4", "4xx"], ["5", "5xx"], ["cut", "Cut off"],
    ]);
    this.wrong = h("input", { type: "checkbox", onchange: () => this.#show() });
    this.pause = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.#pause() }, "Pause");
    this.counted = h("p", { class: "quiet" });
    this.older = h("button", { type: "button", onclick: () => { this.more += SHOWN; this.#show(); } }, "Show older");
    this.rows = new Rows({
      label: "Requests",
      opener: 2,
      columns: [["#", "number wide"], ["Method", ""], ["Path", ""], ["Status", ""], ["Operation", "roomy"], ["Time", "time roomy"], ["Marks", "tight wide"]],
      cells: (entry) => [
        entry.seq,
        tag(entry.method, entry.method === "GET" ? "method get" : "method"),
        entry.query ? `${entry.path}?${entry.query}` : entry.path,
        entry.response ? statusTag(entry.response.status, entry.response.complete) : tag("waiting"),
        entry.operation ?? "–",
        time(entry.at),
        [
          entry.violations.length > 0 && tag(`${entry.violations.length} violation${entry.violations.length > 1 ? "s" : ""}`, "bad"),
          entry.faults.length > 0 && tag("fault", "warn"),
          entry.port === "chaos" && tag("chaos"),
        ],
      ],
      wrong: (entry) => entry.violations.length > 0,
      title: (entry) => `#${entry.seq} ${entry.method} ${entry.path}`,
      actions: (entry) => [
        h("button", { type: "button", class: "primary", onclick: () => this.replay(entry) }, "Replay ", h("kbd", {}, "r")),
        h("button", { type: "button", onclick: () => copy(curl(entry), "curl command") }, "Copy as curl"),
      ],
      detail,
    });
    fill(
      section,
      h("div", { class: "head" },
        h("div", {}, h("h2", { id: "journal-title" }, "Journal"), this.counted),
        h("div", { class: "bar" }, this.pause,
          h("button", { type: "button", onclick: () => attempt(() => this.#clear(), "Journal cleared") }, "Clear"))),
      h("div", { class: "bar" },
        field("Filter", this.search, "field grow"),
        field("Status", this.status),
        h("label", { class: "check" }, this.wrong, "Violations only")),
      this.rows.element,
      h("div", { class: "bar" }, this.older),
    );
  }

  focusSearch() {
    this.search.focus();
  }

  #pause() {
    this.paused = !this.paused;
    this.pause.setAttribute("aria-pressed", String(this.paused));
    this.pause.textContent = this.paused ? "Resume" : "Pause";
    if (!this.paused) this.update();
  }

  async #clear() {
    await call("DELETE", "/journal");
    this.entries.clear();
    this.#show();
  }

  async update() {
    if (this.paused) return;
    // Entries without an answer are asked for again: they may have one by now.
    const waiting = [...this.entries.values()].filter((entry) => entry.response === null);
    const since = this.entries.size ? Math.min(this.last, ...waiting.map((entry) => entry.seq - 1)) : 0;
    const { generation } = this;
    const { entries } = await call("GET", `/journal?since=${since}&limit=${since ? KEPT : FIRST}`);
    if (generation !== this.generation) return;
    const info = entries.at(-1);
    if (!info && since === 0) this.entries.clear();
    for (const entry of entries) this.entries.set(entry.seq, entry);
    if (info) this.last = Math.max(this.last, info.seq);
    for (const seq of this.entries.keys()) {
      if (this.entries.size <= KEPT) break;
      this.entries.delete(seq);
    }
    this.#show();
  }

  /** Forget what was shown of another generation: its numbers may be given anew. */
  belongs(generation) {
    if (generation === this.generation) return;
    this.generation = generation;
    this.entries.clear();
    this.last = 0;
  }

  #matches(entry) {
    const status = entry.response?.status;
    const cut = entry.response && (status === null || !entry.response.complete);
    const wanted = this.status.value;
    if (wanted === "cut" ? !cut : wanted && String(status ?? "")[0] !== wanted) return false;
    if (this.wrong.checked && !entry.violations.length) return false;
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return true;
    const { response, ...request } = entry;
    const target = `${entry.method} ${entry.path}?${entry.query}`;
    const text = `${target} ${status} ${JSON.stringify([request, response?.body])}`.toLowerCase();
    return words.every((word) => text.includes(word));
  }

  #show() {
    const found = [...this.entries.values()].filter((entry) => this.#matches(entry)).reverse();
    const shown = found.slice(0, this.more);
    this.older.hidden = shown.length === found.length;
    const total = this.entries.size;
    const wrong = [...this.entries.values()].filter((entry) => entry.violations.length).length;
    this.counted.textContent = `${found.length} of the latest ${total} requests, newest first${wrong ? `; ${wrong} with violations` : ""}`;
    this.count = { text: total || "", alert: false };
    const none = total
      ? "No request matches the filter."
      : ["No requests yet. Send one, for example from the ", h("a", { href: "docs" }, "reference"), "."];
    this.rows.show(shown.map((entry) => [entry.seq, entry]), none);
  }

  async replay(entry = this.rows.opened) {
    if (!entry) return;
    const again = await attempt(() => call("POST", `/journal/${entry.seq}/replay`));
    if (!again) return;
    say(`#${entry.seq} sent again as #${again.seq}: ${again.response?.status ?? "no answer"}`);
    await this.update();
    if (this.rows.items.has(again.seq)) this.rows.open(again.seq);
  }
}

function detail(entry) {
  const { response } = entry;
  const waited = response ? Math.round((response.at - entry.at) * 1e6) / 1000 : null;
  return [
    entry.violations.length > 0 &&
      h("ul", { class: "violations", "aria-label": "Violations" }, entry.violations.map((text) => h("li", {}, text))),
    facts([
      ["Operation", entry.operation ?? "none matched"],
      ["Received", h("span", { class: "mono" }, instant(entry.at))],
      ["Answer", response ? [statusTag(response.status, response.complete), waited > 0 && ` after ${waited} ms of the session's time`] : "not yet"],
      ["Port", entry.port],
      ...(entry.faults.length ? [["Faults", entry.faults.join(", ")]] : []),
      ...(entry.query ? [["Query", h("code", {}, entry.query)]] : []),
    ]),
    h("h4", {}, "Request headers"),
    facts(entry.headers, "facts headers"),
    h("h4", {}, "Request body"),
    body(entry.body, "Request body"),
    response && [
      h("h4", {}, "Response headers"),
      facts(response.headers, "facts headers"),
      h("h4", {}, response.complete ? "Response body" : "Response body, as far as it was sent"),
      body(response.body, "Response body"),
    ],
  ];
}

const LEFT_OUT = new Set(["host", "content-length", "accept-encoding", "connection", "user-agent"]);

function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function curl(entry) {
  const target = entry.query ? `${entry.path}?${entry.query}` : entry.path;
  const host = entry.headers.find(([name]) => name === "host")?.[1] ?? location.host;
  const parts = ["curl", "-X", entry.method, quoted(`http://${host}${target}`)];
  for (const [name, value] of entry.headers) {
    if (!LEFT_OUT.has(name)) parts.push("-H", quoted(`${name}: ${value}`));
  }
  if (entry.body?.json !== undefined) parts.push("--data-raw", quoted(JSON.stringify(entry.body.json)));
  else if (entry.body?.text !== undefined) parts.push("--data-raw", quoted(entry.body.text));
  return parts.join(" ");
}
