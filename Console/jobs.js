import { APIFailure } from "./api.js";
import { failureBox } from "./dialog.js";
import { announce, h, replace, visible } from "./dom.js";
import { followJobs } from "./events.js";
import { count } from "./format.js";
import { icon } from "./icons.js";
import { filterBar } from "./jobs-bar.js";
import { JobList } from "./jobs-list.js";
import { firstPage, isAbort, JobRenewal, laterPage, readJobs } from "./jobs-renewal.js";
import { JobSelection } from "./jobs-selection.js";
import { JobTable } from "./jobs-table.js";
import { stateName, stateNames } from "./jobs-text.js";
import { JobWork } from "./jobs-work.js";
import { navigate, replaceQuery } from "./router.js";

export const title = "Jobs";

/** Milliseconds that the list stays as it is after the pointer moved over it. */
const pointerRest = 3000;
/** Milliseconds that a row stays after its job has left the list. */
const markedRest = 4000;

/**
 * @param {HTMLElement} main
 * @param {import("./router.js").Route} route
 * @param {AbortSignal} signal
 */
export async function show(main, route, signal) {
  const page = new JobsPage(main, route, signal);
  await page.begin();
}

class JobsPage {
  /** Ends when another list is shown. */
  #loading = new AbortController();
  /**
   * What events tell while another list is loaded.
   * @type {Map<string, import("./jobs-list.js").JobStatus> | null}
   */
  #meanwhile = null;
  #isLoading = false;
  #lastPointer = -Infinity;
  #ticks = 0;

  /**
   * @param {HTMLElement} main
   * @param {import("./router.js").Route} route
   * @param {AbortSignal} signal
   */
  constructor(main, route, signal) {
    this.signal = signal;
    const state = route.query.get("status") ?? "";
    this.list = new JobList(Object.hasOwn(stateNames, state) ? state : null);
    this.search = route.query.get("q") ?? "";
    this.work = new JobWork({
      signal, list: () => this.list, changed: (id) => this.#changed(id),
      removed: (ids) => this.#removed(ids), arrived: (status) => this.#apply(status),
    });
    this.table = new JobTable((id) => this.#view(id), signal);
    this.selection = new JobSelection(this.table, this.work, () => this.list);
    this.bar = filterBar({
      filter: this.list.filter, search: this.search,
      onFilter: (filter) => void this.#filter(filter), onSearch: (text) => this.#searchFor(text),
    });
    this.sight = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting) && this.search.trim() === "") void this.#more();
    }, { rootMargin: "600px 0px" });
    this.news = h("div", { class: "jobs-news", "aria-live": "polite" });
    this.problem = h("div", null);
    this.empty = h("div", null);
    this.more = h("button", {
      type: "button", class: "button", "data-testid": "jobs-more",
      on: { click: () => void this.#more() },
    }, "Load more");
    this.end = h("p", { class: "jobs-end" });
    this.footer = h("div", { class: "jobs-footer", hidden: true }, this.more, this.end);
    this.panel = h("div", { class: "panel jobs-panel" }, this.news, skeleton(), this.footer);
    replace(main, h("h1", { class: "page-title" }, title),
      this.bar.element, this.problem, this.panel, this.selection.bar);
  }

  async begin() {
    this.#listen();
    await this.#load(this.list);
    const renewal = new JobRenewal({
      list: () => this.list, signal: () => this.#loading.signal, holds: () => this.#holds(),
      apply: (status) => this.#apply(status), follow: (id, change) => this.#follow(id, change),
      gone: (id) => this.#changed(id), renewed: () => this.#showEnds(),
      restart: () => this.#load(new JobList(this.list.filter)),
    });
    const renew = async () => {
      await visible(this.signal);
      await renewal.renew();
    };
    void followJobs((status) => this.#apply(status), renew, this.signal)
      .catch((error) => this.#fail(error, () => void this.#filter(this.list.filter)));
  }

  #listen() {
    const { signal } = this;
    const { element } = this.table;
    signal.addEventListener("abort", () => this.#loading.abort(signal.reason), { once: true });
    for (const name of /** @type {const} */ (["click", "auxclick"])) {
      element.addEventListener(name, (event) => this.#click(event), { signal });
    }
    for (const name of /** @type {const} */ (["pointermove", "pointerdown"])) {
      element.addEventListener(name, () => { this.#lastPointer = performance.now(); }, { signal });
    }
    element.addEventListener("pointerleave", () => { this.#lastPointer = -Infinity; }, { signal });
    const ticker = setInterval(() => this.#tick(), 1000);
    signal.addEventListener("abort", () => clearInterval(ticker), { once: true });
    // Of itself when one comes to the end, but not while a search leaves little to scroll.
    this.sight.observe(this.footer);
    signal.addEventListener("abort", () => this.sight.disconnect(), { once: true });
  }

  // MARK: - Reading

  /**
   * Shows a list from its beginning; what is shown stays until it is there.
   * @param {JobList} list
   */
  async #load(list) {
    this.#loading.abort(new DOMException("Another list is shown", "AbortError"));
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.panel.setAttribute("aria-busy", "true");
    this.#meanwhile = new Map();
    try {
      list.append(await readJobs(list.filter, null, firstPage, signal));
      signal.throwIfAborted();
      for (const status of this.#meanwhile.values()) list.apply(status);
    } finally {
      if (!signal.aborted) this.#meanwhile = null;
    }
    this.selection.clear();
    this.list = list;
    this.panel.removeAttribute("aria-busy");
    replace(this.panel, this.news, this.empty, this.table.element, this.footer);
    this.#showAll();
    const kind = list.filter === null ? "" : ` ${stateName(list.filter).toLowerCase()}`;
    announce(`${count(list.shown.length, `${kind.trim()} job`.trim())} shown`);
  }

  /** @param {string | null} filter */
  async #filter(filter) {
    replaceQuery({ status: filter });
    replace(this.problem);
    try {
      await this.#load(new JobList(filter));
    } catch (error) {
      if (isAbort(error)) return;
      this.panel.removeAttribute("aria-busy");
      this.#fail(error, () => void this.#filter(filter));
    }
  }

  async #more() {
    const { list } = this;
    if (this.#isLoading || !list.cursor) return;
    this.#isLoading = true;
    this.more.setAttribute("aria-disabled", "true");
    this.more.textContent = "Loading …";
    try {
      const { signal } = this.#loading;
      const page = await readJobs(list.filter, list.cursor, laterPage, signal);
      if (list !== this.list) return;
      const ids = new Set(list.append(page));
      const found = list.matching(this.search).filter((id) => ids.has(id));
      this.table.append(found);
      replace(this.problem);
      // The end may be in sight still, which the observer tells anew.
      this.sight.unobserve(this.footer);
      this.sight.observe(this.footer);
    } catch (error) {
      if (!isAbort(error)) this.#fail(error, () => void this.#more());
    } finally {
      this.#isLoading = false;
      this.#showEnds();
    }
  }

  // MARK: - Showing

  /** @param {string} id @returns {import("./jobs-row.js").RowView} */
  #view(id) {
    return {
      status: this.list.get(id), mark: this.list.mark(id), isSelected: this.selection.has(id),
      busy: this.work.busy.get(id) ?? null, note: this.work.notes.get(id) ?? null,
    };
  }

  /** @param {import("./jobs-list.js").JobStatus} status */
  #apply(status) {
    this.#meanwhile?.set(status.job_id, status);
    this.#follow(status.job_id, this.list.apply(status, { hold: this.#holds() }));
  }

  /** @param {string} id @param {import("./jobs-list.js").Change} change */
  #follow(id, change) {
    if (change === "added") this.#insert(id);
    if (change === "updated") this.#changed(id);
    if (change === "held") this.#showNews();
    if (change === "added") this.#showEnds();
  }

  /** @param {string} id */
  #insert(id) {
    if (this.list.matching(this.search).includes(id)) this.table.insert(id);
  }

  /** @param {string} id */
  #changed(id) {
    if (!this.list.get(id)) return this.#showNews();
    this.table.update(id);
    if (this.selection.has(id)) this.selection.refresh();
  }

  /** @param {string[]} ids */
  #removed(ids) {
    for (const id of ids) {
      this.list.remove(id);
      this.table.remove(id);
    }
    this.selection.refresh();
    this.#showNews();
    this.#showEnds();
  }

  /** Whether somebody is about to use a row, which must not move then. */
  #holds() {
    return this.table.hasFocus || this.table.element.getBoundingClientRect().top < 0
      || performance.now() - this.#lastPointer < pointerRest
      || document.querySelector("dialog[open]") !== null;
  }

  #tick() {
    this.#ticks += 1;
    this.table.tick(this.#ticks % 10 === 0);
    if (this.#holds()) return;
    if (this.list.heldCount > 0) this.#release();
    const swept = this.list.sweep(Date.now() - markedRest);
    if (swept.length > 0) this.#removed(swept);
  }

  #release() {
    for (const id of this.list.release()) this.#insert(id);
    this.#showNews();
    this.#showEnds();
  }

  #showNews() {
    const number = this.list.heldCount;
    if (number === 0) return replace(this.news);
    const text = count(number, "new job");
    const button = this.news.querySelector("span");
    if (button) button.textContent = text;
    else {
      replace(this.news, h("button", {
        type: "button", class: "button button-primary", "data-testid": "jobs-new",
        on: { click: () => this.#goToNews() },
      }, icon("plus"), h("span", null, text)));
    }
  }

  #goToNews() {
    this.#release();
    window.scrollTo({ top: 0 });
    const [first] = this.table.ids;
    if (first) this.table.focus(first);
  }

  #showAll() {
    this.table.rebuild(this.list.matching(this.search));
    this.selection.refresh();
    this.#showNews();
    this.#showEnds();
  }

  /** What is at the end of the list, or instead of it. */
  #showEnds() {
    const { list } = this;
    const shown = this.table.length;
    const isSearch = this.search.trim() !== "";
    const hasMore = typeof list.cursor === "string";
    this.table.setMore(hasMore);
    this.table.element.hidden = shown === 0;
    this.more.hidden = !hasMore;
    if (!this.#isLoading) {
      this.more.removeAttribute("aria-disabled");
      this.more.textContent = isSearch ? "Search older jobs" : "Load more";
    }
    this.footer.hidden = shown === 0 && !hasMore;
    const all = isSearch ? `${shown} of ${count(list.shown.length, "job")}` : count(shown, "job");
    this.end.textContent = hasMore ? `${all} loaded` : all;
    const isEmpty = shown === 0 && list.heldCount === 0;
    replace(this.empty, isEmpty ? this.#emptyText(isSearch, hasMore) : null);
  }

  /** @param {boolean} isSearch @param {boolean} hasMore */
  #emptyText(isSearch, hasMore) {
    const { filter } = this.list;
    const box = (/** @type {import("./dom.js").Child[]} */ ...children) =>
      h("div", { class: "empty", "data-testid": "jobs-empty" }, children);
    if (isSearch) {
      const which = hasMore ? "that is loaded has" : "has";
      return box(h("p", null, `No job ${which} “${this.search.trim()}” in its id.`),
        h("button", { type: "button", class: "button", on: { click: () => this.bar.clear() } },
          "Show all that are loaded"));
    }
    if (filter !== null) {
      return box(h("p", null, `No job is ${stateName(filter).toLowerCase()}.`),
        h("button", { type: "button", class: "button", on: { click: () => this.bar.choose(null) } },
          "Show all jobs"));
    }
    return box(h("h2", null, "No jobs yet"),
      h("p", null, "Drop pictures on the page Detect and start: the job is listed here at once."),
      h("a", { class: "button button-primary", href: "#/detect" }, icon("upload"), "Detect something"));
  }

  /** @param {unknown} error @param {() => void} again */
  #fail(error, again) {
    if (this.signal.aborted || (error instanceof APIFailure && error.status === 401)) return;
    const retry = () => {
      replace(this.problem);
      again();
    };
    replace(this.problem, failureBox(error, { retry, title: "The list could not be read" }));
  }

  // MARK: - Hands

  /** @param {string} text */
  #searchFor(text) {
    this.search = text;
    replaceQuery({ q: text.trim() === "" ? null : text.trim() });
    this.#showAll();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (!(event.target instanceof Element)) return;
    const id = event.target.closest("tbody tr")?.getAttribute("data-job");
    if (!id) return;
    const button = event.target.closest("button[data-action]");
    if (button && event.button === 0) {
      if (button.getAttribute("aria-disabled") === "true") return;
      const action = /** @type {import("./jobs-row.js").RowAction} */ (button.getAttribute("data-action"));
      void this.work.act(action, id);
      return;
    }
    // The link covers the row. What lies above it, to say more to the pointer, does the same.
    if (event.button > 1 || !event.target.closest("time, .jobs-stage, .jobs-detections span")) return;
    const isAside = event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey;
    if (isAside) window.open(`#/jobs/${id}`, "_blank", "noopener");
    else navigate(`#/jobs/${id}`);
  }
}

function skeleton() {
  return h("div", { class: "jobs-skeleton", "aria-hidden": "true" },
    Array.from({ length: 8 }, () => h("div", { class: "skeleton" })));
}
