import { h } from "./dom.js";
import { canvasSize, seenBounds } from "./viewer-geometry.js";
import { Overlay } from "./viewer-overlay.js";
import { Pyramid } from "./viewer-pyramid.js";
import { drawMarkedBox } from "./viewer-strokes.js";

/**
 * @typedef {import("./viewer-geometry.js").View} View
 * @typedef {import("./viewer-geometry.js").Size} Size
 * @typedef {{ selected: number | null, hovered: number | null }} Marked
 * @typedef {{ width: number, height: number, ratio: number }} CanvasSize
 */

/** What tiles may take of the time between two frames. */
const workMs = 10;

/** What is seen: the picture, above it the boxes, above them those that are selected or pointed at. */
export class Screen {
  /** Whether the picture must be drawn again. */
  isStale = true;
  overlay = new Overlay();
  pyramid = new Pyramid({ width: 1, height: 1 }, null);
  /** @type {Size} */
  #picture = { width: 0, height: 0 };
  /** @type {import("./viewer-scene.js").Scene | null} */
  #scene = null;
  #canvas = h("canvas", { class: "viewer-layer", "data-testid": "viewer-canvas", "aria-hidden": "true" });
  #marks = h("canvas", { class: "viewer-layer", "aria-hidden": "true", hidden: true });
  /**
   * What the marks show; null when they must be drawn again.
   * @type {string | null}
   */
  #lastMarks = null;
  #onChange;
  #isWorking = false;
  #isClosed = false;

  /** @param {() => void} onChange called when a frame would look better now */
  constructor(onChange) {
    this.#onChange = onChange;
    this.layers = [this.#canvas, this.overlay.element, this.#marks];
    this.#canvas.addEventListener("contextrestored", () => {
      this.isStale = true;
      onChange();
    });
  }

  /** @param {Size} picture @param {Pyramid} pyramid closed with the screen, or when another one is shown */
  show(picture, pyramid) {
    this.pyramid.close();
    this.pyramid = pyramid;
    this.#picture = picture;
    this.isStale = true;
  }

  /** @param {import("./viewer-scene.js").Scene} scene */
  setScene(scene) {
    this.#scene = scene;
    this.#lastMarks = null;
    this.overlay.setScene(scene);
  }

  close() {
    this.#isClosed = true;
    this.pyramid.close();
    this.overlay.close();
    for (const canvas of [this.#canvas, this.#marks]) canvas.width = canvas.height = 0;
  }

  /**
   * @param {View} view @param {Size} stage @param {Marked} marked
   * @returns {boolean} false when the next frame should go on
   */
  frame(view, stage, marked) {
    const size = canvasSize(stage, devicePixelRatio);
    const isBusy = resized(this.#canvas, size) || this.isStale;
    if (isBusy) {
      this.isStale = false;
      this.#drawPicture(context(this.#canvas), view, stage, size);
      this.#planWork();
    }
    this.#drawMarks(view, stage, size, marked);
    return this.overlay.frame(view, stage, devicePixelRatio, isBusy);
  }

  /** @param {CanvasRenderingContext2D} context @param {View} view @param {Size} stage @param {CanvasSize} size */
  #drawPicture(context, view, stage, { width, height, ratio }) {
    const { left, top } = seenBounds(view, stage);
    const scale = view.scale * ratio;
    context.clearRect(0, 0, width, height);
    // The place of a picture that is not there yet, or never will be.
    context.fillStyle = getComputedStyle(this.#canvas).getPropertyValue("--viewer-paper");
    const [x, y] = [Math.round(-left * scale), Math.round(-top * scale)];
    if (!this.pyramid.hasPicture) {
      context.fillRect(x, y, this.#picture.width * scale, this.#picture.height * scale);
    }
    this.pyramid.draw(context, { scale, left, top, width, height });
  }

  /** @param {View} view @param {Size} stage @param {CanvasSize} size @param {Marked} marked */
  #drawMarks(view, stage, size, marked) {
    const isEmpty = marked.selected === null && marked.hovered === null;
    const state = isEmpty ? "" : JSON.stringify([view, size, marked]);
    if (state === this.#lastMarks) return;
    this.#lastMarks = state;
    this.#marks.hidden = isEmpty;
    if (isEmpty) return;
    resized(this.#marks, size);
    const canvas = context(this.#marks);
    canvas.clearRect(0, 0, size.width, size.height);
    this.#drawMarkedInto(canvas, view, stage, size, marked);
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {View} view @param {Size} stage @param {CanvasSize} size
   * @param {Marked} marked
   */
  #drawMarkedInto(context, view, stage, { width, height, ratio }, { selected, hovered }) {
    if (!this.#scene) return;
    const { left, top } = seenBounds(view, stage);
    const window = { scale: view.scale * ratio, left, top, width, height };
    if (hovered !== null && hovered !== selected) drawMarkedBox(context, this.#scene, hovered, window, ratio, false);
    if (selected !== null) drawMarkedBox(context, this.#scene, selected, window, ratio, true);
  }

  /** @param {View} view @param {Size} stage @param {Marked} marked @returns {Promise<Blob>} a PNG */
  snapshot(view, stage, marked) {
    const size = canvasSize(stage, devicePixelRatio);
    const canvas = h("canvas", { width: size.width, height: size.height });
    const paint = context(canvas);
    // Twice: the first time says which tiles are missing.
    this.#drawPicture(paint, view, stage, size);
    this.pyramid.work(Infinity, true);
    this.#drawPicture(paint, view, stage, size);
    this.overlay.drawInto(paint, view, stage, size.ratio);
    this.#drawMarkedInto(paint, view, stage, size, marked);
    paint.globalCompositeOperation = "destination-over";
    paint.fillStyle = getComputedStyle(this.#canvas).getPropertyValue("--viewer-ground");
    paint.fillRect(0, 0, size.width, size.height);
    return new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The browser made no picture"))), "image/png");
    });
  }

  /** Makes tiles while nothing else is to do. */
  #planWork() {
    if (this.#isWorking || this.#isClosed) return;
    this.#isWorking = true;
    const work = (/** @type {number} */ time) => {
      this.#isWorking = false;
      if (this.#isClosed) return;
      const { hasChanged, isDone } = this.pyramid.work(performance.now() + time);
      if (hasChanged) {
        this.isStale = true;
        this.#onChange();
      }
      if (!isDone) this.#planWork();
    };
    // Safari has no idle callbacks.
    if (typeof requestIdleCallback !== "function") setTimeout(() => work(workMs), 4);
    else requestIdleCallback((idle) => work(Math.min(Math.max(idle.timeRemaining(), 4), workMs)), { timeout: 60 });
  }
}

/** @param {HTMLCanvasElement} canvas */
function context(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/**
 * @param {HTMLCanvasElement} canvas @param {CanvasSize} size
 * @returns {boolean} whether it had another size, and is empty now
 */
function resized(canvas, { width, height, ratio }) {
  if (canvas.width === width && canvas.height === height) return false;
  canvas.width = width;
  canvas.height = height;
  canvas.style.width = `${width / ratio}px`;
  canvas.style.height = `${height / ratio}px`;
  return true;
}
