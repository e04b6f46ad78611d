import { api, APIFailure } from "./api.js";
import { copyText, failureBox } from "./dialog.js";
import { announce, h, replace } from "./dom.js";
import { followJob, isEnded } from "./events.js";
import { shortID } from "./format.js";
import { icon } from "./icons.js";
import { JobEnding } from "./job-ending.js";
import { JobProgress } from "./job-progress.js";
import { modelName } from "./comparison-numbers.js";
import { ComparisonView } from "./comparison-view.js";

export const title = "Comparison";

/**
 * What another model found in the same pictures. In the query `base` is the job that is compared with, where it is not
 * the job's own; `file` is the picture that is looked at.
 * @param {HTMLElement} main
 * @param {import("./router.js").Route} route
 * @param {AbortSignal} signal
 */
export async function show(main, route, signal) {
  const id = route.path[1];
  const page = new ComparisonPage(main, id, route.query, signal);
  await new Promise((resolve, reject) => {
    let isFirst = true;
    /** @param {import("./events.js").JobStatus} status */
    const onStatus = (status) => {
      page.update(status);
      isFirst = false;
      resolve(undefined);
    };
    followJob(id, onStatus, signal).then(resolve, (error) => {
      if (signal.aborted) return resolve(undefined);
      if (isFirst) return reject(error);
      page.showFailure(error, "The job is no longer followed");
    });
  });
}

class ComparisonPage {
  /** @type {string | null} */
  #state = null;
  /** @type {JobProgress | null} */
  #progress = null;

  /** @param {HTMLElement} main @param {string} id @param {URLSearchParams} query @param {AbortSignal} signal */
  constructor(main, id, query, signal) {
    this.main = main;
    this.id = id;
    this.query = query;
    this.signal = signal;
    this.about = h("p", { class: "compare-about" });
    this.problem = h("div", { class: "look-problem" });
    this.body = h("div", { class: "look-body" });
    this.head = h("div", { class: "look-head" },
      h("div", { class: "look-head-line" }, h("h1", { class: "page-title" }, title), this.about,
        h("div", { class: "toolbar look-actions" },
          h("button", {
            type: "button", class: "button", "data-testid": "copy-link",
            on: { click: () => void copyText(location.href, "The link") },
          }, icon("link"), "Copy link"))),
      this.problem);
  }

  /** @param {import("./events.js").JobStatus} status */
  update(status) {
    const { status: state, comparison } = status;
    if (this.#state === null) {
      replace(this.main, this.head, this.body);
      const base = this.query.get("base") ?? comparison?.job_id;
      replace(this.about, jobLink(this.id, "Job"), base ? [" against ", jobLink(base, "job")] : null);
    }
    if (this.#state !== null && this.#state !== state) announce(`The job is ${state}`);
    if (state === "completed") {
      if (this.#state !== state) void this.#showComparison();
    } else if (isEnded(state)) {
      replace(this.body, new JobEnding(status, this.signal).element);
    } else if (!this.#progress) {
      this.#progress = new JobProgress(this.id, this.signal);
      replace(this.body, this.#progress.element);
    }
    this.#progress?.update(status);
    this.#state = state;
  }

  async #showComparison() {
    if (!this.#progress) replace(this.body, h("div", { class: "compare-skeleton skeleton" }));
    const base = this.query.get("base");
    try {
      /** @type {import("./comparison-numbers.js").Comparison} */
      const comparison = await api.get(
        `/api/v1/jobs/${this.id}/comparison${base ? `?base=${encodeURIComponent(base)}` : ""}`,
        { signal: this.signal });
      const { base_job_id: baseID, base_model: model, candidate_model: other } = comparison;
      replace(this.about,
        h("strong", null, modelName(other)), " (", jobLink(this.id, "job"), ") against ",
        h("strong", null, modelName(model)), " (", jobLink(baseID, "job"), ")");
      document.title = `${modelName(other)} against ${modelName(model)} - Harrier`;
      const view = new ComparisonView(comparison, this.query, this.signal);
      replace(this.body, view.element);
      this.#progress = null;
      view.begin();
    } catch (error) {
      if (this.signal.aborted) return;
      const isPassing = !(error instanceof APIFailure) || error.isPassing || error.status >= 500;
      replace(this.body, failureBox(error, {
        title: "The jobs could not be compared",
        retry: isPassing ? () => void this.#showComparison() : undefined,
      }));
    }
  }

  /** @param {unknown} error @param {string} what */
  showFailure(error, what) {
    replace(this.problem, failureBox(error, { title: what }));
  }
}

/** @param {string} id @param {string} word */
function jobLink(id, word) {
  return h("a", { href: `#/jobs/${id}`, title: id }, `${word} ${shortID(id)}`);
}
