import assert from "node:assert/strict";
import { test } from "node:test";
import { sceneOf } from "../../../Console/viewer-scene.js";
import { drawBoxes } from "../../../Console/viewer-strokes.js";

/** @param {number} left @param {string} [note] */
function detection(left, note) {
  return {
    class_id: 1, class_name: "storage_tank", confidence: 0.831,
    bbox: { x_min: left, y_min: 100, x_max: left + 100, y_max: 160 }, note,
  };
}

/** Takes down what is drawn: the corners of paths, and the widths of lines at each stroke. */
function recorder() {
  /** @type {{ corners: number[][], strokes: { width: number, style: string }[] }} */
  const taken = { corners: [], strokes: [] };
  const context = {
    lineWidth: 0, strokeStyle: "", fillStyle: "", font: "", textBaseline: "",
    beginPath() {}, closePath() {}, fill() {}, fillRect() {}, strokeRect() {}, fillText() {},
    measureText: () => ({ width: 10 }),
    moveTo: (/** @type {number} */ x, /** @type {number} */ y) => taken.corners.push([x, y]),
    lineTo() {},
    stroke() {
      taken.strokes.push({ width: this.lineWidth, style: this.strokeStyle });
    },
  };
  return { taken, context: /** @type {CanvasRenderingContext2D} */ (/** @type {unknown} */ (context)) };
}

/** @param {ReturnType<typeof detection>[]} detections */
function drawn(detections) {
  const { taken, context } = recorder();
  const scene = sceneOf(detections);
  const window = { scale: 1, left: 0, top: 0, width: 1000, height: 1000 };
  for (const _ of drawBoxes(context, scene, Uint32Array.from(detections, (_, box) => box), window, 1)) void _;
  return { taken, scene };
}

test("a box without a note has one line", () => {
  const { taken, scene } = drawn([detection(100)]);
  assert.deepEqual(taken.corners, []);
  assert.equal(scene.label(0), "storage tank 0.83");
});

test("a box with a note has a second line around it, in its own colour on a dark ground", () => {
  const { taken, scene } = drawn([detection(100), detection(300, "only here")]);
  // Four pixels outside of the corner at 300, 100; the ground first.
  assert.deepEqual(taken.corners, [[296, 96], [296, 96]]);
  const [ground, line] = taken.strokes;
  assert.ok(ground.width > line.width);
  assert.equal(line.style, scene.colours[1]);
  assert.notEqual(ground.style, line.style);
  assert.equal(scene.label(1), "storage tank 0.83, only here");
});
