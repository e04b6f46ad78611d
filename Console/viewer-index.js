import { clamp } from "./viewer-geometry.js";

/**
 * @typedef {import("./viewer-geometry.js").Bounds} Bounds
 * @typedef {{ class_id: number, class_name: string, confidence: number,
 *   bbox: { x_min: number, y_min: number, x_max: number, y_max: number },
 *   obb?: { polygon: number[][], width: number, height: number, angle_degrees: number },
 *   reasoning?: { confidence_before: number, rules: string[] }, note?: string | null }} Detection
 *   as the results have it; `note` is what the page says of it: such a box has a second line around it
 */

/** A box over more cells than this is looked at in each search instead: it lies under most points anyway. */
const maxCellsOfBox = 64;

/** Where the boxes are: finds those in a part of the picture, or under a point, without a look at all others. */
export class BoxIndex {
  /** @param {readonly Detection[]} detections */
  constructor(detections) {
    const count = detections.length;
    this.count = count;
    /** Four corners a box, x and y in turn. */
    this.corners = new Float32Array(count * 8);
    /** Left, top, right, bottom a box. */
    this.bounds = new Float32Array(count * 4);
    this.areas = new Float32Array(count);
    /** 1 where the sides lie along the axes. */
    this.uprights = new Uint8Array(count);
    for (let box = 0; box < count; box += 1) this.#take(box, detections[box]);
    this.#grid = new Grid(this.bounds);
  }

  #grid;

  /** @param {number} box @param {Detection} detection */
  #take(box, { bbox, obb }) {
    const { corners, bounds } = this;
    const { x_min: left, y_min: top, x_max: right, y_max: bottom } = bbox;
    const polygon = obb?.polygon?.length === 4
      ? obb.polygon : [[left, top], [right, top], [right, bottom], [left, bottom]];
    let least = Infinity;
    let highest = Infinity;
    let most = -Infinity;
    let lowest = -Infinity;
    let twice = 0;
    let isUpright = 1;
    for (let corner = 0; corner < 4; corner += 1) {
      const point = polygon[corner];
      const next = polygon[(corner + 1) & 3];
      const x = point[0];
      const y = point[1];
      if (Math.abs(x - next[0]) >= 0.01 && Math.abs(y - next[1]) >= 0.01) isUpright = 0;
      corners[box * 8 + corner * 2] = x;
      corners[box * 8 + corner * 2 + 1] = y;
      least = Math.min(least, x);
      highest = Math.min(highest, y);
      most = Math.max(most, x);
      lowest = Math.max(lowest, y);
      twice += x * next[1] - next[0] * y;
    }
    bounds[box * 4] = least;
    bounds[box * 4 + 1] = highest;
    bounds[box * 4 + 2] = most;
    bounds[box * 4 + 3] = lowest;
    this.areas[box] = Math.abs(twice) / 2;
    this.uprights[box] = isUpright;
  }

  /** @param {number} box @returns {Bounds} */
  boundsOf(box) {
    return partOf(this.bounds, box);
  }

  /**
   * The boxes whose bounds reach into a part of the picture, in their own order.
   * @param {Bounds} part
   * @param {Uint8Array | null} [mask] 0 for those to leave out
   * @returns {Uint32Array}
   */
  within(part, mask = null) {
    const found = this.#grid.search(part, (box) => {
      const at = box * 4;
      return (!mask || mask[box] !== 0)
        && this.bounds[at] <= part.right && this.bounds[at + 2] >= part.left
        && this.bounds[at + 1] <= part.bottom && this.bounds[at + 3] >= part.top;
    });
    return Uint32Array.from(found).sort();
  }

  /**
   * The boxes under a point, the smallest first: what lies inside another can be reached then.
   * @param {number} x @param {number} y in the picture
   * @param {number} tolerance how far beside a box still counts, in pixels of the picture
   * @param {Uint8Array | null} [mask] 0 for those to leave out
   * @returns {number[]}
   */
  at(x, y, tolerance, mask = null) {
    const part = {
      left: x - tolerance, right: x + tolerance, top: y - tolerance, bottom: y + tolerance,
    };
    return [...this.within(part, mask)]
      .filter((box) => this.#isAt(box, x, y, tolerance))
      .sort((one, other) => this.areas[one] - this.areas[other] || one - other);
  }

  /** @param {number} box @param {number} x @param {number} y @param {number} tolerance */
  #isAt(box, x, y, tolerance) {
    const corners = this.corners.subarray(box * 8, box * 8 + 8);
    let isInside = false;
    for (let from = 0, to = 6; from < 8; to = from, from += 2) {
      const [x1, y1, x2, y2] = [corners[from], corners[from + 1], corners[to], corners[to + 1]];
      if (distanceToSide(x, y, x1, y1, x2, y2) <= tolerance) return true;
      if ((y1 > y) !== (y2 > y) && x < x1 + ((x2 - x1) * (y - y1)) / (y2 - y1)) isInside = !isInside;
    }
    return isInside;
  }
}

/** Cells of one size over all boxes, and the boxes of each in one long list. */
class Grid {
  /** @param {Float32Array} bounds */
  constructor(bounds) {
    const count = bounds.length / 4;
    let [left, top, right, bottom] = count > 0 ? bounds : [0, 0, 1, 1];
    for (let at = 0; at < bounds.length; at += 4) {
      left = Math.min(left, bounds[at]);
      top = Math.min(top, bounds[at + 1]);
      right = Math.max(right, bounds[at + 2]);
      bottom = Math.max(bottom, bounds[at + 3]);
    }
    this.left = left;
    this.top = top;
    // About two boxes a cell where they lie evenly.
    this.side = clamp(Math.ceil(Math.sqrt(count / 2)), 1, 256);
    this.cellWidth = Math.max((right - left) / this.side, 1e-3);
    this.cellHeight = Math.max((bottom - top) / this.side, 1e-3);

    const cells = this.side * this.side;
    const starts = new Uint32Array(cells + 1);
    /** @type {number[]} */
    const large = [];
    for (let box = 0; box < count; box += 1) {
      const isSmall = this.#eachCell(partOf(bounds, box), maxCellsOfBox, (cell) => { starts[cell + 1] += 1; });
      if (!isSmall) large.push(box);
    }
    for (let cell = 0; cell < cells; cell += 1) starts[cell + 1] += starts[cell];
    const items = new Uint32Array(starts[cells]);
    const ends = starts.slice();
    for (let box = 0; box < count; box += 1) {
      this.#eachCell(partOf(bounds, box), maxCellsOfBox, (cell) => {
        items[ends[cell]] = box;
        ends[cell] += 1;
      });
    }
    this.starts = starts;
    this.items = items;
    this.large = large;
    /** In which search a box was last met: one in many cells is asked about once. */
    this.lastSearches = new Uint32Array(count);
    this.searches = 0;
  }

  /**
   * @param {Bounds} part
   * @param {(box: number) => boolean} isWanted
   * @returns {number[]}
   */
  search(part, isWanted) {
    this.searches += 1;
    const found = this.large.filter(isWanted);
    this.#eachCell(part, Infinity, (cell) => {
      for (let at = this.starts[cell]; at < this.starts[cell + 1]; at += 1) {
        const box = this.items[at];
        if (this.lastSearches[box] === this.searches) continue;
        this.lastSearches[box] = this.searches;
        if (isWanted(box)) found.push(box);
      }
    });
    return found;
  }

  /**
   * @param {Bounds} part @param {number} most @param {(cell: number) => void} visit
   * @returns {boolean} false, and no visit, when there are more
   */
  #eachCell({ left, top, right, bottom }, most, visit) {
    const last = this.side - 1;
    const firstColumn = clamp(Math.floor((left - this.left) / this.cellWidth), 0, last);
    const lastColumn = clamp(Math.floor((right - this.left) / this.cellWidth), 0, last);
    const firstRow = clamp(Math.floor((top - this.top) / this.cellHeight), 0, last);
    const lastRow = clamp(Math.floor((bottom - this.top) / this.cellHeight), 0, last);
    if ((lastColumn - firstColumn + 1) * (lastRow - firstRow + 1) > most) return false;
    for (let row = firstRow; row <= lastRow; row += 1) {
      for (let column = firstColumn; column <= lastColumn; column += 1) visit(row * this.side + column);
    }
    return true;
  }
}

/** @param {Float32Array} bounds @param {number} box @returns {Bounds} */
function partOf(bounds, box) {
  const at = box * 4;
  return { left: bounds[at], top: bounds[at + 1], right: bounds[at + 2], bottom: bounds[at + 3] };
}

/**
 * How far a point is from the side between two corners.
 * @param {number} x @param {number} y
 * @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2
 */
function distanceToSide(x, y, x1, y1, x2, y2) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : clamp(((x - x1) * dx + (y - y1) * dy) / length, 0, 1);
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}
