// Quotas: in force or not, how large, and what each caller has left.

import { call } from "../control.js";
import { attempt, field, fill, h, instant, select, toggle } from "./dom.js";

const ALGORITHMS = ["fixed", "sliding", "token_bucket"];

export class Limits {
  title = "Limits";

  constructor(section) {
    this.switch = h("div");
    this.form = select({ onchange: () => this.#change({ retry_after: this.form.value }, "Retry-After changed") }, [
      ["seconds", "Seconds"], ["http-date", "HTTP date"],
    ]);
    this.policies = h("div", { class: "cards" });
    this.buckets = h("div", { class: "card list" });
    fill(
      section,
      h("div", { class: "head" }, h("div", {}, h("h2", { id: "limits-title" }, "Limits"), h("p", {}, "Quotas as the document gives them. A change empties the counters of its policy."))),
      h("div", { class: "cards even" },
        this.switch,
        h("div", { class: "card" }, field("Retry-After of a 429", this.form))),
      h("h3", { class: "card-title" }, "Policies"),
      this.policies,
      h("h3", { class: "card-title" }, "What callers have left"),
      this.buckets,
    );
  }

  #change(change, done) {
    return attempt(async () => this.#show(await call("PATCH", "/limits", change)), done);
  }

  async update() {
    this.#show(await call("GET", "/limits"));
  }

  #show(limits) {
    const had = this.switch.contains(document.activeElement);
    fill(this.switch, toggle("Quotas are enforced", "Off: nobody is refused for lack of quota", limits.enabled,
      (on) => this.#change({ enabled: on }, on ? "Quotas are enforced" : "Quotas are off")));
    if (had) this.switch.firstChild.focus();
    this.form.value = limits.retry_after;
    // What somebody is typing in is left alone.
    if (!this.policies.contains(document.activeElement)) {
      const entries = Object.entries(limits.policies);
      fill(this.policies, entries.length ? entries.map((entry) => this.#policy(...entry)) : h("div", { class: "card empty" }, "The document declares no quotas."));
    }
    fill(this.buckets, limits.buckets.length ? table(limits) : h("div", { class: "empty" }, "Nobody has been counted yet."));
  }

  #policy(name, policy) {
    const limit = h("input", { type: "number", min: "0", value: policy.limit, required: true });
    const period = h("input", { type: "number", min: "0.001", step: "any", value: policy.window, required: true });
    const algorithm = select({}, ALGORITHMS, policy.algorithm);
    const save = (event) => {
      event.preventDefault();
      document.activeElement.blur();
      const value = { limit: Number(limit.value), window: Number(period.value), algorithm: algorithm.value };
      this.#change({ policies: { [name]: value } }, `${name}: ${value.limit} in ${value.window} s`);
    };
    return h("form", { class: "card", onsubmit: save },
      h("h3", { class: "mono" }, name),
      h("div", { class: "bar" }, field("Requests", limit, "field short"), field("Seconds", period, "field short"), field("Algorithm", algorithm, "field short"),
        h("button", { "aria-label": `Change ${name}` }, "Change")));
  }
}

function table(limits) {
  return h("table", { "aria-label": "Counters" },
    h("thead", {}, h("tr", {}, ["Policy", "Caller", "Left"].map((text) => h("th", { scope: "col" }, text)), h("th", { scope: "col", class: "wide" }, "Resets"))),
    h("tbody", {}, limits.buckets.map((bucket) => {
      const limit = limits.policies[bucket.policy]?.limit ?? bucket.remaining;
      return h("tr", {},
        h("td", {}, bucket.policy),
        h("td", { class: "mono" }, bucket.credential),
        h("td", {}, h("div", {}, `${bucket.remaining} of ${limit}`),
          h("meter", { min: "0", max: limit, low: limit / 5, optimum: limit, value: bucket.remaining, "aria-label": `Left of ${bucket.policy}` })),
        h("td", { class: "wide mono" }, instant(bucket.reset)));
    })));
}
