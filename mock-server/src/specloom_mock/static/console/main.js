// The console: sections, keys, and what to ask for when something changes.

import { call } from "../control.js";
import { attempt, say } from "./dom.js";
import { Clock } from "./clock.js";
import { Faults } from "./faults.js";
import { Journal } from "./journal.js";
import { Limits } from "./limits.js";
import { watch } from "./live.js";
import { Server, reference } from "./server.js";
import { State } from "./state.js";
import { Webhooks } from "./webhooks.js";

const NAMES = ["journal", "state", "clock", "faults", "limits", "webhooks", "server"];
const section = (name) => document.getElementById(name);

const journal = new Journal(section("journal"));
const sections = {
  journal,
  state: new State(section("state")),
  clock: new Clock(section("clock")),
  faults: new Faults(section("faults")),
  limits: new Limits(section("limits")),
  webhooks: new Webhooks(section("webhooks")),
  server: new Server(section("server")),
};
/** Sections that are asked for as soon as they change, because the frame shows something of them. */
const ALWAYS = new Set(["journal", "clock", "faults", "webhooks", "server"]);
const stale = new Set();
let current = "journal";

// --- sections ------------------------------------------------------------------------------------

function go(name, focus) {
  current = NAMES.includes(name) ? name : "journal";
  for (const other of NAMES) section(other).hidden = other !== current;
  for (const link of document.querySelectorAll("#sections a")) {
    if (link.hash === `#/${current}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (focus) {
    section("content").focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  titled();
  if (stale.has(current)) refresh(current);
}

function titled() {
  document.title = `${sections[current].title}: ${document.getElementById("title").textContent}`;
}

addEventListener("hashchange", () => {
  // The skip link's own fragment is the browser's: it has moved the focus, and who is quick has
  // moved it on since.
  if (!location.hash || location.hash.startsWith("#/")) go(location.hash.slice(2), true);
});

// --- what changes --------------------------------------------------------------------------------

const PAUSE = 300;
const busy = new Map();

/** Ask for a section anew; while it is being asked for, once more is enough. */
async function refresh(name) {
  stale.delete(name);
  if (busy.has(name)) {
    busy.set(name, true);
    return;
  }
  do {
    busy.set(name, false);
    await attempt(() => sections[name].update());
    counts(name);
    // Under load everything changes all the time; a pause keeps the console from adding to it.
    if (busy.get(name)) await new Promise((done) => setTimeout(done, PAUSE));
  } while (busy.get(name));
  busy.delete(name);
}

function counts(name) {
  const badge = document.querySelector(`[data-count="${name}"]`);
  const count = sections[name].count;
  if (!badge || !count) return;
  badge.textContent = count.text;
  badge.classList.toggle("alert", count.alert);
}

let begun = false;

async function changed({ changed: names, generation }) {
  journal.belongs(generation);
  const anew = names.includes("info");
  if (anew) {
    await attempt(() => sections.server.info());
    await attempt(() => sections.faults.info());
    titled();
  }
  // Another document can change everything that is shown.
  for (const heard of anew ? NAMES : names) {
    const name = heard === "sessions" ? "server" : heard;
    if (!(name in sections)) continue;
    if (name === current || ALWAYS.has(name) || !begun) refresh(name);
    else stale.add(name);
  }
  begun = true;
}

let lost = false;
function told(state) {
  const live = document.getElementById("live");
  live.dataset.state = state;
  live.textContent = state === "live" ? "Live" : "Not connected";
  if (state === "lost" && !lost) say("The server does not answer", true);
  lost = state === "lost";
}

// --- keys ----------------------------------------------------------------------------------------

const help = document.getElementById("help");
const keysOn = document.getElementById("keys-on");
const KEYS = "specloom-keys";
try {
  keysOn.checked = localStorage.getItem(KEYS) !== "off";
} catch {
  // Storage can be forbidden; keys are on then.
}
keysOn.addEventListener("change", () => {
  try {
    localStorage.setItem(KEYS, keysOn.checked ? "on" : "off");
  } catch {
    // It holds until the page is left.
  }
});
document.getElementById("help-button").addEventListener("click", () => help.showModal());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (!keysOn.checked || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, select, textarea")) return;
  const rows = sections[current].rows;
  const actions = {
    "/": () => sections[current].focusSearch?.(),
    j: () => rows?.move?.(1),
    k: () => rows?.move?.(-1),
    r: () => current === "journal" && journal.replay(),
    t: () => say(`Theme: ${window.nextTheme()}`),
    "?": () => help.showModal(),
  };
  const digit = Number(event.key);
  if (digit >= 1 && digit <= NAMES.length) location.hash = `/${NAMES[digit - 1]}`;
  else if (Object.hasOwn(actions, event.key)) actions[event.key]();
  else return;
  event.preventDefault();
});

// --- beginning -----------------------------------------------------------------------------------

document.getElementById("reference-link").href = reference;
go(location.hash.slice(2), false);
// The first call asks for the token if there is one; everything else follows from what it changes.
attempt(() => call("GET", "/info")).then(() => watch(changed, told));
