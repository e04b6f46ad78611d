import { classColour } from "./colours.js";
import { h, replace } from "./dom.js";
import { className, confidence, integer } from "./format.js";

/** What is known of a box, beside the cursor. */
export class Tooltip {
  element = h("div", { class: "viewer-tooltip", "data-testid": "viewer-tooltip", "aria-hidden": "true", hidden: true });
  /** @type {import("./viewer-index.js").Detection | null} */
  #detection = null;

  /**
   * @param {import("./viewer-index.js").Detection | null} detection null hides it
   * @param {import("./viewer-geometry.js").Point} at on the stage
   * @param {import("./viewer-geometry.js").Size} stage
   */
  show(detection, at, stage) {
    this.element.hidden = detection === null;
    if (!detection) return;
    if (detection !== this.#detection) {
      this.#detection = detection;
      replace(this.element, ...lines(detection));
    }
    // Beside the cursor, on the side with room.
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const x = at.x + 16 + width > stage.width ? at.x - 12 - width : at.x + 16;
    const y = at.y + 16 + height > stage.height ? at.y - 12 - height : at.y + 16;
    const left = Math.max(4, Math.min(x, stage.width - width - 4));
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(4, y))}px)`;
  }
}

/**
 * What is said of a detection in one line, where it is heard rather than seen.
 * @param {import("./viewer-index.js").Detection} detection
 */
export function spoken(detection) {
  const { reasoning } = detection;
  const name = className(detection.class_name);
  const change = reasoning ? `, ${confidence(reasoning.confidence_before)} before rules` : "";
  const note = detection.note ? `, ${detection.note}` : "";
  return `${name}, ${confidence(detection.confidence)}${change}${note}, ${size(detection, "pixels")}`;
}

/** @param {import("./viewer-index.js").Detection} detection */
function lines(detection) {
  const { class_id: classID, class_name: name, reasoning } = detection;
  const swatch = h("span", { class: "viewer-swatch" });
  swatch.style.setProperty("background", classColour(classID));
  return [
    h("div", { class: "viewer-tooltip-title" }, swatch, h("strong", null, className(name)),
      h("span", null, confidence(detection.confidence))),
    detection.note ? h("div", null, h("strong", null, detection.note)) : null,
    h("div", null, size(detection, "px")),
    reasoning
      ? h("div", null, `Changed by rules, ${confidence(reasoning.confidence_before)} before:`,
        h("ul", null, reasoning.rules.slice(0, 6).map((rule) => h("li", null, rule))))
      : null,
  ];
}

/** @param {import("./viewer-index.js").Detection} detection @param {string} unit */
function size({ bbox, obb }, unit) {
  if (obb) return `${integer(obb.width)} × ${integer(obb.height)} ${unit}, ${obb.angle_degrees.toFixed(1)}°`;
  return `${integer(bbox.x_max - bbox.x_min)} × ${integer(bbox.y_max - bbox.y_min)} ${unit}`;
}
