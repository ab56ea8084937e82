// Calls of the control interface, and the token that it may ask for. Shared by both pages.

const page = location.pathname.match(/^(\/~[^/]+)?\//);
/** The session's path prefix: empty for the default session. */
export const prefix = page?.[1] ?? "";
const TOKEN = "specloom-admin-token";

let token = "";
try {
  token = sessionStorage.getItem(TOKEN) ?? "";
} catch {
  // Storage can be forbidden; the token is asked for again then.
}
let asking = null;

/** A call that the server refused, with its reason. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Send a request below /__mock; asks for the token when the server wants one. */
export async function request(method, path, body, options = {}) {
  for (;;) {
    const sent = token;
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (sent) headers.Authorization = `Bearer ${sent}`;
    const answer = await fetch(`${prefix}/__mock${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      ...options,
    });
    if (answer.status !== 401) return answer;
    if (sent === token) await askForToken(sent !== "");
  }
}

/** Send a request and give its JSON; null without a body. */
export async function call(method, path, body) {
  const answer = await request(method, path, body);
  const text = await answer.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new Refused(answer.status, `an answer that is not JSON (${answer.status})`);
  }
  if (!answer.ok) throw new Refused(answer.status, value?.error ?? `status ${answer.status}`);
  return value;
}

/** Show the dialog once, however many calls wait for it. */
function askForToken(wrong) {
  asking ??= new Promise((done) => {
    const dialog = document.getElementById("token-dialog");
    const input = document.getElementById("token");
    document.getElementById("token-error").textContent = wrong ? "That is not the token." : "";
    input.value = "";
    const refuse = (event) => event.preventDefault();
    dialog.addEventListener("cancel", refuse);
    document.getElementById("token-form").addEventListener(
      "submit",
      () => {
        token = input.value;
        try {
          sessionStorage.setItem(TOKEN, token);
        } catch {
          // It is kept until the page is left.
        }
        dialog.removeEventListener("cancel", refuse);
        asking = null;
        done();
      },
      { once: true },
    );
    dialog.showModal();
    input.focus();
  });
  return asking;
}
