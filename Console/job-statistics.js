import { h, replace } from "./dom.js";
import { className, confidence, count, duration, integer, percent } from "./format.js";
import { histogram, histogramBins } from "./job-detections.js";
import { swatch } from "./job-filter.js";
import { JobLog } from "./job-log.js";

/**
 * @typedef {import("./job-detections.js").Detections} Detections
 * @typedef {import("./job-loader.js").PictureResult} PictureResult
 * @typedef {import("./job-loader.js").ResultLoader} ResultLoader
 */

/** Numbers of the picture in hand, of what is shown of it, and of the whole job. */
export class StatisticsPanel {
  #facts = h("dl", { class: "look-facts" });
  #counts = h("ul", { class: "look-bars", "data-testid": "class-counts" });
  #histogram = new HistogramChart();
  /** @type {{ fill: HTMLElement, number: Text }[]} */
  #bars = [];

  /**
   * @param {ResultLoader} loader
   * @param {AbortSignal} signal
   */
  constructor(loader, signal) {
    this.loader = loader;
    this.element = h("div", { class: "look-statistics" },
      h("section", null, h("h2", null, "This picture"), this.#facts,
        h("h3", null, "By class"), this.#counts,
        h("h3", null, "By confidence"), this.#histogram.element),
      wholeJob(loader),
      new JobLog(loader.jobID, signal).element);
  }

  /** @param {PictureResult} result */
  setResult({ detections, seconds, slices, width, height }) {
    const facts = [];
    if (width > 0) facts.push(["Size", `${integer(width)} × ${integer(height)} px`]);
    if (seconds !== null) facts.push(["Inference", duration(seconds)]);
    if (slices !== null) facts.push(["Slices", integer(slices)]);
    if (detections.hasRules) {
      const changed = detections.list.filter((it) => it.reasoning).length;
      facts.push(["Changed by rules", `${integer(changed)}, with a filled corner in the picture`]);
    }
    replace(this.#facts, facts.map(fact));
    const most = detections.classes[0]?.total ?? 1;
    this.#bars = detections.classes.map(({ total }) => {
      const fill = h("span", { class: "look-bar-shown" });
      fill.style.width = `${(100 * total) / most}%`;
      return { fill, number: document.createTextNode("") };
    });
    replace(this.#counts, detections.classes.map(({ id, name, total }, place) =>
      bar(id, name, total / most, this.#bars[place].fill, this.#bars[place].number)));
    this.update(detections);
  }

  /** @param {Detections} detections */
  update(detections) {
    const most = detections.classes[0]?.total ?? 1;
    detections.classes.forEach(({ total }, place) => {
      const shown = detections.shownByClass[place];
      this.#bars[place].fill.style.width = `${(100 * shown) / most}%`;
      this.#bars[place].number.data = shown === total
        ? integer(total) : `${integer(shown)} of ${integer(total)}`;
    });
    this.#histogram.update(detections);
  }
}

/** @param {string[]} pair */
function fact([name, value]) {
  return h("div", null, h("dt", null, name), h("dd", null, value));
}

/**
 * @param {number | null} id of the class, where it is known
 * @param {string} name @param {number} share of the longest
 * @param {HTMLElement | null} fill what is shown of it @param {Node} number
 */
function bar(id, name, share, fill, number) {
  const whole = h("span", { class: "look-bar-all" });
  whole.style.width = `${100 * share}%`;
  return h("li", null,
    h("span", { class: "look-bar-name" }, id === null ? null : swatch(id), className(name)),
    h("span", { class: "look-bar", "aria-hidden": "true" }, whole, fill),
    h("span", { class: "look-bar-number" }, number));
}

/** @param {ResultLoader} loader */
function wholeJob({ status, jobID, model, classCounts }) {
  const { summary, progress, started_at: start, completed_at: end } = status;
  const most = classCounts[0]?.count ?? 1;
  const reasoning = `/api/v1/jobs/${jobID}/reasoning`;
  const facts = [
    ["Pictures", integer(progress.total_images)],
    progress.failed_images > 0 ? ["Failed", integer(progress.failed_images)] : null,
    ["Detections", integer(summary?.total_detections ?? 0)],
    summary?.average_confidence === undefined ? null : ["Mean confidence", confidence(summary.average_confidence)],
    summary?.processing_time_seconds === undefined ? null : ["Processing", duration(summary.processing_time_seconds)],
    start && end ? ["Start to end", duration((Date.parse(end) - Date.parse(start)) / 1000)] : null,
  ].flatMap((it) => (it ? [it] : []));
  return h("section", null,
    h("h2", null, "The whole job"),
    h("dl", { class: "look-facts" }, facts.map(fact)),
    classCounts.length === 0 ? null : h("ul", { class: "look-bars", "data-testid": "job-class-counts" },
      classCounts.map(({ class_name: name, count: number, average_confidence: average }) =>
        bar(null, name, number / most, null,
          document.createTextNode(
            average === undefined ? integer(number) : `${integer(number)}, mean ${confidence(average)}`)))),
    model ? h("p", { class: "look-model" }, "Model ", h("strong", null, model.name),
      model.sha256 ? h("span", { title: `SHA-256 ${model.sha256}` }, ", SHA-256 ",
        h("code", null, model.sha256.slice(0, 12))) : null) : null,
    h("p", null, "What rules did: ", h("a", { href: reasoning, target: "_blank", rel: "noopener" }, "report"), ", ",
      h("a", { href: `${reasoning}?format=csv`, download: `${jobID}-reasoning.csv`, "data-testid": "reasoning-csv" },
        "CSV")));
}

const space = "http://www.w3.org/2000/svg";
const chart = { width: 400, height: 110, base: 92 };

/** How many detections have which confidence: all of them, and before them those that are shown. */
class HistogramChart {
  #svg = document.createElementNS(space, "svg");
  #rows = h("tbody");
  /** @type {{ all: SVGRectElement, shown: SVGRectElement }[]} */
  #bars = [];

  constructor() {
    this.#svg.setAttribute("viewBox", `0 0 ${chart.width} ${chart.height}`);
    this.#svg.setAttribute("role", "img");
    this.#svg.dataset.testid = "histogram";
    this.#svg.classList.add("look-histogram");
    const step = chart.width / histogramBins;
    for (let bin = 0; bin < histogramBins; bin += 1) {
      this.#bars.push({ all: this.#bar(bin * step, step, "all"), shown: this.#bar(bin * step, step, "shown") });
    }
    for (const value of [0, 0.25, 0.5, 0.75, 1]) this.#label(value);
    this.element = h("figure", { class: "look-figure" }, this.#svg,
      h("figcaption", { class: "field-help" },
        h("span", { class: "look-key look-key-shown", "aria-hidden": "true" }), "shown ",
        h("span", { class: "look-key look-key-all", "aria-hidden": "true" }), "all"),
      h("table", { class: "visually-hidden" }, h("caption", null, "Detections by confidence"),
        h("thead", null, h("tr", null, ["Confidence", "All", "Shown"].map((name) => h("th", { scope: "col" }, name)))),
        this.#rows));
  }

  /** @param {Detections} detections */
  update(detections) {
    const { all, shown } = histogram(detections);
    const most = Math.max(1, ...all);
    let fullest = 0;
    this.#bars.forEach((bars, bin) => {
      if (all[bin] > all[fullest]) fullest = bin;
      for (const [rectangle, value] of /** @type {const} */ ([[bars.all, all[bin]], [bars.shown, shown[bin]]])) {
        // A single detection beside thousands is seen too.
        const height = value === 0 ? 0 : Math.max(1.5, (value / most) * (chart.base - 4));
        rectangle.setAttribute("y", String(chart.base - height));
        rectangle.setAttribute("height", String(height));
      }
    });
    this.#svg.setAttribute("aria-label", detections.length === 0 ? "No detections"
      : `Histogram of confidence: ${count(detections.length, "detection")}, ${integer(detections.shown)} shown, `
        + `most (${percent(all[fullest] / detections.length)}) from ${range(fullest)}`);
    replace(this.#rows, [...all].map((number, bin) => number === 0 ? null : h("tr", null,
      h("th", { scope: "row" }, range(bin)), h("td", null, number), h("td", null, shown[bin]))));
  }

  /** @param {number} x @param {number} step @param {string} kind */
  #bar(x, step, kind) {
    const rectangle = document.createElementNS(space, "rect");
    rectangle.setAttribute("x", String(x + 1));
    rectangle.setAttribute("width", String(step - 2));
    rectangle.classList.add(`look-histogram-${kind}`);
    this.#svg.append(rectangle);
    return rectangle;
  }

  /** @param {number} value */
  #label(value) {
    const text = document.createElementNS(space, "text");
    text.setAttribute("x", String(value * chart.width));
    text.setAttribute("y", String(chart.height - 3));
    text.setAttribute("text-anchor", value === 0 ? "start" : value === 1 ? "end" : "middle");
    text.textContent = String(value);
    this.#svg.append(text);
  }
}

/** @param {number} bin */
function range(bin) {
  return `${confidence(bin / histogramBins)} to ${confidence((bin + 1) / histogramBins)}`;
}
