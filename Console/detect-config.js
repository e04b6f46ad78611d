/**
 * The settings of a job as the contract has them: names, ranges, defaults, and what they mean in a line.
 *
 * @typedef {{ name: string, field: string, kind: "number" | "integer" | "switch" | "choice", group: string,
 *   label: string, help: string, fallback: number | boolean | string | null, min?: number, max?: number,
 *   step?: number, hasSlider?: boolean, isOptional?: boolean, options?: [string, string][] }} Setting
 *   `name` is the end of its `data-testid`; `field` its place in the request
 * @typedef {number | boolean | string | null} Value
 * @typedef {Record<string, Value>} Values by `name`
 */

/** @type {Setting[]} */
export const settings = [
  { name: "confidence", field: "config.confidence_threshold", kind: "number", group: "detection", fallback: 0.25,
    min: 0, max: 1, step: 0.01, hasSlider: true, label: "Confidence",
    help: "Detections less sure than this are left out. Lower finds more, also what is not there." },
  { name: "iou", field: "config.iou_threshold", kind: "number", group: "detection", fallback: 0.45,
    min: 0, max: 1, step: 0.01, hasSlider: true, label: "IoU",
    help: "Boxes of a class that overlap more than this are taken for one object." },
  { name: "sahi", field: "config.sahi.enabled", kind: "switch", group: "slicing", fallback: true,
    label: "Look at the picture in slices",
    help: "Finds small objects in large pictures, and takes longer." },
  { name: "slice-width", field: "config.sahi.slice_width", kind: "integer", group: "slicing", fallback: 640,
    min: 256, max: 2048, step: 32, label: "Slice width", help: "Pixels, 256 to 2048." },
  { name: "slice-height", field: "config.sahi.slice_height", kind: "integer", group: "slicing", fallback: 640,
    min: 256, max: 2048, step: 32, label: "Slice height", help: "Best near the model's input." },
  { name: "overlap", field: "config.sahi.overlap_ratio", kind: "number", group: "slicing", fallback: 0.2,
    min: 0, max: 0.5, step: 0.01, hasSlider: true, label: "Overlap",
    help: "Share of a slice that its neighbour sees too, so that no object is only seen cut, 0 to 0.5." },
  { name: "full-image", field: "config.sahi.full_image", kind: "switch", group: "slicing", fallback: true,
    label: "Look at the whole picture too", help: "For objects that are larger than a slice." },
  { name: "merge", field: "config.sahi.merge", kind: "choice", group: "slicing", fallback: "greedy_nmm",
    label: "Merge", help: "Boxes of one object from several slices: NMM joins them, NMS keeps the surest.",
    options: [["greedy_nmm", "Greedy NMM"], ["nmm", "NMM"], ["nms", "NMS"], ["none", "Keep all"]] },
  { name: "merge-metric", field: "config.sahi.merge_metric", kind: "choice", group: "slicing", fallback: "iou",
    label: "Measured by", help: "What they share, divided by both (IoU) or by the smaller one (IoS).",
    options: [["iou", "IoU"], ["ios", "IoS"]] },
  { name: "reasoning", field: "config.symbolic_reasoning.enabled", kind: "switch", group: "rules", fallback: true,
    label: "Apply rules",
    help: "What is near an object makes it likelier or less likely: a ship in a harbour, a car on a pool." },
  { name: "draw", field: "config.visualization.enabled", kind: "switch", group: "drawing", fallback: true,
    label: "Make annotated pictures",
    help: "Copies with the boxes drawn in. The console draws boxes without them, but needs them to show TIFFs." },
  { name: "labels", field: "config.visualization.show_labels", kind: "switch", group: "drawing", fallback: true,
    label: "Class names", help: "Written at each box." },
  { name: "show-confidence", field: "config.visualization.confidence_display", kind: "switch", group: "drawing",
    fallback: true, label: "Confidences", help: "Written behind the class name." },
  { name: "line-width", field: "config.visualization.line_width", kind: "number", group: "drawing", fallback: null,
    isOptional: true, min: 1, max: 64, step: 1, label: "Line width",
    help: "Pixels, 1 to 64. Empty: by the picture's size." },
  { name: "format", field: "config.visualization.format", kind: "choice", group: "drawing", fallback: "jpeg",
    label: "Format", help: "PNG keeps every pixel and is several times larger.",
    options: [["jpeg", "JPEG"], ["png", "PNG"]] },
  { name: "max-detections", field: "config.max_detections", kind: "integer", group: "job", fallback: 3000,
    min: 1, max: 100_000, step: 100, label: "Most detections", help: "For each picture, the surest first; 1 to 100,000." },
  { name: "priority", field: "priority", kind: "choice", group: "job", fallback: "normal",
    label: "Priority", help: "Jobs of a higher one are begun first.",
    options: [["low", "Low"], ["normal", "Normal"], ["high", "High"]] },
];

/**
 * Settings say nothing while the one of their group is off.
 * @type {Record<string, string>}
 */
export const switchOf = { slicing: "sahi", rules: "reasoning", drawing: "draw" };

/** @returns {Values} */
export function defaults() {
  return Object.fromEntries(settings.map(({ name, fallback }) => [name, fallback]));
}

/**
 * What is wrong with a value, in the server's words; null when nothing is.
 * @param {Setting} setting
 * @param {unknown} value
 * @returns {string | null}
 */
export function problemOf(setting, value) {
  if (setting.isOptional && value === null) return null;
  switch (setting.kind) {
    case "switch": return typeof value === "boolean" ? null : "Must be on or off";
    case "choice": {
      const names = (setting.options ?? []).map(([name]) => name);
      return typeof value === "string" && names.includes(value) ? null : `Must be one of ${names.join(", ")}`;
    }
    default: return numberProblem(setting, value);
  }
}

/** @param {Setting} setting @param {unknown} value */
function numberProblem({ kind, min = 0, max = 0 }, value) {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return kind === "integer" ? "Must be a whole number" : "Must be a number";
  }
  if (value < min || value > max) return `Must be between ${shown(min)} and ${shown(max)}`;
  if (kind === "integer" && !Number.isInteger(value)) return "Must be a whole number";
  return null;
}

/** @param {number} number */
function shown(number) {
  return number.toLocaleString("en", { useGrouping: number >= 10_000 });
}

/**
 * What was kept by an older version or an odd hand is taken as far as it is valid.
 * @param {any} kept
 * @returns {Values}
 */
export function valuesFrom(kept) {
  const values = defaults();
  for (const setting of settings) {
    const value = kept?.[setting.name];
    if (value !== undefined && problemOf(setting, value) === null) values[setting.name] = value;
  }
  return values;
}

/**
 * The body of a predict request, without the pictures: what differs from the defaults, and the model by its name,
 * since the server's default may be another one by then.
 *
 * @param {Values} values
 * @param {{ model: string | null, classes: string[] | null, rules: string | null }} chosen null: the server's default
 * @returns {{ config: Record<string, any>, priority?: string }}
 */
export function requestOf(values, { model, classes, rules }) {
  /** @type {{ config: Record<string, any>, priority?: string }} */
  const request = { config: {} };
  if (model !== null) put(request, "config.model", model);
  if (classes !== null) put(request, "config.classes", classes);
  for (const { name, field, group, fallback } of settings) {
    const master = switchOf[group];
    if (master && master !== name && values[master] === false) continue;
    if (values[name] !== fallback) put(request, field, values[name]);
  }
  if (rules !== null && values.reasoning !== false) put(request, "config.symbolic_reasoning.rules", rules);
  return request;
}

/** @param {Record<string, any>} target @param {string} field @param {unknown} value */
function put(target, field, value) {
  const path = field.split(".");
  const last = /** @type {string} */ (path.pop());
  let place = target;
  for (const key of path) place = place[key] ??= {};
  place[last] = value;
}

/**
 * Which setting a field of a request is: `config.classes[3]` is "classes". null for others.
 * @param {string | undefined} field
 */
export function settingNameOf(field) {
  const plain = (field ?? "").replace(/\[\d+\]$/, "");
  const own = { "config.model": "model", "config.classes": "classes", "config.symbolic_reasoning.rules": "rules" };
  return Object.entries(own).find(([name]) => name === plain)?.[1]
    ?? settings.find((setting) => setting.field === plain)?.name ?? null;
}
