import { api, APIFailure, randomKey } from "./api.js";
import { ask, copyText, failureBox, toast } from "./dialog.js";
import { h } from "./dom.js";
import { count, shortID } from "./format.js";
import { icon } from "./icons.js";
import { allowedActions } from "./jobs-text.js";

/**
 * @typedef {import("./events.js").JobStatus} JobStatus
 * @typedef {import("./jobs-list.js").JobList} JobList
 * @typedef {"cancel" | "retry" | "delete"} Work
 */

/** @type {Record<Work, { busy: string, failed: string }>} */
const words = {
  cancel: { busy: "Cancelling", failed: "The job was not cancelled" },
  retry: { busy: "Starting", failed: "The job was not started again" },
  delete: { busy: "Deleting", failed: "The job was not deleted" },
};

/** What is done to jobs, one or many: asks, does it, and keeps what became of it for the job's row. */
export class JobWork {
  /**
   * What is being done to a job, in a word.
   * @type {Map<string, string>}
   */
  busy = new Map();
  /**
   * What became of it.
   * @type {Map<string, Node>}
   */
  notes = new Map();
  #isStopped = false;

  /**
   * @param {{ list: () => JobList, changed: (id: string) => void, removed: (ids: string[]) => void,
   *   arrived: (status: JobStatus) => void, signal: AbortSignal }} page
   */
  constructor(page) {
    this.page = page;
  }

  /**
   * @param {Work | "copy"} action
   * @param {string} id
   */
  async act(action, id) {
    const status = this.page.list().get(id);
    if (!status || this.busy.has(id)) return;
    if (action === "copy") {
      return copyText(new URL(`#/jobs/${id}`, location.href).href, "The link");
    }
    if (!allowedActions(status)[action] || !await this.#confirmed(action, [status])) return;
    const gone = await this.#do(action, id);
    if (gone) toast(gone, "success");
  }

  /**
   * The same for many, one after the other: the server counts requests.
   * @param {Work} action
   * @param {string[]} ids
   * @param {(done: number, all: number) => void} onProgress
   */
  async actOnAll(action, ids, onProgress) {
    const jobs = ids.map((id) => this.page.list().get(id))
      .filter((job) => job && allowedActions(job)[action] && !this.busy.has(job.job_id));
    if (jobs.length === 0 || !await this.#confirmed(action, jobs)) return;
    this.#isStopped = false;
    let done = 0;
    let failed = 0;
    for (const { job_id: id } of jobs) {
      if (this.#isStopped || this.page.signal.aborted) break;
      onProgress(done, jobs.length);
      done += 1;
      // With an earlier one of the same upload it may be gone already.
      if (!this.page.list().get(id)) continue;
      await this.#do(action, id);
      if (this.#hasFailed(id)) failed += 1;
    }
    const past = { cancel: "cancelled", retry: "started again", delete: "deleted" }[action];
    const rest = failed > 0 ? `, ${failed} not: see their rows` : "";
    toast(`${count(done - failed, "job")} ${past}${rest}`, failed > 0 ? "info" : "success");
  }

  stop() {
    this.#isStopped = true;
  }

  /** @param {string} id */
  #hasFailed(id) {
    const note = this.notes.get(id);
    return note instanceof HTMLElement && note.querySelector(".failure") !== null;
  }

  /** @param {Work} action @param {string} id @returns {Promise<string | void>} */
  async #do(action, id) {
    const status = this.page.list().get(id);
    this.notes.delete(id);
    this.busy.set(id, words[action].busy);
    this.page.changed(id);
    try {
      if (action === "cancel") await this.#cancel(id);
      else if (action === "retry") await this.#retry(id);
      else return await this.#delete(id, status.upload_id);
    } catch (error) {
      if (this.page.signal.aborted) return;
      if (error instanceof APIFailure && error.status === 401) return;
      if (error instanceof APIFailure && error.status === 404) this.#lose(status.upload_id);
      else this.#note(id, failureBox(error, { title: words[action].failed }));
      if (error instanceof APIFailure && error.status === 409) void this.#lookAgain(id);
    } finally {
      this.busy.delete(id);
      this.page.changed(id);
    }
  }

  /** @param {string} id */
  async #cancel(id) {
    // Sent twice it does no harm: a job ends once.
    const { signal } = this.page;
    const status = await api.post(`/api/v1/jobs/${id}/cancel`, undefined, { signal, mayRepeat: true });
    this.page.list().apply(status);
  }

  /** @param {string} id */
  async #retry(id) {
    const { signal } = this.page;
    const { job_id: started } = await api.post(`/api/v1/jobs/${id}/retry`, undefined, {
      signal, mayRepeat: true, headers: { "Idempotency-Key": `retry-${id}-${randomKey()}` },
    });
    this.#note(id, h("div", { class: "notice", role: "status" }, icon("info"),
      h("span", null, "Started again as ",
        h("a", { href: `#/jobs/${started}`, title: started }, `job ${shortID(started)}`),
        ". What was finished is not done again.")));
    try {
      this.page.arrived(await api.get(`/api/v1/jobs/${started}/status`, { signal }));
    } catch {
      // It is started all the same; the next event shows it.
    }
  }

  /**
   * Somebody else has deleted the pictures, and with them their jobs.
   * @param {string} upload
   */
  #lose(upload) {
    for (const id of this.page.list().ofUpload(upload)) {
      this.page.list().markGone(id);
      this.page.changed(id);
    }
  }

  /** @param {string} id @param {string} upload @returns {Promise<string | void>} */
  async #delete(id, upload) {
    const { signal } = this.page;
    const deleted = await api.delete(`/api/v1/uploads/${upload}`, { signal, mayRepeat: true });
    const ids = this.page.list().ofUpload(upload);
    for (const one of ids.length > 0 ? ids : [id]) this.notes.delete(one);
    this.page.removed(ids);
    return `Deleted: ${count(deleted.deleted_files, "picture")}, ${count(deleted.deleted_jobs, "job")}`;
  }

  /**
   * The server knows better in which state the job is.
   * @param {string} id
   */
  async #lookAgain(id) {
    try {
      const { signal } = this.page;
      this.page.list().apply(await api.get(`/api/v1/jobs/${id}/status`, { signal }));
      this.page.changed(id);
    } catch {
      // The next event tells.
    }
  }

  /** @param {string} id @param {HTMLElement} box */
  #note(id, box) {
    const close = h("button", {
      type: "button", class: "button button-quiet button-icon", "aria-label": "Close the message",
      on: { click: () => this.#closeNote(id) },
    }, icon("close"));
    this.notes.set(id, h("div", { class: "jobs-note-box" }, box, close));
  }

  /** @param {string} id */
  #closeNote(id) {
    this.notes.delete(id);
    this.page.changed(id);
  }

  // MARK: - Questions

  /** @param {Work} action @param {JobStatus[]} jobs @returns {Promise<boolean>} */
  async #confirmed(action, jobs) {
    const name = jobs.length === 1 ? `job ${shortID(jobs[0].job_id)}` : count(jobs.length, "job");
    if (action === "retry") {
      if (jobs.length === 1) return true;
      return ask({
        title: `Start ${name} again?`, confirm: "Start them again",
        text: "Each becomes a new job. What was finished is not done again.",
      });
    }
    if (action === "cancel") {
      return ask({
        title: `Cancel ${name}?`, decline: "Let it run",
        confirm: jobs.length === 1 ? "Cancel the job" : "Cancel them",
        isDangerous: true,
        text: "The work stops, and there will be no results. The pictures stay: "
          + "a retry goes on from what was finished.",
      });
    }
    return ask({
      title: `Delete ${name} and ${jobs.length === 1 ? "its" : "their"} pictures?`,
      text: this.#deletionText(jobs), confirm: "Delete all of it", isDangerous: true,
    });
  }

  /** @param {JobStatus[]} jobs */
  #deletionText(jobs) {
    const uploads = new Set(jobs.map((job) => job.upload_id));
    const chosen = new Set(jobs.map((job) => job.job_id));
    const others = [...uploads].flatMap((upload) => this.page.list().ofUpload(upload))
      .filter((id) => !chosen.has(id)).length;
    const known = others === 0 ? "." : `, ${count(others, "other")} in this list among them.`;
    return "The uploaded pictures and everything made from them go for good: detections, annotated "
      + `pictures, and every job over the same pictures${known} This cannot be undone.`;
  }
}
