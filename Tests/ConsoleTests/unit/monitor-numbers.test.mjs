import assert from "node:assert/strict";
import { test } from "node:test";
import { APIFailure } from "../../../Console/api.js";
import {
  healthOf, metrics, samplesOf, spanText, tiles, warningOf,
} from "../../../Console/monitor-numbers.js";

/** @param {Record<string, any>} [changes] @returns {any} */
const dashboard = (changes) => ({
  queue_length: 3, active_workers: 2, average_inference_time_seconds: 2.132, job_completion_rate: 1.25,
  recent_jobs: { completed: 12, failed: 1, processing: 2 }, source: "service",
  history: {
    interval_seconds: 10,
    points: [
      { time: "2026-02-02T12:00:00.000Z", queue_length: 0, average_inference_time_seconds: null },
      { time: "2026-02-02T12:00:10.000Z", queue_length: 3, average_inference_time_seconds: 2.132 },
    ],
  },
  ...changes,
});

test("tiles show what the dashboard says", () => {
  const shown = Object.fromEntries(tiles(dashboard()).map(({ name, value }) => [name, value]));
  assert.deepEqual(shown, {
    queue: "3", processing: "2", workers: "2", rate: "1.3", duration: "2.1 s", completed: "12", errors: "1",
  });
});

test("what nobody has measured is no zero", () => {
  const tile = tiles(dashboard({ average_inference_time_seconds: null })).find(({ name }) => name === "duration");
  assert.equal(tile?.value, "–");
  assert.deepEqual(samplesOf(dashboard(), "average_inference_time_seconds").map(({ value }) => value), [null, 2.132]);
  assert.deepEqual(samplesOf(dashboard(), "unheard_of").map(({ value }) => value), [null, null]);
});

test("failures and missing workers are marked", () => {
  const bad = (/** @type {any} */ changes) => tiles(dashboard(changes)).filter(({ isBad }) => isBad).map(({ name }) => name);
  assert.deepEqual(bad({}), ["errors"]);
  assert.deepEqual(bad({ active_workers: 0, recent_jobs: { completed: 0, failed: 0, processing: 0 } }), ["workers"]);
});

test("jobs without a worker are told of", () => {
  assert.equal(warningOf(dashboard()), null);
  assert.equal(warningOf(dashboard({ active_workers: 0 }))?.text, "3 jobs wait until one starts.");
  assert.equal(warningOf(dashboard({ active_workers: 0, queue_length: 1 }))?.text, "1 job waits until one starts.");
  assert.equal(warningOf(dashboard({ active_workers: 0, queue_length: 0 }))?.text, "New jobs wait until one starts.");
});

test("the span of the history is that of its points", () => {
  assert.equal(spanText(dashboard()), "20 s");
  const hour = { interval_seconds: 60, points: Array.from({ length: 60 }, (_, index) => ({
    time: new Date(Date.UTC(2026, 1, 2, 12, index)).toISOString() })) };
  assert.equal(spanText(dashboard({ history: hour })), "1 h");
  assert.equal(spanText(dashboard({ history: { interval_seconds: 10, points: [] } })), "10 s");
});

test("each metric has its field in the history of the contract's dashboard", () => {
  assert.deepEqual(metrics.map(({ name }) => name).sort(), [
    "active_workers", "average_inference_time_seconds", "completed", "failed", "job_completion_rate",
    "processing", "queue_length"]);
});

test("stores that answer are named", () => {
  assert.deepEqual(healthOf({ status: "ready", database: { status: "ok" }, files: { status: "ok" } }), {
    isReady: true, message: null,
    stores: [{ name: "database", status: "ok", isGood: true }, { name: "files", status: "ok", isGood: true }],
  });
});

test("stores that do not answer are told apart from those that do", () => {
  const failure = new APIFailure({
    status: 503, code: "SERVICE_UNAVAILABLE", message: "Not ready: files",
    details: "database: ok, files: does not answer, models: ok",
    entries: [{ field: "files", code: "UNAVAILABLE", error: "does not answer" }],
  });
  const { isReady, message, stores } = healthOf(failure);
  assert.deepEqual([isReady, message], [false, "Not ready: files"]);
  assert.deepEqual(stores.map(({ name, isGood }) => [name, isGood]), [["database", true], ["files", false], ["models", true]]);
});

test("a proxy's own answer names no stores, entries alone do", () => {
  assert.deepEqual(healthOf(new APIFailure({ status: 502, code: "HTTP_502", message: "The server answered 502" })).stores, []);
  const entries = [{ field: "database", code: "UNAVAILABLE", error: "fails" }];
  assert.deepEqual(
    healthOf(new APIFailure({ status: 503, code: "SERVICE_UNAVAILABLE", message: "Not ready", entries })).stores,
    [{ name: "database", status: "fails", isGood: false }]);
});
