import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import {
  annotatedDownload, archiveDownload, curlLines, labelsDownload, pythonLines, pythonQuoted, resultsDownload,
  shellQuoted, stem,
} from "../../../Console/job-downloads.js";

const file = { id: "img_1", name: "harbour 7.tif" };
const hostile = ["it's", "a\"b", "$(id) `id` $HOME", "back\\slash\\", "new\nline", "ünïcode 🚢 \u2028", "'; rm -rf x; '"];

test("a download names the file after the picture, or the job", () => {
  const all = { jobID: "job_1", file: null, minConfidence: null, className: null };
  assert.deepEqual(resultsDownload(all, "csv"), {
    path: "/api/v1/jobs/job_1/results?format=csv", filename: "job_1.csv",
  });
  assert.deepEqual(resultsDownload({ ...all, file, minConfidence: 0.1 + 0.2, className: "a&b" }, "coco"), {
    path: "/api/v1/jobs/job_1/results?format=coco&file_id=img_1&min_confidence=0.3&class=a%26b",
    filename: "harbour 7.coco.json",
  });
  assert.equal(labelsDownload("job_1", file).path, "/api/v1/jobs/job_1/results/img_1/labels.txt");
  assert.equal(labelsDownload("job_1", file).filename, "harbour 7.txt");
  assert.equal(archiveDownload("job_1", "voc", false).path, "/api/v1/jobs/job_1/export?format=voc&images=false");
  assert.equal(annotatedDownload("job_1", file, "jpg").filename, "harbour 7.annotated.jpg");
});

test("a file name is one that every system takes", () => {
  assert.equal(stem("a.b.jpg"), "a.b");
  assert.equal(stem("-o.jpg"), "o");
  assert.equal(stem("..\\..\\x:y?.png"), "_.._x_y_");
  assert.equal(stem("größe 7.tif"), "größe 7");
  assert.equal(stem(".jpg"), "picture");
  assert.equal(stem("x".repeat(300)).length, 120);
});

test("a shell reads what was quoted", () => {
  for (const text of hostile) {
    assert.equal(execFileSync("sh", ["-c", `printf %s ${shellQuoted(text)}`], { encoding: "utf8" }), text);
  }
});

test("Python reads what was quoted", () => {
  for (const text of hostile) {
    const script = `import sys; sys.stdout.buffer.write(${pythonQuoted(text)}.encode())`;
    assert.equal(execFileSync("python3", ["-c", script], { encoding: "utf8" }), text);
  }
});

test("the lines carry a key only where one is asked for, and never the key itself", () => {
  const download = { path: "/api/v1/x?a=1&b=2", filename: "x.json" };
  assert.equal(curlLines("http://h:8000", download, false),
    "curl --fail --silent --show-error \\\n  -o 'x.json' \\\n  'http://h:8000/api/v1/x?a=1&b=2'");
  assert.match(curlLines("http://h", download, true), /-H "Authorization: Bearer \$HARRIER_KEY" \\\n/);
  assert.doesNotMatch(pythonLines("http://h", download, false), /HARRIER_KEY|import os/);
  assert.match(pythonLines("http://h", download, true), /"Bearer " \+ os\.environ\["HARRIER_KEY"\]/);
});

test("the Python lines are a program", () => {
  const lines = pythonLines("http://h", { path: "/x", filename: "it's \"x\".json" }, true);
  execFileSync("python3", ["-c", "import sys; compile(sys.stdin.read(), 'lines', 'exec')"], { input: lines });
});
