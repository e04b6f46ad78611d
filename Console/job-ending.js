import { h } from "./dom.js";
import { fullTime, integer } from "./format.js";
import { icon } from "./icons.js";
import { JobLog } from "./job-log.js";

/** How a job ended that has no results. */
export class JobEnding {
  /**
   * @param {import("./events.js").JobStatus} status
   * @param {AbortSignal} signal
   */
  constructor(status, signal) {
    const log = new JobLog(status.job_id, signal);
    // Why it failed is what one has come for.
    if (status.status === "failed") log.element.open = true;
    this.element = h("div", { class: "panel look-ending" },
      status.status === "failed" ? failed(status) : cancelled(status), log.element);
  }
}

/** @param {import("./events.js").JobStatus} status */
function failed({ error, failed_at: time, attempt }) {
  return h("div", { class: "failure" },
    icon("warning"),
    h("div", { class: "failure-text" },
      h("h2", null, "The job has failed"),
      h("p", null, error?.message ?? "No reason was kept."),
      error?.details && error.details !== error.message ? h("p", null, error.details) : null,
      h("p", { class: "failure-request" }, h("code", null, error?.code ?? "UNKNOWN"),
        ` in attempt ${attempt}, ${time ? fullTime(new Date(time)) : ""}`)));
}

/** @param {import("./events.js").JobStatus} status */
function cancelled({ progress, cancelled_at: time }) {
  const { processed_images: done, total_images: total } = progress;
  return h("div", { class: "notice" },
    icon("info"),
    h("div", null,
      h("h2", null, "The job was cancelled"),
      h("p", null, `${time ? `${fullTime(new Date(time))}, ` : ""}with ${integer(done)} of ${integer(total)} `
        + "pictures done. It has no results; started again, it goes on from there as a new job.")));
}
