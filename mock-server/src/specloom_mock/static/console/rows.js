// A list whose rows open details beside it: by mouse, and by keyboard with one stop in the tab order.

import { fill, h } from "./dom.js";

export class Rows {
  /**
   * @param {object} options
   * @param {string} options.label - what the list is called
   * @param {Array<[string, string]>} options.columns - heading and class of each column
   * @param {(item: any) => Array<Node|string|Array>} options.cells - what stands in each column;
   *   the one under the heading of `opener` is made a button
   * @param {number} options.opener - index of that column
   * @param {(item: any) => Array<Node>} options.detail - the details' content
   * @param {(item: any) => string} options.title - the details' heading
   * @param {(item: any) => Array<Node>} [options.actions] - buttons beside it
   * @param {(item: any) => boolean} [options.wrong] - whether a row is marked
   */
  constructor(options) {
    this.options = options;
    this.items = new Map();
    this.nodes = new Map();
    this.openKey = null;
    this.current = null;
    this.body = h("tbody");
    this.headings = h("tr");
    this.columns(options.columns);
    this.table = h("table", { class: "rows", "aria-label": options.label }, h("thead", {}, this.headings), this.body);
    this.empty = h("div", { class: "empty" });
    this.list = h("div", { class: "card list" }, this.table, this.empty);
    this.title = h("h3", { tabindex: "-1", class: "mono" });
    this.buttons = h("div", { class: "bar" });
    this.content = h("div");
    this.panel = h(
      "article",
      { class: "card detail", "aria-label": `${options.label}: details`, hidden: true },
      h("header", {}, this.title, this.buttons),
      this.content,
    );
    this.element = h("div", { class: "split" }, this.list, this.panel);
    this.body.addEventListener("keydown", (event) => this.#key(event));
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        this.close();
        event.stopPropagation();
      }
    });
  }

  columns(columns) {
    this.options.columns = columns;
    fill(
      this.headings,
      columns.map(([text, className]) => h("th", { scope: "col", class: className }, text)),
    );
  }

  /** Show these `[key, item]` pairs; rows that are the same object as before are left alone. */
  show(pairs, emptyText) {
    const focused = this.body.contains(document.activeElement);
    const wanted = new Map(pairs);
    for (const [key, node] of this.nodes) {
      if (!wanted.has(key)) {
        node.remove();
        this.nodes.delete(key);
      }
    }
    let before = this.body.firstElementChild;
    for (const [key, item] of wanted) {
      let node = this.nodes.get(key);
      if (!node || this.items.get(key) !== item) {
        const fresh = this.#row(key, item);
        const had = node?.contains(document.activeElement);
        if (node) {
          if (node === before) before = fresh;
          node.replaceWith(fresh);
        }
        node = fresh;
        this.nodes.set(key, node);
        if (had) node.querySelector(".opener").focus();
      }
      if (node === before) before = node.nextElementSibling;
      else this.body.insertBefore(node, before);
    }
    const changed = this.openKey !== null && this.items.get(this.openKey) !== wanted.get(this.openKey);
    this.items = wanted;
    this.table.hidden = wanted.size === 0;
    this.empty.hidden = wanted.size !== 0;
    fill(this.empty, emptyText ?? "Nothing here");
    if (!wanted.has(this.current)) this.current = wanted.keys().next().value ?? null;
    this.#stops();
    if (focused && !this.body.contains(document.activeElement)) this.focus();
    if (changed && wanted.has(this.openKey)) this.#render();
  }

  #row(key, item) {
    const { columns, cells, opener, wrong } = this.options;
    const open = this.openKey === key;
    const button = (content) =>
      h("button", { type: "button", class: "opener", tabindex: "-1", "aria-expanded": String(open), onclick: () => this.open(key) }, content);
    const row = h(
      "tr",
      { "data-open": open, class: wrong?.(item) ? "wrong" : undefined },
      cells(item).map((content, index) => {
        const className = columns[index]?.[1];
        if (index !== opener) return h("td", { class: className }, content);
        return h("th", { scope: "row", class: className }, button(content));
      }),
    );
    row.addEventListener("click", (event) => {
      if (!event.target.closest("button") && !getSelection().toString()) this.open(key);
    });
    row.addEventListener("focusin", () => {
      this.current = key;
      this.#stops();
    });
    return row;
  }

  #stops() {
    for (const [key, node] of this.nodes) {
      node.querySelector(".opener").tabIndex = key === this.current ? 0 : -1;
    }
  }

  #key(event) {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) this.move(move);
    else if (event.key === "Home") this.#to([...this.items.keys()][0]);
    else if (event.key === "End") this.#to([...this.items.keys()].at(-1));
    else if (event.key === "Escape" && this.openKey !== null) this.close();
    else return;
    event.preventDefault();
  }

  /** Go to the next or the previous row. */
  move(step) {
    const keys = [...this.items.keys()];
    if (!keys.length) return;
    const at = keys.indexOf(this.current);
    const within = this.body.contains(document.activeElement);
    this.#to(keys[within ? Math.min(keys.length - 1, Math.max(0, at + step)) : Math.max(0, at)]);
  }

  #to(key) {
    if (key === undefined) return;
    this.current = key;
    this.focus();
  }

  focus() {
    this.nodes.get(this.current)?.querySelector(".opener").focus();
  }

  get opened() {
    return this.items.get(this.openKey);
  }

  open(key) {
    this.openKey = key;
    this.current = key;
    this.#marks();
    this.#render();
    this.#stops();
    // Where the details stand below the list, the reader has to be brought to them.
    if (!matchMedia("(min-width: 1180px)").matches) {
      this.title.focus();
      this.panel.scrollIntoView({ block: "nearest" });
    }
  }

  close() {
    this.openKey = null;
    this.#marks();
    this.panel.hidden = true;
    this.element.classList.remove("open");
    this.focus();
  }

  #marks() {
    for (const [key, node] of this.nodes) {
      const open = key === this.openKey;
      node.toggleAttribute("data-open", open);
      node.querySelector(".opener").setAttribute("aria-expanded", String(open));
    }
  }

  #render() {
    const item = this.opened;
    if (item === undefined) return;
    fill(this.title, this.options.title(item));
    const close = h("button", { type: "button", onclick: () => this.close() }, "Close");
    fill(this.buttons, this.options.actions?.(item) ?? [], close);
    fill(this.content, this.options.detail(item));
    this.panel.hidden = false;
    this.element.classList.add("open");
  }
}
