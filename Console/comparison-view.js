import { failureBox } from "./dialog.js";
import { announce, h, replace } from "./dom.js";
import { className, count, integer } from "./format.js";
import { icon } from "./icons.js";
import { figuresText, worstFirst } from "./comparison-numbers.js";
import { ComparisonPair } from "./comparison-pair.js";
import { ComparedPictures } from "./comparison-pictures.js";
import { classTable, figureTiles, relabelledTable } from "./figures.js";
import { replaceQuery } from "./router.js";

/** @typedef {import("./comparison-pair.js").Shown} Shown */

/** @type {[Shown, string][]} */
const choices = [["all", "All boxes"], ["different", "Only on one side"], ["same", "On both sides"]];

/** A comparison: its figures, its pictures with the worst first, and the one in hand. */
export class ComparisonView {
  #index = 0;
  #name = h("h2", { class: "look-name", "data-testid": "comparison-picture" });
  #figures = h("span", { class: "compare-figures" });
  #problem = h("div", { class: "look-problem" });
  #previous = step("previous-image", "left", "Previous picture (p)", () => void this.go(this.#index - 1));
  #next = step("next-image", "right", "Next picture (n)", () => void this.go(this.#index + 1));
  #chips;
  #class;

  /**
   * @param {import("./comparison-numbers.js").Comparison} comparison
   * @param {URLSearchParams} query of the address
   * @param {AbortSignal} signal
   */
  constructor(comparison, query, signal) {
    this.signal = signal;
    this.pictures = worstFirst(comparison.images);
    this.#index = Math.max(0, this.pictures.findIndex((it) => it.file_id === query.get("file")));
    this.pair = new ComparisonPair(comparison, signal);
    this.pair.shown = choices.find(([name]) => name === query.get("show"))?.[0] ?? "all";
    const wanted = query.get("class");
    this.pair.onlyClass = comparison.classes.some((it) => it.class === wanted) ? wanted : null;
    this.list = new ComparedPictures(this.pictures, (index) => void this.go(index));
    this.#chips = choices.map(([name, text]) => h("button", {
      type: "button", class: "chip", "data-testid": `show-${name}`, data: { show: name },
      on: { click: () => this.#choose(name, this.pair.onlyClass) },
    }, text));
    this.#class = h("select", {
      "aria-label": "Class", "data-testid": "comparison-class",
      on: { change: () => this.#choose(this.pair.shown, this.#class.value || null) },
    }, h("option", { value: "" }, "All classes"),
    comparison.classes.map((it) => h("option", { value: it.class }, className(it.class))));
    const failed = comparison.images.filter((it) => it.failure).length;
    this.element = h("div", { class: "compare" },
      h("section", { class: "panel compare-summary", "aria-label": "Figures of all pictures" },
        figureTiles(comparison.figures),
        h("p", { class: "field-help" },
          `Two boxes are the same where they have the same class and an IoU of at least ${comparison.iou_threshold}. `
          + "Agreement is twice those in both, divided by the boxes of both sides.")),
      failed > 0
        ? h("div", { class: "notice", "data-testid": "comparison-failed" }, icon("warning"),
          h("p", null, `${count(failed, "picture")} of ${integer(comparison.images.length)} failed on one side `
            + "and is not in the figures."))
        : null,
      this.pictures.length === 0 ? h("p", { class: "panel empty" }, "The jobs have no picture in common.")
        : h("div", { class: `compare-look ${this.pictures.length === 1 ? "compare-single" : ""}` },
          this.list.element,
          h("section", { class: "compare-pictures", "aria-label": "Pictures side by side" },
            h("div", { class: "look-look-bar compare-bar" },
              this.pictures.length > 1 ? [this.#previous, this.#next] : null, this.#name, this.#figures),
            h("div", { class: "toolbar", role: "group", "aria-label": "Boxes that are shown" },
              this.#chips, this.#class, legend()),
            this.#problem, this.pair.element)),
      h("div", { class: "compare-tables" },
        h("section", { class: "panel" }, h("h2", null, "Classes"),
          classTable(comparison.classes, (name) => {
            this.#choose(this.pair.shown, name);
            this.pair.element.scrollIntoView({ block: "nearest" });
          })),
        h("section", { class: "panel" }, h("h2", null, "Other class"),
          h("p", { class: "field-help" }, "Boxes of one side only that lie on one of another class."),
          relabelledTable(comparison.relabelled))));
    document.addEventListener("keydown", (event) => this.#onKey(event), { signal });
  }

  /** Once the element is in the page. */
  begin() {
    this.#choose(this.pair.shown, this.pair.onlyClass);
    void this.go(this.#index);
  }

  /** @param {number} index in the order of the list */
  async go(index) {
    const picture = this.pictures[index];
    if (!picture) return;
    this.#index = index;
    this.list.setCurrent(index);
    this.#previous.disabled = index === 0;
    this.#next.disabled = index === this.pictures.length - 1;
    this.#name.textContent = picture.filename;
    this.#name.title = picture.filename;
    const { figures, failure } = picture;
    this.#figures.textContent = figures ? figuresText(figures)
      : failure ? `failed in the ${failure.side}: ${failure.message} (${failure.code})` : "";
    replace(this.#problem);
    this.pair.element.classList.add("pair-busy");
    try {
      await this.pair.show(picture, () => this.#index === index);
      if (this.signal.aborted || this.#index !== index) return;
      this.pair.element.classList.remove("pair-busy");
      replaceQuery({ file: picture.file_id });
      if (this.pictures.length > 1) {
        announce(`${picture.filename}, picture ${index + 1} of ${this.pictures.length}`);
      }
    } catch (error) {
      if (this.signal.aborted || this.#index !== index) return;
      replace(this.#problem, failureBox(error, {
        title: "The results of this picture could not be read", retry: () => void this.go(index),
      }));
    }
  }

  /** @param {Shown} shown @param {string | null} name of the class; null for all */
  #choose(shown, name) {
    this.pair.shown = shown;
    this.pair.onlyClass = name;
    this.#class.value = name ?? "";
    for (const chip of this.#chips) chip.setAttribute("aria-pressed", String(chip.dataset.show === shown));
    this.pair.applyFilter();
    replaceQuery({ show: shown === "all" ? null : shown, class: name });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (target.closest("input, select, textarea, dialog")) return;
    const step = { n: 1, p: -1 }[event.key.toLowerCase()];
    if (step === undefined) return;
    event.preventDefault();
    void this.go(this.#index + step);
  }
}

function legend() {
  return h("span", { class: "compare-legend" },
    h("span", { class: "compare-key", "aria-hidden": "true" }), "on both sides",
    h("span", { class: "compare-key compare-key-noted", "aria-hidden": "true" }), "double line: only on this side");
}

/** @param {string} testid @param {"left" | "right"} picture @param {string} label @param {() => void} act */
function step(testid, picture, label, act) {
  return h("button", {
    type: "button", class: "button button-icon", "data-testid": testid, "aria-label": label, title: label,
    on: { click: act },
  }, icon(picture));
}
