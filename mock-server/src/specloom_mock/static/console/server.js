// The server and its sessions: what is served, starting over, snapshots.

import { call, prefix } from "../control.js";
import { attempt, facts, field, fill, h, instant, tag } from "./dom.js";

export class Server {
  title = "Server";

  constructor(section) {
    this.about = h("div");
    this.notes = h("div", { class: "card" });
    this.seed = h("input", { type: "number", min: "0", placeholder: "as started" });
    this.rows = h("input", { type: "number", min: "0", max: "10000", placeholder: "as started" });
    this.snapshotName = h("input", { type: "text", required: true, autocomplete: "off", placeholder: "clean" });
    this.snapshots = h("div");
    this.sessionName = h("input", { type: "text", pattern: "[A-Za-z0-9_.\\-]{1,64}", autocomplete: "off", placeholder: "any free name" });
    this.sessions = h("div");
    fill(
      section,
      h("div", { class: "head" }, h("div", {}, h("h2", { id: "server-title" }, "Server"), h("p", {}, "A session is a world of its own: state, credentials, clock, faults, limits, journal."))),
      h("div", { class: "cards two" },
        h("div", { class: "card" }, h("h3", {}, "What is served"), this.about),
        h("form", { class: "card", onsubmit: (event) => this.#reset(event) },
          h("h3", {}, "Start over"),
          h("p", { class: "quiet" }, "Clears state, credentials, faults, limits, journal and deliveries of this session. Snapshots stay."),
          h("div", { class: "bar" }, field("Seed", this.seed, "field grow"), field("Rows", this.rows, "field grow"), h("button", { class: "danger" }, "Reset session"))),
        h("div", { class: "card" },
          h("h3", {}, "Snapshots"),
          h("form", { class: "bar", onsubmit: (event) => this.#keep(event) }, field("Name", this.snapshotName, "field grow"), h("button", {}, "Take")),
          this.snapshots),
        h("div", { class: "card" },
          h("h3", {}, "Sessions"),
          h("form", { class: "bar", onsubmit: (event) => this.#make(event) }, field("Name", this.sessionName, "field grow"), h("button", {}, "Create")),
          this.sessions)),
      this.notes,
    );
  }

  async info() {
    const info = await call("GET", "/info");
    this.session = info.session;
    document.getElementById("title").textContent = info.title;
    document.getElementById("base").textContent = info.base_url ?? "";
    const trouble = document.getElementById("trouble");
    trouble.hidden = info.trouble === null;
    fill(trouble, h("strong", {}, "The document on disk cannot be used; the last good one is served. "), h("span", { class: "mono" }, info.trouble));
    fill(this.about, facts([
      ["Document", `${info.document} (${info.sha256})`],
      ["Operations", info.operations],
      ["Conformance port", h("code", {}, info.base_url)],
      ["Chaos port", info.chaos_url ? h("code", {}, info.chaos_url) : "none; start with --chaos-port 0"],
    ]));
    const { notes } = info;
    this.notes.hidden = notes.length === 0;
    fill(this.notes, h("h3", {}, "What could not be derived from the document"), h("ul", { class: "folders" }, notes.map((note) => h("li", {}, note))));
    await this.update();
  }

  async update() {
    const [{ sessions }, { snapshots }] = await Promise.all([call("GET", "/sessions"), call("GET", "/snapshots")]);
    const picker = document.getElementById("session-picker");
    const names = sessions.map((found) => found.session);
    const here = this.session ?? "default";
    if (!names.includes(here)) names.push(here);
    fill(picker, names.map((name) => h("option", { value: name }, name)));
    picker.value = here;
    picker.onchange = () => location.assign(consoleOf(picker.value));
    fill(this.sessions, h("ul", { class: "lines" }, sessions.map((found) =>
      h("li", {},
        h("span", {}, h("a", { href: consoleOf(found.session) }, found.session), " ", found.session === here && tag("this one", "ok"),
          h("br"), h("small", { class: "quiet" }, `seed ${found.seed}`)),
        found.session !== here && h("button", { type: "button", "aria-label": `Forget the session ${found.session}`, onclick: () => this.#then(() => call("DELETE", `/sessions/${encodeURIComponent(found.session)}`), `Session ${found.session} forgotten`) }, "Forget")))));
    fill(this.snapshots, snapshots.length
      ? h("ul", { class: "lines" }, snapshots.map((found) =>
          h("li", {},
            h("span", {}, found.name, h("br"), h("small", { class: "quiet mono" }, instant(found.at))),
            h("span", { class: "bar" },
              h("button", { type: "button", "aria-label": `Restore ${found.name}`, onclick: () => this.#then(() => call("POST", `/snapshots/${encodeURIComponent(found.name)}/restore`), `Back at ${found.name}`) }, "Restore"),
              h("button", { type: "button", "aria-label": `Drop ${found.name}`, onclick: () => this.#then(() => call("DELETE", `/snapshots/${encodeURIComponent(found.name)}`), `${found.name} dropped`) }, "Drop")))))
      : h("p", { class: "quiet" }, "None yet."));
  }

  #then(action, done) {
    return attempt(async () => { await action(); await this.update(); }, done);
  }

  #reset(event) {
    event.preventDefault();
    const options = {};
    if (this.seed.value !== "") options.seed = Number(this.seed.value);
    if (this.rows.value !== "") options.rows = Number(this.rows.value);
    this.#then(() => call("POST", "/reset", options), "The session is at its beginning");
  }

  #keep(event) {
    event.preventDefault();
    const name = this.snapshotName.value.trim();
    this.#then(() => call("POST", "/snapshots", { name }), `Snapshot ${name} taken`);
  }

  #make(event) {
    event.preventDefault();
    const name = this.sessionName.value.trim();
    this.#then(() => call("POST", "/sessions", name ? { session: name } : {}), "Session created");
  }
}

function consoleOf(name) {
  const path = name === "default" ? "/__mock/" : `/~${encodeURIComponent(name)}/__mock/`;
  return `${path}${location.hash}`;
}

/** The path of this session's reference. */
export const reference = `${prefix}/__mock/docs`;
