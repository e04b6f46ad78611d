import assert from "node:assert/strict";
import { test } from "node:test";
import {
  canvasSize, fitScale, fittingView, levelCount, levelFor, limitedView, pictureAt, revealingView, seenBounds, stageAt,
  tilesIn, viewBetween, zoomedView,
} from "../../../Console/viewer-geometry.js";

const picture = { width: 4000, height: 2000 };
const stage = { width: 800, height: 600 };

test("a picture is fitted by its longer way, and a small one is not blown up without end", () => {
  assert.equal(fitScale(picture, stage), 0.2);
  assert.equal(fitScale({ width: 1000, height: 3000 }, stage), 0.2);
  assert.equal(fitScale({ width: 64, height: 64 }, stage), 8);
  assert.deepEqual(fittingView(picture, stage), { scale: 0.2, x: 2000, y: 1000 });
});

test("a stage that has no size yet gives numbers all the same", () => {
  assert.equal(fitScale(picture, { width: 0, height: 0 }), 1);
  assert.equal(fitScale({ width: 0, height: 0 }, stage), 1);
});

test("points of the stage and of the picture belong together", () => {
  const view = { scale: 2, x: 100, y: 50 };
  // The middle of the stage is (400, 300); 20 CSS pixels are 10 of the picture.
  assert.deepEqual(pictureAt(view, { x: 420, y: 300 }, stage), { x: 110, y: 50 });
  assert.deepEqual(stageAt(view, { x: 110, y: 50 }, stage), { x: 420, y: 300 });
  assert.deepEqual(seenBounds(view, stage), { left: -100, top: -100, right: 300, bottom: 200 });
});

test("a view does not leave the picture by more than a strip", () => {
  // At scale 1 the stage shows 800 x 600; the centre may be 400 from the edge, less 48.
  assert.deepEqual(limitedView({ scale: 1, x: -900, y: 99999 }, picture, stage), { scale: 1, x: 352, y: 1748 });
});

test("a picture that is smaller than the stage stays in its middle", () => {
  const view = limitedView({ scale: 0.25, x: 0, y: 0 }, picture, stage);
  // 4000 x 0.25 = 1000 is wider than the stage; 2000 x 0.25 = 500 is not as high.
  assert.equal(view.y, 1000);
  assert.equal(view.x, 400 / 0.25 - 48 / 0.25);
});

test("scales end at all of the picture and at 32", () => {
  assert.equal(limitedView({ scale: 0.001, x: 0, y: 0 }, picture, stage).scale, 0.2);
  assert.equal(limitedView({ scale: 1000, x: 0, y: 0 }, picture, stage).scale, 32);
  // A picture smaller than the stage may be seen at its own size.
  assert.equal(limitedView({ scale: 0.1, x: 0, y: 0 }, { width: 100, height: 100 }, stage).scale, 1);
});

test("a zoom leaves the point under the cursor where it is", () => {
  const view = { scale: 1, x: 2000, y: 1000 };
  const at = { x: 650, y: 120 };
  const under = pictureAt(view, at, stage);
  const zoomed = zoomedView(view, 1.7, at, picture, stage);
  assert.equal(zoomed.scale, 1.7);
  const after = stageAt(zoomed, under, stage);
  assert.ok(Math.hypot(after.x - at.x, after.y - at.y) < 1e-9, JSON.stringify(after));
});

test("a zoom beyond the end is no movement", () => {
  const view = { scale: 32, x: 2000, y: 1000 };
  assert.deepEqual(zoomedView(view, 2, { x: 10, y: 10 }, picture, stage), view);
});

test("a box that is seen well is not moved to", () => {
  const view = { scale: 1, x: 2000, y: 1000 };
  const box = { left: 1900, top: 900, right: 1950, bottom: 940 };
  assert.equal(revealingView(view, box, picture, stage), view);
});

test("a box elsewhere comes to the middle at the same scale", () => {
  const view = { scale: 1, x: 2000, y: 1000 };
  const box = { left: 3000, top: 1500, right: 3100, bottom: 1600 };
  assert.deepEqual(revealingView(view, box, picture, stage), { scale: 1, x: 3050, y: 1550 });
});

test("a box too small to be seen is enlarged, one larger than the stage is made smaller", () => {
  const far = { scale: 0.2, x: 2000, y: 1000 };
  const small = revealingView(far, { left: 2000, top: 1000, right: 2020, bottom: 1010 }, picture, stage);
  assert.equal(small.scale, 32 / 20);
  const near = { scale: 4, x: 2000, y: 1000 };
  const large = revealingView(near, { left: 1000, top: 600, right: 3000, bottom: 1200 }, picture, stage);
  // 70 % of the stage: 0.7 x 800 / 2000.
  assert.ok(Math.abs(large.scale - 0.28) < 1e-12);
});

test("a movement changes the scale by equal factors, slower towards its end", () => {
  const [from, to] = [{ scale: 1, x: 0, y: 0 }, { scale: 16, x: 80, y: 8 }];
  const middle = viewBetween(from, to, 0.5);
  // 1 - 0.5 ** 3 = 0.875 of the way; 16 ** 0.875 = 11.3137...
  assert.equal(middle.x, 70);
  assert.ok(Math.abs(middle.scale - 11.313708) < 1e-5);
  assert.equal(viewBetween(from, to, 1), to);
});

test("a picture has halves until one tile holds it", () => {
  assert.equal(levelCount({ width: 512, height: 300 }, 512), 1);
  assert.equal(levelCount({ width: 513, height: 300 }, 512), 2);
  assert.equal(levelCount({ width: 8192, height: 8192 }, 512), 5);
});

test("each scale has the half that has a pixel for each of the screen's", () => {
  assert.equal(levelFor(4, 5), 0);
  assert.equal(levelFor(1, 5), 0);
  assert.equal(levelFor(0.6, 5), 0);
  assert.equal(levelFor(0.5, 5), 1);
  assert.equal(levelFor(0.28, 5), 1);
  // A quarter, enlarged by 4 %: within the tenth that is not seen.
  assert.equal(levelFor(0.26, 5), 2);
  assert.equal(levelFor(0.11, 5), 3);
  assert.equal(levelFor(0.001, 5), 4);
});

test("the tiles of a part end with the picture", () => {
  const size = { width: 1300, height: 600 };
  assert.deepEqual(tilesIn({ left: -50, top: -50, right: 9999, bottom: 9999 }, size, 512),
    { firstColumn: 0, lastColumn: 2, firstRow: 0, lastRow: 1 });
  assert.deepEqual(tilesIn({ left: 512, top: 100, right: 1024, bottom: 200 }, size, 512),
    { firstColumn: 1, lastColumn: 1, firstRow: 0, lastRow: 0 });
  const beside = tilesIn({ left: 2000, top: 0, right: 2100, bottom: 10 }, size, 512);
  assert.ok(beside.lastColumn < beside.firstColumn, "no tile lies beside the picture");
});

test("no canvas is larger than browsers allow", () => {
  assert.deepEqual(canvasSize({ width: 1000, height: 500 }, 2), { width: 2000, height: 1000, ratio: 2 });
  for (const [width, height, ratio] of [[3840, 2160, 2], [9000, 100, 2], [100, 9000, 1.5]]) {
    const size = canvasSize({ width, height }, ratio);
    assert.ok(size.width * size.height <= 16_777_216, `${size.width} x ${size.height}`);
    assert.ok(Math.max(size.width, size.height) <= 8192, `${size.width} x ${size.height}`);
    assert.ok(size.ratio <= ratio);
  }
  assert.deepEqual(canvasSize({ width: 0, height: 0 }, 1), { width: 1, height: 1, ratio: 1 });
});
