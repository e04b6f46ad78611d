import assert from "node:assert/strict";
import { test } from "node:test";
import {
  agreementText, changeText, modelName, noteOf, pictureText, worstFirst,
} from "../../../Console/comparison-numbers.js";

/** @param {number} number @param {number} onlyBase @param {number} onlyCandidate @param {number} matched */
function picture(number, onlyBase, onlyCandidate, matched) {
  const all = 2 * matched + onlyBase + onlyCandidate;
  return {
    number, file_id: `img_${number}`, filename: `${number}.jpg`, base_annotated_url: null, candidate_annotated_url: null,
    figures: {
      base_boxes: matched + onlyBase, candidate_boxes: matched + onlyCandidate, matched, only_base: onlyBase,
      only_candidate: onlyCandidate, agreement: all === 0 ? 1 : (2 * matched) / all, mean_iou: null,
      mean_confidence_change: null,
    },
  };
}

test("a picture that failed comes first, then those that agree least, then those with most differences", () => {
  const failed = {
    ...picture(5, 0, 0, 0), figures: undefined,
    failure: { side: /** @type {const} */ ("base"), code: "CORRUPTED_FILE", message: "It ends too early" },
  };
  const list = [picture(1, 0, 0, 9), picture(2, 1, 1, 1), picture(3, 2, 2, 2), picture(4, 5, 0, 0), failed];
  assert.deepEqual(worstFirst(list).map((it) => it.number), [5, 4, 3, 2, 1]);
  assert.deepEqual(list.map((it) => it.number), [1, 2, 3, 4, 5]);
  assert.equal(pictureText(failed), "failed in the base");
  assert.equal(pictureText(list[0]), "no differences");
  assert.equal(pictureText(list[1]), "2 differences");
});

test("what is not all of it does not look so", () => {
  assert.equal(agreementText(1), "100 %");
  assert.equal(agreementText(0.9999), "99.9 %");
  assert.equal(agreementText(0.994), "99 %");
  assert.equal(agreementText(0), "0 %");
});

test("a change has its sign, and none where it is nothing", () => {
  assert.equal(changeText(0.0214), "+0.021");
  assert.equal(changeText(-0.0214), "−0.021");
  assert.equal(changeText(-0.0001), "0.000");
  assert.equal(changeText(null), "–");
});

test("a model has its version where it has one", () => {
  assert.equal(modelName({ name: "harbour", version: 3 }), "harbour@3");
  assert.equal(modelName({ name: "tree-crowns" }), "tree-crowns");
});

test("a box without a partner says so, and what is there instead", () => {
  assert.equal(noteOf(undefined), "only here");
  assert.equal(noteOf({ class_name: "storage_tank" }), "other side: storage tank");
});
