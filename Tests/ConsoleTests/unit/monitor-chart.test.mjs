import assert from "node:assert/strict";
import { test } from "node:test";
import {
  areaPath, axisEnd, barPath, extent, linePath, nearest, scale, segments, timeSpan,
} from "../../../Console/monitor-chart.js";

const interval = 10_000;
/** @param {(number | null)[]} values @param {number} [start] */
const samples = (values, start = 1_000_000) =>
  values.map((value, index) => ({ time: start + index * interval, value }));
const area = { left: 40, right: 140, top: 10, bottom: 110 };

test("the axis ends at a number that is easily read, not below what is shown", () => {
  for (const [most, end] of [[0, 1], [1, 1], [3, 4], [7, 8], [9, 10], [11, 20], [21, 25], [99, 100], [101, 200]]) {
    assert.equal(axisEnd(most, true), end, `${most} counted`);
  }
  for (const [most, end] of [[0.013, 0.02], [0.3, 0.4], [0.9, 1], [1.2, 2], [2.2, 2.5], [75.5, 80]]) {
    assert.ok(Math.abs(axisEnd(most, false) - end) < 1e-12, `${most}: ${axisEnd(most, false)}`);
  }
  for (let most = 0.001; most < 1e7; most *= 1.37) {
    assert.ok(axisEnd(most, false) >= most * (1 - 1e-9) && axisEnd(most, false) <= 2.01 * most, `${most}`);
    assert.ok(Number.isInteger(axisEnd(most, true)));
  }
  assert.equal(axisEnd(NaN, true), 1);
});

test("a line ends where nothing was measured and where samples are missing", () => {
  const all = [...samples([1, 2, null, 4]), ...samples([5, 6], 1_000_000 + 9 * interval)];
  const lines = segments(all, interval).map((line) => line.map(({ value }) => value));
  assert.deepEqual(lines, [[1, 2], [4], [5, 6]]);
  assert.deepEqual(segments([], interval), []);
  assert.deepEqual(segments(samples([null, null]), interval), []);
});

test("a sample that is a little late leaves no gap", () => {
  const late = [{ time: 0, value: 1 }, { time: 17_000, value: 2 }, { time: 35_000, value: 3 }];
  assert.deepEqual(segments(late, interval).map((line) => line.length), [2, 1]);
});

test("a chart spans sixty points, however few there are", () => {
  const few = samples([1, 2, 3]);
  assert.deepEqual(timeSpan(few, interval), [few[2].time - 59 * interval, few[2].time]);
  const long = [{ time: 0, value: 1 }, { time: 3_600_000, value: 1 }];
  assert.deepEqual(timeSpan(long, interval), [0, 3_600_000]);
});

test("coordinates are those of the area", () => {
  const { x, y } = scale([0, 100], 4, area);
  assert.deepEqual([x(0), x(50), x(100)], [40, 90, 140]);
  assert.deepEqual([y(0), y(1), y(4), y(9)], [110, 85, 10, 10]);
});

test("paths go through the points, areas down to zero", () => {
  const place = scale([0, 100], 4, area);
  const line = [{ time: 0, value: 0 }, { time: 50, value: 4 }, { time: 100, value: 1 }];
  assert.equal(linePath(line, place), "M40 110L90 10L140 85");
  assert.equal(areaPath(line, place), "M40 110L90 10L140 85L140 110L40 110Z");
  assert.equal(areaPath(line.slice(0, 1), place), "");
});

test("bars cover the interval before their time, none below zero, none outside", () => {
  const place = scale([0, 100], 2, area);
  const bars = [{ time: 0, value: 1 }, { time: 50, value: 0 }, { time: 75, value: null }, { time: 100, value: 2 }];
  // The first has no room; the last is 50 wide, less half a pixel on each side.
  assert.equal(barPath(bars, 50, place, area.left), "M90.5 110V10H139.5V110Z");
});

test("the nearest sample is found, gaps or not", () => {
  const some = samples([1, null, 3]);
  assert.equal(nearest(some, 0), 0);
  assert.equal(nearest(some, some[1].time + 4000), 1);
  assert.equal(nearest(some, some[2].time + 1e9), 2);
  assert.equal(nearest([], 5), -1);
});

test("extremes leave out what was not measured", () => {
  assert.deepEqual(extent(samples([3, null, 1, 2])), { least: 1, most: 3, last: 2 });
  assert.deepEqual(extent(samples([3, null])), { least: 3, most: 3, last: null });
  assert.equal(extent(samples([null])), null);
});
