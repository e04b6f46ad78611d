/**
 * A detection as `GET /api/v1/jobs/{job_id}/results` has it.
 * @typedef {{ class_id: number, class_name: string, confidence: number,
 *   bbox: { x_min: number, y_min: number, x_max: number, y_max: number },
 *   obb?: { center_x: number, center_y: number, width: number, height: number, angle_degrees: number,
 *     polygon: [number, number][] },
 *   reasoning?: { confidence_before: number, rules: string[] } }} Detection
 *
 * @typedef {{ id: number, name: string, total: number }} DetectedClass
 *
 * What is looked at: of which confidence at least (null: all), and the names of classes that are not.
 * @typedef {{ minConfidence: number | null, hidden: Set<string> }} Filter
 */

/**
 * The detections of a picture in columns: what a slider asks for is answered between two frames for 20,000 of them.
 */
export class Detections {
  /** @param {Detection[]} list */
  constructor(list) {
    this.list = list;
    this.isOriented = list.some((detection) => detection.obb !== undefined);
    this.hasRules = list.some((detection) => detection.reasoning !== undefined);
    // 64 bits: 0.95 of the answer has to be 0.95 of the slider.
    this.confidence = Float64Array.from(list, (detection) => detection.confidence);
    // By the number of detections, then by name.
    /** @type {DetectedClass[]} */
    this.classes = countedClasses(list);
    const places = new Map(this.classes.map(({ id }, place) => [id, place]));
    /** The place in `classes` of each detection's class. */
    this.classPlace = Uint32Array.from(list, ({ class_id }) => places.get(class_id) ?? 0);
    /** 1 where a detection is shown. */
    this.mask = new Uint8Array(list.length).fill(1);
    /** How many are shown of each of `classes`. */
    this.shownByClass = Uint32Array.from(this.classes, ({ total }) => total);
    this.shown = list.length;
  }

  get length() {
    return this.list.length;
  }

  /** Of all; 1 when there are none. */
  get lowestConfidence() {
    let lowest = 1;
    for (const confidence of this.confidence) if (confidence < lowest) lowest = confidence;
    return lowest;
  }

  /**
   * Brings `mask`, `shown` and `shownByClass` up to date.
   * @param {Filter} filter
   */
  apply({ minConfidence, hidden }) {
    const { confidence, classPlace, mask, shownByClass } = this;
    const least = minConfidence ?? -Infinity;
    const isClassShown = Uint8Array.from(this.classes, ({ name }) => (hidden.has(name) ? 0 : 1));
    shownByClass.fill(0);
    let shown = 0;
    for (let index = 0; index < mask.length; index += 1) {
      const place = classPlace[index];
      const isShown = confidence[index] >= least ? isClassShown[place] : 0;
      mask[index] = isShown;
      shownByClass[place] += isShown;
      shown += isShown;
    }
    this.shown = shown;
  }
}

/** @param {Detection[]} list */
function countedClasses(list) {
  /** @type {Map<number, DetectedClass>} */
  const classes = new Map();
  for (const { class_id: id, class_name: name } of list) {
    const known = classes.get(id);
    if (known) known.total += 1;
    else classes.set(id, { id, name, total: 1 });
  }
  return [...classes.values()].sort((a, b) => b.total - a.total || a.name.localeCompare(b.name));
}

/** Bars of a histogram. */
export const histogramBins = 20;

/**
 * How many detections have a confidence of 0 to 0.05, 0.05 to 0.1 and so on; 1 is in the last.
 * @param {Detections} detections
 * @returns {{ all: Uint32Array, shown: Uint32Array }}
 */
export function histogram({ confidence, mask }) {
  const all = new Uint32Array(histogramBins);
  const shown = new Uint32Array(histogramBins);
  for (let index = 0; index < confidence.length; index += 1) {
    // 0.15 * 20 and the like come out a little below the whole number.
    const place = Math.floor(confidence[index] * histogramBins + 1e-9);
    const bin = Math.max(0, Math.min(place, histogramBins - 1));
    all[bin] += 1;
    shown[bin] += mask[index];
  }
  return { all, shown };
}

/**
 * The least confidence that a slider in steps of 0.01 has to reach.
 * @param {number} lowest
 */
export function sliderStart(lowest) {
  return Math.floor(lowest * 100 + 1e-9) / 100;
}
