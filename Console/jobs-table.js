import { h } from "./dom.js";
import { JobRow } from "./jobs-row.js";

/** Rows made and dropped together: few enough to be made within a frame. */
const chunkSize = 25;
/** Chunks grow by single jobs up to this. */
const maxChunkSize = 2 * chunkSize;
/** Rows are made so far before they come into sight. */
const margin = "1000px 0px";

/** @typedef {{ ids: string[], element: HTMLTableSectionElement, rows: Map<string, JobRow> | null }} Chunk */

/**
 * The table of jobs. Ten thousand of them are a few hundred chunks; only those near the part that is looked at have
 * rows, the others hold their height. Rows are newest first, as their ids say.
 */
export class JobTable {
  /** @type {Chunk[]} */
  #chunks = [];
  /** @type {Map<Element, Chunk>} */
  #byElement = new Map();
  #isNumbered = true;
  #more = false;

  /**
   * @param {(id: string) => import("./jobs-row.js").RowView} view
   * @param {AbortSignal} signal
   */
  constructor(view, signal) {
    this.view = view;
    this.all = h("input", { type: "checkbox", "aria-label": "Select all jobs that are shown" });
    this.element = h("table", { class: "jobs-table", role: "table", "aria-label": "Jobs, newest first" },
      h("thead", { role: "rowgroup" },
        h("tr", { class: "jobs-head", role: "row", "aria-rowindex": "1" },
          column("pick", h("label", { class: "jobs-check" }, this.all)),
          ...[["state", "State"], ["id", "Job"], ["progress", "Progress"], ["pictures", "Pictures"],
            ["detections", "Detections"], ["time", "Time left"], ["age", "Created"]]
            .map(([name, title]) => column(name, title)),
          column("actions", h("span", { class: "visually-hidden" }, "Actions")))));
    this.observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: margin });
    signal.addEventListener("abort", () => this.observer.disconnect(), { once: true });
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @returns {string[]} */
  get ids() {
    return this.#chunks.flatMap((chunk) => chunk.ids);
  }

  get length() {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.ids.length, 0);
  }

  /** Whether the keyboard is in a row; a button that was clicked keeps the focus, but says nothing. */
  get hasFocus() {
    return this.element.querySelector("tbody :focus-visible") !== null;
  }

  /** @param {boolean} more whether there are jobs that are not in the table */
  setMore(more) {
    this.#more = more;
    this.#number();
  }

  /**
   * Shows these instead.
   * @param {readonly string[]} ids
   */
  rebuild(ids) {
    for (const chunk of this.#chunks) this.#discard(chunk);
    this.#chunks = [];
    this.append(ids);
  }

  /**
   * Adds jobs that are older than all others.
   * @param {readonly string[]} ids
   */
  append(ids) {
    let rest = [...ids];
    const last = this.#chunks.at(-1);
    if (last && last.ids.length < chunkSize) {
      const some = rest.slice(0, chunkSize - last.ids.length);
      rest = rest.slice(some.length);
      last.ids.push(...some);
      if (last.rows) this.#makeRows(last);
    }
    const isFirst = this.#chunks.length === 0;
    for (let start = 0; start < rest.length; start += chunkSize) {
      const chunk = this.#newChunk(rest.slice(start, start + chunkSize), this.#chunks.length);
      // The first is seen at once, without waiting for the observer.
      if (isFirst && start === 0) this.#makeRows(chunk);
      else this.#hold(chunk, rowHeight * chunk.ids.length);
    }
    this.#number();
  }

  /**
   * Adds one where it belongs.
   * @param {string} id
   * @returns {void}
   */
  insert(id) {
    let place = this.#chunks.findIndex((chunk) => chunk.ids[chunk.ids.length - 1] < id);
    if (place < 0) place = this.#chunks.length - 1;
    let chunk = this.#chunks[place];
    const isOnTop = place === 0 && id > chunk.ids[0];
    if (!chunk || (isOnTop && chunk.ids.length >= chunkSize)) {
      chunk = this.#newChunk([], 0);
      chunk.rows = new Map();
    } else if (chunk.ids.length >= maxChunkSize) {
      this.#split(place);
      return this.insert(id);
    }
    const index = chunk.ids.findIndex((other) => other < id);
    chunk.ids.splice(index < 0 ? chunk.ids.length : index, 0, id);
    if (chunk.rows) this.#makeRows(chunk);
    this.#number();
  }

  /** @param {number} place */
  #split(place) {
    const chunk = this.#chunks[place];
    const ids = chunk.ids.splice(chunk.ids.length >> 1);
    const after = this.#newChunk(ids, place + 1);
    if (!chunk.rows) return this.#hold(after, rowHeight * ids.length);
    for (const id of ids) {
      chunk.rows.get(id)?.element.remove();
      chunk.rows.delete(id);
    }
    this.#makeRows(after);
  }

  /** @param {string} id */
  remove(id) {
    const chunk = this.#chunkOf(id);
    if (!chunk) return;
    const isFocused = chunk.rows?.get(id)?.element.contains(document.activeElement);
    const neighbour = isFocused ? this.#neighbour(id, 1) ?? this.#neighbour(id, -1) : null;
    chunk.ids.splice(chunk.ids.indexOf(id), 1);
    chunk.rows?.get(id)?.element.remove();
    chunk.rows?.delete(id);
    if (chunk.ids.length === 0) {
      this.#discard(chunk);
      this.#chunks.splice(this.#chunks.indexOf(chunk), 1);
    }
    if (neighbour) this.focus(neighbour);
    this.#number();
  }

  /**
   * Shows what has changed of a job.
   * @param {string} id
   */
  update(id) {
    this.#row(id)?.update(this.view(id), Date.now());
  }

  updateAll() {
    for (const row of this.#rows()) row.update(this.view(row.id), Date.now());
  }

  /**
   * Ages, and times that are left.
   * @param {boolean} all or only those of jobs that go on
   */
  tick(all) {
    const now = Date.now();
    for (const row of this.#rows()) {
      if (all || row.element.dataset.ended === undefined) row.tick(now);
    }
  }

  /** @param {string} id */
  focus(id) {
    const chunk = this.#chunkOf(id);
    if (!chunk) return;
    if (!chunk.rows) this.#makeRows(chunk);
    const row = chunk.rows?.get(id);
    row?.link.focus({ preventScroll: true });
    row?.element.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} id @returns {JobRow | undefined} */
  #row(id) {
    return this.#chunkOf(id)?.rows?.get(id);
  }

  *#rows() {
    for (const chunk of this.#chunks) if (chunk.rows) yield* chunk.rows.values();
  }

  /** @param {string} id */
  #chunkOf(id) {
    const chunk = this.#chunks.find((one) => one.ids[one.ids.length - 1] <= id);
    return chunk?.ids.includes(id) ? chunk : undefined;
  }

  // MARK: - Chunks

  /** @param {string[]} ids @param {number} place */
  #newChunk(ids, place) {
    const element = h("tbody", { role: "rowgroup" });
    /** @type {Chunk} */
    const chunk = { ids, element, rows: null };
    const next = this.#chunks[place]?.element ?? null;
    this.element.insertBefore(element, next);
    this.#chunks.splice(place, 0, chunk);
    this.#byElement.set(element, chunk);
    this.observer.observe(element);
    return chunk;
  }

  /** @param {Chunk} chunk */
  #discard(chunk) {
    this.observer.unobserve(chunk.element);
    this.#byElement.delete(chunk.element);
    chunk.element.remove();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const chunk = this.#byElement.get(target);
      if (!chunk) continue;
      if (isIntersecting && !chunk.rows) this.#makeRows(chunk);
      if (!isIntersecting && chunk.rows && !target.contains(document.activeElement)) {
        this.#hold(chunk, target.getBoundingClientRect().height);
      }
    }
    this.#number();
  }

  /**
   * Drops the rows.
   * @param {Chunk} chunk
   * @param {number} height
   */
  #hold(chunk, height) {
    chunk.rows = null;
    chunk.element.replaceChildren();
    chunk.element.style.setProperty("height", `${height}px`);
    chunk.element.setAttribute("aria-hidden", "true");
  }

  /**
   * Makes the rows that are not there yet.
   * @param {Chunk} chunk
   */
  #makeRows(chunk) {
    const now = Date.now();
    const rows = chunk.rows ?? new Map();
    chunk.rows = rows;
    chunk.element.style.removeProperty("height");
    chunk.element.removeAttribute("aria-hidden");
    let next = chunk.element.firstElementChild;
    for (const id of chunk.ids) {
      let row = rows.get(id);
      if (!row) {
        row = new JobRow(id);
        row.update(this.view(id), now);
        rows.set(id, row);
        chunk.element.insertBefore(row.element, next);
      }
      next = row.element.nextElementSibling;
    }
  }

  /** Tells screen readers where in the whole table the rows are, once for all changes of a moment. */
  #number() {
    if (!this.#isNumbered) return;
    this.#isNumbered = false;
    queueMicrotask(() => {
      this.#isNumbered = true;
      this.element.setAttribute("aria-rowcount", this.#more ? "-1" : String(this.length + 1));
      let index = 2;
      for (const chunk of this.#chunks) {
        chunk.ids.forEach((id, place) =>
          chunk.rows?.get(id)?.element.setAttribute("aria-rowindex", String(index + place)));
        index += chunk.ids.length;
      }
    });
  }

  // MARK: - Keys

  /**
   * Up and down, and to both ends.
   * @param {KeyboardEvent} event
   */
  #key(event) {
    if (!(event.target instanceof HTMLElement) || event.altKey || event.ctrlKey || event.metaKey) return;
    const id = event.target.closest("tr")?.dataset.job;
    if (!id || !event.target.matches("a, button, input[type=checkbox]")) return;
    /** @type {Record<string, () => string | null | undefined>} */
    const ids = {
      ArrowDown: () => this.#neighbour(id, 1), ArrowUp: () => this.#neighbour(id, -1),
      Home: () => this.#chunks[0]?.ids[0], End: () => this.#chunks.at(-1)?.ids.at(-1),
    };
    const next = ids[event.key]?.();
    if (!next) return;
    event.preventDefault();
    const isCheck = event.target instanceof HTMLInputElement;
    this.focus(next);
    if (isCheck) this.#row(next)?.check.focus({ preventScroll: true });
  }

  /** @param {string} id @param {1 | -1} step @returns {string | null} */
  #neighbour(id, step) {
    const ids = this.ids;
    return ids[ids.indexOf(id) + step] ?? null;
  }
}

/** Of a row that nobody has seen yet; the true height replaces it. */
const rowHeight = 57;

/** @param {string} name @param {...import("./dom.js").Children} children */
function column(name, ...children) {
  return h("th", { class: `jobs-cell jobs-${name}`, role: "columnheader", scope: "col" }, ...children);
}
