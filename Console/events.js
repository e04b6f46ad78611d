import { api, APIFailure, connection, access } from "./api.js";
import { pause } from "./dom.js";

/**
 * The contract's status document; see `GET /api/v1/jobs/{job_id}/status`.
 * @typedef {any} JobStatus
 */

const endedStates = new Set(["completed", "failed", "cancelled"]);

/** @param {string} state */
export function isEnded(state) {
  return endedStates.has(state);
}

/** Seconds between two looks where no stream is open. */
const pollPause = 3;
/** A stream that ends at once, again and again, is no help: a proxy may not let it through. */
const maxShortStreams = 3;

/**
 * Follows a job to its end: by its event stream, by polls where that does not work, and where nobody looks, so that
 * many tabs do not use up the connections that a browser allows. `onStatus` gets the present state first.
 *
 * @param {string} id
 * @param {(status: JobStatus) => void} onStatus
 * @param {AbortSignal} signal
 * @returns {Promise<void>} ends with the job or the signal
 * @throws {APIFailure} when there is no such job
 */
export async function followJob(id, onStatus, signal) {
  let isOver = false;
  /** @param {JobStatus} status */
  const tell = (status) => {
    if (signal.aborted || isOver) return;
    isOver = isEnded(status.status);
    onStatus(status);
  };
  const look = async () => tell(await api.get(`/api/v1/jobs/${id}/status`, { signal }));
  await look();
  await follow(`/api/v1/jobs/${id}/events`, {
    signal,
    look,
    isOver: () => isOver,
    listen(source) {
      for (const name of ["status", "progress", "end"]) {
        source.addEventListener(name, (event) => tell(JSON.parse(event.data)));
      }
    },
  });
}

/**
 * Follows all jobs that the caller sees. `onChange` gets each job that changes; `onReset` is called whenever changes
 * may have been missed: the list should be read again.
 *
 * @param {(status: JobStatus) => void} onChange
 * @param {() => Promise<void>} onReset
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export async function followJobs(onChange, onReset, signal) {
  let isFirst = true;
  await follow("/api/v1/jobs/events", {
    signal,
    look: onReset,
    isOver: () => false,
    listen(source) {
      // Between two streams something may have happened.
      source.addEventListener("open", () => {
        if (!isFirst) void onReset().catch(() => {});
        isFirst = false;
      });
      source.addEventListener("reset", () => void onReset().catch(() => {}));
      source.addEventListener("job", (event) => onChange(JSON.parse(event.data)));
    },
  });
}

/**
 * @param {string} url
 * @param {{ signal: AbortSignal, look: () => Promise<void>, isOver: () => boolean,
 *   listen: (source: EventSource) => void }} parts
 */
async function follow(url, { signal, look, isOver, listen }) {
  let shortStreams = 0;
  while (!signal.aborted && !isOver()) {
    try {
      if (document.hidden || shortStreams >= maxShortStreams) {
        await pause(pollPause, signal);
        await look();
        continue;
      }
      const began = performance.now();
      const ending = await streamed(url, listen, isOver, signal);
      if (signal.aborted || isOver() || ending === "hidden") continue;
      shortStreams = performance.now() - began < 2000 ? shortStreams + 1 : 0;
      // The server may be gone, or the session: an ordinary request finds out, and waits.
      await look();
      if (!isOver()) await pause(0.5, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof APIFailure && !error.isPassing) throw error;
      await pause(pollPause, signal).catch(() => {});
    }
  }
}

/**
 * Returns when the stream has ended, or nobody looks.
 * @param {string} url
 * @param {(source: EventSource) => void} listen
 * @param {() => boolean} isOver
 * @param {AbortSignal} signal
 * @returns {Promise<"ended" | "hidden">}
 */
function streamed(url, listen, isOver, signal) {
  return new Promise((resolve) => {
    const source = new EventSource(url);
    const done = new AbortController();
    /** @param {"ended" | "hidden"} ending */
    const end = (ending) => {
      source.close();
      done.abort();
      resolve(ending);
    };
    listen(source);
    for (const name of ["end", "error"]) {
      source.addEventListener(name, () => end("ended"));
    }
    signal.addEventListener("abort", () => end("ended"), { signal: done.signal });
    connection.addEventListener("lost", () => end("ended"), { signal: done.signal });
    access.addEventListener("unauthorized", () => end("ended"), { signal: done.signal });
    document.addEventListener(
      "visibilitychange", () => { if (document.hidden) end("hidden"); }, { signal: done.signal });
    if (signal.aborted || isOver()) end("ended");
  });
}
