import { APIFailure } from "./api.js";
import { duration, integer } from "./format.js";

/**
 * @typedef {{ queue_length: number, active_workers: number, average_inference_time_seconds: number | null,
 *   job_completion_rate: number, recent_jobs: { completed: number, failed: number, processing: number },
 *   source: "service" | "prometheus", version: string,
 *   history: { interval_seconds: number, points: Record<string, any>[] } }} Dashboard
 *
 * @typedef {{ name: string, title: string, help: string, kind: "line" | "bars", isCount: boolean,
 *   colour: "accent" | "info" | "danger" | "warning", format: (value: number) => string }} Metric
 *   `name` as the points of the history have it
 */

/** @param {number} value */
function rate(value) {
  return value === 0 ? "0" : value < 9.95 ? value.toFixed(1) : integer(value);
}

/** @param {number} seconds */
function seconds(seconds) {
  return seconds > 0 && seconds < 0.95 ? `${Math.round(seconds * 1000)} ms` : duration(seconds);
}

/** @type {readonly Metric[]} */
export const metrics = [
  { name: "queue_length", title: "Waiting jobs", help: "Jobs in the queue", kind: "line",
    isCount: true, colour: "warning", format: integer },
  { name: "processing", title: "Jobs in work", help: "Jobs that are processed", kind: "line",
    isCount: true, colour: "info", format: integer },
  { name: "active_workers", title: "Workers", help: "Workers that are alive", kind: "line",
    isCount: true, colour: "accent", format: integer },
  { name: "job_completion_rate", title: "Jobs a minute", kind: "line",
    help: "Completed jobs a minute, over five minutes", isCount: false, colour: "accent", format: rate },
  { name: "average_inference_time_seconds", title: "Time for a job", kind: "line",
    help: "Mean time that a job is worked on, over five minutes", isCount: false, colour: "info",
    format: seconds },
  { name: "completed", title: "Completed jobs", help: "Jobs completed since the point before",
    kind: "bars", isCount: true, colour: "accent", format: integer },
  { name: "failed", title: "Failed jobs", help: "Jobs failed since the point before", kind: "bars",
    isCount: true, colour: "danger", format: integer },
];

/**
 * The history of one metric, oldest first.
 * @param {Dashboard} dashboard
 * @param {string} name
 * @returns {import("./monitor-chart.js").Sample[]}
 */
export function samplesOf(dashboard, name) {
  return dashboard.history.points.map((point) => ({
    time: Date.parse(point.time), value: typeof point[name] === "number" ? point[name] : null,
  }));
}

/** In the order of the page. */
export const tileNames = ["queue", "processing", "workers", "rate", "duration", "completed", "errors"];

/**
 * The jobs that a tile counts, as a filter of their list.
 * @type {Record<string, string | undefined>}
 */
export const tileStates = {
  queue: "queued", processing: "processing", completed: "completed", errors: "failed",
};

/**
 * The numbers at the head of the page. Jobs that ended are those of the whole history.
 * @param {Dashboard} dashboard
 */
export function tiles(dashboard) {
  const { recent_jobs: jobs, average_inference_time_seconds: mean } = dashboard;
  const time = spanText(dashboard);
  return [
    { name: "queue", label: "waiting", value: integer(dashboard.queue_length) },
    { name: "processing", label: "in work", value: integer(jobs.processing) },
    { name: "workers", label: dashboard.active_workers === 1 ? "worker" : "workers",
      value: integer(dashboard.active_workers), isBad: dashboard.active_workers === 0 },
    { name: "rate", label: "jobs a minute", value: rate(dashboard.job_completion_rate) },
    { name: "duration", label: "mean time a job", value: mean === null ? "–" : seconds(mean),
      title: mean === null ? "No job has ended in the last five minutes" : undefined },
    { name: "completed", label: `done in ${time}`, value: integer(jobs.completed) },
    { name: "errors", label: `failed in ${time}`, value: integer(jobs.failed), isBad: jobs.failed > 0 },
  ];
}

/** @param {Dashboard} dashboard */
export function spanText({ history: { interval_seconds: interval, points } }) {
  const times = points.map((point) => Date.parse(point.time));
  const spanned = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000 + interval;
  if (spanned < 60) return `${Math.round(spanned)} s`;
  const minutes = Math.round(spanned / 60);
  return minutes < 60 ? `${minutes} min` : duration(minutes * 60);
}

/**
 * What is to be said about the queue, if anything.
 * @param {Dashboard} dashboard
 * @returns {{ title: string, text: string } | null}
 */
export function warningOf({ active_workers: workers, queue_length: queued }) {
  if (workers > 0) return null;
  const jobs = queued === 1 ? "1 job waits" : queued > 0 ? `${integer(queued)} jobs wait` : "New jobs wait";
  return { title: "No worker is alive", text: `${jobs} until one starts.` };
}

/**
 * What each store answers.
 * @typedef {{ isReady: boolean, message: string | null,
 *   stores: { name: string, status: string, isGood: boolean }[] }} Health
 */

/**
 * @param {any} answer the `data` of `GET /health/ready`, or why there is none
 * @returns {Health}
 */
export function healthOf(answer) {
  if (!(answer instanceof Error)) {
    const stores = Object.entries(answer)
      .filter(([, value]) => value !== null && typeof value === "object" && "status" in value)
      .map(([name, value]) => store(name, String(/** @type {any} */ (value).status)));
    return { isReady: answer.status === "ready", message: null, stores };
  }
  if (!(answer instanceof APIFailure) || answer.status === 0) {
    return { isReady: false, message: answer.message, stores: [] };
  }
  // `database: fails, files: ok, models: ok`
  const stores = (answer.details ?? "").split(", ").flatMap((part) => {
    const [name, status] = part.split(": ", 2);
    return status ? [store(name, status)] : [];
  });
  for (const { field, error } of answer.entries) {
    if (field && !stores.some(({ name }) => name === field)) stores.push(store(field, error));
  }
  return { isReady: false, message: answer.message, stores };
}

/** @param {string} name @param {string} status */
function store(name, status) {
  return { name, status, isGood: status === "ok" };
}
