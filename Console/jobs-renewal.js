import { api, APIFailure } from "./api.js";

/** Jobs of the first page, which should be there at once, and of the others. */
export const firstPage = 50;
export const laterPage = 100;
/** Pages read to find out what has happened while nobody followed; the list begins anew after more. */
const maxPages = 5;
/** Jobs that are asked for one by one at a renewal, and milliseconds between two such rounds. */
const maxSingleLooks = 8;
const singleLookPause = 15_000;

/**
 * @param {string | null} filter
 * @param {string | null} cursor
 * @param {number} limit
 * @param {AbortSignal} signal
 * @returns {Promise<{ jobs: any[], next_cursor: string | null }>}
 */
export function readJobs(filter, cursor, limit, signal) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (filter) query.set("status", filter);
  if (cursor) query.set("cursor", cursor);
  return api.get(`/api/v1/jobs?${query}`, { signal });
}

/** Finds out what has happened to the list while nobody followed it. */
export class JobRenewal {
  #isStale = false;
  #isRunning = false;
  #lastSingleLooks = -Infinity;

  /**
   * @param {{ list: () => import("./jobs-list.js").JobList, signal: () => AbortSignal, holds: () => boolean,
   *   apply: (status: any) => void, follow: (id: string, change: import("./jobs-list.js").Change) => void,
   *   gone: (id: string) => void, renewed: () => void, restart: () => Promise<void> }} page
   *   `signal`: of the list that is shown
   */
  constructor(page) {
    this.page = page;
  }

  /** One at a time: when asked again meanwhile, it looks once more at the end. */
  async renew() {
    this.#isStale = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#renewOnce();
      }
    } catch (error) {
      // Another list is shown by now.
      if (!isAbort(error)) throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  async #renewOnce() {
    const { page } = this;
    const [list, signal] = [page.list(), page.signal()];
    const before = new Set(list.known);
    /** @type {any[]} */
    const jobs = [];
    /** @type {string | null} */
    let cursor = null;
    for (let pages = 0; pages === 0 || (cursor && list.hasGap(jobs)); pages += 1) {
      if (pages === maxPages) return page.restart();
      const limit = pages === 0 ? firstPage : laterPage;
      /** @type {{ jobs: any[], next_cursor: string | null }} */
      const answer = await readJobs(list.filter, cursor, limit, signal);
      if (list !== page.list()) return;
      jobs.push(...answer.jobs);
      cursor = answer.next_cursor;
    }
    const { changes, missing } = list.renew(jobs, { isWhole: cursor === null, before, hold: page.holds() });
    for (const [id, change] of changes) page.follow(id, change);
    await this.#lookAt(missing.slice(0, maxSingleLooks), list, signal);
    const last = jobs.at(-1)?.job_id;
    if (last && performance.now() - this.#lastSingleLooks > singleLookPause) {
      this.#lastSingleLooks = performance.now();
      await this.#lookAt(list.activeBelow(last).slice(0, maxSingleLooks), list, signal);
    }
    page.renewed();
  }

  /**
   * Jobs that the renewed part of the list does not tell of.
   * @param {string[]} ids
   * @param {import("./jobs-list.js").JobList} list
   * @param {AbortSignal} signal
   */
  async #lookAt(ids, list, signal) {
    for (const id of ids) {
      try {
        this.page.apply(await api.get(`/api/v1/jobs/${id}/status`, { signal }));
      } catch (error) {
        if (!(error instanceof APIFailure) || error.status !== 404) throw error;
        if (list !== this.page.list()) return;
        list.markGone(id);
        this.page.gone(id);
      }
    }
  }
}

/** @param {unknown} error */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
