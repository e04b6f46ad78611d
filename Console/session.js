import { access, api, APIFailure } from "./api.js";
import { h, replace } from "./dom.js";
import { failureBox } from "./dialog.js";
import { icon } from "./icons.js";
import { navigate } from "./router.js";

export const title = "Sign in";

/**
 * Who the service takes this browser for; see `GET /api/v1/auth/me`.
 * @typedef {{ authentication: "on" | "off", owner?: string, key_id?: string, scopes: string[],
 *   limits: Record<string, number>, used: Record<string, number> }} Session
 */

/**
 * null when nobody is signed in where one has to be.
 * @param {AbortSignal} [signal]
 * @returns {Promise<Session | null>}
 */
export async function currentSession(signal) {
  try {
    return await api.get("/api/v1/auth/me", { signal, asksForLogin: false });
  } catch (error) {
    if (error instanceof APIFailure && error.status === 401) return null;
    throw error;
  }
}

/**
 * Who is signed in, and the way out, in the top bar.
 * @param {Session | null} session
 */
export function showSession(session) {
  const place = document.getElementById("session");
  if (!place) return;
  if (!session || session.authentication === "off") return replace(place);
  const name = session.owner ?? session.key_id ?? "signed in";
  replace(place,
    h("span", { class: "session-name", "data-testid": "session-name", title: `Signed in as ${name}` },
      name),
    h("button", {
      type: "button", class: "button button-quiet", "data-testid": "logout", "aria-label": "Sign out",
      title: "Sign out", on: { click: signOut },
    }, icon("leave")));
}

async function signOut() {
  try {
    await api.delete("/api/v1/auth/session");
  } finally {
    showSession(null);
    access.dispatchEvent(new Event("unauthorized"));
  }
}

/**
 * The page where a key is entered. The key goes into the request alone: the session is a cookie that no script reads.
 * @param {HTMLElement} main
 * @param {import("./router.js").Route} route
 * @param {AbortSignal} signal
 */
export async function show(main, route, signal) {
  const session = await currentSession(signal);
  const after = route.query.get("then") ?? "";
  const goOn = () => navigate(after.startsWith("#/") && !after.startsWith("#/login") ? after : "#/detect");
  if (session) return goOn();
  const problem = h("div", null);
  const key = h("input", {
    id: "key", type: "password", name: "key", autocomplete: "current-password", required: true,
    spellcheck: "false", "data-testid": "login-key", "aria-describedby": "key-help",
  });
  const button = h("button", {
    type: "submit", class: "button button-primary", "data-testid": "login-submit",
  }, icon("key"), "Sign in");
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    button.disabled = true;
    replace(problem);
    try {
      showSession(await api.post(
        "/api/v1/auth/session", { key: key.value.trim() }, { signal, asksForLogin: false }));
      key.value = "";
      goOn();
    } catch (error) {
      if (signal.aborted) return;
      replace(problem, failureBox(error, { title: "Nobody was signed in" }));
      key.select();
    } finally {
      button.disabled = false;
    }
  };
  replace(main,
    h("div", { class: "login panel" },
      h("h1", { class: "page-title" }, "Sign in"),
      h("p", null, "This service asks for a key."),
      h("form", { on: { submit } },
        h("div", { class: "field" },
          h("label", { for: "key" }, "Key"),
          key,
          h("p", { id: "key-help", class: "field-help" },
            "The operator makes one with ", h("code", null, "harrier keys create"), ".")),
        problem,
        button)));
  key.focus();
}
