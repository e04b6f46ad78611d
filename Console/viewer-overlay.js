import { h } from "./dom.js";
import { canvasSize, seenBounds } from "./viewer-geometry.js";
import { drawBoxes } from "./viewer-strokes.js";

/**
 * @typedef {import("./viewer-geometry.js").View} View
 * @typedef {import("./viewer-geometry.js").Size} Size
 * @typedef {{ canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, view: View | null, version: number,
 *   size: { width: number, height: number, ratio: number } }} Sheet a drawing of the boxes as they lie in `view`
 */

/** Drawn around the window on each side, in CSS pixels, so that boxes are there when the picture is dragged. */
const margin = 128;
/** What a frame may spend on the boxes; less when it has drawn the picture too. */
const [shortMs, longMs] = [6, 12];

/**
 * The boxes, in a layer above the picture. Thousands take longer to draw than a frame lasts: the layer is drawn on a
 * second sheet over some frames while the first one moves and grows with the picture, and then they change places.
 */
export class Overlay {
  element = h("div", { class: "viewer-overlay" });
  #sheets = [sheet(), sheet()];
  /** @type {import("./viewer-scene.js").Scene | null} */
  #scene = null;
  /** @type {Uint8Array | null} */
  #mask = null;
  #version = 0;
  /** Of the sheet that is seen, and of the one that is drawn. */
  #counts = [0, 0];
  /** @type {Generator<undefined, void> | null} */
  #drawing = null;

  constructor() {
    this.element.append(...this.#sheets.map(({ canvas }) => canvas));
  }

  /** @param {import("./viewer-scene.js").Scene} scene all of its boxes are shown */
  setScene(scene) {
    this.#scene = scene;
    this.#mask = null;
    this.#version += 1;
    // The numbers of the boxes mean others now.
    this.#drawing = null;
    this.#sheets[0].view = null;
  }

  /** @param {Uint8Array | null} mask */
  setMask(mask) {
    this.#mask = mask;
    this.#version += 1;
  }

  get boxCount() {
    return this.#counts[0];
  }

  get isVisible() {
    return !this.element.hidden;
  }

  /** @param {boolean} isVisible */
  setVisible(isVisible) {
    this.element.hidden = !isVisible;
  }

  /**
   * Brings the layer nearer to `view`.
   * @param {View} view @param {Size} stage @param {number} pixelRatio
   * @param {boolean} isBusy whether the frame has done other things already
   * @returns {boolean} whether it is there; else the next frame should go on
   */
  frame(view, stage, pixelRatio, isBusy) {
    if (this.element.hidden) return true;
    const until = performance.now() + (isBusy ? shortMs : longMs);
    if (!this.#drawing && !this.#isGood(view, stage, pixelRatio)) this.#begin(view, stage, pixelRatio);
    if (this.#drawing) this.#goOn(until);
    this.#place(view, stage);
    return !this.#drawing && this.#isGood(view, stage, pixelRatio);
  }

  /** @param {View} view @param {Size} stage @param {number} pixelRatio */
  #isGood(view, stage, pixelRatio) {
    const [front] = this.#sheets;
    if (!front.view || front.version !== this.#version || front.view.scale !== view.scale) return false;
    const wanted = canvasSize(around(stage), pixelRatio);
    if (wanted.width !== front.size.width || wanted.height !== front.size.height) return false;
    const most = (margin - 1) / view.scale;
    return Math.abs(view.x - front.view.x) <= most && Math.abs(view.y - front.view.y) <= most;
  }

  /** @param {View} view @param {Size} stage @param {number} pixelRatio */
  #begin(view, stage, pixelRatio) {
    const [, back] = this.#sheets;
    const { canvas, context } = back;
    back.size = canvasSize(around(stage), pixelRatio);
    const { width, height, ratio } = back.size;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      canvas.style.width = `${width / ratio}px`;
      canvas.style.height = `${height / ratio}px`;
    } else {
      context.clearRect(0, 0, width, height);
    }
    back.view = view;
    back.version = this.#version;
    this.#counts[1] = 0;
    if (!this.#scene) {
      this.#drawing = none();
      return;
    }
    const [boxes, window] = this.#boxes(view, around(stage), ratio);
    this.#counts[1] = boxes.length;
    this.#drawing = drawBoxes(context, this.#scene, boxes, window, ratio);
  }

  /**
   * @param {View} view @param {Size} size @param {number} ratio
   * @returns {[Uint32Array, import("./viewer-pyramid.js").Window]}
   */
  #boxes(view, size, ratio) {
    const part = seenBounds(view, size);
    const scene = /** @type {import("./viewer-scene.js").Scene} */ (this.#scene);
    const window = {
      scale: view.scale * ratio, left: part.left, top: part.top,
      width: size.width * ratio, height: size.height * ratio,
    };
    return [scene.index.within(part, this.#mask), window];
  }

  /** @param {number} until */
  #goOn(until) {
    const [front, back] = this.#sheets;
    const drawing = /** @type {Generator} */ (this.#drawing);
    for (let step = 1; ; step += 1) {
      const isDone = drawing.next().done;
      // Browsers draw later than they are told to. A look at a pixel makes them do it, and then the clock is right.
      if (isDone || step % 4 === 0) back.context.getImageData(0, 0, 1, 1);
      if (isDone) break;
      if (performance.now() >= until) return;
    }
    this.#drawing = null;
    this.#sheets = [back, front];
    this.#counts[0] = this.#counts[1];
    back.canvas.hidden = false;
    front.canvas.hidden = true;
  }

  /**
   * Moves the sheet to where its boxes are now.
   * @param {View} view @param {Size} stage
   */
  #place(view, stage) {
    const [{ canvas, view: drawn, size: { ratio } }] = this.#sheets;
    if (!drawn) {
      canvas.hidden = true;
      return;
    }
    const growth = view.scale / drawn.scale;
    const outer = around(stage);
    // On whole device pixels: lines stay sharp.
    const [x, y] = [
      (drawn.x - view.x) * view.scale + stage.width / 2 - (outer.width / 2) * growth,
      (drawn.y - view.y) * view.scale + stage.height / 2 - (outer.height / 2) * growth,
    ].map((value) => Math.round(value * ratio) / ratio);
    canvas.style.transform = `matrix(${growth}, 0, 0, ${growth}, ${x}, ${y})`;
  }

  /**
   * Draws the boxes of a view into another canvas.
   * @param {CanvasRenderingContext2D} context @param {View} view @param {Size} stage @param {number} ratio
   */
  drawInto(context, view, stage, ratio) {
    if (this.element.hidden || !this.#scene) return;
    for (const _ of drawBoxes(context, this.#scene, ...this.#boxes(view, stage, ratio), ratio)) void _;
  }

  close() {
    this.#drawing = null;
    for (const { canvas } of this.#sheets) canvas.width = canvas.height = 0;
  }
}

function* none() {}

/** @param {Size} stage @returns {Size} */
function around(stage) {
  return { width: stage.width + 2 * margin, height: stage.height + 2 * margin };
}

/** @returns {Sheet} */
function sheet() {
  const canvas = h("canvas", { class: "viewer-layer", hidden: true });
  // By the processor: what it costs can be measured then, and split.
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  return { canvas, context, view: null, version: -1, size: { width: 0, height: 0, ratio: 1 } };
}
