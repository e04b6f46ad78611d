import assert from "node:assert/strict";
import { test } from "node:test";
import { aliasesAt, isAdmin, modelChoices, modelPath, rollbackTarget } from "../../../Console/models-reading.js";

/**
 * Moves as the service lists them, the newest first.
 * @param {...[number | null, number | null, number?]} steps oldest first
 */
function moves(...steps) {
  return steps.map(([from, to, undoes], place) => ({
    number: place + 1, from, to, moved_at: "2026-02-02T12:00:00Z", ...(undoes === undefined ? {} : { undoes }),
  })).reverse();
}

test("a rollback goes to where the newest move came from", () => {
  assert.equal(rollbackTarget(moves([null, 1], [1, 2], [2, 3]), [1, 2, 3]), 2);
});

test("a rollback after a rollback goes further back, not forth again", () => {
  assert.equal(rollbackTarget(moves([null, 1], [1, 2], [2, 3], [3, 2, 3]), [1, 2, 3]), 1);
});

test("versions that are gone are passed over", () => {
  assert.equal(rollbackTarget(moves([null, 1], [1, 2], [2, 3]), [1, 3]), 1);
});

test("there is nowhere to go where there was no version before", () => {
  assert.equal(rollbackTarget(moves([null, 1]), [1]), null);
  assert.equal(rollbackTarget(moves([null, 1], [1, 2]), [2]), null);
  assert.equal(rollbackTarget(moves([null, 1], [1, null]), [1]), null);
  assert.equal(rollbackTarget([], [1]), null);
});

const folder = {
  name: "tree-crowns", classes: ["tree"], input_size: /** @type {[number, number]} */ ([640, 640]), size_bytes: 1,
  sha256: "", default: true,
};
const registered = {
  ...folder, name: "harbour", default: false, versions: [1, 3, 2], aliases: { production: 2, candidate: 3, best: 3 },
};

test("a model of the folder is chosen by its name, a registered one by an alias or a version", () => {
  const [first, second] = modelChoices([folder, registered]);
  assert.deepEqual(first.choices, [{ value: "tree-crowns", text: "tree-crowns", name: "tree-crowns", version: null }]);
  assert.equal(second.label, "harbour");
  assert.deepEqual(second.choices.map((it) => [it.value, it.version]), [
    ["harbour@best", 3], ["harbour@candidate", 3], ["harbour@production", 2],
    ["harbour@3", 3], ["harbour@2", 2], ["harbour@1", 1],
  ]);
});

test("the aliases of a version are in order", () => {
  assert.deepEqual(aliasesAt(registered, 3), ["best", "candidate"]);
  assert.deepEqual(aliasesAt(registered, 1), []);
  assert.deepEqual(aliasesAt(folder, 1), []);
});

test("only who has the scope may change models", () => {
  const session = { authentication: /** @type {const} */ ("on"), scopes: ["read", "submit"], limits: {}, used: {} };
  assert.equal(isAdmin(session), false);
  assert.equal(isAdmin({ ...session, scopes: ["read", "admin"] }), true);
  assert.equal(isAdmin(null), false);
});

test("a reference is one part of a path", () => {
  assert.equal(modelPath("harbour@3", "/x"), "/api/v1/models/harbour%403/x");
  assert.equal(modelPath("../jobs"), "/api/v1/models/..%2Fjobs");
});
