import assert from "node:assert/strict";
import { test } from "node:test";
import { columns, shownOf, sorted } from "../../../Console/job-sorting.js";

const list = [
  {
    class_id: 1, class_name: "small_vehicle", confidence: 0.9, bbox: { x_min: 10, y_min: 20, x_max: 40, y_max: 30 },
  },
  {
    class_id: 0, class_name: "plane", confidence: 0.8, bbox: { x_min: 0, y_min: 0, x_max: 300, y_max: 200 },
    obb: { center_x: 150, center_y: 100, width: 190.26, height: 60, angle_degrees: -0.4, polygon: [] },
    reasoning: { confidence_before: 0.64, rules: ["plane<->ship x1.25", "other"] },
  },
  {
    class_id: 1, class_name: "small_vehicle", confidence: 0.8, bbox: { x_min: 5, y_min: 5, x_max: 6, y_max: 8 },
    reasoning: { confidence_before: 0.85, rules: ["down"] },
  },
];
const texts = (detection) => Object.values(columns).map((column) => column.text(detection));

test("a row says the axis-aligned box where there is no other", () => {
  assert.deepEqual(texts(list[0]), ["small vehicle", "0.900", "25.0", "25.0", "30.0", "10.0", "", ""]);
});

test("a row says the oriented box, and what rules changed", () => {
  assert.deepEqual(texts(list[1]), [
    "plane", "0.800", "150", "100", "190", "60.0", "0°", "0.640 plane<->ship x1.25, other",
  ]);
});

test("equal ones keep their order either way", () => {
  assert.deepEqual([...sorted(list, columns.confidence, true)], [0, 1, 2]);
  assert.deepEqual([...sorted(list, columns.confidence, false)], [1, 2, 0]);
  assert.deepEqual([...sorted(list, columns.class, false)], [1, 0, 2]);
  assert.deepEqual([...sorted(list, columns.class, true)], [0, 2, 1]);
});

test("numbers are sorted as numbers", () => {
  assert.deepEqual([...sorted(list, columns.width, false)], [2, 0, 1]);
  assert.deepEqual([...sorted(list, columns.x, true)], [1, 0, 2]);
});

test("what has no value comes last either way", () => {
  assert.deepEqual([...sorted(list, columns.angle, false)], [1, 0, 2]);
  assert.deepEqual([...sorted(list, columns.rule, true)], [1, 2, 0]);
  assert.deepEqual([...sorted(list, columns.rule, false)], [2, 1, 0]);
});

test("hidden rows are left out of the order", () => {
  assert.deepEqual([...shownOf(Uint32Array.of(2, 0, 1), Uint8Array.of(1, 0, 1), 2)], [2, 0]);
});
