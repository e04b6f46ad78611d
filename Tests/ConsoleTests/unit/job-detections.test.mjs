import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, filterIn } from "../../../Console/job-address.js";
import { Detections, histogram, sliderStart } from "../../../Console/job-detections.js";

const box = { x_min: 0, y_min: 0, x_max: 10, y_max: 10 };
const names = ["plane", "ship", "tank"];
const detection = (class_id, confidence) => ({ class_id, class_name: names[class_id], confidence, bbox: box });
const few = () => new Detections([
  detection(1, 0.95), detection(1, 0.5), detection(0, 0.5), detection(2, 0.4), detection(1, 0.05),
]);

test("classes are counted, the most frequent first, then by name", () => {
  assert.deepEqual(few().classes, [
    { id: 1, name: "ship", total: 3 }, { id: 0, name: "plane", total: 1 }, { id: 2, name: "tank", total: 1 },
  ]);
  assert.equal(few().lowestConfidence, 0.05);
  assert.equal(new Detections([]).lowestConfidence, 1);
});

test("without a filter everything is shown", () => {
  const detections = few();
  assert.deepEqual([...detections.mask], [1, 1, 1, 1, 1]);
  detections.apply({ minConfidence: null, hidden: new Set() });
  assert.equal(detections.shown, 5);
});

test("a filter takes what has exactly its confidence, and leaves out hidden classes", () => {
  const detections = few();
  detections.apply({ minConfidence: 0.5, hidden: new Set(["plane"]) });
  assert.deepEqual([...detections.mask], [1, 1, 0, 0, 0]);
  assert.equal(detections.shown, 2);
  assert.deepEqual([...detections.shownByClass], [2, 0, 0]);
  detections.apply({ minConfidence: 0.95, hidden: new Set() });
  assert.deepEqual([...detections.mask], [1, 0, 0, 0, 0]);
  detections.apply({ minConfidence: null, hidden: new Set(names) });
  assert.equal(detections.shown, 0);
});

test("the histogram counts 0.05 wide bins, lower ends included, 1 in the last", () => {
  const confidences = [0, 0.049, 0.05, 0.15, 0.7, 0.999, 1];
  const detections = new Detections(confidences.map((it) => detection(0, it)));
  detections.apply({ minConfidence: 0.7, hidden: new Set() });
  const { all, shown } = histogram(detections);
  const bins = Array(20).fill(0);
  assert.deepEqual([...all], Object.assign([...bins], { 0: 2, 1: 1, 3: 1, 14: 1, 19: 2 }));
  assert.deepEqual([...shown], Object.assign([...bins], { 14: 1, 19: 2 }));
});

test("the slider begins at the hundredth below", () => {
  assert.equal(sliderStart(0.2534), 0.25);
  assert.equal(sliderStart(0.29), 0.29);
  assert.equal(sliderStart(1), 1);
});

test("20,000 detections are filtered within the time of a slider's event", () => {
  const many = new Detections(Array.from({ length: 20_000 }, (_, index) => detection(index % 3, (index % 101) / 100)));
  const times = [];
  for (let step = 0; step < 60; step += 1) {
    const start = performance.now();
    many.apply({ minConfidence: step / 60, hidden: new Set(step % 2 ? ["ship"] : []) });
    times.push(performance.now() - start);
  }
  const median = times.sort((a, b) => a - b)[30];
  assert.ok(median < 5, `the median is ${median} ms`);
});

test("an address says what is filtered, and is read as it was written", () => {
  const filter = { minConfidence: 0.4, hidden: new Set(["small_vehicle", "cat, or dog", "100%"]) };
  const query = new URLSearchParams(Object.entries(addressOf(filter)));
  assert.deepEqual(filterIn(new URLSearchParams(query.toString())), filter);
  assert.deepEqual(addressOf({ minConfidence: null, hidden: new Set() }), { confidence: null, without: null });
});

test("an address that makes no sense filters nothing", () => {
  for (const text of ["", "confidence=", "confidence=x", "confidence=-1", "confidence=7&without=,"]) {
    assert.deepEqual(filterIn(new URLSearchParams(text)), { minConfidence: null, hidden: new Set() });
  }
  assert.deepEqual([...filterIn(new URLSearchParams("without=%25")).hidden], ["%"]);
});
