import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { remembered } from "../../../Console/settings.js";

/** @type {Map<string, string>} */
let kept;

beforeEach(() => {
  kept = new Map();
  globalThis.localStorage = /** @type {any} */ ({
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
    removeItem: (/** @type {string} */ key) => void kept.delete(key),
  });
});

const isFraction = (/** @type {any} */ value) => typeof value === "number" && value >= 0 && value <= 1;

test("a setting is remembered until it is forgotten", () => {
  const setting = remembered("confidence", 0.25, isFraction);
  assert.equal(setting.get(), 0.25);
  setting.set(0.5);
  assert.equal(remembered("confidence", 0.25, isFraction).get(), 0.5);
  setting.forget();
  assert.equal(setting.get(), 0.25);
});

test("what another version or another hand has left there is not taken", () => {
  const setting = remembered("confidence", 0.25, isFraction);
  for (const text of ["2", '"0.5"', "{", "null", ""]) {
    kept.set("harrier.confidence", text);
    assert.equal(setting.get(), 0.25, text);
  }
});

test("a browser that keeps nothing is no error", () => {
  globalThis.localStorage = /** @type {any} */ ({
    getItem() { throw new Error("denied"); },
    setItem() { throw new Error("full"); },
    removeItem() { throw new Error("denied"); },
  });
  const setting = remembered("confidence", 0.25, isFraction);
  setting.set(0.5);
  setting.forget();
  assert.equal(setting.get(), 0.25);
});
