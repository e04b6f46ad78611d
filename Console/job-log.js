import { api } from "./api.js";
import { failureBox } from "./dialog.js";
import { h, replace } from "./dom.js";
import { duration, fullTime } from "./format.js";
import { icon } from "./icons.js";

/** The newest ones are enough to see what went wrong. */
const maxEntries = 1000;

const clock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
});

/** What became of each try at a job and what happened in it, read when it is opened. */
export class JobLog {
  #content = h("div", { class: "look-log-content" });

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   */
  constructor(id, signal) {
    this.id = id;
    this.signal = signal;
    this.element = h("details", {
      class: "look-log", "data-testid": "job-log", on: { toggle: () => this.element.open && this.#load() },
    }, h("summary", null, "Attempts and log"), this.#content);
  }

  async #load() {
    const { id, signal } = this;
    const again = () => void this.#load();
    try {
      const [{ attempts }, { entries }] = await Promise.all([
        api.get(`/api/v1/jobs/${id}/attempts`, { signal }),
        api.get(`/api/v1/jobs/${id}/log?limit=${maxEntries}`, { signal }),
      ]);
      if (signal.aborted) return;
      replace(this.#content,
        attempts.length === 0 ? h("p", { class: "field-help" }, "No worker has begun yet.") : attemptTable(attempts),
        entries.length === 0 ? null : logList(entries),
        h("button", { type: "button", class: "button button-small", on: { click: again } },
          icon("retry"), "Read again"));
    } catch (error) {
      if (signal.aborted) return;
      replace(this.#content, failureBox(error, { title: "The log could not be read", retry: again }));
    }
  }
}

/** @param {any[]} attempts as `GET /api/v1/jobs/{job_id}/attempts` has them */
function attemptTable(attempts) {
  return scrolled("Attempts",
    h("table", { class: "table" },
      h("thead", null, h("tr", null, ["Attempt", "Outcome", "Began", "Lasted", "Why"].map((name) =>
        h("th", { scope: "col" }, name)))),
      h("tbody", null, attempts.map(({ attempt, outcome, started_at: start, ended_at: end, error, worker }) =>
        h("tr", { title: `Worker ${worker}` },
          h("td", null, attempt),
          h("td", null, outcome.replaceAll("_", " ")),
          h("td", null, fullTime(new Date(start))),
          h("td", null, end ? duration((Date.parse(end) - Date.parse(start)) / 1000) : "-"),
          h("td", null, error ? [error.code, error.message, error.details].filter(Boolean).join(": ") : ""))))));
}

/** @param {any[]} entries as `GET /api/v1/jobs/{job_id}/log` has them */
function logList(entries) {
  return scrolled("Log", h("ol", { class: "look-log-entries" }, entries.map(({ time, level, message, details }) =>
    h("li", { class: `look-log-${level}` },
      h("time", { datetime: time, title: fullTime(new Date(time)) }, clock.format(new Date(time))),
      h("span", null,
        level === "info" ? null : h("strong", null, `${level}: `), message,
        details ? h("span", { class: "look-log-details" },
          Object.entries(details).map(([name, value]) => ` ${name}=${value}`).join("")) : null)))));
}

/** @param {string} name @param {HTMLElement} content */
function scrolled(name, content) {
  return h("div", { class: "look-scrolled", role: "region", "aria-label": name, tabindex: 0 }, content);
}
