import assert from "node:assert/strict";
import { test } from "node:test";
import { matching, overlap } from "../../../Console/comparison-matching.js";

/** @param {number} x @param {number} [confidence] @param {string} [name] @param {number} [width] */
function box(x, confidence = 0.9, name = "ship", width = 10) {
  return {
    class_id: 0, class_name: name, confidence,
    bbox: { x_min: x, y_min: 0, x_max: x + width, y_max: 10 },
  };
}

/** A square that stands on a corner. @param {number} x of its middle @param {boolean} [isReversed] */
function diamond(x, isReversed = false) {
  const polygon = [[x, -10], [x + 10, 0], [x, 10], [x - 10, 0]];
  if (isReversed) polygon.reverse();
  return {
    class_id: 0, class_name: "ship", confidence: 0.9,
    bbox: { x_min: x - 10, y_min: -10, x_max: x + 10, y_max: 10 },
    obb: { center_x: x, center_y: 0, width: 14.142, height: 14.142, angle_degrees: 45, polygon },
  };
}

/** @param {Int32Array} list */
const plain = (list) => [...list];

test("the overlap of boxes is the common part of what both cover", () => {
  // 9 of 10 columns in common: 9 / 11.
  assert.ok(Math.abs(overlap(box(0), box(1)) - 9 / 11) < 1e-12);
  assert.equal(overlap(box(0), box(0)), 1);
  assert.equal(overlap(box(0), box(10)), 0);
});

test("oriented boxes are compared by their polygons, whichever way round these are written", () => {
  assert.ok(Math.abs(overlap(diamond(0), diamond(0, true)) - 1) < 1e-12);
  // Moved by half of its width: a quarter of 200 in common, 50 / 350.
  assert.ok(Math.abs(overlap(diamond(0), diamond(10)) - 1 / 7) < 1e-12);
  // Their bounding boxes touch in a corner region, they do not.
  const beside = diamond(0);
  beside.obb.polygon = beside.obb.polygon.map(([x, y]) => [x + 11, y + 11]);
  assert.equal(overlap(diamond(0), beside), 0);
  const line = diamond(0);
  line.obb.polygon = [[0, 0], [5, 5], [10, 10], [5, 5]];
  assert.equal(overlap(line, diamond(0)), 0);
});

test("the same boxes are partners, in whatever order they are", () => {
  const found = matching([box(0), box(50)], [box(50), box(0)], 0.5);
  assert.deepEqual([plain(found.base), plain(found.candidate)], [[1, 0], [1, 0]]);
});

test("a box is taken once, by the most confident one that it overlaps", () => {
  const found = matching([box(0, 0.9), box(1, 0.8)], [box(0, 0.9)], 0.5);
  assert.deepEqual([plain(found.base), plain(found.candidate)], [[0, -1], [0]]);
});

test("of boxes at one place each takes the one of its confidence", () => {
  const found = matching([box(0, 0.9), box(0, 0.4)], [box(0, 0.4), box(0, 0.9)], 0.5);
  assert.deepEqual(plain(found.base), [1, 0]);
});

test("boxes that overlap too little are no partners", () => {
  // 7 of 10 columns in common: 7 / 13 is enough, 6 / 14 is not.
  assert.deepEqual(plain(matching([box(0)], [box(3)], 0.5).base), [0]);
  assert.deepEqual(plain(matching([box(0)], [box(4)], 0.5).base), [-1]);
});

test("a box of another class is no partner, and is told where both are left over", () => {
  const found = matching(
    [box(0, 0.9, "ship"), box(50, 0.8, "ship"), box(100, 0.7, "plane")],
    [box(0, 0.9, "boat"), box(50, 0.8, "ship"), box(50, 0.7, "boat")], 0.5);
  assert.deepEqual([plain(found.base), plain(found.candidate)], [[-1, 1, -1], [-1, 1, -1]]);
  assert.deepEqual([plain(found.baseOther), plain(found.candidateOther)], [[0, -1, -1], [0, -1, -1]]);
});

test("nothing matches nothing", () => {
  assert.deepEqual(plain(matching([], [box(0)], 0.5).candidate), [-1]);
  assert.deepEqual(plain(matching([box(0)], [], 0.5).base), [-1]);
});

test("ten thousand boxes are matched soon", () => {
  const many = Array.from({ length: 10_000 }, (_, place) => ({
    ...box((place % 100) * 20, 0.9 - place * 1e-5),
    bbox: {
      x_min: (place % 100) * 20, x_max: (place % 100) * 20 + 10,
      y_min: Math.floor(place / 100) * 20, y_max: Math.floor(place / 100) * 20 + 10,
    },
  }));
  const began = performance.now();
  const found = matching(many, many, 0.5);
  assert.ok(plain(found.base).every((partner, place) => partner === place));
  assert.ok(performance.now() - began < 1500, `${performance.now() - began} ms`);
});
