// Expected texts are written by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../../Console/format.js";

/** @param {(value: any) => string} function_ @param {[any, string][]} table */
function each(function_, table) {
  for (const [value, text] of table) assert.equal(function_(value), text);
}

test("bytes are counted in powers of 1000, with two digits at least", () => {
  each(format.bytes, [
    [0, "0 bytes"], [1, "1 byte"], [999, "999 bytes"], [1000, "1.0 kB"], [1449, "1.4 kB"],
    [9949, "9.9 kB"], [9950, "10 kB"], [999_400, "999 kB"], [999_500, "1.0 MB"],
    [52_428_800, "52 MB"], [5_253_365_760, "5.3 GB"],
  ]);
});

test("a duration has one or two units and never sixty of one", () => {
  each(format.duration, [
    [0, "0.0 s"], [0.84, "0.8 s"], [9.94, "9.9 s"], [9.96, "10 s"], [59.4, "59 s"], [59.6, "1 min"],
    [61, "1 min 1 s"], [3599.4, "59 min 59 s"], [3599.6, "1 h"], [7800, "2 h 10 min"],
    [86_399, "1 d"], [273_600, "3 d 4 h"],
  ]);
});

test("a duration that is none is a dash", () => {
  each(format.duration, [[Number.NaN, "-"], [-1, "-"]]);
});

test("a count has the noun that belongs to it", () => {
  assert.equal(format.count(1, "picture"), "1 picture");
  assert.equal(format.count(0, "picture"), "0 pictures");
  assert.equal(format.count(12_345, "box", "boxes"), "12,345 boxes");
});

test("a time near now is told relative to it, one of last year by its date", () => {
  const now = new Date("2026-02-02T12:00:00Z");
  /** @param {string} time */
  const told = (time) => format.relativeTime(new Date(time), now);
  assert.equal(told("2026-02-02T11:59:55Z"), "just now");
  assert.equal(told("2026-02-02T11:59:30Z"), "30 seconds ago");
  assert.equal(told("2026-02-02T11:55:00Z"), "5 minutes ago");
  assert.equal(told("2026-02-02T12:02:00Z"), "in 2 minutes");
  assert.equal(told("2026-02-01T12:00:00Z"), "yesterday");
  assert.match(told("2025-02-02T12:00:00Z"), /Feb.*2025/);
});

test("confidence has two decimals, a class its blanks, a job the end of its id", () => {
  assert.equal(format.confidence(0.825), "0.82");
  assert.equal(format.confidence(1), "1.00");
  assert.equal(format.percent(0.834), "83 %");
  assert.equal(format.className("small_vehicle"), "small vehicle");
  assert.equal(format.shortID("job_01kgfsebx0m4t7c2ynh8dk9r5q"), "8dk9r5q".padStart(8, "h"));
});
