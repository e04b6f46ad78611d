import { api, APIFailure } from "./api.js";

/**
 * A model as `GET /api/v1/models` has it; one of the operator's folder has no versions.
 * @typedef {{ name: string, version?: number, task?: string, classes: string[], class_map?: Record<string, string>,
 *   defaults?: { confidence_threshold: number, class_thresholds: Record<string, number> },
 *   input_size: [number, number], size_bytes: number, sha256: string, default: boolean, versions?: number[],
 *   aliases?: Record<string, number>, format?: string, created_at?: string, created_by?: string }} Model
 *
 * @typedef {{ number: number, from: number | null, to: number | null, moved_at: string, moved_by?: string,
 *   undoes?: number }} AliasMove
 */

/** Asked for at once; the folder's come with the first page. */
const pageSize = 1000;
/** More than anybody chooses from. */
const maxPages = 5;

/**
 * All models, by name.
 * @param {AbortSignal} signal
 * @returns {Promise<Model[]>}
 */
export async function readModels(signal) {
  /** @type {Model[]} */
  const all = [];
  let cursor = "";
  for (let page = 0; page < maxPages; page += 1) {
    const { models, next_cursor: next } = await api.get(`/api/v1/models?limit=${pageSize}${cursor}`, { signal });
    all.push(...models);
    if (!next) break;
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
  return all.sort((one, other) => one.name.localeCompare(other.name));
}

/**
 * null for what is not there.
 * @param {string} path
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export async function readIfThere(path, signal) {
  try {
    return await api.get(path, { signal });
  } catch (error) {
    if (error instanceof APIFailure && error.status === 404) return null;
    throw error;
  }
}

/**
 * Whether who is signed in may change models.
 * @param {import("./session.js").Session | null} session
 */
export function isAdmin(session) {
  return session?.scopes.includes("admin") ?? false;
}

/**
 * The address of a registered model in the interface, or of a part of it.
 * @param {string} name
 * @param {string} [part]
 */
export function modelPath(name, part = "") {
  return `/api/v1/models/${encodeURIComponent(name)}${part}`;
}

/**
 * The aliases that are at a version, by name.
 * @param {Model} model
 * @param {number} version
 */
export function aliasesAt({ aliases = {} }, version) {
  return Object.keys(aliases).filter((alias) => aliases[alias] === version).sort();
}

/**
 * Where a rollback takes an alias, as the service finds it: back over the newest move that stands. A rollback after a
 * rollback goes further back, and versions that are gone are passed over. null when there is nowhere to go.
 * @param {readonly AliasMove[]} moves newest first
 * @param {readonly number[]} versions that there are
 * @returns {number | null}
 */
export function rollbackTarget(moves, versions) {
  const current = moves[0]?.to ?? null;
  if (current === null) return null;
  /** @type {AliasMove[]} */
  let standing = [];
  for (const move of [...moves].reverse()) {
    const { undoes } = move;
    if (undoes === undefined) standing.push(move);
    else standing = standing.filter((it) => it.number < undoes);
  }
  const target = standing.reverse().find(({ from }) =>
    from !== null && from !== current && versions.includes(from));
  return target?.from ?? null;
}

/**
 * What can be chosen where a model is asked for: each model of the folder by its name; of a registered one its aliases
 * and its versions, the newest first.
 * @param {readonly Model[]} models
 * @returns {{ label: string, choices: { value: string, text: string, name: string, version: number | null }[] }[]}
 */
export function modelChoices(models) {
  return models.map((model) => {
    const { name, versions, aliases = {} } = model;
    if (!versions) {
      return { label: "Folder", choices: [{ value: name, text: name, name, version: null }] };
    }
    const named = Object.entries(aliases).sort(([one], [other]) => one.localeCompare(other))
      .map(([alias, version]) => ({
        value: `${name}@${alias}`, text: `${name}@${alias} (version ${version})`, name, version,
      }));
    const numbered = [...versions].sort((one, other) => other - one)
      .map((version) => ({ value: `${name}@${version}`, text: `${name}@${version}`, name, version }));
    return { label: name, choices: [...named, ...numbered] };
  });
}
