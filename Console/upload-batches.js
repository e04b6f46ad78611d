/**
 * The arithmetic of uploads: what goes into one request, and how far it is.
 */

/** The contract's limits of one upload. */
export const maxBatchFiles = 100;
export const maxBatchBytes = 5_000_000_000;

/**
 * Cuts a list into uploads, in its order.
 * @template {{ size: number }} Item
 * @param {readonly Item[]} items
 * @param {{ files?: number, bytes?: number }} limits
 * @returns {Item[][]}
 */
export function batchesOf(items, { files = maxBatchFiles, bytes = maxBatchBytes } = {}) {
  /** @type {Item[][]} */
  const batches = [];
  let size = 0;
  for (const item of items) {
    const last = batches.at(-1);
    if (!last || last.length >= files || size + item.size > bytes) {
      batches.push([item]);
      size = item.size;
    } else {
      last.push(item);
      size += item.size;
    }
  }
  return batches;
}

/**
 * How many bytes of each file have gone, from those of the whole body. What the body has beside the files, headers
 * and delimiters, is shared out evenly.
 * @param {readonly number[]} sizes
 * @param {number} loaded
 * @param {number} total
 * @returns {number[]}
 */
export function sentOfEach(sizes, loaded, total) {
  const ofFiles = sizes.reduce((sum, size) => sum + size, 0);
  const overhead = Math.max(0, total - ofFiles) / Math.max(1, sizes.length);
  let rest = loaded;
  return sizes.map((size) => {
    const sent = Math.min(size, Math.max(0, rest - overhead));
    rest -= size + overhead;
    return Math.floor(sent);
  });
}

/** Bytes a second over the last seconds, and what that means for the rest. */
export class TransferRate {
  /** Long enough to be calm, short enough to follow a network. */
  static windowMs = 6000;

  /** @type {{ atMs: number, bytes: number }[]} */
  #samples = [];

  /** @param {number} bytes sent since the beginning @param {number} atMs */
  add(bytes, atMs) {
    this.#samples.push({ atMs, bytes });
    while (this.#samples.length > 2 && this.#samples[0].atMs < atMs - TransferRate.windowMs) {
      this.#samples.shift();
    }
  }

  /** null until something can be said. */
  get bytesPerSecond() {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.atMs - first.atMs < 300) return null;
    return Math.max(0, last.bytes - first.bytes) / (last.atMs - first.atMs) * 1000;
  }

  /** @param {number} bytes that are left */
  secondsFor(bytes) {
    const rate = this.bytesPerSecond;
    return rate ? bytes / rate : null;
  }
}
