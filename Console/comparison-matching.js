import { BoxIndex } from "./viewer-index.js";

/**
 * @typedef {import("./viewer-index.js").Detection} Detection
 *
 * Which boxes of two jobs over one picture are the same. By index: the place of the partner in the other list, or -1;
 * and where there is none, the box of another class that lies there in the other list, or -1.
 * @typedef {{ base: Int32Array, candidate: Int32Array, baseOther: Int32Array, candidateOther: Int32Array }} Matching
 */

/**
 * Matches as the service does, whose answer has only the numbers: each box of the base takes the free box of its label
 * that is most like it, by overlap and confidence, the most confident first.
 * @param {readonly Detection[]} base the most confident first, as results are
 * @param {readonly Detection[]} candidate
 * @param {number} leastIoU
 * @returns {Matching}
 */
export function matching(base, candidate, leastIoU) {
  const index = new BoxIndex(candidate);
  const result = {
    base: new Int32Array(base.length).fill(-1), candidate: new Int32Array(candidate.length).fill(-1),
    baseOther: new Int32Array(base.length).fill(-1), candidateOther: new Int32Array(candidate.length).fill(-1),
  };
  base.forEach((box, place) => {
    const isFree = (/** @type {number} */ other) =>
      result.candidate[other] === -1 && candidate[other].class_name === box.class_name;
    const best = mostAlike(box, candidate, index, leastIoU, isFree);
    if (best === -1) return;
    result.base[place] = best;
    result.candidate[best] = place;
  });
  base.forEach((box, place) => {
    if (result.base[place] !== -1) return;
    const isLeft = (/** @type {number} */ other) => result.candidate[other] === -1
      && result.candidateOther[other] === -1 && candidate[other].class_name !== box.class_name;
    const best = mostAlike(box, candidate, index, leastIoU, isLeft);
    if (best === -1) return;
    result.baseOther[place] = best;
    result.candidateOther[best] = place;
  });
  return result;
}

/**
 * @param {Detection} box @param {readonly Detection[]} others @param {BoxIndex} index of the others
 * @param {number} leastIoU @param {(other: number) => boolean} isWanted
 */
function mostAlike(box, others, index, leastIoU, isWanted) {
  let best = -1;
  let most = -Infinity;
  for (const other of index.within(boundsOf(box))) {
    if (!isWanted(other)) continue;
    const iou = overlap(box, others[other]);
    const likeness = iou - Math.abs(box.confidence - others[other].confidence);
    if (iou < leastIoU || likeness <= most) continue;
    best = other;
    most = likeness;
  }
  return best;
}

/** @param {Detection} box */
function boundsOf({ bbox, obb }) {
  const points = obb?.polygon ?? [[bbox.x_min, bbox.y_min], [bbox.x_max, bbox.y_max]];
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

/**
 * The IoU of two boxes; of two oriented ones that of their polygons.
 * @param {Detection} one @param {Detection} other
 */
export function overlap(one, other) {
  if (one.obb && other.obb) return polygonIoU(one.obb.polygon, other.obb.polygon);
  const [a, b] = [one.bbox, other.bbox];
  const width = Math.min(a.x_max, b.x_max) - Math.max(a.x_min, b.x_min);
  const height = Math.min(a.y_max, b.y_max) - Math.max(a.y_min, b.y_min);
  if (width <= 0 || height <= 0) return 0;
  const common = width * height;
  return common / (area(a) + area(b) - common);
}

/** @param {Detection["bbox"]} box */
function area({ x_min: left, y_min: top, x_max: right, y_max: bottom }) {
  return (right - left) * (bottom - top);
}

/** @param {number[][]} one convex @param {number[][]} other convex */
function polygonIoU(one, other) {
  const [first, second] = [signedArea(one), signedArea(other)];
  if (first === 0 || second === 0) return 0;
  // The cut takes the inside to be on the left.
  const common = Math.abs(signedArea(cut(one, second > 0 ? other : [...other].reverse())));
  return common / (Math.abs(first) + Math.abs(second) - common);
}

/** @param {number[][]} polygon */
function signedArea(polygon) {
  let twice = 0;
  polygon.forEach(([x, y], place) => {
    const [nextX, nextY] = polygon[(place + 1) % polygon.length];
    twice += x * nextY - nextX * y;
  });
  return twice / 2;
}

/**
 * The part of a polygon within a convex one, side by side (Sutherland and Hodgman).
 * @param {number[][]} polygon @param {number[][]} window with a positive area
 */
function cut(polygon, window) {
  let points = polygon;
  window.forEach(([x1, y1], place) => {
    const [x2, y2] = window[(place + 1) % window.length];
    const side = (/** @type {number[]} */ [x, y]) => (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1);
    points = points.flatMap((point, at) => {
      const before = points[(at + points.length - 1) % points.length];
      const [here, there] = [side(point), side(before)];
      const part = there / (there - here);
      const crossing = [before[0] + (point[0] - before[0]) * part, before[1] + (point[1] - before[1]) * part];
      if (here >= 0) return there < 0 ? [crossing, point] : [point];
      return there >= 0 ? [crossing] : [];
    });
  });
  return points;
}
