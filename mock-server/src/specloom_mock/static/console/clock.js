// The session's time: read, moved, set.

import { call } from "../control.js";
import { attempt, facts, field, fill, h, instant } from "./dom.js";

const STEPS = [["+1 s", 1], ["+10 s", 10], ["+1 min", 60], ["+1 h", 3600], ["+1 day", 86400], ["+30 days", 2592000]];

export class Clock {
  title = "Clock";

  constructor(section) {
    this.reading = h("p", { class: "now", id: "now" });
    this.mode = h("p", { class: "quiet" });
    this.facts = h("div");
    this.seconds = h("input", { type: "number", min: "0", step: "any", value: "60", required: true });
    this.moment = h("input", { type: "text", placeholder: "2026-03-01T12:00:00Z", required: true, spellcheck: "false", autocomplete: "off" });
    this.switcher = h("button", { type: "button" });
    this.steps = STEPS.map(([text, seconds]) =>
      h("button", { type: "button", "aria-label": `Advance by ${seconds} seconds`, onclick: () => this.#move({ advance: seconds }) }, text));
    this.forms = [
      h("form", { class: "bar narrow", onsubmit: (event) => { event.preventDefault(); this.#move({ advance: Number(this.seconds.value) }); } },
        field("Advance by seconds", this.seconds, "field grow"), h("button", {}, "Advance")),
      h("form", { class: "bar narrow", onsubmit: (event) => { event.preventDefault(); this.#move({ set: this.moment.value.trim() }); } },
        field("Set to an RFC 3339 instant, UTC", this.moment, "field grow"), h("button", {}, "Set")),
    ];
    this.virtual = h("div", { class: "card" },
      h("h3", {}, "Move time"),
      h("p", { class: "quiet" }, "Timestamps, quotas, token lifetimes and webhook retries follow. What falls due on the way happens in order."),
      h("div", { class: "bar", role: "group", "aria-label": "Advance" }, this.steps),
      this.forms);
    fill(
      section,
      h("div", { class: "head" }, h("div", {}, h("h2", { id: "clock-title" }, "Clock"), this.mode), this.switcher),
      h("div", { class: "card" }, this.reading, this.facts),
      this.virtual,
    );
    setInterval(() => this.#tick(), 1000);
  }

  async update() {
    this.#show(await call("GET", "/clock"));
  }

  #move(change) {
    attempt(async () => this.#show(await call("POST", "/clock", change)), () => `It is ${this.clock.iso}`);
  }

  #show(clock) {
    this.clock = clock;
    this.read = performance.now();
    const virtual = clock.mode === "virtual";
    this.mode.textContent = virtual
      ? "Virtual: time stands still until it is moved."
      : "Real: time passes by itself and cannot be moved.";
    this.switcher.textContent = virtual ? "Let time pass by itself" : "Make time virtual";
    this.switcher.onclick = () => this.#move({ mode: virtual ? "real" : "virtual" });
    this.virtual.hidden = !virtual;
    fill(this.facts, facts([
      ["Epoch seconds", h("code", {}, clock.now)],
      ["Clients on this clock", clock.clients.join(", ") || "none"],
      ["Sleeping", clock.sleeping],
    ]));
    this.#tick();
  }

  /** Real time goes on between two readings. */
  #tick() {
    if (!this.clock) return;
    const passed = this.clock.mode === "real" ? (performance.now() - this.read) / 1000 : 0;
    const iso = instant(this.clock.now + passed);
    this.reading.textContent = this.clock.mode === "real" ? `${iso.slice(0, 19)}Z` : iso;
    document.getElementById("clock-chip").textContent = `${iso.slice(0, 19).replace("T", " ")} ${this.clock.mode}`;
  }
}
