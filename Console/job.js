import { APIFailure } from "./api.js";
import { failureBox } from "./dialog.js";
import { announce, h, replace } from "./dom.js";
import { followJob, isEnded } from "./events.js";
import { shortID } from "./format.js";
import { JobHead } from "./job-head.js";
import { JobEnding } from "./job-ending.js";
import { ResultLoader } from "./job-loader.js";
import { JobProgress } from "./job-progress.js";
import { ResultsView } from "./job-results.js";

export const title = "Job";

/**
 * One job: how far it is, then what it found. `file` in the query is the picture that is looked at.
 * @param {HTMLElement} main
 * @param {import("./router.js").Route} route
 * @param {AbortSignal} signal
 */
export async function show(main, route, signal) {
  const id = route.path[1];
  const page = new JobPage(main, id, route.query, signal);
  document.title = `Job ${shortID(id)} - Harrier`;
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
      if (error instanceof APIFailure && error.status === 404) {
        page.showMissing(error);
        return resolve(undefined);
      }
      if (isFirst) return reject(error);
      page.showFailure(error);
    });
  });
}

class JobPage {
  /** @type {string | null} */
  #state = null;
  /** @type {JobProgress | null} */
  #progress = null;

  /**
   * @param {HTMLElement} main
   * @param {string} id
   * @param {URLSearchParams} query
   * @param {AbortSignal} signal
   */
  constructor(main, id, query, signal) {
    this.main = main;
    this.id = id;
    this.query = query;
    this.signal = signal;
    this.head = new JobHead(id, signal);
    this.body = h("div", { class: "look-body" });
  }

  /** @param {import("./events.js").JobStatus} status */
  update(status) {
    const { status: state } = status;
    // Nothing before it is known that there is such a job.
    if (this.#state === null) replace(this.main, this.head.element, this.body);
    this.head.update(status);
    if (this.#state !== null && this.#state !== state) announce(`The job is ${state}`);
    if (state === "completed") {
      if (this.#state !== state) void this.#showResults(status);
    } else if (isEnded(state)) {
      replace(this.body, new JobEnding(status, this.signal).element);
    } else {
      if (!this.#progress) {
        this.#progress = new JobProgress(this.id, this.signal);
        replace(this.body, this.#progress.element);
      }
    }
    this.#progress?.update(status);
    this.#state = state;
    const name = `Job ${shortID(this.id)} - Harrier`;
    document.title = state === "processing" ? `${status.progress.percentage} % - ${name}` : name;
  }

  /** @param {import("./events.js").JobStatus} status */
  async #showResults(status) {
    // Whoever saw the progress sees it until the results are there.
    if (!this.#progress) replace(this.body, skeleton());
    const loader = new ResultLoader(status, this.signal);
    try {
      await loader.open();
      if (this.signal.aborted) return;
      this.head.model = loader.model;
      const view = new ResultsView(loader, this.query, this.signal);
      await view.open();
      if (this.signal.aborted) return;
      replace(this.body, view.element);
      this.#progress = null;
      view.begin();
    } catch (error) {
      if (this.signal.aborted) return;
      if (error instanceof APIFailure && error.code === "JOB_NOT_FOUND") return this.showMissing(error);
      const retry = () => void this.#showResults(status);
      replace(this.body, failureBox(error, { title: "The results could not be read", retry }));
    }
  }

  /** @param {APIFailure} failure */
  showMissing(failure) {
    document.title = "No such job - Harrier";
    replace(this.main,
      h("h1", { class: "page-title" }, "There is no such job"),
      h("div", { class: "panel empty" },
        h("p", null, "It may have been deleted with its pictures, or the link is incomplete."),
        h("p", null, h("code", null, this.id)),
        failure.requestID
          ? h("p", { class: "failure-request" }, `${failure.code}, request `,
            h("code", { class: "request-id" }, failure.requestID))
          : null,
        h("a", { class: "button", href: "#/jobs" }, "All jobs")));
  }

  /** @param {unknown} error */
  showFailure(error) {
    this.head.showFailure(error, "The job is no longer followed");
  }
}

function skeleton() {
  return h("div", { class: "look-results", "aria-busy": "true" },
    h("div", { class: "look-skeleton skeleton" }), h("div", { class: "look-skeleton skeleton" }));
}
