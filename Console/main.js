import { access, APIFailure, connection } from "./api.js";
import { failureBox, toast } from "./dialog.js";
import { announce, h, pause, replace } from "./dom.js";
import { icon } from "./icons.js";
import { currentRoute, navigate } from "./router.js";
import { currentSession, showSession } from "./session.js";
import { remembered } from "./settings.js";

/**
 * @typedef {{ title: string,
 *   show(main: HTMLElement, route: import("./router.js").Route, signal: AbortSignal): Promise<void> }} Page
 */

/**
 * Loaded when they are first gone to, with their styles.
 * @type {Record<string, { load: () => Promise<Page>, styles: string[] }>}
 */
const pages = {
  detect: { load: () => import("./detect.js"), styles: ["detect.css"] },
  jobs: { load: () => import("./jobs.js"), styles: ["jobs.css"] },
  job: { load: () => import("./job.js"), styles: ["job.css", "viewer.css"] },
  comparison: {
    load: () => import("./comparison.js"), styles: ["job.css", "viewer.css", "figures.css", "comparison.css"],
  },
  models: { load: () => import("./models.js"), styles: ["models.css"] },
  model: { load: () => import("./model.js"), styles: ["models.css", "figures.css"] },
  monitor: { load: () => import("./monitor.js"), styles: ["monitor.css"] },
  login: { load: () => import("./session.js"), styles: [] },
};

/** Those whose address is their name. */
const topPages = new Set(["detect", "jobs", "models", "monitor", "login"]);
/**
 * Where in the navigation pages are that have no place of their own.
 * @type {Record<string, string>}
 */
const places = { job: "jobs", comparison: "jobs", model: "models" };

const main = /** @type {HTMLElement} */ (document.getElementById("page"));
let leaving = new AbortController();

/** @param {import("./router.js").Route} route */
function pageName({ path }) {
  if (path.length === 0) return "detect";
  if (path[0] === "jobs" && path.length === 2) return "job";
  if (path[0] === "jobs" && path.length === 3 && path[2] === "comparison") return "comparison";
  if (path[0] === "models" && path.length === 2) return "model";
  return path.length === 1 && topPages.has(path[0]) ? path[0] : null;
}

async function showPage() {
  leaving.abort(new DOMException("The page was left", "AbortError"));
  leaving = new AbortController();
  const { signal } = leaving;
  const route = currentRoute();
  const name = pageName(route);
  markPlace(name);
  replace(main);
  main.dataset.page = name ?? "none";
  window.scrollTo(0, 0);
  if (!name) {
    document.title = "Not found - Harrier";
    return replace(main, h("h1", { class: "page-title" }, "There is no such page"),
      h("p", null, h("a", { href: "#/detect" }, "Go to the start")));
  }
  try {
    const page = await loaded(name, signal);
    if (signal.aborted) return;
    if (history.state?.isReloaded) history.replaceState(null, "");
    document.title = `${page.title} - Harrier`;
    await page.show(main, route, signal);
    if (!signal.aborted) announce(page.title);
  } catch (error) {
    if (signal.aborted || isAboutLogin(error)) return;
    replace(main, h("h1", { class: "page-title" }, "This could not be shown"),
      failureBox(error, { retry: () => void showPage() }));
  }
}

/**
 * @param {string} name
 * @param {AbortSignal} signal
 * @returns {Promise<Page>}
 */
async function loaded(name, signal) {
  const { load, styles } = pages[name];
  const all = async () => (await Promise.all([load(), ...styles.map(styled)]))[0];
  try {
    return await all();
  } catch {
    // The server is away, or it is another version by now.
    connection.lost();
    await connection.restored(signal);
  }
  try {
    return await all();
  } catch {
    // Browsers may keep a module that could not be loaded as failed until the page is loaded anew: once.
    if (!history.state?.isReloaded) {
      history.replaceState({ isReloaded: true }, "");
      location.reload();
      await pause(10, signal);
    }
    throw new APIFailure({
      status: 0, code: "PAGE_NOT_LOADED", message: "A part of the console could not be loaded",
      details: "Reload the page.",
    });
  }
}

/**
 * Returns when the styles are there: nobody sees a page without them.
 * @param {string} file
 * @returns {Promise<void>}
 */
function styled(file) {
  const address = `/console/${file}`;
  if (document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = h("link", { rel: "stylesheet", href: address });
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => {
      link.remove();
      reject(new Error(`${file} could not be loaded`));
    });
    document.head.append(link);
  });
}

/** @param {unknown} error */
function isAboutLogin(error) {
  return error instanceof APIFailure && error.status === 401;
}

/** @param {string | null} name */
function markPlace(name) {
  const place = name === null ? null : places[name] ?? name;
  for (const link of document.querySelectorAll(".top-nav a")) {
    if (link.getAttribute("href") === `#/${place}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

// MARK: - The connection and the session

connection.addEventListener("lost", () => {
  const place = document.getElementById("connection");
  if (place) {
    replace(place, h("div", { class: "connection-lost", "data-testid": "connection-lost" },
      icon("warning"), "The server does not answer. What is shown may be old; this page goes on by itself."));
  }
});
connection.addEventListener("restored", () => {
  const place = document.getElementById("connection");
  if (place) replace(place);
  toast("The server answers again", "success");
});
access.addEventListener("unauthorized", () => {
  showSession(null);
  const { text } = currentRoute();
  if (text.startsWith("login")) return;
  navigate(`#/login${text ? `?then=${encodeURIComponent(`#/${text}`)}` : ""}`);
});

// MARK: - The theme

const theme = remembered("theme", "system", (value) => ["system", "light", "dark"].includes(value));
/** @type {Record<string, { next: string, icon: "system" | "sun" | "moon", name: string }>} */
const themes = {
  system: { next: "light", icon: "system", name: "as the system" },
  light: { next: "dark", icon: "sun", name: "light" },
  dark: { next: "system", icon: "moon", name: "dark" },
};

function showTheme() {
  const { next, icon: picture, name } = themes[theme.get()];
  const button = document.getElementById("theme-toggle");
  if (!button) return;
  replace(button, icon(picture));
  button.setAttribute("aria-label", `Colours: ${name}. Change to ${themes[next].name}`);
  button.title = `Colours: ${name}`;
}

document.getElementById("theme-toggle")?.addEventListener("click", () => {
  theme.set(themes[theme.get()].next);
  document.dispatchEvent(new Event("themechange"));
  showTheme();
});
showTheme();

// MARK: - Start

// The way back to the content by the skip link is no page of its own.
document.querySelector(".skip-link")?.addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("hashchange", () => void showPage());
void currentSession().then(showSession, () => {});
void showPage();
