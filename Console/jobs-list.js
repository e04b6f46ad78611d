import { isEnded } from "./events.js";

/**
 * The jobs that the page knows, newest first, and which of them it shows. No elements here: changes are told, and the
 * table follows.
 *
 * @typedef {import("./events.js").JobStatus} JobStatus
 * @typedef {"added" | "held" | "updated" | "ignored"} Change `held`: new, but shown only when it disturbs nobody
 */
export class JobList {
  /** @type {Map<string, JobStatus>} */
  #jobs = new Map();
  /**
   * Shown, newest first: ids begin with their time.
   * @type {string[]}
   */
  #shown = [];
  /** @type {Set<string>} */
  #held = new Set();
  /**
   * Those that are shown though they no longer belong here, and since when.
   * @type {Map<string, number>}
   */
  #marked = new Map();
  /** @type {Set<string>} */
  #gone = new Set();
  /** Where the next page begins; null at the end of the list, undefined before the first page. */
  /** @type {string | null | undefined} */
  cursor = undefined;

  /** @param {string | null} filter a state; null for all */
  constructor(filter = null) {
    this.filter = filter;
  }

  /**
   * Newest first; not those that are held back.
   * @returns {readonly string[]}
   */
  get shown() {
    return this.#shown;
  }

  get heldCount() {
    return this.#held.size;
  }

  /** @param {string} id @returns {JobStatus | undefined} */
  get(id) {
    return this.#jobs.get(id);
  }

  /**
   * Why a shown job does not belong here: `left` the filter's state, or is `gone` from the server.
   * @param {string} id
   * @returns {"left" | "gone" | null}
   */
  mark(id) {
    if (this.#gone.has(id)) return "gone";
    return this.#marked.has(id) ? "left" : null;
  }

  /**
   * What the server says of a job, by an event or a list; in any order.
   * @param {JobStatus} status
   * @param {{ hold?: boolean, now?: number }} [options] `hold`: new jobs wait for `release`
   * @returns {Change}
   */
  apply(status, options = {}) {
    const { hold = false, now = Date.now() } = options;
    const id = status.job_id;
    const known = this.#jobs.get(id);
    // Lists and events come by different ways: what is older changes nothing.
    if (known && isOlder(status, known)) return "ignored";
    const belongs = this.filter === null || status.status === this.filter;
    if (known) {
      this.#jobs.set(id, status);
      if (!belongs && this.#held.delete(id)) {
        this.#jobs.delete(id);
        return "updated";
      }
      if (belongs) this.#marked.delete(id);
      else if (!this.#marked.has(id)) this.#marked.set(id, now);
      return "updated";
    }
    if (!belongs || this.#isBeyond(id)) return "ignored";
    this.#jobs.set(id, status);
    if (hold) {
      this.#held.add(id);
      return "held";
    }
    this.#show(id);
    return "added";
  }

  /**
   * Whether a later page will bring it.
   * @param {string} id
   */
  #isBeyond(id) {
    return this.cursor === undefined || (this.cursor !== null && id < this.cursor);
  }

  /** @param {string} id */
  #show(id) {
    this.#shown.splice(this.place(id), 0, id);
  }

  /**
   * Where a job is, or would be, among the shown ones.
   * @param {string} id
   */
  place(id) {
    let low = 0;
    let high = this.#shown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#shown[middle] > id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * The next page.
   * @param {{ jobs: JobStatus[], next_cursor: string | null }} page
   * @returns {string[]} those that are new
   */
  append(page) {
    this.cursor = page.next_cursor;
    return page.jobs.filter((job) => this.apply(job) === "added").map((job) => job.job_id);
  }

  /**
   * The newest jobs, read again.
   * @param {JobStatus[]} jobs
   * @param {{ isWhole: boolean, before: ReadonlySet<string>, hold: boolean }} how `isWhole`: there are no more than
   *   these; `before`: the jobs known when the question was sent, for others may have come since
   * @returns {{ changes: Map<string, Change>, missing: string[] }} `missing`: known, but not in the list
   */
  renew(jobs, { isWhole, before, hold }) {
    /** @type {Map<string, Change>} */
    const changes = new Map();
    for (const job of jobs) changes.set(job.job_id, this.apply(job, { hold }));
    const last = jobs.at(-1)?.job_id;
    const missing = [...this.#held, ...this.#shown].filter((id) =>
      before.has(id) && !changes.has(id) && !this.mark(id)
        && (isWhole || (last !== undefined && id > last)));
    return { changes, missing };
  }

  /**
   * Whether the first of the known jobs come after all of these: others are between them.
   * @param {JobStatus[]} jobs
   */
  hasGap(jobs) {
    const last = jobs.at(-1)?.job_id;
    const newest = this.known.reduce((most, id) => (id > most ? id : most), "");
    return last !== undefined && newest !== "" && newest < last;
  }

  /** All ids, in no order. */
  get known() {
    return [...this.#jobs.keys()];
  }

  /**
   * Shown jobs below `id` that may still change, newest first.
   * @param {string} id
   */
  activeBelow(id) {
    return this.#shown.slice(this.place(id)).filter((other) =>
      other !== id && !this.#gone.has(other) && !isEnded(this.#jobs.get(other)?.status));
  }

  /**
   * Shows those that were held back.
   * @returns {string[]} oldest first
   */
  release() {
    const ids = [...this.#held].sort();
    this.#held.clear();
    for (const id of ids) this.#show(id);
    return ids;
  }

  /**
   * The server has it no more. It stays, marked, until it is swept. Of a held one nothing is left.
   * @param {string} id
   * @param {number} [now]
   */
  markGone(id, now = Date.now()) {
    if (this.#held.has(id)) return this.remove(id);
    if (!this.#jobs.has(id) || this.#gone.has(id)) return;
    this.#gone.add(id);
    this.#marked.set(id, now);
  }

  /**
   * Takes away what was marked before a time.
   * @param {number} time
   * @returns {string[]}
   */
  sweep(time) {
    const ids = [...this.#marked].filter(([, since]) => since <= time).map(([id]) => id);
    for (const id of ids) this.remove(id);
    return ids;
  }

  /** @param {string} id */
  remove(id) {
    this.#jobs.delete(id);
    this.#held.delete(id);
    this.#marked.delete(id);
    this.#gone.delete(id);
    const place = this.place(id);
    if (this.#shown[place] === id) this.#shown.splice(place, 1);
  }

  /**
   * Known jobs over the same pictures.
   * @param {string} uploadID
   */
  ofUpload(uploadID) {
    return [...this.#jobs.values()].filter((job) => job.upload_id === uploadID)
      .map((job) => job.job_id);
  }

  /**
   * Those whose id, or whose upload's, has the text in it.
   * @param {string} text
   */
  matching(text) {
    const part = text.trim().toLowerCase();
    if (part === "") return [...this.#shown];
    return this.#shown.filter((id) =>
      id.includes(part) || (this.#jobs.get(id)?.upload_id ?? "").includes(part));
  }
}

/**
 * Ended states never change, and times are all written the same way.
 * @param {JobStatus} status
 * @param {JobStatus} known
 */
function isOlder(status, known) {
  if (isEnded(known.status) && !isEnded(status.status)) return true;
  return status.updated_at < known.updated_at;
}
