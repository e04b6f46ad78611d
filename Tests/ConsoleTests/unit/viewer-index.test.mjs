import assert from "node:assert/strict";
import { test } from "node:test";
import { BoxIndex } from "../../../Console/viewer-index.js";

/** @param {number} left @param {number} top @param {number} right @param {number} bottom @param {number[][]} [polygon] */
function detection(left, top, right, bottom, polygon) {
  const obb = polygon ? { polygon, width: 0, height: 0, angle_degrees: 0 } : undefined;
  return {
    class_id: 0, class_name: "ship", confidence: 0.5,
    bbox: { x_min: left, y_min: top, x_max: right, y_max: bottom }, obb,
  };
}

/** Stands on a corner: half of its bounding box is beside it. */
const diamond = detection(100, 100, 200, 200, [[100, 150], [150, 100], [200, 150], [150, 200]]);

/** A generator with a seed, so that a failure can be had again. @param {number} seed */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

test("no boxes are found where there are none", () => {
  const index = new BoxIndex([]);
  assert.deepEqual([...index.within({ left: 0, top: 0, right: 100, bottom: 100 })], []);
  assert.deepEqual(index.at(5, 5, 3), []);
});

test("the smallest box under a point comes first, and of two equal ones the more certain", () => {
  const index = new BoxIndex([
    detection(0, 0, 100, 100), detection(40, 40, 60, 60), detection(200, 0, 220, 20), detection(200, 0, 220, 20),
  ]);
  assert.deepEqual(index.at(50, 50, 0), [1, 0]);
  assert.deepEqual(index.at(10, 10, 0), [0]);
  assert.deepEqual(index.at(210, 10, 0), [2, 3]);
  assert.deepEqual(index.at(150, 150, 0), []);
});

test("a turned box is where its sides are, not where its bounding box is", () => {
  const index = new BoxIndex([diamond]);
  assert.deepEqual(index.at(150, 150, 0), [0]);
  assert.deepEqual(index.at(105, 105, 0), []);
  // The side from (100, 150) to (150, 100) lies on x + y = 250: (120, 120) is 10 / sqrt(2) = 7.07 away.
  assert.deepEqual(index.at(120, 120, 7), []);
  assert.deepEqual(index.at(120, 120, 7.1), [0]);
  assert.equal(index.areas[0], 5000);
  assert.equal(index.uprights[0], 0);
});

test("a hand that misses a box by a little hits it", () => {
  const index = new BoxIndex([detection(10, 10, 12, 12)]);
  assert.deepEqual(index.at(15, 11, 2.9), []);
  assert.deepEqual(index.at(15, 11, 3), [0]);
});

test("a polygon along the axes is upright", () => {
  const index = new BoxIndex([
    detection(0, 0, 10, 5, [[0, 5], [0, 0], [10, 0], [10, 5]]), detection(0, 0, 10, 5),
  ]);
  assert.deepEqual([...index.uprights], [1, 1]);
  assert.deepEqual([...index.areas], [50, 50]);
});

test("a polygon that has not four corners is no polygon", () => {
  const index = new BoxIndex([detection(0, 0, 10, 10, [[0, 0], [10, 0], [5, 10]])]);
  assert.deepEqual([...index.corners], [0, 0, 10, 0, 10, 10, 0, 10]);
});

test("boxes that the mask hides are not found", () => {
  const index = new BoxIndex([detection(0, 0, 100, 100), detection(40, 40, 60, 60)]);
  const mask = Uint8Array.from([1, 0]);
  assert.deepEqual(index.at(50, 50, 0, mask), [0]);
  assert.deepEqual([...index.within({ left: 0, top: 0, right: 100, bottom: 100 }, mask)], [0]);
});

test("searches find what a look at each box finds", () => {
  const seed = 20260202;
  const next = numbers(seed);
  const detections = Array.from({ length: 3000 }, (_, nth) => {
    // Among many small boxes some that cover most of the picture, and some of no size.
    const size = nth % 100 === 0 ? 4000 : nth % 50 === 1 ? 0 : 60;
    const [x, y] = [next() * 4000, next() * 4000];
    return detection(x, y, x + next() * size, y + next() * size);
  });
  const index = new BoxIndex(detections);
  for (let nth = 0; nth < 200; nth += 1) {
    const [x, y, side] = [next() * 4400 - 200, next() * 4400 - 200, next() ** 3 * 3000];
    const part = { left: x, top: y, right: x + side, bottom: y + side };
    const expected = detections.flatMap(({ bbox }, box) => {
      // As the index keeps them.
      const [left, top, right, bottom] = [bbox.x_min, bbox.y_min, bbox.x_max, bbox.y_max].map(Math.fround);
      return left <= part.right && right >= part.left && top <= part.bottom && bottom >= part.top ? [box] : [];
    });
    assert.deepEqual([...index.within(part)], expected, `seed ${seed}, search ${nth}`);
  }
});

test("20,000 boxes that all cover the picture do not fill the memory", () => {
  const detections = Array.from({ length: 20_000 }, () => detection(0, 0, 8192, 8192));
  const index = new BoxIndex(detections);
  assert.equal(index.at(4000, 4000, 1).length, 20_000);
});
