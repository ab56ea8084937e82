// What the server remembers: collections and their rows.

import { call } from "../control.js";
import { attempt, copy, field, fill, h, json } from "./dom.js";
import { Rows } from "./rows.js";

const PAGE = 25;
const COLUMNS = 4;
const WORTH_SEEING = ["name", "title", "email", "status", "state", "type", "role", "url", "slug"];

export class State {
  title = "State";

  constructor(section) {
    this.collection = null;
    this.offset = 0;
    this.search = h("input", { type: "search", placeholder: "text in a row", oninput: () => this.#again() });
    this.folders = h("div", { class: "card folders", role: "group", "aria-label": "Collections" });
    this.place = h("p", { class: "quiet" });
    this.range = h("span", { class: "quiet" });
    this.back = h("button", { type: "button", onclick: () => this.#page(-PAGE) }, "Previous");
    this.forward = h("button", { type: "button", onclick: () => this.#page(PAGE) }, "Next");
    this.rows = new Rows({
      label: "Rows",
      opener: 0,
      columns: [["id", ""]],
      cells: (row) => this.names.map((name) => cell(row[name])),
      title: (row) => String(row[this.names[0]]),
      actions: (row) => [h("button", { type: "button", onclick: () => copy(JSON.stringify(row, null, 2), "Row") }, "Copy JSON")],
      detail: (row) => [json(row, "Row")],
    });
    this.rows.list.append(h("div", { class: "pager" }, this.back, this.range, this.forward));
    this.names = ["id"];
    fill(
      section,
      h("div", { class: "head" }, h("div", {}, h("h2", { id: "state-title" }, "State"), this.place)),
      h("div", { class: "split browse" }, this.folders,
        h("div", {}, h("div", { class: "bar" }, field("Search", this.search, "field grow")), this.rows.element)),
    );
  }

  focusSearch() {
    this.search.focus();
  }

  #again() {
    this.offset = 0;
    attempt(() => this.#load());
  }

  #page(step) {
    this.offset = Math.max(0, this.offset + step);
    attempt(() => this.#load());
  }

  /** The collections' number is known without opening the section. */
  async update() {
    const { collections } = await call("GET", "/state/collections");
    this.collections = collections;
    this.count = { text: collections.length || "", alert: false };
    const known = collections.some((found) => found.name === this.collection);
    if (!known) this.collection = collections[0]?.name ?? null;
    const total = collections.reduce((sum, found) => sum + found.count, 0);
    this.place.textContent = `${total} rows in ${collections.length} collections`;
    const focused = this.folders.contains(document.activeElement) && document.activeElement.dataset.name;
    fill(
      this.folders,
      collections.map((found) =>
        h("button", {
          type: "button",
          "data-name": found.name,
          "aria-current": found.name === this.collection ? "true" : undefined,
          onclick: () => this.#choose(found.name),
        }, h("span", {}, found.name), h("span", { class: "count" }, found.count))),
      collections.length === 0 && h("p", { class: "empty" }, "The document implies no collections."),
    );
    if (focused) this.folders.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
    await this.#load();
  }

  #choose(name) {
    this.collection = name;
    this.search.value = "";
    this.offset = 0;
    if (this.rows.openKey !== null) this.rows.close();
    for (const button of this.folders.querySelectorAll("button")) {
      if (button.dataset.name === name) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    attempt(() => this.#load());
  }

  async #load() {
    if (this.collection === null) {
      this.rows.show([], "No rows.");
      return;
    }
    const query = new URLSearchParams({ collection: this.collection, offset: this.offset, limit: PAGE });
    if (this.search.value) query.set("search", this.search.value);
    const asked = this.collection;
    const { total, rows } = await call("GET", `/state/rows?${query}`);
    if (asked !== this.collection) return;
    if (!rows.length && total && this.offset) {
      this.offset = 0;
      await this.#load();
      return;
    }
    const idField = this.collections.find((found) => found.name === this.collection)?.id_field;
    this.names = columnsOf(rows, idField);
    this.rows.columns(this.names.map((name, index) => [name, index === 0 ? "" : index === 1 ? "clip" : index === 2 ? "clip wide" : "clip roomy"]));
    this.rows.show(
      rows.map((row, index) => [String(row[idField] ?? this.offset + index), row]),
      this.search.value ? "No row has this text." : "This collection is empty.",
    );
    const last = Math.min(total, this.offset + PAGE);
    this.range.textContent = total ? `${this.offset + 1} to ${last} of ${total}` : "";
    this.back.disabled = this.offset === 0;
    this.forward.disabled = last >= total;
    this.back.parentElement.hidden = total <= PAGE;
  }
}

/** The id, then what tells rows apart: plain values, the well-known names first. */
function columnsOf(rows, idField) {
  const names = Object.keys(rows[0] ?? {}).filter((name) => rows.every((row) => typeof row[name] !== "object"));
  const id = idField ?? names[0] ?? "id";
  const rank = (name) => (WORTH_SEEING.indexOf(name) + WORTH_SEEING.length + 1) % (WORTH_SEEING.length + 1);
  const others = names.filter((name) => name !== id).sort((a, b) => order(rank(a)) - order(rank(b)));
  return [id, ...others.slice(0, COLUMNS)];
}

function order(rank) {
  return rank === WORTH_SEEING.length ? Infinity : rank;
}

function cell(value) {
  if (value === null || value === undefined) return h("span", { class: "quiet" }, "null");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
