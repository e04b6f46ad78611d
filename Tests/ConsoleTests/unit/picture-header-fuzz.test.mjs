import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PictureFault, readPictureHeader } from "../../../Console/picture-header.js";

const folder = new URL("../../Fixtures/images/", import.meta.url);
const { images, refused } = JSON.parse(readFileSync(new URL("manifest.json", folder), "utf8"));

/** @param {Uint8Array} bytes */
function source(bytes) {
  return {
    size: bytes.length,
    read: async (/** @type {number} */ offset, /** @type {number} */ length) => bytes.subarray(offset, offset + length),
  };
}

/** @param {string} name */
const file = (name) => new Uint8Array(readFileSync(new URL(name, folder)));

for (const { file: name, reason } of refused) {
  test(`${name} is refused: ${reason}`, () =>
    assert.rejects(readPictureHeader(source(file(name))), { name: "PictureFault", code: "INVALID_FORMAT" }));
}

test("bytes that were changed at random end in an answer or a fault", async () => {
  // xorshift, so that a failure comes again.
  let state = 20260202;
  const dice = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (const { file: name } of images) {
    const whole = file(name);
    for (let round = 0; round < 40; round += 1) {
      const bytes = whole.slice();
      for (let change = 0; change < 6; change += 1) bytes[dice() % Math.min(bytes.length, 400)] = dice() & 255;
      try {
        await readPictureHeader(source(bytes));
      } catch (error) {
        assert.ok(error instanceof PictureFault, `${name}, round ${round}: ${error}`);
      }
    }
  }
});
