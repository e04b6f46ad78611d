import { h, uniqueID } from "./dom.js";
import {
  areaPath, axisEnd, barPath, extent, linePath, nearest, scale, segments, timeSpan,
} from "./monitor-chart.js";

const space = "http://www.w3.org/2000/svg";
const height = 132;
/** Left of the plot are the values, below it the times. */
const margins = { left: 52, right: 10, top: 10, bottom: 22 };

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const exactClock = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});

/** @param {number} time */
export function timeText(time) {
  return exactClock.format(time);
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
function s(tag, attributes, ...children) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * One metric over time. The pointer reads values, and so do the arrow keys: the plot is a slider over its points for
 * those who do not see it.
 */
export class Chart {
  /** @type {import("./monitor-chart.js").Sample[]} */
  #samples = [];
  #intervalMs = 10_000;
  /** Before the first samples. */
  #isWaiting = true;
  #width = 320;
  /**
   * The time that is read; null when nobody reads.
   * @type {number | null}
   */
  #read = null;

  /** @param {import("./monitor-numbers.js").Metric} metric */
  constructor(metric) {
    this.metric = metric;
    const summary = uniqueID("chart");
    this.readout = h("span", { class: "chart-readout" });
    this.summary = h("p", { class: "visually-hidden", id: summary });
    this.svg = s("svg", { "aria-hidden": "true", class: "chart-svg", height });
    this.plot = h("div", {
      class: "chart-plot skeleton", role: "slider", tabindex: "0", "aria-label": metric.title,
      "aria-describedby": summary, "aria-orientation": "horizontal",
      "aria-valuemin": "0", "aria-valuemax": "0", "aria-valuenow": "0", "aria-valuetext": "no points yet",
      on: {
        pointermove: (/** @type {PointerEvent} */ event) => this.#point(event),
        pointerdown: (/** @type {PointerEvent} */ event) => this.#point(event),
        pointerleave: () => this.#readAt(this.plot === document.activeElement ? this.#read : null),
        keydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
        focus: () => this.#readAt(this.#read ?? this.#samples.at(-1)?.time ?? null),
        blur: () => this.#readAt(null),
      },
    }, this.svg);
    this.element = h("figure", {
      class: `panel chart chart-${metric.colour}`, "data-testid": "chart",
      "data-metric": metric.name,
    },
    h("figcaption", { class: "chart-head" },
      h("h2", { title: metric.help }, metric.title), this.readout),
    this.summary, this.plot);
  }

  /**
   * @param {import("./monitor-chart.js").Sample[]} samples
   * @param {number} intervalMs
   */
  update(samples, intervalMs) {
    this.#samples = samples;
    this.#intervalMs = intervalMs;
    this.#isWaiting = false;
    this.plot.classList.remove("skeleton");
    this.#draw();
  }

  /** @param {number} width in pixels */
  resize(width) {
    if (Math.abs(width - this.#width) < 1 || width < 1) return;
    this.#width = width;
    if (!this.#isWaiting) this.#draw();
  }

  get #area() {
    return {
      left: margins.left, right: Math.max(margins.left + 20, this.#width - margins.right),
      top: margins.top, bottom: height - margins.bottom,
    };
  }

  #draw() {
    const { format, isCount, kind } = this.metric;
    const area = this.#area;
    const values = extent(this.#samples);
    const end = axisEnd(values?.most ?? 0, isCount);
    const span = timeSpan(this.#samples, this.#intervalMs);
    this.scale = scale(span, end, area);
    const { x, y } = this.scale;
    this.svg.setAttribute("viewBox", `0 0 ${this.#width} ${height}`);
    this.svg.setAttribute("width", String(this.#width));
    const middle = isCount && end % 2 === 1 ? [] : [end / 2];
    /** @type {Node[]} */
    const parts = [0, ...middle, end].flatMap((value) => [
      s("line", { class: "chart-grid", x1: area.left, x2: area.right, y1: y(value), y2: y(value) }),
      // Without measurements the axis has no length.
      s("text", { class: "chart-label", x: area.left - 6, y: y(value) + 4, "text-anchor": "end" },
        value === 0 ? "0" : values ? format(value) : ""),
    ]);
    if (this.#samples.length > 0) {
      const ends = /** @type {const} */ (["start", "middle", "end"]);
      const times = [span[0], (span[0] + span[1]) / 2, span[1]];
      parts.push(...times.map((time, index) => s("text", {
        class: "chart-label", x: x(time), y: height - 6, "text-anchor": ends[index],
      }, clock.format(time))));
    }
    if (kind === "bars") {
      parts.push(s("path", {
        class: "chart-bars", d: barPath(this.#samples, this.#intervalMs, this.scale, area.left),
      }));
    } else {
      for (const segment of segments(this.#samples, this.#intervalMs)) {
        parts.push(s("path", { class: "chart-area", d: areaPath(segment, this.scale) }));
        // A point alone has no line.
        parts.push(segment.length > 1
          ? s("path", { class: "chart-line", d: linePath(segment, this.scale) })
          : s("circle", { class: "chart-dot", cx: x(segment[0].time), cy: y(segment[0].value), r: 2.5 }));
      }
    }
    if (values === null) {
      parts.push(s("text", {
        class: "chart-label", x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2 - 6,
        "text-anchor": "middle",
      }, "Nothing was measured yet"));
    }
    this.cursor = s("g", { class: "chart-cursor" });
    this.svg.replaceChildren(...parts, this.cursor);
    this.summary.textContent = this.#summaryText(values);
    this.#readAt(this.#read);
  }

  /** @param {ReturnType<typeof extent>} values */
  #summaryText(values) {
    const { help, format } = this.metric;
    if (!values || this.#samples.length === 0) return `${help}: nothing was measured yet.`;
    const [first, last] = [this.#samples[0], this.#samples[this.#samples.length - 1]];
    return `${help}, from ${timeText(first.time)} to ${timeText(last.time)}: between `
      + `${format(values.least)} and ${format(values.most)}, at last `
      + `${values.last === null ? "nothing measured" : format(values.last)}. Arrow keys read the points.`;
  }

  // MARK: - Reading

  /** @param {PointerEvent} event */
  #point(event) {
    const { left } = this.plot.getBoundingClientRect();
    const area = this.#area;
    const [start, end] = timeSpan(this.#samples, this.#intervalMs);
    const share = (event.clientX - left - area.left) / (area.right - area.left);
    const index = nearest(this.#samples, start + share * (end - start));
    this.#readAt(this.#samples[index]?.time ?? null);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#samples.length - 1;
    const index = this.#read === null ? last : nearest(this.#samples, this.#read);
    const step = event.key.startsWith("Page") ? 10 : 1;
    /** @type {Record<string, number>} */
    const next = {
      ArrowLeft: index - step, ArrowDown: index - step, PageDown: index - step,
      ArrowRight: index + step, ArrowUp: index + step, PageUp: index + step, Home: 0, End: last,
    };
    if (!(event.key in next) || last < 0) return;
    event.preventDefault();
    this.#readAt(this.#samples[Math.min(last, Math.max(0, next[event.key]))].time);
  }

  /** @param {number | null} time */
  #readAt(time) {
    const index = time === null ? -1 : nearest(this.#samples, time);
    const sample = this.#samples[index];
    this.#read = sample ? sample.time : null;
    const shown = sample ?? this.#samples.at(-1);
    const { format } = this.metric;
    const value = !shown || shown.value === null ? "–" : format(shown.value);
    this.readout.textContent = sample ? `${timeText(sample.time)}  ${value}` : value;
    const values = extent(this.#samples);
    const spoken = shown ? `${timeText(shown.time)}: ${shown.value === null ? "nothing measured" : value}`
      : "no points yet";
    this.plot.setAttribute("aria-valuemin", "0");
    this.plot.setAttribute("aria-valuemax", String(values?.most ?? 0));
    this.plot.setAttribute("aria-valuenow", String(shown?.value ?? 0));
    this.plot.setAttribute("aria-valuetext", spoken);
    this.#showCursor(sample);
  }

  /** @param {import("./monitor-chart.js").Sample | undefined} sample */
  #showCursor(sample) {
    if (!this.cursor || !this.scale) return;
    if (!sample) return this.cursor.replaceChildren();
    const [x, area] = [this.scale.x(sample.time), this.#area];
    this.cursor.replaceChildren(s("line", { x1: x, x2: x, y1: area.top, y2: area.bottom }));
    if (sample.value !== null) {
      this.cursor.append(s("circle", { cx: x, cy: this.scale.y(sample.value), r: 4 }));
    }
  }
}
