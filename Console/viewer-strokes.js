import { textColourOn } from "./colours.js";

/**
 * @typedef {import("./viewer-index.js").BoxIndex} BoxIndex
 * @typedef {import("./viewer-pyramid.js").Window} Window
 * @typedef {import("./viewer-scene.js").Scene} Scene
 */

/** Around each line, so that it is seen on any ground. */
const casing = "rgb(8 12 10 / 75%)";
/** With more in the window lines are thin, and no labels fit. */
const manyBoxes = 1500;
const maxLabels = 250;
/** Boxes in one path. Browsers draw long paths slowly, and each path costs something. */
const batch = 64;

/**
 * Draws boxes in small steps; each `yield` is a place to stop and go on later.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Uint32Array} boxes the most certain first
 * @param {Window} window
 * @param {number} pixelRatio
 */
export function* drawBoxes(context, scene, boxes, window, pixelRatio) {
  const isThin = boxes.length > manyBoxes;
  const pen = new Pen(context, scene.index, window, isThin ? 1 : Math.max(1, Math.round(1.5 * pixelRatio)));
  const groups = grouped(scene, boxes, window.scale, 4 * pixelRatio);

  for (const group of groups.values()) yield* pen.casings(group);
  for (const [colour, group] of groups) {
    context.strokeStyle = colour;
    context.fillStyle = colour;
    yield* pen.lines(group);
    yield* pen.corners(group.rest.filter((box) => scene.changed[box] !== 0), 13 * pixelRatio);
    const noted = [...group.dots, ...group.rest].filter((box) => scene.noted[box] !== 0);
    yield* pen.secondLines(noted, colour, Math.round(4 * pixelRatio));
  }
  if (!isThin) yield* drawLabels(context, scene, boxes, window, pixelRatio);
}

/**
 * By colour, and those apart that are only dots.
 * @param {Scene} scene @param {Uint32Array} boxes @param {number} scale @param {number} dotSize
 */
function grouped({ index, colours }, boxes, scale, dotSize) {
  /** @type {Map<string, { dots: number[], upright: number[], turned: number[], rest: number[] }>} */
  const groups = new Map();
  for (const box of boxes) {
    let group = groups.get(colours[box]);
    if (!group) groups.set(colours[box], group = { dots: [], upright: [], turned: [], rest: [] });
    const at = box * 4;
    const size = Math.max(
      index.bounds[at + 2] - index.bounds[at], index.bounds[at + 3] - index.bounds[at + 1]);
    if (size * scale < dotSize) {
      group.dots.push(box);
    } else {
      (index.uprights[box] === 1 ? group.upright : group.turned).push(box);
      group.rest.push(box);
    }
  }
  return groups;
}

/** Draws outlines in one width. */
class Pen {
  /** @param {CanvasRenderingContext2D} context @param {BoxIndex} index @param {Window} window @param {number} width */
  constructor(context, index, window, width) {
    this.context = context;
    this.index = index;
    this.window = window;
    this.width = width;
    this.shift = width % 2 === 1 ? 0.5 : 0;
  }

  /** @param {{ dots: number[], upright: number[], turned: number[] }} boxes */
  * casings({ dots, upright, turned }) {
    const { context, width } = this;
    context.strokeStyle = casing;
    context.fillStyle = casing;
    yield* this.#dots(dots, 4);
    context.lineWidth = width + 2;
    yield* this.#rectangles(upright);
    if (width > 1) {
      yield* this.#paths(turned, [0], 1);
    } else {
      // Two lines of one pixel are drawn many times faster than one of three.
      context.lineWidth = 1;
      yield* this.#paths(turned, [-1, 1], batch);
    }
  }

  /** @param {{ dots: number[], upright: number[], turned: number[] }} boxes */
  * lines({ dots, upright, turned }) {
    yield* this.#dots(dots, 2);
    this.context.lineWidth = this.width;
    yield* this.#rectangles(upright);
    yield* this.#paths(turned, [0], this.width > 1 ? 1 : batch);
  }

  /**
   * Another line around boxes: they are told from those with one line where colours are not.
   * @param {number[]} boxes @param {string} colour @param {number} distance
   */
  * secondLines(boxes, colour, distance) {
    for (const [width, style] of /** @type {[number, string][]} */ ([
      [this.width + 2, casing], [this.width, colour],
    ])) {
      this.context.lineWidth = width;
      this.context.strokeStyle = style;
      yield* this.#paths(boxes, [distance], this.width > 1 ? 1 : batch);
    }
  }

  /**
   * Filled corners, with the casing along the third side.
   * @param {number[]} boxes @param {number} size
   */
  * corners(boxes, size) {
    const corners = new Float64Array(8);
    this.context.strokeStyle = casing;
    this.context.lineWidth = 1;
    for (let first = 0; first < boxes.length; first += batch) {
      this.context.beginPath();
      for (const box of boxes.slice(first, first + batch)) {
        this.#place(box, 0, corners);
        const [x, y, x1, y1] = corners;
        const [x3, y3] = corners.subarray(6);
        const along = Math.min(0.5, size / Math.max(1, Math.hypot(x1 - x, y1 - y)));
        const down = Math.min(0.5, size / Math.max(1, Math.hypot(x3 - x, y3 - y)));
        this.context.moveTo(x, y);
        this.context.lineTo(x + (x1 - x) * along, y + (y1 - y) * along);
        this.context.lineTo(x + (x3 - x) * down, y + (y3 - y) * down);
        this.context.closePath();
      }
      this.context.stroke();
      this.context.fill();
      yield;
    }
  }

  /** @param {number[]} boxes @param {number} size */
  * #dots(boxes, size) {
    const { scale, left, top } = this.window;
    const { bounds } = this.index;
    for (let nth = 0; nth < boxes.length; nth += 1) {
      const at = boxes[nth] * 4;
      const x = Math.round(((bounds[at] + bounds[at + 2]) / 2 - left) * scale);
      const y = Math.round(((bounds[at + 1] + bounds[at + 3]) / 2 - top) * scale);
      this.context.fillRect(x - size / 2, y - size / 2, size, size);
      if (nth % batch === batch - 1) yield;
    }
    yield;
  }

  /**
   * On whole pixels: thin lines are sharp, and drawn fast.
   * @param {number[]} boxes
   */
  * #rectangles(boxes) {
    const { scale, left, top } = this.window;
    const { bounds } = this.index;
    const { shift } = this;
    for (let nth = 0; nth < boxes.length; nth += 1) {
      const at = boxes[nth] * 4;
      const x = Math.round((bounds[at] - left) * scale);
      const y = Math.round((bounds[at + 1] - top) * scale);
      this.context.strokeRect(x + shift, y + shift,
        Math.round((bounds[at + 2] - left) * scale) - x, Math.round((bounds[at + 3] - top) * scale) - y);
      if (nth % batch === batch - 1) yield;
    }
    yield;
  }

  /**
   * @param {number[]} boxes @param {number[]} offsets how far outside the box, in pixels
   * @param {number} size boxes in a path
   */
  * #paths(boxes, offsets, size) {
    const { context } = this;
    const corners = new Float64Array(8);
    for (let first = 0; first < boxes.length; first += size) {
      context.beginPath();
      const end = Math.min(boxes.length, first + size);
      for (let nth = first; nth < end; nth += 1) {
        for (const offset of offsets) {
          this.#place(boxes[nth], offset, corners);
          trace(context, corners);
        }
      }
      context.stroke();
      if (size > 1 || first % 16 === 15) yield;
    }
    yield;
  }

  /** @param {number} box @param {number} offset @param {Float64Array} into */
  #place(box, offset, into) {
    placeCorners(this.index, box, this.window, into);
    if (offset !== 0) grow(into, offset);
  }
}

/**
 * The corners of a box on the canvas.
 * @param {BoxIndex} index @param {number} box @param {Window} window @param {Float64Array} into
 */
function placeCorners({ corners }, box, { scale, left, top }, into) {
  for (let at = 0; at < 8; at += 2) {
    into[at] = (corners[box * 8 + at] - left) * scale;
    into[at + 1] = (corners[box * 8 + at + 1] - top) * scale;
  }
}

/** @param {CanvasRenderingContext2D} context @param {Float64Array} corners */
function trace(context, corners) {
  context.moveTo(corners[0], corners[1]);
  context.lineTo(corners[2], corners[3]);
  context.lineTo(corners[4], corners[5]);
  context.lineTo(corners[6], corners[7]);
  context.closePath();
}

/**
 * Moves the sides of a rectangle outwards.
 * @param {Float64Array} corners @param {number} distance
 */
function grow(corners, distance) {
  const [x0, y0, x1, y1] = corners;
  const [x3, y3] = corners.subarray(6);
  const along = distance / Math.max(1e-6, Math.hypot(x1 - x0, y1 - y0));
  const down = distance / Math.max(1e-6, Math.hypot(x3 - x0, y3 - y0));
  const [ax, ay, dx, dy] = [(x1 - x0) * along, (y1 - y0) * along, (x3 - x0) * down, (y3 - y0) * down];
  corners[0] -= ax + dx; corners[1] -= ay + dy;
  corners[2] += ax - dx; corners[3] += ay - dy;
  corners[4] += ax + dx; corners[5] += ay + dy;
  corners[6] -= ax - dx; corners[7] -= ay - dy;
}

// MARK: - Labels

/**
 * Writes at the boxes that have room for it, the most certain first.
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Uint32Array} boxes
 * @param {Window} window @param {number} pixelRatio
 */
function* drawLabels(context, scene, boxes, window, pixelRatio) {
  const taken = new Places(window, 8 * pixelRatio);
  const { bounds } = scene.index;
  let count = 0;
  for (const box of boxes) {
    const at = box * 4;
    const width = (bounds[at + 2] - bounds[at]) * window.scale;
    const height = (bounds[at + 3] - bounds[at + 1]) * window.scale;
    if (Math.max(width, height) < 36 * pixelRatio || Math.min(width, height) < 10 * pixelRatio) continue;
    const label = placedLabel(context, scene, box, window, pixelRatio);
    if (!taken.take(label.x, label.y, label.width, label.height)) continue;
    writeLabel(context, label, scene.colours[box], pixelRatio);
    count += 1;
    if (count === maxLabels) return;
    if (count % 8 === 0) yield;
  }
}

/**
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {number} box
 * @param {Window} window @param {number} pixelRatio
 */
function placedLabel(context, scene, box, { scale, left, top }, pixelRatio) {
  context.font = `600 ${Math.round(11.5 * pixelRatio)}px system-ui, sans-serif`;
  const text = scene.label(box);
  const height = Math.round(17 * pixelRatio);
  const width = Math.ceil(context.measureText(text).width + 8 * pixelRatio);
  const x = Math.round((scene.index.bounds[box * 4] - left) * scale - pixelRatio);
  const above = Math.round((scene.index.bounds[box * 4 + 1] - top) * scale - height - pixelRatio);
  // At the upper edge the label stands in the box.
  return { text, x, y: above < 0 && above > -2 * height ? above + height : above, width, height };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{ text: string, x: number, y: number, width: number, height: number }} label
 * @param {string} colour @param {number} pixelRatio
 */
function writeLabel(context, { text, x, y, width, height }, colour, pixelRatio) {
  context.fillStyle = colour;
  context.fillRect(x, y, width, height);
  context.fillStyle = textColourOn(colour);
  context.textBaseline = "middle";
  context.fillText(text, x + 4 * pixelRatio, y + height / 2 + 0.5 * pixelRatio);
}

/** Which parts of a canvas are written on already, in coarse cells. */
class Places {
  /** @param {{ width: number, height: number }} size @param {number} cell */
  constructor({ width, height }, cell) {
    this.cell = cell;
    this.columns = Math.ceil(width / cell);
    this.rows = Math.ceil(height / cell);
    this.cells = new Uint8Array(this.columns * this.rows);
  }

  /**
   * @param {number} x @param {number} y @param {number} width @param {number} height
   * @returns {boolean} false when something is there, or it lies outside
   */
  take(x, y, width, height) {
    const left = Math.max(0, Math.floor(x / this.cell));
    const right = Math.min(this.columns - 1, Math.floor((x + width) / this.cell));
    const top = Math.max(0, Math.floor(y / this.cell));
    const bottom = Math.min(this.rows - 1, Math.floor((y + height) / this.cell));
    if (left > right || top > bottom) return false;
    for (let row = top; row <= bottom; row += 1) {
      const start = row * this.columns;
      if (this.cells.subarray(start + left, start + right + 1).includes(1)) return false;
    }
    for (let row = top; row <= bottom; row += 1) {
      this.cells.fill(1, row * this.columns + left, row * this.columns + right + 1);
    }
    return true;
  }
}

// MARK: - The box in hand

/**
 * Draws the box that is selected, or under the cursor, above all others.
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {number} box
 * @param {Window} window @param {number} pixelRatio @param {boolean} isSelected
 */
export function drawMarkedBox(context, scene, box, window, pixelRatio, isSelected) {
  const corners = new Float64Array(8);
  placeCorners(scene.index, box, window, corners);
  grow(corners, pixelRatio);
  context.beginPath();
  trace(context, corners);
  context.lineJoin = "round";
  const lines = isSelected
    ? [[8, casing], [5.5, "#ffffff"], [2.5, scene.colours[box]]]
    : [[6, casing], [3, scene.colours[box]]];
  for (const [width, colour] of lines) {
    context.lineWidth = Number(width) * pixelRatio;
    context.strokeStyle = String(colour);
    context.stroke();
  }
  if (isSelected) {
    const label = placedLabel(context, scene, box, window, pixelRatio);
    writeLabel(context, { ...label, y: label.y - Math.round(3 * pixelRatio) }, scene.colours[box], pixelRatio);
  }
}
