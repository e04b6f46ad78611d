import { h } from "./dom.js";

/** CSS pixels; drawn twice as fine. */
const side = 44;
/** A decoder holds the whole picture, 270 MB at the largest: few at once, and one alone of those. */
const maxDecodes = 2;
const largePixels = 16_000_000;

/** @typedef {import("./upload-selection.js").ChosenFile} ChosenFile */

/** Makes small pictures of files that are in sight, the last seen first. */
export class Thumbnails {
  /** @type {Map<Element, ChosenFile>} */
  #places = new Map();
  /** @type {ChosenFile[]} */
  #waiting = [];
  #decodes = 0;
  #observer;
  #onMade;

  /** @param {(file: ChosenFile) => void} onMade @param {AbortSignal} signal */
  constructor(onMade, signal) {
    this.#onMade = onMade;
    this.#observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "200px" });
    signal.addEventListener("abort", () => {
      this.#observer.disconnect();
      this.#waiting = [];
    });
  }

  /** @param {Element} element @param {ChosenFile} file */
  watch(element, file) {
    if (file.thumbnail || file.picture?.format === "TIFF") return;
    this.#places.set(element, file);
    this.#observer.observe(element);
  }

  /** @param {Element} element */
  forget(element) {
    this.#places.delete(element);
    this.#observer.unobserve(element);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const file = this.#places.get(target);
      if (!file || file.thumbnail) continue;
      if (isIntersecting) this.#waiting.push(file);
      else this.#waiting = this.#waiting.filter((other) => other !== file);
    }
    this.#next();
  }

  #next() {
    const file = this.#waiting.at(-1);
    if (!file) return;
    const { width = 0, height = 0 } = file.picture ?? {};
    const cost = width * height > largePixels ? maxDecodes : 1;
    if (this.#decodes + cost > maxDecodes) return;
    this.#waiting.pop();
    this.#decodes += cost;
    void this.#make(file).finally(() => {
      this.#decodes -= cost;
      this.#next();
    });
    this.#next();
  }

  /** @param {ChosenFile} file */
  async #make(file) {
    if (file.thumbnail || !file.picture || file.picture.format === "TIFF") return;
    try {
      file.thumbnail = await drawn(file.file, file.picture);
    } catch {
      // Damaged or too large for this browser: the server has the last word.
      file.thumbnail = "none";
    }
    this.#onMade(file);
  }
}

/**
 * The middle of the picture.
 * @param {File} file @param {{ width: number, height: number }} picture
 */
async function drawn(file, picture) {
  const pixels = side * 2;
  const scale = pixels / Math.min(picture.width, picture.height);
  const bitmap = await createImageBitmap(file, {
    resizeWidth: Math.max(1, Math.round(picture.width * scale)),
    resizeHeight: Math.max(1, Math.round(picture.height * scale)), resizeQuality: "medium",
  });
  const canvas = h("canvas", { width: pixels, height: pixels, "aria-hidden": "true" });
  canvas.getContext("2d")?.drawImage(
    bitmap, Math.round((pixels - bitmap.width) / 2), Math.round((pixels - bitmap.height) / 2));
  bitmap.close();
  return canvas;
}
