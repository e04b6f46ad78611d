/**
 * The geometry of a chart over time: numbers in, coordinates and paths out.
 *
 * @typedef {{ time: number, value: number | null }} Sample `time` in milliseconds; null where nothing was measured
 * @typedef {{ time: number, value: number }} Point
 * @typedef {{ x: (time: number) => number, y: (value: number) => number }} Scale
 */

/** As many points as the service keeps: a chart that fills from the right does not stretch what it has. */
const fullHistory = 60;
/** A point may be late by so much, in intervals, before what lies between is a gap. */
const gapAfter = 1.75;

/**
 * The end of the value axis: the next of 1, 2, 2.5 and 5 by powers of ten; whole for what is counted.
 * @param {number} most
 * @param {boolean} isCount
 */
export function axisEnd(most, isCount) {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const steps = isCount && power < 10 ? [1, 2, 4, 5, 6, 8, 10] : [1, 2, 2.5, 4, 5, 6, 8, 10];
  const end = (steps.find((step) => step * power >= most * (1 - 1e-9)) ?? 10) * power;
  return isCount ? Math.max(1, Math.ceil(end)) : end;
}

/**
 * The times that a chart spans, the same for all charts of one answer.
 * @param {readonly Sample[]} samples oldest first
 * @param {number} intervalMs
 * @returns {[number, number]}
 */
export function timeSpan(samples, intervalMs) {
  const last = samples.at(-1)?.time ?? 0;
  const full = last - (fullHistory - 1) * intervalMs;
  return [Math.min(samples[0]?.time ?? full, full), last];
}

/**
 * What belongs together: a line ends where nothing was measured, and where samples are missing.
 * @param {readonly Sample[]} samples
 * @param {number} intervalMs
 * @returns {Point[][]}
 */
export function segments(samples, intervalMs) {
  /** @type {Point[][]} */
  const all = [];
  let before = -Infinity;
  for (const { time, value } of samples) {
    if (value === null) {
      before = -Infinity;
      continue;
    }
    if (time - before > gapAfter * intervalMs) all.push([]);
    all[all.length - 1].push({ time, value });
    before = time;
  }
  return all;
}

/**
 * @param {[number, number]} span
 * @param {number} end of the value axis
 * @param {{ left: number, right: number, top: number, bottom: number }} area in pixels
 * @returns {Scale}
 */
export function scale(span, end, area) {
  const length = Math.max(1, span[1] - span[0]);
  return {
    x: (time) => area.left + ((time - span[0]) / length) * (area.right - area.left),
    y: (value) => area.bottom - (Math.min(value, end) / end) * (area.bottom - area.top),
  };
}

/**
 * @param {readonly Point[]} segment
 * @param {Scale} scale
 */
export function linePath(segment, { x, y }) {
  return segment.map(({ time, value }, index) =>
    `${index === 0 ? "M" : "L"}${pixel(x(time))} ${pixel(y(value))}`).join("");
}

/**
 * The area below the line, down to zero.
 * @param {readonly Point[]} segment
 * @param {Scale} scale
 */
export function areaPath(segment, scale) {
  if (segment.length < 2) return "";
  const [first, last] = [segment[0], segment[segment.length - 1]];
  const ground = pixel(scale.y(0));
  return `${linePath(segment, scale)}L${pixel(scale.x(last.time))} ${ground}`
    + `L${pixel(scale.x(first.time))} ${ground}Z`;
}

/**
 * A bar for each sample above zero, which covers the interval before it.
 * @param {readonly Sample[]} samples
 * @param {number} intervalMs
 * @param {Scale} scale
 * @param {number} left where the area begins
 * @returns {string} one path
 */
export function barPath(samples, intervalMs, { x, y }, left) {
  let path = "";
  for (const { time, value } of samples) {
    if (!value) continue;
    const end = x(time) - 0.5;
    const start = Math.max(left, Math.min(x(time - intervalMs) + 0.5, end - 1));
    if (end <= start) continue;
    path += `M${pixel(start)} ${pixel(y(0))}V${pixel(y(value))}H${pixel(end)}V${pixel(y(0))}Z`;
  }
  return path;
}

/** @param {number} value */
function pixel(value) {
  return Number(value.toFixed(1));
}

/**
 * The sample that is nearest to a time; -1 without samples.
 * @param {readonly Sample[]} samples
 * @param {number} time
 */
export function nearest(samples, time) {
  let best = -1;
  samples.forEach((sample, index) => {
    if (best < 0 || Math.abs(sample.time - time) < Math.abs(samples[best].time - time)) best = index;
  });
  return best;
}

/**
 * Smallest, largest and newest of what was measured; null when nothing was.
 * @param {readonly Sample[]} samples
 */
export function extent(samples) {
  const values = samples.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return null;
  return {
    least: Math.min(...values), most: Math.max(...values), last: samples[samples.length - 1].value,
  };
}
