import { isEnded } from "./events.js";
import { className, count, duration, integer } from "./format.js";

/** @typedef {import("./events.js").JobStatus} JobStatus */

/**
 * The states as people read them, in the order of a job's life.
 * @type {Record<string, string>}
 */
export const stateNames = {
  queued: "Queued",
  processing: "Processing",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** @param {string} state */
export function stateName(state) {
  return stateNames[state] ?? state;
}

/**
 * What sets a job apart from most others: its priority, and whether it is there for another one.
 * @param {JobStatus} status
 */
export function kindText({ priority, comparison }) {
  // Nobody has chosen the priority of a shadow.
  if (comparison?.shadow) return "shadow";
  return [comparison ? "comparison" : "", priority === "normal" ? "" : `${priority} priority`]
    .filter((it) => it !== "").join(", ");
}

/**
 * What the server takes from a job in this state.
 * @param {JobStatus} status
 */
export function allowedActions(status) {
  const ended = isEnded(status.status);
  return {
    cancel: !ended,
    retry: status.status === "failed" || status.status === "cancelled",
    // The upload of a job that runs cannot be deleted.
    delete: ended,
  };
}

/**
 * `about 2 min`; in coarse steps, since it is an estimate. "" when nothing is known.
 * @param {JobStatus} status
 * @param {number} now
 */
export function timeLeft(status, now) {
  if (isEnded(status.status)) return "";
  const end = Date.parse(status.progress?.estimated_completion ?? "");
  if (Number.isNaN(end)) return "";
  const seconds = (end - now) / 1000;
  if (seconds < -60) return "longer than thought";
  if (seconds < 2) return "any moment";
  return `about ${roughly(seconds)}`;
}

/** @param {number} seconds */
function roughly(seconds) {
  if (seconds <= 10) return `${Math.ceil(seconds)} s`;
  const steps = [[60, 5], [300, 15], [3600, 60], [86400, 600]];
  const step = steps.find(([limit]) => seconds <= limit)?.[1] ?? 3600;
  return duration(Math.ceil(seconds / step) * step);
}

/**
 * How long a job that has ended was worked on; "" for one that never began.
 * @param {JobStatus} status
 */
export function timeTaken(status) {
  const seconds = status.summary?.processing_time_seconds ?? secondsBetween(
    status.started_at, status.completed_at ?? status.failed_at ?? status.cancelled_at);
  return seconds >= 0 ? duration(seconds) : "";
}

/** @param {string | undefined} start @param {string | undefined} end */
function secondsBetween(start, end) {
  return (Date.parse(end ?? "") - Date.parse(start ?? "")) / 1000;
}

/**
 * `12 plane, 3 ship, 9 in 2 other classes`: the most frequent first.
 * @param {Record<string, number> | undefined} counts
 * @param {number} [most]
 */
export function classSummary(counts, most = 3) {
  const classes = Object.entries(counts ?? {}).filter(([, number]) => number > 0)
    .sort(([, a], [, b]) => b - a);
  const parts = classes.slice(0, most).map(([name, number]) => `${integer(number)} ${className(name)}`);
  const others = classes.slice(most);
  if (others.length > 0) {
    const sum = others.reduce((sum, [, number]) => sum + number, 0);
    parts.push(`${integer(sum)} in ${count(others.length, "other class", "other classes")}`);
  }
  return parts.join(", ");
}

/**
 * The line below a job's progress: what is done now, what was found, or why it failed.
 * @param {JobStatus} status
 */
export function stageText(status) {
  switch (status.status) {
    case "queued": return status.progress?.current_stage ?? "Waits for a worker";
    case "completed": return classSummary(status.summary?.detections_by_class) || "Nothing was found";
    case "failed": return status.error?.message ?? "It failed";
    case "cancelled": return status.started_at ? "Stopped before it was done" : "Stopped before it began";
    default: return status.progress?.current_stage ?? "Begins";
  }
}

/**
 * `2` or, while some are not done, `1 of 2`.
 * @param {JobStatus} status
 */
export function pictureText(status) {
  const { total_images: total = 0, processed_images: done = 0 } = status.progress ?? {};
  return status.status === "completed" || status.status === "queued" || done === total
    ? integer(total) : `${integer(done)} of ${integer(total)}`;
}

const wholeID = /^job_[0-9a-z]{12,26}$/;

/**
 * The job that a pasted text names, be it an id or an address with one in it.
 * @param {string} text
 * @returns {string | null}
 */
export function pastedJobID(text) {
  const trimmed = text.trim();
  if (wholeID.test(trimmed)) return trimmed;
  const part = /[/#]jobs\/(job_[0-9a-z]{12,26})(?![0-9a-z])/.exec(trimmed);
  return part ? part[1] : null;
}
