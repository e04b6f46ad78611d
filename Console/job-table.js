import { h, replace, uniqueID } from "./dom.js";
import { swatch } from "./job-filter.js";
import { columns, shownOf, sorted } from "./job-sorting.js";

/**
 * @typedef {import("./job-detections.js").Detections} Detections
 * @typedef {import("./job-sorting.js").Column} Column
 */

/** In CSS pixels, as job.css has it. */
const rowHeight = 30;
/** Rows above and below those that are seen, so that a quick hand sees no gap. */
const overscan = 8;
/** These share what the others leave. */
const wide = new Set(["class", "rule"]);

/**
 * The detections of a picture as a grid of which only the rows in view exist. "select" is dispatched with the
 * detection's index when somebody chooses a row.
 */
export class DetectionTable extends EventTarget {
  /** @type {Detections | null} */
  #detections = null;
  /** @type {string | null} */
  #problem = null;
  /** Of all detections. */
  #order = new Uint32Array();
  /** The shown ones in that order. */
  #rows = new Uint32Array();
  #sort = { column: "confidence", isDescending: true };
  /** @type {string[]} */
  #columns = [];
  /** @type {number | null} */
  #selected = null;
  /** Where the arrow keys are: a place among the rows. */
  #active = 0;
  #scheduled = 0;
  #id = uniqueID("detections");
  #head = h("tr", { "aria-rowindex": 1 });
  #above = h("td", { class: "look-gap" });
  #below = h("td", { class: "look-gap" });
  #body = h("tbody");
  #grid = h("table", {
    class: "look-grid", role: "grid", tabindex: 0, "aria-label": "Detections", "data-testid": "detection-table",
  }, h("thead", null, this.#head),
  h("tbody", { "aria-hidden": "true" }, h("tr", null, this.#above)), this.#body,
  h("tbody", { "aria-hidden": "true" }, h("tr", null, this.#below)));
  #empty = h("div", { class: "empty look-table-empty", hidden: true });

  /** @param {() => void} showEverything what helps when the filter leaves nothing */
  constructor(showEverything) {
    super();
    this.showEverything = showEverything;
    this.element = h("div", { class: "look-table" }, this.#grid, this.#empty);
    this.element.addEventListener("scroll", () => this.#draw(), { passive: true });
    this.#grid.addEventListener("keydown", (event) => this.#onKey(event));
    this.#body.addEventListener("click", (event) => {
      const row = /** @type {HTMLElement} */ (event.target).closest("tr");
      if (row?.dataset.index) this.#choose(Number(row.dataset.index));
    });
  }

  /**
   * Begins to follow its size.
   * @param {AbortSignal} signal
   */
  begin(signal) {
    const observer = new ResizeObserver(() => this.#draw());
    observer.observe(this.element);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }

  /**
   * @param {Detections} detections
   * @param {string | null} problem why there are none
   */
  setDetections(detections, problem = null) {
    this.#detections = detections;
    this.#problem = problem;
    this.#columns = Object.keys(columns).filter((name) =>
      (name !== "angle" || detections.isOriented) && (name !== "rule" || detections.hasRules));
    if (!this.#columns.includes(this.#sort.column)) this.#sort = { column: "confidence", isDescending: true };
    this.#selected = null;
    this.#active = 0;
    this.element.scrollTop = 0;
    this.#arrange();
  }

  /** After the filter has changed; what is selected stays in view if it was. */
  update() {
    if (!this.#detections) return;
    const { mask, shown, length } = this.#detections;
    const at = this.#rows[this.#active];
    this.#rows = shownOf(this.#order, mask, shown);
    const place = this.#rows.indexOf(this.#selected ?? at);
    this.#active = Math.max(0, place >= 0 ? place : Math.min(this.#active, this.#rows.length - 1));
    this.#grid.setAttribute("aria-rowcount", String(shown + 1));
    this.#grid.hidden = shown === 0;
    this.#empty.hidden = shown > 0;
    if (shown === 0) {
      replace(this.#empty,
        h("p", null, this.#problem
          ?? (length === 0 ? "Nothing was found in this picture." : "The filter hides all of them.")),
        length === 0 ? null
          : h("button", { type: "button", class: "button", on: { click: this.showEverything } }, "Show all"));
    }
    this.#schedule();
  }

  /**
   * Marks a detection, and brings its row into view.
   * @param {number | null} index
   */
  select(index) {
    this.#selected = index;
    if (index !== null) {
      const place = this.#rows.indexOf(index);
      if (place >= 0) {
        this.#active = place;
        this.#reveal(place);
      }
    }
    this.#draw();
  }

  #arrange() {
    const detections = this.#detections;
    if (!detections) return;
    const { column, isDescending } = this.#sort;
    this.#order = sorted(detections.list, columns[column], isDescending);
    this.#grid.style.minWidth = `${this.#columns.reduce((sum, name) => sum + columns[name].width, 0)}px`;
    replace(this.#head, this.#columns.map((name) => this.#heading(name)));
    this.#above.colSpan = this.#columns.length;
    this.#below.colSpan = this.#columns.length;
    replace(this.#body);
    this.update();
  }

  /** @param {string} name */
  #heading(name) {
    const { column, isDescending } = this.#sort;
    const direction = isDescending ? "descending" : "ascending";
    return h("th", {
      class: `look-column-${name}`, style: this.#width(name), scope: "col",
      "aria-sort": column === name ? direction : "none",
    }, h("button", {
      type: "button", title: `${columns[name].title}: sort`, "data-sort": name,
      on: { click: () => this.#sortBy(name) },
    }, columns[name].name,
    column !== name ? null
      : h("span", { class: "look-sort-mark", "aria-hidden": "true" }, isDescending ? "▼" : "▲")));
  }

  /** @param {string} name */
  #width(name) {
    if (!wide.has(name)) return { width: `${columns[name].width}px` };
    return name === "class" && this.#columns.includes("rule") ? { width: "25%" } : {};
  }

  /** @param {string} name */
  #sortBy(name) {
    const { column, isDescending } = this.#sort;
    this.#sort = {
      column: name, isDescending: column === name ? !isDescending : columns[name].startsDescending === true,
    };
    this.#arrange();
    const place = this.#selected === null ? -1 : this.#rows.indexOf(this.#selected);
    this.#active = Math.max(0, place);
    this.#reveal(this.#active);
    this.#draw();
    /** @type {HTMLElement | null} */ (this.#head.querySelector(`[data-sort="${name}"]`))?.focus();
  }

  /** @param {number} place */
  #reveal(place) {
    const { element } = this;
    const head = this.#head.offsetHeight;
    const top = place * rowHeight;
    const room = element.clientHeight - head;
    if (room <= 0) return;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + room) element.scrollTop = top + rowHeight - room;
  }

  /** With the next frame: a slider may tell of more than one change before it. */
  #schedule() {
    if (this.#scheduled !== 0) return;
    this.#scheduled = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    cancelAnimationFrame(this.#scheduled);
    this.#scheduled = 0;
    const detections = this.#detections;
    if (!detections) return;
    const rows = this.#rows.length;
    const room = Math.ceil(this.element.clientHeight / rowHeight);
    const first = Math.max(0, Math.min(Math.floor(this.element.scrollTop / rowHeight) - overscan, rows - 1));
    const last = Math.min(rows, first + room + 2 * overscan);
    this.#above.style.height = `${first * rowHeight}px`;
    this.#below.style.height = `${(rows - last) * rowHeight}px`;
    while (this.#body.rows.length > last - first) this.#body.deleteRow(-1);
    while (this.#body.rows.length < last - first) this.#body.append(this.#emptyRow());
    for (let place = first; place < last; place += 1) {
      this.#fill(this.#body.rows[place - first], place, detections);
    }
    // One can only point at a row that exists.
    const isThere = this.#active >= first && this.#active < last;
    if (isThere) this.#grid.setAttribute("aria-activedescendant", this.#rowID(this.#rows[this.#active]));
    else this.#grid.removeAttribute("aria-activedescendant");
  }

  #emptyRow() {
    return h("tr", { role: "row", "data-testid": "detection-row" }, this.#columns.map((name) =>
      h("td", { role: "gridcell", class: `${wide.has(name) ? "" : "number"} look-column-${name}` })));
  }

  /** @param {HTMLTableRowElement} row @param {number} place @param {Detections} detections */
  #fill(row, place, detections) {
    const index = this.#rows[place];
    row.setAttribute("aria-selected", String(index === this.#selected));
    row.setAttribute("aria-rowindex", String(place + 2));
    row.classList.toggle("look-active", place === this.#active);
    if (row.dataset.index === String(index)) return;
    row.dataset.index = String(index);
    row.id = this.#rowID(index);
    const detection = detections.list[index];
    this.#columns.forEach((name, column) => {
      const cell = row.cells[column];
      const text = columns[name].text(detection);
      if (name === "class") replace(cell, swatch(detection.class_id), text);
      else cell.textContent = text;
      if (name === "rule" || name === "class") cell.title = text;
    });
  }

  /** @param {number} index */
  #rowID(index) {
    return `${this.#id}-${index}`;
  }

  /** @param {number} index */
  #choose(index) {
    this.select(index);
    this.dispatchEvent(new CustomEvent("select", { detail: { index } }));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.target !== this.#grid || event.altKey || event.ctrlKey || event.metaKey) return;
    const last = this.#rows.length - 1;
    const page = Math.max(1, Math.floor(this.element.clientHeight / rowHeight) - 2);
    /** @type {Record<string, number>} */
    const places = {
      ArrowDown: this.#active + 1, ArrowUp: this.#active - 1, PageDown: this.#active + page,
      PageUp: this.#active - page, Home: 0, End: last,
    };
    if (event.key === "Enter" || event.key === " ") {
      if (last >= 0) this.#choose(this.#rows[this.#active]);
    } else if (event.key === "Escape" && this.#selected !== null) {
      this.select(null);
      this.dispatchEvent(new CustomEvent("select", { detail: { index: null } }));
    } else if (event.key in places) {
      this.#active = Math.max(0, Math.min(places[event.key], last));
      this.#reveal(this.#active);
      this.#draw();
    } else {
      return;
    }
    event.preventDefault();
  }
}
