import { classColour } from "./colours.js";
import { h, replace, uniqueID } from "./dom.js";
import { className, integer } from "./format.js";
import { sliderStart } from "./job-detections.js";

/**
 * @typedef {import("./job-detections.js").Detections} Detections
 * @typedef {import("./job-detections.js").Filter} Filter
 */

/** Sets from which confidence on and which classes are shown; it acts while the slider moves. */
export class FilterPanel {
  #start = 0;
  /** @type {Map<string, { button: HTMLButtonElement, number: Text }>} */
  #chips = new Map();
  #count = h("p", { class: "look-shown", "data-testid": "shown-count", role: "status" });
  #chipList = h("div", { class: "look-chips", "data-testid": "class-filter", role: "group", "aria-label": "Classes" });
  #range = h("input", {
    id: uniqueID("confidence"), type: "range", max: 1, step: 0.01, "data-testid": "confidence-slider",
  });
  #number = h("input", {
    type: "number", max: 1, step: 0.01, "aria-label": "Least confidence", inputmode: "decimal",
    "data-testid": "confidence-number",
  });

  /**
   * @param {Filter} filter which this changes
   * @param {() => void} onChange at once
   * @param {() => void} onRest when the hand is off
   * @param {() => string[]} allClasses the names of the job's classes
   */
  constructor(filter, onChange, onRest, allClasses) {
    this.filter = filter;
    this.onChange = onChange;
    this.onRest = onRest;
    this.allClasses = allClasses;
    this.#range.addEventListener("input", () => this.#setConfidence(this.#range.valueAsNumber, this.#number));
    this.#number.addEventListener("input", () => this.#setConfidence(this.#number.valueAsNumber, this.#range));
    for (const input of [this.#range, this.#number]) {
      input.addEventListener("change", () => {
        this.#showConfidence();
        onRest();
      });
    }
    /** @param {string} testid @param {string} text @param {() => void} click */
    const small = (testid, text, click) => h("button", {
      type: "button", class: "button button-quiet button-small", "data-testid": testid, on: { click },
    }, text);
    this.element = h("section", { class: "look-filter", "aria-label": "Filter" },
      h("div", { class: "look-confidence" },
        h("label", { for: this.#range.id }, "Confidence from"), this.#range, this.#number),
      h("div", { class: "look-class-line" },
        this.#count, h("span", { class: "look-class-all" }, "Classes"),
        small("classes-all", "All", () => this.showAllClasses()),
        small("classes-none", "None", () => this.#hideAllClasses())),
      this.#chipList);
  }

  /**
   * Of another picture.
   * @param {Detections} detections
   * @param {number} lowest of the job, as far as it is known
   */
  setDetections(detections, lowest) {
    this.#start = sliderStart(lowest);
    for (const input of [this.#range, this.#number]) input.min = String(this.#start);
    this.#showConfidence();
    this.#chips.clear();
    replace(this.#chipList, detections.classes.map((it) => {
      const number = document.createTextNode("");
      const button = h("button", {
        type: "button", class: "chip", "data-testid": "class-toggle", "data-class": it.name,
        on: { click: () => this.#toggle(it.name) },
      }, swatch(it.id), className(it.name), h("span", { class: "look-chip-count" }, number));
      this.#chips.set(it.name, { button, number });
      return button;
    }));
    this.update(detections);
  }

  /**
   * Shows the counts as they are now.
   * @param {Detections} detections
   */
  update({ shown, length, classes, shownByClass }) {
    this.#count.textContent = `${integer(shown)} of ${integer(length)} shown`;
    classes.forEach(({ name, total }, place) => {
      const chip = this.#chips.get(name);
      if (!chip) return;
      chip.number.data = shownByClass[place] === total
        ? integer(total) : `${integer(shownByClass[place])}/${integer(total)}`;
      chip.button.setAttribute("aria-pressed", String(!this.filter.hidden.has(name)));
    });
  }

  showEverything() {
    this.filter.minConfidence = null;
    this.#showConfidence();
    this.showAllClasses();
  }

  showAllClasses() {
    this.filter.hidden.clear();
    this.#changed();
  }

  #hideAllClasses() {
    for (const name of [...this.allClasses(), ...this.#chips.keys()]) this.filter.hidden.add(name);
    this.#changed();
  }

  /** @param {string} name */
  #toggle(name) {
    if (!this.filter.hidden.delete(name)) this.filter.hidden.add(name);
    this.#changed();
  }

  #changed() {
    this.onChange();
    this.onRest();
  }

  /** @param {number} value @param {HTMLInputElement} other follows the one that was moved */
  #setConfidence(value, other) {
    // Half a number, while somebody types.
    if (!(value >= 0 && value <= 1)) return;
    this.filter.minConfidence = value <= this.#start ? null : value;
    other.value = value.toFixed(2);
    this.onChange();
  }

  #showConfidence() {
    const text = Math.max(this.filter.minConfidence ?? this.#start, this.#start).toFixed(2);
    this.#range.value = text;
    this.#number.value = text;
  }
}

/**
 * The colour of a class beside its name, as the picture has it.
 * @param {number} id
 */
export function swatch(id) {
  return h("span", { class: "look-swatch", style: { background: classColour(id) }, "aria-hidden": "true" });
}
