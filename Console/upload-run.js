import { api, APIFailure, randomKey } from "./api.js";
import { toast } from "./dialog.js";
import { count } from "./format.js";
import { batchesOf, sentOfEach, TransferRate } from "./upload-batches.js";
import { selection } from "./upload-selection.js";
import { isReadable, sendFiles } from "./upload-send.js";

/** @typedef {import("./upload-selection.js").ChosenFile} ChosenFile */
/** @typedef {import("./upload-selection.js").Upload} Upload */
/** @typedef {{ files: ChosenFile[], upload: Upload | null }} Batch what goes into one job; null: not sent yet */
/** @typedef {{ config: Record<string, unknown>, priority?: string }} JobSettings */

/**
 * @param {readonly ChosenFile[]} files
 * @returns {Batch[]}
 */
export function plannedBatches(files) {
  /** @type {Map<Upload, ChosenFile[]>} */
  const kept = new Map();
  for (const file of files) {
    if (file.state !== "sent" || !file.kept) continue;
    const { upload } = file.kept;
    kept.set(upload, [...kept.get(upload) ?? [], file]);
  }
  const unsent = files.filter((file) => file.state === "ready" || file.state === "failed");
  return [
    ...[...kept].map(([upload, some]) => ({ files: some, upload })),
    ...batchesOf(unsent).map((some) => ({ files: some, upload: null })),
  ];
}

/**
 * Sends what was chosen and starts jobs over it: one upload and one job a batch, one after the other. Dispatches
 * "change", and at its end "ended", which a page that is shown answers by `preventDefault`.
 */
export class UploadRun extends EventTarget {
  /** @type {"idle" | "sending" | "checking" | "starting"} */
  phase = "idle";
  batchNumber = 0;
  batchCount = 0;
  sentBytes = 0;
  totalBytes = 0;
  rate = new TransferRate();
  /**
   * What ended the last run too early.
   * @type {unknown}
   */
  failure = null;
  /**
   * What was refused in the last run, and why.
   * @type {{ name: string, error: string }[]}
   */
  refused = [];
  /**
   * Of the refusal, for the operator's log.
   * @type {string | null}
   */
  requestID = null;
  wasCancelled = false;
  /**
   * Jobs of the last run.
   * @type {string[]}
   */
  jobs = [];

  #cancelling = new AbortController();

  get isRunning() {
    return this.phase !== "idle";
  }

  /** @param {JobSettings} settings */
  async start(settings) {
    if (this.isRunning) return;
    const batches = plannedBatches(selection.files);
    if (batches.length === 0) return;
    this.#cancelling = new AbortController();
    Object.assign(this, {
      failure: null, refused: [], requestID: null, wasCancelled: false, jobs: [], batchNumber: 0,
      batchCount: batches.length, sentBytes: 0, rate: new TransferRate(),
      totalBytes: sum(batches.filter((batch) => !batch.upload).flatMap((batch) => batch.files)),
    });
    // The browser asks before it throws away what is on its way.
    window.addEventListener("beforeunload", stay);
    /** @type {ChosenFile[]} */
    const started = [];
    try {
      for (const batch of batches) {
        this.batchNumber += 1;
        if (!await this.#keep(batch)) continue;
        await this.#startJob(batch, settings);
        started.push(...batch.files);
      }
    } catch (error) {
      if (this.#cancelling.signal.aborted) this.wasCancelled = true;
      else this.failure = error;
    } finally {
      window.removeEventListener("beforeunload", stay);
      this.phase = "idle";
    }
    if (started.length > 0) selection.retire(started);
    selection.tell();
    this.#tell();
    const isUnseen = this.dispatchEvent(new Event("ended", { cancelable: true }));
    if (isUnseen) toast(this.#result, this.#isWell ? "success" : "info");
  }

  get #isWell() {
    return !this.failure && this.refused.length === 0 && !this.wasCancelled;
  }

  get #result() {
    if (this.wasCancelled) return "The upload was cancelled";
    if (!this.#isWell) return "Pictures were not taken: see Detect";
    return `${count(this.jobs.length, "job")} started with the pictures`;
  }

  cancel() {
    this.#cancelling.abort(new DOMException("Cancelled", "AbortError"));
  }

  /** What the last run said is not true any more. */
  forget() {
    if (this.isRunning) return;
    Object.assign(this, { failure: null, refused: [], requestID: null, wasCancelled: false, jobs: [] });
    this.#tell();
  }

  /**
   * Sends a batch, unless the server has it; false when the server refuses files of it.
   * @param {Batch} batch
   */
  async #keep(batch) {
    if (batch.upload) return true;
    const { files } = batch;
    const before = this.sentBytes;
    this.#enter("sending");
    mark(files, "uploading");
    try {
      const answer = await sendFiles(files.map((file) => file.file), {
        signal: this.#cancelling.signal,
        onProgress: (loaded, total) => this.#progressed(files, before, loaded, total),
      });
      const upload = { id: answer.upload_id, count: files.length };
      files.forEach((file, index) => {
        file.kept = { upload, fileID: answer.uploaded_files[index].file_id };
      });
      mark(files, "sent");
      batch.upload = upload;
      this.sentBytes = before + sum(files);
      return true;
    } catch (error) {
      const isCancelled = this.#cancelling.signal.aborted;
      mark(files, isCancelled ? "ready" : "failed");
      this.sentBytes = before;
      if (isCancelled) throw error;
      const refused = await refusals(files, error);
      if (refused.size === 0) throw error;
      this.requestID = error instanceof APIFailure ? error.requestID : null;
      this.#refuse(files, refused);
      return false;
    }
  }

  /** @param {ChosenFile[]} files @param {number} before @param {number} loaded @param {number} total */
  #progressed(files, before, loaded, total) {
    const sent = sentOfEach(files.map((file) => file.size), loaded, total);
    files.forEach((file, index) => {
      if (file.sentBytes === sent[index]) return;
      file.sentBytes = sent[index];
      selection.changed(file);
    });
    this.sentBytes = before + sent.reduce((all, bytes) => all + bytes, 0);
    this.rate.add(this.sentBytes, performance.now());
    // The server reads each picture's header before it answers.
    this.#enter(loaded >= total ? "checking" : "sending");
  }

  /** @param {ChosenFile[]} files @param {Map<ChosenFile, { code: string, error: string }>} faults */
  #refuse(files, faults) {
    mark(files, "ready");
    for (const [file, fault] of faults) {
      file.fault = fault;
      file.state = "refused";
      this.refused.push({ name: file.name, error: fault.error });
    }
    // They are not sent again in this run.
    this.totalBytes -= sum(files);
    this.#tell();
  }

  /** @param {Batch} batch @param {JobSettings} settings */
  async #startJob(batch, settings) {
    const upload = /** @type {Upload} */ (batch.upload);
    this.#enter("starting");
    const isWhole = batch.files.length === upload.count;
    const fileIDs = isWhole ? {} : { file_ids: batch.files.map((file) => file.kept?.fileID) };
    const request = { upload_id: upload.id, ...fileIDs, ...settings };
    const body = JSON.stringify(request);
    // Sent again after a failure it starts one job; with other settings it is another request.
    if (upload.body !== body) Object.assign(upload, { body, key: randomKey() });
    try {
      const job = await api.post("/api/v1/inference/predict", request, {
        headers: { "Idempotency-Key": upload.key ?? "" }, mayRepeat: true, signal: this.#cancelling.signal,
      });
      this.jobs.push(job.job_id);
      upload.body = undefined;
    } catch (error) {
      if (error instanceof APIFailure && ["UPLOAD_NOT_FOUND", "FILE_NOT_FOUND"].includes(error.code)) {
        // Expired, or deleted by somebody: they have to be sent again.
        for (const file of batch.files) file.kept = null;
        mark(batch.files, "failed");
      }
      throw error;
    }
  }

  /** @param {"sending" | "checking" | "starting"} phase */
  #enter(phase) {
    this.phase = phase;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

export const run = new UploadRun();

/** @param {BeforeUnloadEvent} event */
function stay(event) {
  event.preventDefault();
}

/** @param {readonly ChosenFile[]} files */
function sum(files) {
  return files.reduce((total, file) => total + file.size, 0);
}

/** @param {ChosenFile[]} files @param {import("./upload-selection.js").FileState} state */
function mark(files, state) {
  for (const file of files) {
    file.state = state;
    file.sentBytes = state === "sent" ? file.size : 0;
    selection.changed(file);
  }
}

/**
 * Which files are at fault, and why: those that the server names, or that the browser cannot read any more.
 * @param {ChosenFile[]} files
 * @param {unknown} error
 * @returns {Promise<Map<ChosenFile, { code: string, error: string }>>}
 */
async function refusals(files, error) {
  /** @type {Map<ChosenFile, { code: string, error: string }>} */
  const refused = new Map();
  if (!(error instanceof APIFailure)) return refused;
  for (const { index, filename, code, error: text } of error.entries) {
    const file = index === undefined ? files.find(({ name }) => name === filename) : files[index];
    if (file) refused.set(file, { code, error: text });
  }
  if (error.status !== 0) return refused;
  for (const file of files) {
    if (await isReadable(file.file)) continue;
    refused.set(file, {
      code: "UNREADABLE", error: "The file was changed, moved or deleted after it was chosen; choose it again",
    });
  }
  return refused;
}
