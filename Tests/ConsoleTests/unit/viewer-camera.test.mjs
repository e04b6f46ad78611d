import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Camera } from "../../../Console/viewer-camera.js";

const picture = { width: 4000, height: 2000 };
let likesMovement = true;
Object.assign(globalThis, { matchMedia: () => ({ matches: !likesMovement }) });
beforeEach(() => {
  likesMovement = true;
});

/** @returns {{ camera: Camera, changes: () => number }} */
function cameraOn(width = 800, height = 600) {
  let changes = 0;
  const camera = new Camera(() => { changes += 1; });
  camera.resize({ width, height });
  camera.setPicture(picture, false);
  return { camera, changes: () => changes };
}

test("a picture that nobody moved stays fitted when the window changes", () => {
  const { camera } = cameraOn();
  assert.deepEqual(camera.view, { scale: 0.2, x: 2000, y: 1000 });
  camera.resize({ width: 400, height: 600 });
  assert.deepEqual(camera.view, { scale: 0.1, x: 2000, y: 1000 });
});

test("a picture that was moved keeps its scale and its middle when the window changes", () => {
  const { camera } = cameraOn();
  camera.move({ scale: 1, x: 1500, y: 900 });
  camera.resize({ width: 400, height: 300 });
  assert.deepEqual(camera.view, { scale: 1, x: 1500, y: 900 });
});

test("the view is kept for another form of the same picture only", () => {
  const { camera } = cameraOn();
  camera.move({ scale: 1, x: 1500, y: 900 });
  assert.equal(camera.setPicture({ ...picture }, true), true);
  assert.deepEqual(camera.view, { scale: 1, x: 1500, y: 900 });
  assert.equal(camera.setPicture({ width: 2000, height: 2000 }, true), false);
  assert.deepEqual(camera.view, { scale: 0.3, x: 1000, y: 1000 });
});

test("a movement ends at its goal, and says when it is over", () => {
  const { camera } = cameraOn();
  const goal = { scale: 1, x: 3000, y: 1500 };
  const began = performance.now();
  camera.moveTo(goal);
  assert.equal(camera.goal, goal);
  camera.advance(began + 100);
  assert.ok(camera.isMoving && camera.view.scale > 0.2 && camera.view.scale < 1, JSON.stringify(camera.view));
  camera.advance(began + 10_000);
  assert.deepEqual([camera.isMoving, camera.view], [false, goal]);
});

test("a hand stops a movement", () => {
  const { camera } = cameraOn();
  camera.move({ scale: 1, x: 2000, y: 1000 });
  camera.moveTo({ scale: 1, x: 3000, y: 1500 });
  camera.panBy(10, 0);
  camera.advance(performance.now() + 10_000);
  assert.deepEqual(camera.view, { scale: 1, x: 2010, y: 1000 });
});

test("who dislikes movement is there at once", () => {
  likesMovement = false;
  const { camera } = cameraOn();
  camera.moveTo({ scale: 1, x: 3000, y: 1500 });
  assert.deepEqual([camera.isMoving, camera.view], [false, { scale: 1, x: 3000, y: 1500 }]);
});

test("the actual size is exactly that", () => {
  const { camera } = cameraOn(777, 333);
  camera.move({ scale: 0.3, x: 2000, y: 1000 });
  camera.actualSize();
  assert.equal(camera.view.scale, 1);
});

test("nothing is drawn for a move to where one is", () => {
  const { camera, changes } = cameraOn();
  const before = changes();
  camera.fit();
  camera.moveTo({ ...camera.view });
  assert.equal(changes(), before);
});

test("who follows another camera moves at once, and stays fitted where that one sees all", () => {
  const { camera } = cameraOn();
  camera.follow({ scale: 1, x: 1500, y: 900 });
  assert.deepEqual(camera.view, { scale: 1, x: 1500, y: 900 });
  camera.resize({ width: 400, height: 300 });
  assert.deepEqual(camera.view, { scale: 1, x: 1500, y: 900 });
  camera.follow({ scale: 0.1, x: 2000, y: 1000 });
  camera.resize({ width: 800, height: 600 });
  assert.deepEqual(camera.view, { scale: 0.2, x: 2000, y: 1000 });
});
