import { api } from "./api.js";
import { Detections } from "./job-detections.js";

/** @typedef {import("./events.js").JobStatus} JobStatus */

/**
 * A picture of a job, as the job's `visualization` lists it.
 * @typedef {{ file_id: string, filename: string, annotated_url?: string, thumbnail_url?: string,
 *   detection_count: number, error?: { code: string, message: string } }} Picture
 *
 * What was found in one; `problem` says why nothing could be.
 * @typedef {{ width: number, height: number, seconds: number | null, slices: number | null,
 *   detections: Detections, problem: string | null }} PictureResult
 *
 * @typedef {{ name: string, version?: number, task?: string, sha256?: string }} Model
 * @typedef {{ class_name: string, count: number, average_confidence?: number }} ClassCount
 */

/** A job with no more than this is read with one request: some 5 MB. */
const maxTogether = { detections: 10_000, pictures: 200 };
/** Pictures of a larger job whose results are kept, for the way back. */
const maxKept = 12;

/** Reads the results of a completed job: all of a small one, of a large one those of the picture in hand. */
export class ResultLoader {
  /** @type {Map<string, Promise<PictureResult>>} */
  #kept = new Map();
  #lowest = 1;

  /**
   * @param {JobStatus} status
   * @param {AbortSignal} signal
   */
  constructor(status, signal) {
    this.status = status;
    this.signal = signal;
    this.jobID = status.job_id;
    /** @type {Picture[]} */
    this.pictures = [];
    /** @type {Model | null} */
    this.model = null;
    /** @type {ClassCount[]} */
    this.classCounts = [];
  }

  /** Reads the list of pictures, and the results where they are few. */
  async open() {
    const { jobID, status, signal } = this;
    const list = api.get(`/api/v1/jobs/${jobID}/visualization`, { signal });
    const isSmall = status.progress.total_images <= maxTogether.pictures
      && (status.summary?.total_detections ?? Infinity) <= maxTogether.detections;
    const whole = isSmall ? api.get(`/api/v1/jobs/${jobID}/results`, { signal }) : null;
    const [{ visualizations }, results] = await Promise.all([list, whole]);
    this.pictures = visualizations;
    for (const result of results?.results ?? []) {
      this.#kept.set(result.file_id, Promise.resolve(this.#read(result)));
    }
    this.isWhole = results !== null;
    this.model = results?.model ?? null;
    this.classCounts = results?.class_distribution ?? Object.entries(status.summary?.detections_by_class ?? {})
      .map(([name, count]) => ({ class_name: name, count }));
    this.classCounts.sort((a, b) => b.count - a.count || a.class_name.localeCompare(b.class_name));
  }

  /** Of all that has been read so far. */
  get lowestConfidence() {
    return this.#lowest;
  }

  /**
   * @param {string} fileID
   * @returns {Promise<PictureResult>}
   */
  result(fileID) {
    const known = this.#kept.get(fileID);
    if (known) {
      // Those looked at last are the last to go.
      this.#kept.delete(fileID);
      this.#kept.set(fileID, known);
      return known;
    }
    const asked = this.#ask(fileID);
    this.#kept.set(fileID, asked);
    asked.catch(() => this.#kept.delete(fileID));
    if (!this.isWhole && this.#kept.size > maxKept) {
      this.#kept.delete(/** @type {string} */ (this.#kept.keys().next().value));
    }
    return asked;
  }

  /** @param {string} fileID */
  async #ask(fileID) {
    const query = `file_id=${encodeURIComponent(fileID)}`;
    const answer = await api.get(`/api/v1/jobs/${this.jobID}/results?${query}`, { signal: this.signal });
    this.model ??= answer.model;
    return this.#read(answer.results[0]);
  }

  /** @param {any} result of the contract's `results` @returns {PictureResult} */
  #read(result) {
    const detections = new Detections(result.detections ?? []);
    const { error } = result;
    this.#lowest = Math.min(this.#lowest, detections.lowestConfidence);
    return {
      width: result.width ?? 0, height: result.height ?? 0,
      seconds: result.inference_seconds ?? null, slices: result.slices ?? null,
      detections, problem: error ? `This picture failed: ${error.message} (${error.code})` : null,
    };
  }
}

/**
 * In place of results that could not be had.
 * @param {string} problem
 * @returns {PictureResult}
 */
export function noResult(problem) {
  return { width: 0, height: 0, seconds: null, slices: null, detections: new Detections([]), problem };
}
