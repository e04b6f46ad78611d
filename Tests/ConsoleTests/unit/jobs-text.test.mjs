import assert from "node:assert/strict";
import { test } from "node:test";
import {
  allowedActions, classSummary, kindText, pastedJobID, pictureText, stageText, timeLeft, timeTaken,
} from "../../../Console/jobs-text.js";

test("only what the server takes is offered", () => {
  assert.deepEqual(allowedActions({ status: "queued" }), { cancel: true, retry: false, delete: false });
  assert.deepEqual(allowedActions({ status: "processing" }), { cancel: true, retry: false, delete: false });
  assert.deepEqual(allowedActions({ status: "completed" }), { cancel: false, retry: false, delete: true });
  assert.deepEqual(allowedActions({ status: "failed" }), { cancel: false, retry: true, delete: true });
  assert.deepEqual(allowedActions({ status: "cancelled" }), { cancel: false, retry: true, delete: true });
});

test("what sets a job apart is told, and nothing of jobs like most", () => {
  assert.equal(kindText({ priority: "normal" }), "");
  assert.equal(kindText({ priority: "high" }), "high priority");
  const comparison = { job_id: "job_x", shadow: false };
  assert.equal(kindText({ priority: "normal", comparison }), "comparison");
  assert.equal(kindText({ priority: "low", comparison }), "comparison, low priority");
  assert.equal(kindText({ priority: "low", comparison: { ...comparison, shadow: true } }), "shadow");
});

test("the time that is left is told coarsely, and only while there is one", () => {
  const now = Date.parse("2026-02-02T12:00:00Z");
  /** @param {number} seconds @param {string} [status] */
  const left = (seconds, status = "processing") => timeLeft(
    { status, progress: { estimated_completion: new Date(now + seconds * 1000).toISOString() } }, now);
  assert.equal(left(-5), "any moment");
  assert.equal(left(-61), "longer than thought");
  assert.equal(left(7.2), "about 8 s");
  assert.equal(left(58), "about 1 min");
  assert.equal(left(121), "about 2 min 15 s");
  assert.equal(left(3000), "about 50 min");
  assert.equal(left(30, "completed"), "");
  assert.equal(timeLeft({ status: "queued" }, now), "");
});

test("the time that was taken is the summary's, else from its begin to its end", () => {
  assert.equal(timeTaken({ status: "completed", summary: { processing_time_seconds: 75.5 } }), "1 min 16 s");
  assert.equal(
    timeTaken({ status: "failed", started_at: "2026-02-02T12:00:00Z", failed_at: "2026-02-02T12:00:05Z" }), "5.0 s");
  assert.equal(timeTaken({ status: "cancelled", cancelled_at: "2026-02-02T12:00:05Z" }), "");
});

test("classes are summed up, the most frequent first", () => {
  assert.equal(classSummary({ ship: 3, plane: 12 }), "12 plane, 3 ship");
  assert.equal(
    classSummary({ plane: 12, ship: 3, harbor: 2, storage_tank: 1, bridge: 1 }),
    "12 plane, 3 ship, 2 harbor, 2 in 2 other classes");
  assert.equal(classSummary(undefined), "");
});

test("a line says where a job is, or why it failed", () => {
  assert.equal(stageText({ status: "processing", progress: { current_stage: "Decoding a.jpg" } }), "Decoding a.jpg");
  assert.equal(stageText({ status: "failed", error: { message: "The disk is full" } }), "The disk is full");
  assert.equal(stageText({ status: "completed", summary: { detections_by_class: {} } }), "Nothing was found");
  assert.equal(stageText({ status: "cancelled" }), "Stopped before it began");
  assert.equal(
    stageText({ status: "cancelled", started_at: "2026-02-02T12:00:00Z" }), "Stopped before it was done");
  assert.equal(pictureText({ status: "processing", progress: { total_images: 2, processed_images: 1 } }), "1 of 2");
  assert.equal(pictureText({ status: "completed", progress: { total_images: 2, processed_images: 2 } }), "2");
});

test("a job is found by its id and by any address that names it", () => {
  const id = "job_01kgfsebx0m4t7c2ynh8dk9r5q";
  for (const text of [id, ` ${id}\n`, `http://h:8000/#/jobs/${id}?file=img_1`, `/api/v1/jobs/${id}/status`]) {
    assert.equal(pastedJobID(text), id, text);
  }
  for (const text of ["", "job_", "job_short", "img_01kgfsebx0m4t7c2ynh8dk9r5q", `${id}x${id}`]) {
    assert.equal(pastedJobID(text), null, text);
  }
});
