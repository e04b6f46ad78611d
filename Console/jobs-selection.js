import { h, replace } from "./dom.js";
import { count } from "./format.js";
import { icon } from "./icons.js";
import { allowedActions } from "./jobs-text.js";

/** The chosen jobs, and the bar of what can be done to all of them. */
export class JobSelection {
  /** @type {Set<string>} */
  #ids = new Set();
  /**
   * Where a range begins.
   * @type {string | null}
   */
  #anchor = null;
  #isWorking = false;

  /**
   * @param {import("./jobs-table.js").JobTable} table
   * @param {import("./jobs-work.js").JobWork} work
   * @param {() => import("./jobs-list.js").JobList} list
   */
  constructor(table, work, list) {
    this.table = table;
    this.work = work;
    this.list = list;
    this.bar = h("div", {
      class: "jobs-selection", role: "region", "aria-label": "Selected jobs", hidden: true,
      "data-testid": "job-selection",
    });
    table.all.addEventListener("change", () => this.#all(table.all.checked));
    table.element.addEventListener("click", (event) => this.#click(event));
  }

  /** @param {string} id */
  has(id) {
    return this.#ids.has(id);
  }

  /** Shows what can be done to the chosen jobs as they are now. */
  refresh() {
    for (const id of this.#ids) if (!this.list().get(id)) this.#ids.delete(id);
    const chosen = this.#ids.size;
    this.table.all.checked = chosen > 0 && chosen >= this.table.length;
    this.table.all.indeterminate = chosen > 0 && chosen < this.table.length;
    this.bar.hidden = chosen === 0 && !this.#isWorking;
    if (!this.#isWorking) this.#showChoices();
  }

  clear() {
    this.#anchor = null;
    this.#set([...this.#ids], false);
  }

  /** @param {boolean} isChosen */
  #all(isChosen) {
    this.#set(isChosen ? this.table.ids : [...this.#ids], isChosen);
  }

  /**
   * A click on a box; with Shift all from the last one.
   * @param {MouseEvent} event
   */
  #click(event) {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box === this.table.all) return;
    const id = box.closest("tr")?.dataset.job;
    if (!id) return;
    const ids = this.table.ids;
    const [from, to] = [ids.indexOf(this.#anchor ?? id), ids.indexOf(id)];
    const range = event.shiftKey && from >= 0
      ? ids.slice(Math.min(from, to), Math.max(from, to) + 1) : [id];
    this.#anchor = id;
    this.#set(range, box.checked);
  }

  /** @param {string[]} ids @param {boolean} isChosen */
  #set(ids, isChosen) {
    for (const id of ids) {
      if (isChosen) this.#ids.add(id);
      else this.#ids.delete(id);
      this.table.update(id);
    }
    this.refresh();
  }

  #showChoices() {
    const jobs = [...this.#ids].map((id) => this.list().get(id));
    /** @param {import("./jobs-work.js").Work} action */
    const possible = (action) => jobs.filter((job) => allowedActions(job)[action]).length;
    /** @type {(action: import("./jobs-work.js").Work, name: string, picture: "stop" | "retry" | "trash",
     *   isDangerous?: boolean) => Node} */
    const button = (action, name, picture, isDangerous = false) => {
      const number = possible(action);
      return h("button", {
        type: "button", class: `button ${isDangerous ? "button-danger" : ""}`, hidden: number === 0,
        "data-testid": `selection-${action}`, on: { click: () => void this.#act(action) },
      }, icon(picture), `${name} ${number}`);
    };
    const focused = document.activeElement?.getAttribute("data-testid");
    replace(this.bar,
      h("span", { class: "jobs-selection-count", role: "status" },
        `${count(jobs.length, "job")} selected`),
      button("cancel", "Cancel", "stop"),
      button("retry", "Retry", "retry"),
      button("delete", "Delete", "trash", true),
      h("button", {
        type: "button", class: "button button-quiet", "data-testid": "selection-clear",
        on: { click: () => this.clear() },
      }, "Clear"));
    // Jobs change under the keyboard's hands.
    const again = focused?.startsWith("selection-")
      ? this.bar.querySelector(`[data-testid="${focused}"]:not([hidden])`) : null;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }

  /** @param {import("./jobs-work.js").Work} action */
  async #act(action) {
    const progress = h("span", { class: "jobs-selection-count", role: "status" });
    const stop = h("button", {
      type: "button", class: "button", on: { click: () => this.work.stop() },
    }, "Stop");
    try {
      await this.work.actOnAll(action, [...this.#ids], (done, all) => {
        if (!this.#isWorking) replace(this.bar, progress, stop);
        this.#isWorking = true;
        progress.textContent = `${done + 1} of ${all} …`;
      });
      if (this.#isWorking) this.#ids.clear();
    } finally {
      this.#isWorking = false;
      this.table.updateAll();
      this.refresh();
    }
  }
}
