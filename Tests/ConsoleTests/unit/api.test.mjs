import assert from "node:assert/strict";
import { test } from "node:test";
import { APIFailure, failureOf } from "../../../Console/api.js";

const nothing = () => null;

test("a failure has what the contract's envelope says", () => {
  const failure = failureOf(400, JSON.stringify({
    status: "error", message: "Invalid configuration", error_code: "INVALID_CONFIG",
    errors: [{ field: "config.iou_threshold", code: "OUT_OF_RANGE", error: "Must be between 0.0 and 1.0" }],
    error: { code: "INVALID_CONFIG", message: "Invalid configuration", details: "See errors", request_id: "req_1" },
  }), nothing);
  assert.equal(failure.message, "Invalid configuration");
  assert.equal(failure.code, "INVALID_CONFIG");
  assert.equal(failure.details, "See errors");
  assert.equal(failure.requestID, "req_1");
  assert.deepEqual(failure.entries.map((entry) => entry.field), ["config.iou_threshold"]);
  assert.equal(failure.isPassing, false);
});

test("what a proxy answers in its own words is a failure too", () => {
  const headers = { "X-Request-Id": "req_2", "Retry-After": "7" };
  const failure = failureOf(502, "<html>Bad gateway</html>", (name) => headers[name] ?? null);
  assert.equal(failure.status, 502);
  assert.equal(failure.requestID, "req_2");
  assert.equal(failure.retryAfter, 7);
  assert.equal(failure.isPassing, true);
  assert.deepEqual(failure.entries, []);
});

test("an answer without Retry-After asks for no wait", () => {
  assert.equal(failureOf(503, "", nothing).retryAfter, null);
});

test("no answer at all passes, a refusal does not", () => {
  const parts = { code: "X", message: "x" };
  assert.equal(new APIFailure({ ...parts, status: 0 }).isPassing, true);
  for (const status of [400, 401, 403, 404, 409, 413, 500]) {
    assert.equal(new APIFailure({ ...parts, status }).isPassing, false, String(status));
  }
});
