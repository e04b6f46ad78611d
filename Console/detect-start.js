import { APIFailure } from "./api.js";
import { failureBox } from "./dialog.js";
import { h, replace } from "./dom.js";
import { bytes, count, duration, integer, shortID } from "./format.js";
import { icon } from "./icons.js";
import { maxBatchFiles } from "./upload-batches.js";
import { plannedBatches, run } from "./upload-run.js";
import { selection } from "./upload-selection.js";

/** Refused files that the bar names; the list marks all. */
const shownFaults = 5;

/** The bar at the end of the page: what will happen, the start, how far it is, and what went wrong. */
export class StartBar {
  #news = h("div", { class: "start-news" });
  #summary = h("div", { class: "start-summary" });
  #start = h("button", { type: "button", class: "button button-primary", "data-testid": "start-job" });
  #total = h("progress", { max: "1", value: 0, "aria-label": "Upload of all pictures", "data-testid": "total-progress" });
  #doing = h("p", { class: "start-doing" });
  #cancel = h("button", {
    type: "button", class: "button", "data-testid": "cancel-upload", on: { click: () => run.cancel() },
  }, icon("stop"), "Cancel");
  #idle = h("div", { class: "start-idle" }, this.#summary, this.#start);
  #running = h("div", { class: "start-running" },
    h("div", { class: "start-progress" }, this.#doing, this.#total,
      h("p", { class: "field-help" }, "It goes on while you look at other pages here. Do not close the tab.")),
    this.#cancel);
  #canStart;
  #onStart;

  element = h("div", { class: "start-bar" }, this.#news, this.#idle, this.#running);

  /**
   * @param {() => void} onStart
   * @param {boolean} canStart whether there is a model
   */
  constructor(onStart, canStart) {
    this.#onStart = onStart;
    this.#canStart = canStart;
    this.#start.addEventListener("click", onStart);
  }

  /** @param {string} slices what is known of the work, for the summary */
  show(slices) {
    // Who pressed the one button stands on the other one then.
    const hadFocus = [this.#start, this.#cancel].some((button) => button === document.activeElement);
    const isOther = this.#idle.hidden !== run.isRunning;
    this.#idle.hidden = run.isRunning;
    this.#running.hidden = !run.isRunning;
    if (run.isRunning) this.#showProgress();
    else this.#showIdle(slices);
    if (isOther && hadFocus) (run.isRunning ? this.#cancel : this.#start).focus();
  }

  #showProgress() {
    const part = run.batchCount > 1 ? `Part ${run.batchNumber} of ${run.batchCount}: ` : "";
    this.#total.value = run.totalBytes === 0 ? 1 : run.sentBytes / run.totalBytes;
    this.#doing.textContent = part + doing();
  }

  /** @param {string} slices */
  #showIdle(slices) {
    const { files } = selection;
    const batches = plannedBatches(files);
    const usable = batches.flatMap((batch) => batch.files);
    const refused = files.filter((file) => file.state === "refused").length;
    const isChecking = selection.unread > 0;
    this.#start.disabled = usable.length === 0 || isChecking || !this.#canStart;
    replace(this.#start, icon("play"), startText(usable.length, refused, batches.length));
    const unsent = usable.filter((file) => file.state !== "sent");
    const lines = [];
    if (isChecking) {
      lines.push(`Looking at ${count(selection.unread, "file")}…`);
    } else if (usable.length === 0) {
      lines.push(refused > 0 ? "None of these pictures can be used." : "Add pictures to start.");
    } else {
      const size = unsent.length > 0 ? bytes(unsent.reduce((sum, file) => sum + file.size, 0)) + " to send"
        : "the server has them already";
      lines.push(`${count(usable.length, "picture")}, ${size}${slices === "" ? "" : `, ${slices}`}.`);
      if (batches.length > 1) {
        lines.push(`A job takes ${maxBatchFiles} pictures at most: they become ${integer(batches.length)} jobs.`);
      }
    }
    replace(this.#summary, lines.map((line) => h("p", null, line)));
  }

  /** What the last run has left to say. */
  showNews() {
    const parts = run.isRunning ? [] : newsOfRun(this.#onStart);
    replace(this.#news, parts);
  }
}

function doing() {
  if (run.phase === "starting") return "Starting the job…";
  if (run.phase === "checking") return "All is sent; the server looks at the pictures…";
  const rate = run.rate.bytesPerSecond;
  const left = run.rate.secondsFor(run.totalBytes - run.sentBytes);
  return `Sending, ${bytes(run.sentBytes)} of ${bytes(run.totalBytes)}`
    + (rate ? `, ${bytes(rate)}/s` : "") + (left === null ? "" : `, ${duration(left)} left`);
}

/**
 * What the server says to a program that sent no key is of no use to a person who has signed in again.
 * @param {unknown} failure
 */
function inWords(failure) {
  if (!(failure instanceof APIFailure) || failure.status !== 401) return failure;
  return new APIFailure({
    status: 401, code: failure.code, message: "The session had ended. Try again now.", requestID: failure.requestID,
  });
}

/** @param {unknown} failure */
function waitOf(failure) {
  const seconds = failure instanceof APIFailure ? failure.retryAfter : null;
  return seconds ? `; the server asks to wait ${duration(seconds)}` : "";
}

/** @param {number} usable @param {number} refused @param {number} jobs */
function startText(usable, refused, jobs) {
  if (usable === 0) return "Start";
  if (jobs > 1) return `Start ${integer(jobs)} jobs with ${count(usable, "picture")}`;
  if (refused === 0) return `Start with ${count(usable, "picture")}`;
  return usable === 1 ? "Start with the other one" : `Start with the ${integer(usable)} others`;
}

/**
 * @param {() => void} retry
 * @returns {HTMLElement[]}
 */
function newsOfRun(retry) {
  const parts = [];
  if (run.jobs.length > 0) {
    parts.push(h("p", { class: "notice", role: "status", "data-testid": "started-jobs" }, icon("check"),
      h("span", null, `${count(run.jobs.length, "job")} started: `,
        run.jobs.slice(0, 10).flatMap((id) => [h("a", { href: `#/jobs/${id}` }, shortID(id)), " "]),
        run.jobs.length > 10 ? h("a", { href: "#/jobs" }, "and others") : null)));
  }
  if (run.refused.length > 0) {
    const others = plannedBatches(selection.files).flatMap((batch) => batch.files).length;
    parts.push(h("div", { class: "failure", role: "alert", "data-testid": "upload-refused" }, icon("warning"),
      h("div", { class: "failure-text" },
        h("strong", null, `${count(run.refused.length, "picture was", "pictures were")} refused`),
        h("ul", null, run.refused.slice(0, shownFaults).map(({ name, error }) =>
          h("li", null, h("code", null, name), `: ${error}`))),
        run.refused.length > shownFaults ? h("p", null, "The others are marked in the list.") : null,
        others > 0 ? h("p", null, "An upload is kept as a whole or not at all: ",
          `${count(others, "other")} can be sent without.`) : null,
        run.requestID ? h("p", { class: "failure-request" }, "Request ",
          h("code", { class: "request-id" }, run.requestID)) : null)));
  }
  if (run.failure) {
    const isAboutSettings = run.failure instanceof APIFailure && run.failure.status === 400;
    const box = failureBox(inWords(run.failure), {
      title: isAboutSettings ? "The settings were not taken" : `The job was not started${waitOf(run.failure)}`,
      retry: isAboutSettings ? undefined : retry,
    });
    box.querySelector("button")?.setAttribute("data-testid", "retry-upload");
    parts.push(box);
  }
  if (run.wasCancelled) {
    const wasStarting = selection.files.some((file) => file.kept?.upload.body !== undefined);
    parts.push(h("p", { class: "notice", role: "status", "data-testid": "upload-cancelled" }, icon("info"),
      h("span", null, wasStarting
        ? ["Cancelled while the job was being started: it may be ", h("a", { href: "#/jobs" }, "among the jobs"), "."]
        : "The upload was cancelled; the server keeps nothing of it.")));
  }
  return parts;
}
