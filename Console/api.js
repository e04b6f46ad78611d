import { pause } from "./dom.js";

/**
 * One fault of a request, as the contract's `errors` has it.
 * @typedef {{ field?: string, filename?: string, index?: number, code: string, error: string }} FailureEntry
 */

/** A request that failed; `message` and `details` are for people. */
export class APIFailure extends Error {
  /**
   * @param {{ status: number, code: string, message: string, details?: string, requestID?: string | null,
   *   entries?: FailureEntry[], retryAfter?: number | null }} parts `status` is 0 without an answer
   */
  constructor(parts) {
    super(parts.message);
    this.name = "APIFailure";
    this.status = parts.status;
    this.code = parts.code;
    this.details = parts.details;
    this.requestID = parts.requestID ?? null;
    /** @type {FailureEntry[]} */
    this.entries = parts.entries ?? [];
    /** Seconds that the server asks to wait. */
    this.retryAfter = parts.retryAfter ?? null;
  }

  /** Whether the same request may go well later. */
  get isPassing() {
    return this.status === 0 || [429, 502, 503, 504].includes(this.status);
  }
}

/**
 * The failure that an answer tells of. Proxies answer in their own words: anything that is not the envelope too.
 * @param {number} status
 * @param {string} text the body
 * @param {(name: string) => string | null} header
 */
export function failureOf(status, text, header) {
  /** @type {any} */
  let body = null;
  try {
    body = JSON.parse(text);
  } catch {
    // No envelope.
  }
  const retryAfter = Number.parseInt(header("Retry-After") ?? "", 10);
  const requestID = body?.error?.request_id ?? header("X-Request-Id");
  const code = body?.error_code ?? `HTTP_${status}`;
  const message = body?.message ?? `The server answered ${status}`;
  return new APIFailure({
    status, code, message, details: body?.error?.details, requestID, entries: body?.errors,
    retryAfter: Number.isNaN(retryAfter) ? null : retryAfter,
  });
}

export function unreachable() {
  return new APIFailure({
    status: 0, code: "SERVER_UNREACHABLE", message: "The server cannot be reached",
  });
}

/** Whether the server answers: "lost" and "restored" are dispatched when that changes. */
class Connection extends EventTarget {
  isLost = false;

  lost() {
    if (this.isLost) return;
    this.isLost = true;
    this.dispatchEvent(new Event("lost"));
    void this.#watch();
  }

  async #watch() {
    for (let seconds = 0.5; this.isLost; seconds = Math.min(seconds * 1.5, 5)) {
      await pause(seconds);
      try {
        const answer = await fetch("/health/live", { cache: "no-store" });
        if (answer.ok) break;
      } catch {
        // Still away.
      }
    }
    this.isLost = false;
    this.dispatchEvent(new Event("restored"));
  }

  /**
   * Returns when the server answers again.
   * @param {AbortSignal} [signal]
   * @returns {Promise<void>}
   */
  restored(signal) {
    return new Promise((resolve, reject) => {
      if (!this.isLost) return resolve();
      if (signal?.aborted) return reject(signal.reason);
      this.addEventListener("restored", () => resolve(), { once: true, signal });
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }
}

export const connection = new Connection();

/** "unauthorized" is dispatched when the session has ended, or none has begun. */
export const access = new EventTarget();

/** How often a request that the server is too busy for is sent again. */
const maxTries = 6;

/**
 * @typedef {{ json?: unknown, headers?: Record<string, string>, signal?: AbortSignal, mayRepeat?: boolean,
 *   asksForLogin?: boolean }} Options
 *   `mayRepeat`: whether the request may be sent twice; GET may. Such requests wait for a server that is away.
 *   `asksForLogin`: false where 401 is an answer like others.
 */

/**
 * Sends a request and waits for a good answer.
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Response>}
 */
export async function send(method, path, options = {}) {
  const mayRepeat = options.mayRepeat ?? method === "GET";
  for (let attempt = 1; ; attempt += 1) {
    const failure = await trySending(method, path, options);
    if (failure instanceof Response) return failure;
    options.signal?.throwIfAborted();
    if (failure.status === 401 && options.asksForLogin !== false) {
      access.dispatchEvent(new Event("unauthorized"));
    }
    if (failure.status === 0) connection.lost();
    if (!mayRepeat || !failure.isPassing) throw failure;
    if (failure.status === 0) {
      await connection.restored(options.signal);
    } else {
      if (attempt >= maxTries) throw failure;
      await pause(Math.min(failure.retryAfter ?? attempt, 30), options.signal);
    }
  }
}

/**
 * @param {string} method @param {string} path @param {Options} options
 * @returns {Promise<Response | APIFailure>}
 */
async function trySending(method, path, options) {
  /** @type {RequestInit} */
  const request = { method, headers: { ...options.headers }, signal: options.signal };
  if (options.json !== undefined) {
    request.body = JSON.stringify(options.json);
    request.headers = { ...options.headers, "Content-Type": "application/json" };
  }
  try {
    const answer = await fetch(path, request);
    if (answer.ok) return answer;
    return failureOf(answer.status, await answer.text(), (name) => answer.headers.get(name));
  } catch (error) {
    if (options.signal?.aborted) throw error;
    return unreachable();
  }
}

/**
 * The `data` of the answer's envelope; the whole document where there is no envelope.
 * @param {string} method @param {string} path @param {Options} [options]
 * @returns {Promise<any>}
 */
async function data(method, path, options) {
  const mayRepeat = options?.mayRepeat ?? method === "GET";
  for (;;) {
    const answer = await send(method, path, options);
    let body;
    try {
      body = await answer.json();
    } catch (error) {
      options?.signal?.throwIfAborted();
      connection.lost();
      // The server went away in the middle of its answer.
      if (!mayRepeat) throw unreachable();
      await connection.restored(options?.signal);
      continue;
    }
    return body?.status && body?.data !== undefined ? body.data : body;
  }
}

export const api = {
  /** @param {string} path @param {Options} [options] */
  get: (path, options) => data("GET", path, options),
  /** @param {string} path @param {unknown} [json] @param {Options} [options] */
  post: (path, json, options) => data("POST", path, { ...options, json }),
  /** @param {string} path @param {unknown} json @param {Options} [options] */
  put: (path, json, options) => data("PUT", path, { ...options, json }),
  /** @param {string} path @param {Options} [options] */
  delete: (path, options) => data("DELETE", path, options),
};

/** For `Idempotency-Key`; `crypto.randomUUID` is there by HTTPS alone. */
export function randomKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
