// Numbers of slices, computed by hand as the get_slice_bboxes of SAHI does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { regionCount } from "../../../Console/detect-slices.js";

const slicing = { isEnabled: true, width: 640, height: 640, overlap: 0.2, hasFullImage: false };

test("slices are counted as the service cuts them", () => {
  const table = [
    [640, 640, 1], [641, 640, 2], [1152, 640, 2], [1153, 640, 3], [1249, 1035, 6], [2560, 2560, 25], [8192, 8192, 256],
    [64, 64, 1],
  ];
  for (const [width, height, slices] of table) {
    assert.equal(regionCount({ width, height }, slicing), slices, `${width}x${height}`);
  }
});

test("the whole picture is one region more, but not beside a single slice", () => {
  assert.equal(regionCount({ width: 1249, height: 1035 }, { ...slicing, hasFullImage: true }), 7);
  assert.equal(regionCount({ width: 640, height: 640 }, { ...slicing, hasFullImage: true }), 1);
});

test("without slicing the model looks once", () => {
  assert.equal(regionCount({ width: 8192, height: 8192 }, { ...slicing, isEnabled: false }), 1);
});
