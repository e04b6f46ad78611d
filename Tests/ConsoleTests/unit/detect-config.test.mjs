import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defaults, problemOf, requestOf, settingNameOf, settings, valuesFrom,
} from "../../../Console/detect-config.js";
import { regionCount } from "../../../Console/detect-slices.js";

const standard = { model: null, classes: null, rules: null };
const setting = (name) => settings.find((other) => other.name === name);

test("what is at its default is not sent", () => {
  assert.deepEqual(requestOf(defaults(), standard), { config: {} });
});

test("all that differs is sent, under the contract's names", () => {
  const values = {
    confidence: 0.5, iou: 0.6, sahi: true, "slice-width": 1024, "slice-height": 512, overlap: 0.1,
    "full-image": false, merge: "nms", "merge-metric": "ios", reasoning: true, draw: true, labels: false,
    "show-confidence": false, "line-width": 2.5, format: "png", "max-detections": 10, priority: "high",
  };
  assert.deepEqual(Object.keys(values).sort(), settings.map(({ name }) => name).sort());
  assert.deepEqual(requestOf(values, { model: "m", classes: ["ship"], rules: "dota" }), {
    priority: "high",
    config: {
      model: "m", classes: ["ship"], confidence_threshold: 0.5, iou_threshold: 0.6, max_detections: 10,
      sahi: {
        slice_width: 1024, slice_height: 512, overlap_ratio: 0.1, full_image: false, merge: "nms", merge_metric: "ios",
      },
      symbolic_reasoning: { rules: "dota" },
      visualization: { show_labels: false, confidence_display: false, line_width: 2.5, format: "png" },
    },
  });
});

test("of what is switched off only that is sent", () => {
  const values = {
    ...defaults(), sahi: false, "slice-width": 1024, reasoning: false, draw: false, format: "png",
  };
  assert.deepEqual(requestOf(values, { ...standard, rules: "dota" }).config, {
    sahi: { enabled: false }, symbolic_reasoning: { enabled: false }, visualization: { enabled: false },
  });
});

for (const [name, good, bad] of [
  ["confidence", [0, 0.25, 1], [-0.01, 1.01, NaN, "0.5", null]],
  ["overlap", [0, 0.5], [0.51, Infinity]],
  ["slice-width", [256, 2048], [255, 2049, 300.5, NaN]],
  ["line-width", [null, 1, 1.5, 64], [0.5, 65, NaN]],
  ["max-detections", [1, 100_000], [0, 100_001, 1.5]],
  ["merge", ["greedy_nmm", "nmm", "nms", "none"], ["soft", null]],
  ["sahi", [true, false], [1, "on"]],
]) {
  test(`${name} has the contract's range`, () => {
    for (const value of good) assert.equal(problemOf(setting(name), value), null, String(value));
    for (const value of bad) assert.notEqual(problemOf(setting(name), value), null, String(value));
  });
}

test("what is said of a value out of range names the range", () => {
  assert.equal(problemOf(setting("slice-width"), 5), "Must be between 256 and 2048");
  assert.equal(problemOf(setting("max-detections"), 0), "Must be between 1 and 100,000");
  assert.equal(problemOf(setting("slice-width"), 300.5), "Must be a whole number");
});

test("of what was kept only what is valid is taken", () => {
  const values = valuesFrom({ confidence: 0.7, iou: 7, merge: "old", unknown: 1, "line-width": 3 });
  assert.deepEqual(values, { ...defaults(), confidence: 0.7, "line-width": 3 });
  assert.deepEqual(valuesFrom(null), defaults());
});

test("a field that the server names is found", () => {
  assert.equal(settingNameOf("config.sahi.slice_width"), "slice-width");
  assert.equal(settingNameOf("config.classes[3]"), "classes");
  assert.equal(settingNameOf("config.symbolic_reasoning.rules"), "rules");
  assert.equal(settingNameOf("priority"), "priority");
  assert.equal(settingNameOf("config.other"), null);
  assert.equal(settingNameOf(undefined), null);
});

// As sahi.slicing.get_slice_bboxes 0.12 cuts them; 8192 with 640 and 0.2: 16 a side.
for (const [width, height, slicing, regions] of [
  [640, 640, {}, 1],
  [641, 640, {}, 3],
  [2560, 2560, {}, 26],
  [8192, 8192, {}, 257],
  [8192, 8192, { hasFullImage: false }, 256],
  [8192, 8192, { isEnabled: false }, 1],
  [1000, 500, { width: 500, height: 500, overlap: 0 }, 3],
  [1024, 256, { width: 256, height: 256, overlap: 0.5 }, 8],
]) {
  test(`${width}x${height} with ${JSON.stringify(slicing)} is looked at in ${regions}`, () => {
    const all = { isEnabled: true, width: 640, height: 640, overlap: 0.2, hasFullImage: true, ...slicing };
    assert.equal(regionCount({ width, height }, all), regions);
  });
}
