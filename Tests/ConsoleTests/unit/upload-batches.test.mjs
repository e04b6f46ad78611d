import assert from "node:assert/strict";
import { test } from "node:test";
import { batchesOf, maxBatchBytes, sentOfEach, TransferRate } from "../../../Console/upload-batches.js";

const files = (...sizes) => sizes.map((size, index) => ({ size, index }));

test("a hundred files make one batch, the next one begins another", () => {
  const all = files(...Array(201).fill(1));
  const batches = batchesOf(all);
  assert.deepEqual(batches.map((batch) => batch.length), [100, 100, 1]);
  assert.deepEqual(batches.flat(), all);
});

test("no batch passes the bytes of a request", () => {
  const batches = batchesOf(files(...Array(120).fill(52_428_800)));
  assert.deepEqual(batches.map((batch) => batch.length), [95, 25]);
  for (const batch of batches) {
    assert.ok(batch.reduce((sum, file) => sum + file.size, 0) <= maxBatchBytes);
  }
});

test("a file that alone passes the limit is still sent: the server says what it thinks", () => {
  assert.deepEqual(batchesOf(files(20, 5, 5), { bytes: 10 }).map((batch) => batch.length), [1, 2]);
  assert.deepEqual(batchesOf([]), []);
});

test("bytes of a request are those of its files in turn, with what stands between them left out", () => {
  // 100 and 300 bytes of files, 50 bytes before each.
  assert.deepEqual(sentOfEach([100, 300], 0, 500), [0, 0]);
  assert.deepEqual(sentOfEach([100, 300], 50, 500), [0, 0]);
  assert.deepEqual(sentOfEach([100, 300], 110, 500), [60, 0]);
  assert.deepEqual(sentOfEach([100, 300], 200, 500), [100, 0]);
  assert.deepEqual(sentOfEach([100, 300], 350, 500), [100, 150]);
  assert.deepEqual(sentOfEach([100, 300], 500, 500), [100, 300]);
  assert.deepEqual(sentOfEach([0, 10], 10, 10), [0, 10]);
  // A length that is not known is 0.
  assert.deepEqual(sentOfEach([100], 40, 0), [40]);
});

test("the rate is that of the last seconds, and says how long the rest takes", () => {
  const rate = new TransferRate();
  assert.equal(rate.bytesPerSecond, null);
  assert.equal(rate.secondsFor(100), null);
  for (let second = 0; second <= 10; second += 1) rate.add(second * 1000, second * 1000);
  assert.equal(rate.bytesPerSecond, 1000);
  assert.equal(rate.secondsFor(5000), 5);
  // Ten times as fast from here on: soon nothing of the slow time counts.
  for (let second = 11; second <= 20; second += 1) rate.add(10_000 + (second - 10) * 10_000, second * 1000);
  assert.equal(rate.bytesPerSecond, 10_000);
});

test("nothing is said of a rate when nothing moves", () => {
  const rate = new TransferRate();
  rate.add(500, 0);
  rate.add(500, 1000);
  assert.equal(rate.bytesPerSecond, 0);
  assert.equal(rate.secondsFor(100), null);
});
