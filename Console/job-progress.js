import { h, replace } from "./dom.js";
import { count, duration, integer } from "./format.js";
import { JobLog } from "./job-log.js";

/** @typedef {import("./events.js").JobStatus} JobStatus */

/** How far a job is that has not ended. */
export class JobProgress {
  #bar = h("progress", { max: 100, "data-testid": "job-progress", "aria-label": "Progress of the job" });
  #percent = h("div", { class: "look-percent" });
  #stage = h("p", { class: "look-stage", "data-testid": "job-stage" });
  #facts = h("dl", { class: "look-facts" });
  /** @type {JobStatus | null} */
  #status = null;

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   */
  constructor(id, signal) {
    this.element = h("div", { class: "panel look-progress-panel" },
      h("div", { class: "look-progress-line" }, this.#percent, this.#stage), this.#bar, this.#facts,
      new JobLog(id, signal).element);
    const timer = setInterval(() => this.#showFacts(), 1000);
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  /** @param {JobStatus} status */
  update(status) {
    this.#status = status;
    const { percentage } = status.progress;
    this.#bar.value = percentage;
    this.#percent.textContent = `${percentage} %`;
    this.#stage.textContent = stage(status);
    this.#showFacts();
  }

  #showFacts() {
    const status = this.#status;
    if (!status || !this.element.isConnected) return;
    const { total_images: total, processed_images: done, failed_images: failed } = status.progress;
    const facts = [["Pictures", `${integer(done)} of ${integer(total)}`]];
    if (failed > 0) facts.push(["Failed", count(failed, "picture")]);
    const left = timeLeft(status, Date.now());
    if (left !== null) facts.push(["Time left", left]);
    if (status.started_at) {
      facts.push(["Running for", duration(Math.max(0, Date.now() - Date.parse(status.started_at)) / 1000)]);
    }
    if (status.attempt > 1) facts.push(["Attempt", String(status.attempt)]);
    const texts = facts.flat();
    const shown = [...this.#facts.querySelectorAll("dt, dd")];
    if (shown.length === texts.length) {
      shown.forEach((element, index) => { element.textContent = texts[index]; });
    } else {
      replace(this.#facts, facts.map(([name, value]) =>
        h("div", null, h("dt", null, name), h("dd", null, value))));
    }
  }
}

/** @param {JobStatus} status */
function stage({ status, progress }) {
  if (status === "completed") return "Done. Reading the results";
  if (status === "queued") return "Waiting for a worker";
  return progress.current_stage ?? "Starting";
}

/**
 * What the estimate says, in words; null without one.
 * @param {JobStatus} status
 * @param {number} now in milliseconds
 */
export function timeLeft({ status, progress }, now) {
  const estimate = Date.parse(progress.estimated_completion ?? "");
  if (Number.isNaN(estimate) || status === "completed") return null;
  const seconds = Math.round((estimate - now) / 1000);
  if (seconds < 1) return "any moment";
  return `about ${seconds < 10 ? `${seconds} s` : duration(seconds)}`;
}
