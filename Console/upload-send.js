import { access, APIFailure, connection, failureOf, send, unreachable } from "./api.js";

/** An upload that moves nothing for so long is given up. */
const maxStillMs = 300_000;

/**
 * @typedef {{ upload_id: string, uploaded_files: { filename: string, file_id: string }[] }} UploadAnswer
 */

/**
 * Sends files in one request. `fetch` does not tell how far a body is, so this is an XMLHttpRequest.
 *
 * @param {File[]} files
 * @param {{ signal: AbortSignal, onProgress: (loaded: number, total: number) => void }} options
 * @returns {Promise<UploadAnswer>}
 * @throws {APIFailure}
 */
export async function sendFiles(files, { signal, onProgress }) {
  const form = new FormData();
  // With the name given, no browser sends a folder's path.
  for (const file of files) form.append("files", file, file.name);
  const answer = await request(form, signal, onProgress);
  if (answer.status >= 200 && answer.status < 300) {
    /** @type {any} */
    let body = null;
    try {
      body = JSON.parse(answer.text);
    } catch {
      // Said below.
    }
    if (Array.isArray(body?.data?.uploaded_files) && body.data.uploaded_files.length === files.length) {
      return body.data;
    }
    throw new APIFailure({
      status: answer.status, code: "UNEXPECTED_ANSWER", message: "The server's answer cannot be understood",
      requestID: answer.header("X-Request-Id"),
    });
  }
  if (answer.status === 0) throw await lossOf(signal);
  if (answer.status === 401) access.dispatchEvent(new Event("unauthorized"));
  throw failureOf(answer.status, answer.text, answer.header);
}

/**
 * @param {FormData} form @param {AbortSignal} signal @param {(loaded: number, total: number) => void} onProgress
 * @returns {Promise<{ status: number, text: string, header: (name: string) => string | null }>}
 */
function request(form, signal, onProgress) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const xhr = new XMLHttpRequest();
    const over = new AbortController();
    /** @type {ReturnType<typeof setTimeout>} */
    let timer;
    const moved = () => {
      clearTimeout(timer);
      timer = setTimeout(() => xhr.abort(), maxStillMs);
    };
    xhr.open("POST", "/api/v1/inference/upload");
    xhr.upload.addEventListener("progress", (event) => {
      moved();
      onProgress(event.loaded, event.total);
    });
    xhr.addEventListener("loadend", () => {
      clearTimeout(timer);
      over.abort();
      if (signal.aborted) return reject(signal.reason);
      resolve({
        status: xhr.status, text: xhr.responseText, header: (name) => xhr.getResponseHeader(name),
      });
    });
    signal.addEventListener("abort", () => xhr.abort(), { signal: over.signal });
    moved();
    xhr.send(form);
  });
}

/**
 * Why there was no answer: a server that refuses a body before it has all of it may cut the connection, and then the
 * browser tells nothing of the answer.
 * @param {AbortSignal} signal
 * @returns {Promise<unknown>}
 */
async function lossOf(signal) {
  try {
    await send("GET", "/api/v1/auth/me", { signal, mayRepeat: false });
  } catch (error) {
    if (error instanceof APIFailure && error.status === 0) connection.lost();
    return error instanceof APIFailure && error.status !== 0 && error.status !== 401 ? unreachable() : error;
  }
  return new APIFailure({
    status: 0, code: "CONNECTION_CUT", message: "The connection broke while the pictures were sent",
    details: "The server answers, so try again. If it breaks again, something on the way may limit how large a "
      + "request is: send fewer pictures at once.",
  });
}

/**
 * Whether the browser can still read what was chosen.
 * @param {File} file
 */
export async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
