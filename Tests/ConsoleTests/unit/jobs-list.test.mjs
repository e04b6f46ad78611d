import assert from "node:assert/strict";
import { test } from "node:test";
import { JobList } from "../../../Console/jobs-list.js";

/** @param {number} number @param {string} [status] @param {Record<string, any>} [more] */
function job(number, status = "completed", more = {}) {
  return {
    job_id: id(number), upload_id: `upl_${number}`, status, updated_at: "2026-02-02T12:00:00.000Z", ...more,
  };
}

/** @param {number} number */
function id(number) {
  return `job_${String(number).padStart(26, "0")}`;
}

/** @param {number[]} numbers @param {string | null} [filter] @param {string | null} [cursor] */
function list(numbers, filter = null, cursor = null) {
  const made = new JobList(filter);
  made.append({ jobs: numbers.map((number) => job(number, filter ?? "completed")), next_cursor: cursor });
  return made;
}

/** @param {JobList} list */
function shown(list) {
  return list.shown.map((one) => Number(one.slice(4)));
}

const later = { updated_at: "2026-02-02T12:00:01.000Z" };

test("jobs are newest first, in whatever order they come", () => {
  const jobs = list([]);
  for (const number of [5, 9, 1, 7]) assert.equal(jobs.apply(job(number)), "added");
  assert.deepEqual(shown(jobs), [9, 7, 5, 1]);
});

test("a change that comes late changes nothing", () => {
  const jobs = list([]);
  jobs.apply(job(1, "processing", later));
  assert.equal(jobs.apply(job(1, "queued")), "ignored");
  assert.equal(jobs.get(id(1)).status, "processing");
  jobs.apply(job(1, "completed", later));
  // Clocks of several servers: an end is an end.
  assert.equal(jobs.apply(job(1, "processing", { updated_at: "2026-02-02T12:00:09.000Z" })), "ignored");
  assert.equal(jobs.get(id(1)).status, "completed");
});

test("jobs of pages that are not loaded wait for their page", () => {
  const jobs = list([9, 8, 7], null, id(7));
  assert.equal(jobs.apply(job(3)), "ignored");
  assert.deepEqual(jobs.append({ jobs: [job(6), job(3)], next_cursor: null }), [id(6), id(3)]);
  assert.equal(jobs.apply(job(1)), "added");
  assert.deepEqual(shown(jobs), [9, 8, 7, 6, 3, 1]);
});

test("nothing is shown before the first page", () => {
  const jobs = new JobList();
  assert.equal(jobs.apply(job(4)), "ignored");
  assert.deepEqual(shown(jobs), []);
});

test("a page that repeats a job does not show it twice", () => {
  const jobs = list([9, 8], null, id(8));
  assert.deepEqual(jobs.append({ jobs: [job(8), job(7)], next_cursor: null }), [id(7)]);
  assert.deepEqual(shown(jobs), [9, 8, 7]);
});

test("new jobs are held back until they are released, and change meanwhile", () => {
  const jobs = list([1]);
  assert.equal(jobs.apply(job(3, "queued"), { hold: true }), "held");
  assert.equal(jobs.apply(job(2, "queued"), { hold: true }), "held");
  assert.equal(jobs.apply(job(3, "processing", later), { hold: true }), "updated");
  assert.deepEqual([shown(jobs), jobs.heldCount], [[1], 2]);
  assert.deepEqual(jobs.release(), [id(2), id(3)]);
  assert.deepEqual([shown(jobs), jobs.heldCount], [[3, 2, 1], 0]);
  assert.equal(jobs.get(id(3)).status, "processing");
});

test("under a filter a job that leaves is marked, comes back, or is swept", () => {
  const jobs = list([3, 2], "processing");
  assert.equal(jobs.apply(job(4, "queued")), "ignored");
  assert.equal(jobs.apply(job(4, "processing", later)), "added");
  jobs.apply(job(3, "completed", later), { now: 1000 });
  jobs.apply(job(2, "queued", later), { now: 2000 });
  assert.deepEqual([jobs.mark(id(3)), jobs.mark(id(2)), jobs.mark(id(4))], ["left", "left", null]);
  assert.deepEqual(shown(jobs), [4, 3, 2], "nothing vanishes by itself");
  jobs.apply(job(2, "processing", { updated_at: "2026-02-02T12:00:02.000Z" }));
  assert.equal(jobs.mark(id(2)), null);
  assert.deepEqual(jobs.sweep(999), []);
  assert.deepEqual(jobs.sweep(5000), [id(3)]);
  assert.deepEqual(shown(jobs), [4, 2]);
});

test("a held job that leaves the filter is forgotten", () => {
  const jobs = list([], "queued");
  jobs.apply(job(1, "queued"), { hold: true });
  jobs.apply(job(1, "processing", later));
  assert.deepEqual([jobs.heldCount, jobs.get(id(1))], [0, undefined]);
});

test("a list that is read again tells of new, changed and missing jobs", () => {
  const jobs = list([9, 8, 7, 6, 5], null, id(5));
  const before = new Set(jobs.known);
  jobs.apply(job(11));
  const { changes, missing } = jobs.renew(
    [job(10), job(9, "failed", later), job(7)], { isWhole: false, before, hold: false });
  assert.deepEqual([...changes], [[id(10), "added"], [id(9), "updated"], [id(7), "updated"]]);
  // 11 came after the question was sent; 6 and 5 are below what was read.
  assert.deepEqual(missing, [id(8)]);
  jobs.markGone(id(8), 0);
  assert.equal(jobs.mark(id(8)), "gone");
  assert.deepEqual(jobs.renew([job(9), job(7)], { isWhole: false, before, hold: false }).missing, []);
  assert.deepEqual(jobs.sweep(1), [id(8)]);
});

test("a whole list misses all that it does not have", () => {
  const jobs = list([3, 2, 1]);
  const before = new Set(jobs.known);
  assert.deepEqual(jobs.renew([], { isWhole: true, before, hold: false }).missing, [id(3), id(2), id(1)]);
});

test("a gap is seen when so many jobs are new that none is known", () => {
  const jobs = list([5, 4]);
  assert.equal(jobs.hasGap([job(9), job(6)]), true);
  assert.equal(jobs.hasGap([job(9), job(5)]), false);
  assert.equal(jobs.hasGap([job(9), job(3)]), false);
  assert.equal(list([]).hasGap([job(9)]), false);
  jobs.apply(job(7), { hold: true });
  assert.equal(jobs.hasGap([job(9), job(6)]), false, "held ones are known");
});

test("jobs below an id that may change are named", () => {
  const jobs = list([]);
  for (const [number, state] of /** @type {[number, string][]} */ (
    [[5, "queued"], [4, "completed"], [3, "processing"], [2, "queued"], [1, "failed"]])) {
    jobs.apply(job(number, state));
  }
  assert.deepEqual(jobs.activeBelow(id(5)), [id(3), id(2)]);
});

test("jobs are found by parts of their id and of their upload's", () => {
  const jobs = list([]);
  jobs.apply({ ...job(12), upload_id: "upl_abc" });
  jobs.apply(job(7));
  assert.deepEqual(jobs.matching(" ABC "), [id(12)]);
  assert.deepEqual(jobs.matching(id(7).slice(-6)), [id(7)]);
  assert.deepEqual(jobs.matching(""), [id(12), id(7)]);
  assert.deepEqual(jobs.ofUpload("upl_abc"), [id(12)]);
});

test("ten thousand jobs are kept in order, however they come", () => {
  const seed = Date.now() % 100_000;
  let state = seed;
  const jobs = list([]);
  const expected = new Set();
  for (let count = 0; count < 10_000; count += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const number = state % 15_000;
    expected.add(number);
    jobs.apply(job(number));
    if (count % 7 === 0 && jobs.shown.length > 3) {
      const some = jobs.shown[state % jobs.shown.length];
      expected.delete(Number(some.slice(4)));
      jobs.remove(some);
    }
  }
  assert.deepEqual(shown(jobs), [...expected].sort((a, b) => b - a), `seed ${seed}`);
});
