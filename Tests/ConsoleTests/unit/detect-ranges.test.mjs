// Ranges and defaults of the HTTP contract, written down here a second time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaults, problemOf, settings } from "../../../Console/detect-config.js";

test("the defaults are the contract's", () => {
  assert.deepEqual(defaults(), {
    confidence: 0.25, iou: 0.45, sahi: true, "slice-width": 640, "slice-height": 640, overlap: 0.2,
    "full-image": true, merge: "greedy_nmm", "merge-metric": "iou", reasoning: true, draw: true, labels: true,
    "show-confidence": true, "line-width": null, format: "jpeg", "max-detections": 3000, priority: "normal",
  });
});

test("each range is the contract's, both ends in it", () => {
  const ranges = {
    confidence: [0, 1], iou: [0, 1], "slice-width": [256, 2048], "slice-height": [256, 2048], overlap: [0, 0.5],
    "max-detections": [1, 100_000],
  };
  for (const [name, [low, high]] of Object.entries(ranges)) {
    const setting = /** @type {any} */ (settings.find((setting) => setting.name === name));
    for (const value of [low, high]) assert.equal(problemOf(setting, value), null, `${name} ${value}`);
    for (const value of [low - 0.001, high + 0.001, Number.NaN, null, "1"]) {
      assert.notEqual(problemOf(setting, value), null, `${name} ${value}`);
    }
  }
});
