import { connection, send } from "./api.js";

/**
 * A decoded picture, upright. Its owner closes it: it may hold a quarter of a gigabyte.
 * @typedef {{ image: ImageBitmap | HTMLImageElement, width: number, height: number, close(): void }} DecodedPicture
 */

/** Uploads are at most 50 MB; what the worker drew of a TIFF may be larger. */
const maxBytes = 512 * 1024 * 1024;
/** How often a picture that broke off is asked for again. */
const maxTries = 3;

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @param {(received: number, total: number | null) => void} onProgress in bytes
 * @returns {Promise<Blob>}
 */
export async function fetchPicture(url, signal, onProgress) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send("GET", url, { signal });
    try {
      return await read(answer, onProgress);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RangeError || attempt === maxTries) throw error;
      // The server went away in the middle of its answer.
      connection.lost();
      await connection.restored(signal);
    }
  }
}

/** @param {Response} answer @param {(received: number, total: number | null) => void} onProgress */
async function read(answer, onProgress) {
  const length = Number(answer.headers.get("Content-Length") ?? "");
  const total = length > 0 ? length : null;
  const type = answer.headers.get("Content-Type") ?? "";
  const reader = answer.body?.getReader();
  if (!reader) return answer.blob();
  const parts = [];
  let received = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    received += value.length;
    if (received > maxBytes) {
      void reader.cancel();
      throw new RangeError("The picture is too large to be shown");
    }
    parts.push(value);
    onProgress(received, total);
  }
  return new Blob(parts, { type });
}

/** One picture is decoded at a time, whoever asks: two large ones may be more than a phone has memory for. */
let lastDecoding = Promise.resolve();

/**
 * Decodes off the main thread.
 * @param {Blob} blob
 * @param {AbortSignal} signal
 * @returns {Promise<DecodedPicture>}
 */
export function decode(blob, signal) {
  const decoding = lastDecoding.then(() => {
    signal.throwIfAborted();
    return decodeNow(blob);
  });
  lastDecoding = decoding.then(() => {}, () => {});
  return decoding;
}

/** @param {Blob} blob @returns {Promise<DecodedPicture>} */
async function decodeNow(blob) {
  try {
    const options = /** @type {any} */ ({ imageOrientation: "from-image" });
    const image = await createImageBitmap(blob, options);
    return { image, width: image.width, height: image.height, close: () => image.close() };
  } catch {
    return decodeAsElement(blob);
  }
}

/**
 * Some browsers make no bitmap of this size, and show the same picture as an image all the same.
 * @param {Blob} blob
 * @returns {Promise<DecodedPicture>}
 */
async function decodeAsElement(blob) {
  const url = URL.createObjectURL(blob);
  const image = new Image();
  const close = () => {
    image.removeAttribute("src");
    URL.revokeObjectURL(url);
  };
  try {
    image.src = url;
    await image.decode();
  } catch {
    close();
    throw new Error("The browser cannot show this picture");
  }
  return { image, width: image.naturalWidth, height: image.naturalHeight, close };
}
