import { api } from "./api.js";
import { ask, copyText, failureBox } from "./dialog.js";
import { h, replace } from "./dom.js";
import { isEnded } from "./events.js";
import { fullTime, relativeTime, shortID } from "./format.js";
import { icon } from "./icons.js";
import { compareWithAnother } from "./job-compare.js";
import { navigate } from "./router.js";

/** @typedef {import("./events.js").JobStatus} JobStatus */

/** A job's name and state, and what can be done to it. */
export class JobHead {
  /** @type {string | null} */
  #state = null;
  #actions = h("div", { class: "toolbar look-actions" });
  #about = h("div", { class: "look-about" });
  #problem = h("div", { class: "look-problem" });
  #uploadID = "";
  #isChoosing = false;
  /**
   * What the job ran, once its results are read.
   * @type {{ name: string, version?: number } | null}
   */
  model = null;

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   */
  constructor(id, signal) {
    this.id = id;
    this.signal = signal;
    this.element = h("div", { class: "look-head" },
      h("div", { class: "look-head-line" },
        h("h1", { class: "page-title", title: id }, `Job ${shortID(id)}`), this.#about, this.#actions),
      this.#problem);
  }

  /** @param {JobStatus} status */
  update(status) {
    this.#uploadID = status.upload_id;
    // What is in hand stays focused while only the progress changes.
    if (this.#state === status.status) return;
    this.#state = status.status;
    replace(this.#problem);
    const created = new Date(status.created_at);
    replace(this.#about,
      h("span", {
        class: `badge badge-${status.status}`, "data-testid": "job-state", "data-state": status.status,
      }, status.status),
      h("time", { datetime: status.created_at, title: fullTime(created) }, relativeTime(created)),
      status.priority === "normal" ? null : h("span", null, `${status.priority} priority`),
      comparisonLine(status));
    this.#showActions(status.status);
  }

  /** @param {string} state */
  #showActions(state) {
    const hadFocus = this.#actions.contains(document.activeElement);
    const again = state === "failed" || state === "cancelled";
    replace(this.#actions,
      button("copy-link", "link", "Copy link", () => copyText(location.href, "The link")),
      state === "completed"
        ? button("job-compare", "compare", compareText(), (it) => this.#run(it, "compare"))
        : null,
      again ? button("job-retry", "retry", "Start again", (it) => this.#run(it, "retry")) : null,
      isEnded(state)
        ? button("job-delete", "trash", "Delete", (it) => this.#run(it, "delete"), "button-danger")
        : button("job-cancel", "stop", "Cancel", (it) => this.#run(it, "cancel")));
    // The button that was pressed may be gone now.
    if (hadFocus) this.#actions.querySelector("button")?.focus();
  }

  /**
   * @param {HTMLButtonElement} pressed
   * @param {"cancel" | "retry" | "delete" | "compare"} action
   */
  async #run(pressed, action) {
    if (action === "delete" && !(await this.#mayDelete())) return;
    // Where a dialog is opened, the focus comes back to the button.
    pressed.disabled = action !== "compare";
    replace(this.#problem);
    try {
      await this[action]();
    } catch (error) {
      if (!this.signal.aborted) this.showFailure(error, failed[action]);
    } finally {
      pressed.disabled = false;
    }
  }

  async cancel() {
    this.update(await api.post(`/api/v1/jobs/${this.id}/cancel`, undefined, { signal: this.signal }));
  }

  async retry() {
    const { job_id: id } = await api.post(`/api/v1/jobs/${this.id}/retry`, undefined, { signal: this.signal });
    navigate(`#/jobs/${id}`);
  }

  async compare() {
    if (this.#isChoosing) return;
    this.#isChoosing = true;
    try {
      const id = await compareWithAnother(this.id, this.model, this.signal);
      if (id !== null) navigate(`#/jobs/${id}/comparison`);
    } finally {
      this.#isChoosing = false;
    }
  }

  async delete() {
    await api.delete(`/api/v1/uploads/${this.#uploadID}`, { signal: this.signal });
    navigate("#/jobs");
  }

  #mayDelete() {
    return ask({
      title: "Delete this job and its pictures?", confirm: "Delete all of it", isDangerous: true,
      text: "Its upload goes as a whole: all of its pictures, their results, and every other job over these "
        + "pictures. This cannot be undone.",
    });
  }

  /**
   * @param {unknown} error
   * @param {string} title
   */
  showFailure(error, title) {
    replace(this.#problem, failureBox(error, { title }));
  }
}

const failed = {
  cancel: "The job was not cancelled", retry: "The job was not started again",
  delete: "Nothing was deleted", compare: "No other model was started",
};

/** Phones have no room for all of it. */
function compareText() {
  return h("span", null, "Compare", h("span", { class: "look-wide" }, " with another model"), " …");
}

/**
 * What the job is compared with, where it was made for that.
 * @param {JobStatus} status
 */
function comparisonLine({ job_id: id, comparison }) {
  if (!comparison) return null;
  return h("span", { "data-testid": "job-comparison" },
    comparison.shadow ? h("span", { class: "badge" }, "shadow") : "Comparison",
    " of ", h("a", { href: `#/jobs/${comparison.job_id}` }, `job ${shortID(comparison.job_id)}`), ": ",
    h("a", { href: `#/jobs/${id}/comparison` }, "the results side by side"));
}

/**
 * @param {string} testid
 * @param {"link" | "retry" | "trash" | "stop" | "compare"} picture
 * @param {import("./dom.js").Children} text
 * @param {(button: HTMLButtonElement) => void} act
 * @param {string} [kind]
 */
function button(testid, picture, text, act, kind = "") {
  const element = h("button", {
    type: "button", class: `button ${kind}`, "data-testid": testid, on: { click: () => act(element) },
  }, icon(picture), text);
  return element;
}
