// Hears what changes on the server, for as long as the page is looked at.

import { request } from "../control.js";

const PAUSES = [500, 1000, 2000, 5000];

/**
 * @param {(event: {changed: string[], generation: number}) => void} changed - called with the
 *   sections that changed and the journal's generation
 * @param {(state: "live"|"lost") => void} told - called when the connection comes or goes
 */
export function watch(changed, told) {
  let failures = 0;
  let stop = new AbortController();

  async function listen() {
    if (document.hidden) return;
    const mine = (stop = new AbortController());
    try {
      const answer = await request("GET", "/changes", undefined, { signal: mine.signal });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      told("live");
      failures = 0;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const events = (text + value).split("\n\n");
        text = events.pop();
        for (const event of events) {
          if (event.startsWith("data: ")) changed(JSON.parse(event.slice(6)));
        }
      }
    } catch {
      // Broken off, or never begun: both are mended by asking again.
    }
    if (mine.signal.aborted) return;
    told("lost");
    const pause = PAUSES[Math.min(failures, PAUSES.length - 1)];
    failures += 1;
    setTimeout(listen, pause);
  }

  document.addEventListener("visibilitychange", () => {
    stop.abort();
    listen();
  });
  addEventListener("pagehide", () => stop.abort());
  listen();
}
