import assert from "node:assert/strict";
import { test } from "node:test";
import { currentRoute, replaceQuery } from "../../../Console/router.js";

/** @param {string} hash */
function routeAt(hash) {
  globalThis.location = /** @type {any} */ ({ hash });
  return currentRoute();
}

test("a fragment is a path and a query", () => {
  const route = routeAt("#/jobs/job_1?file=img_2&class=a%20b");
  assert.deepEqual(route.path, ["jobs", "job_1"]);
  assert.equal(route.query.get("file"), "img_2");
  assert.equal(route.query.get("class"), "a b");
});

test("no fragment is the start, a broken one no error", () => {
  assert.deepEqual(routeAt("").path, []);
  assert.deepEqual(routeAt("#/").path, []);
  assert.deepEqual(routeAt("#/jobs/%E0%A4%A").path, ["jobs", "%E0%A4%A"]);
});

test("a query changes in place and keeps what it is not told of", () => {
  routeAt("#/jobs/job_1?file=img_2");
  let address = "";
  globalThis.history = /** @type {any} */ ({
    replaceState: (/** @type {any} */ _state, /** @type {any} */ _title, /** @type {string} */ url) => {
      address = url;
    },
  });
  replaceQuery({ class: "storage tank" });
  assert.equal(address, "#/jobs/job_1?file=img_2&class=storage+tank");
  replaceQuery({ file: null });
  assert.equal(address, "#/jobs/job_1");
});
