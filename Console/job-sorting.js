/** @typedef {import("./job-detections.js").Detection} Detection */

/**
 * A column of the table. `value` is what is sorted by; a missing one (NaN) comes last either way.
 * `width` is what it needs, in CSS pixels.
 * @typedef {{ name: string, title: string, width: number, text(detection: Detection): string,
 *   value(detection: Detection): number | string, isNumber?: boolean, startsDescending?: boolean }} Column
 */

/** @param {number} value in pixels */
const pixels = (value) => value.toFixed(value < 99.95 ? 1 : 0);

/** @type {Record<string, Column>} */
export const columns = {
  class: {
    name: "Class", title: "Class", width: 116, value: (detection) => detection.class_name,
    text: (detection) => detection.class_name.replaceAll("_", " "),
  },
  confidence: {
    name: "Conf.", title: "Confidence", width: 56, isNumber: true, startsDescending: true,
    value: (detection) => detection.confidence, text: (detection) => detection.confidence.toFixed(3),
  },
  ...measured("x", "x", 44, "Centre, pixels from the left",
    ({ obb, bbox }) => obb?.center_x ?? (bbox.x_min + bbox.x_max) / 2),
  ...measured("y", "y", 44, "Centre, pixels from the top",
    ({ obb, bbox }) => obb?.center_y ?? (bbox.y_min + bbox.y_max) / 2),
  ...measured("width", "Width", 50, "Width in pixels", ({ obb, bbox }) => obb?.width ?? bbox.x_max - bbox.x_min),
  ...measured("height", "Height", 52, "Height in pixels", ({ obb, bbox }) => obb?.height ?? bbox.y_max - bbox.y_min),
  angle: {
    name: "Angle", title: "Angle in degrees", width: 46, isNumber: true,
    value: ({ obb }) => obb?.angle_degrees ?? Number.NaN,
    text: ({ obb }) => (obb ? `${Math.round(obb.angle_degrees) + 0}°` : ""),
  },
  rule: {
    name: "Before", title: "Confidence before, and the rules that changed it", width: 80,
    isNumber: true, startsDescending: true,
    value: ({ reasoning, confidence }) => (reasoning ? confidence - reasoning.confidence_before : Number.NaN),
    text: ({ reasoning }) =>
      reasoning ? `${reasoning.confidence_before.toFixed(3)} ${reasoning.rules.join(", ")}` : "",
  },
};

/**
 * @param {string} key @param {string} name @param {number} width @param {string} title
 * @param {(detection: Detection) => number} value
 * @returns {Record<string, Column>}
 */
function measured(key, name, width, title, value) {
  return {
    [key]: { name, title, width, isNumber: true, value, text: (detection) => pixels(value(detection)) },
  };
}

/**
 * The places of the detections, sorted; equal ones stay as the answer has them.
 * @param {Detection[]} list
 * @param {Column} column
 * @param {boolean} isDescending
 * @returns {Uint32Array}
 */
export function sorted(list, column, isDescending) {
  const order = Uint32Array.from(list, (_, index) => index);
  const sign = isDescending ? -1 : 1;
  if (column.isNumber) {
    const values = Float64Array.from(list, (detection) => Number(column.value(detection)));
    return order.sort((a, b) => {
      const first = values[a];
      const second = values[b];
      if (first < second) return -sign;
      if (first > second) return sign;
      const missing = Number(Number.isNaN(first)) - Number(Number.isNaN(second));
      return missing || a - b;
    });
  }
  // Few names, many detections: each name is compared with the others once.
  const names = [...new Set(list.map((detection) => String(column.value(detection))))];
  const ranks = new Map(names.sort((a, b) => a.localeCompare(b)).map((name, rank) => [name, rank]));
  const values = Uint32Array.from(list, (detection) => ranks.get(String(column.value(detection))) ?? 0);
  return order.sort((a, b) => sign * (values[a] - values[b]) || a - b);
}

/**
 * Those of `order` that are shown, in its order.
 * @param {Uint32Array} order
 * @param {Uint8Array} mask
 * @param {number} shown how many that are
 */
export function shownOf(order, mask, shown) {
  const places = new Uint32Array(shown);
  let count = 0;
  for (const index of order) {
    if (mask[index] === 1) {
      places[count] = index;
      count += 1;
    }
  }
  return places;
}
