import { h } from "./dom.js";
import { clamp, seenBounds } from "./viewer-geometry.js";

/** The longer side, in CSS pixels. */
const longest = 148;

/** All of the picture, small, with a frame around what is seen; only there when that is not all. */
export class Minimap {
  element = h("div", { class: "viewer-minimap", "data-testid": "viewer-minimap", "aria-hidden": "true", hidden: true });
  #canvas = h("canvas", null);
  #frame = h("div", { class: "viewer-minimap-frame" });
  #scale = 1;
  /** @type {import("./viewer-geometry.js").Size} */
  #size = { width: 1, height: 1 };

  /** @param {(x: number, y: number) => void} goTo a point of the picture @param {AbortSignal} signal */
  constructor(goTo, signal) {
    this.element.append(this.#canvas, this.#frame);
    const follow = (/** @type {PointerEvent} */ event) => {
      const { left, top } = this.#canvas.getBoundingClientRect();
      goTo((event.clientX - left) / this.#scale, (event.clientY - top) / this.#scale);
    };
    this.element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.element.setPointerCapture(event.pointerId);
      follow(event);
    }, { signal });
    this.element.addEventListener("pointermove", (event) => {
      if (this.element.hasPointerCapture(event.pointerId)) follow(event);
    }, { signal });
  }

  /** @param {import("./viewer-geometry.js").Size} picture @param {ImageBitmap | null} image */
  setPicture({ width, height }, image) {
    this.#scale = longest / Math.max(width, height, 1);
    this.#size = { width: Math.max(1, width * this.#scale), height: Math.max(1, height * this.#scale) };
    this.#canvas.width = Math.ceil(this.#size.width * 2);
    this.#canvas.height = Math.ceil(this.#size.height * 2);
    this.#canvas.style.width = `${this.#size.width}px`;
    this.#canvas.style.height = `${this.#size.height}px`;
    if (image) this.#canvas.getContext("2d")?.drawImage(image, 0, 0, this.#canvas.width, this.#canvas.height);
  }

  /**
   * @param {import("./viewer-geometry.js").View} view
   * @param {import("./viewer-geometry.js").Size} picture @param {import("./viewer-geometry.js").Size} stage
   */
  show(view, picture, stage) {
    const seen = seenBounds(view, stage);
    const isAllSeen = seen.right - seen.left >= picture.width - 1 && seen.bottom - seen.top >= picture.height - 1;
    // On a small screen it would hide what it is a map of.
    this.element.hidden = isAllSeen || stage.width < 3 * longest || stage.height < 2 * longest;
    if (this.element.hidden) return;
    const left = clamp(seen.left * this.#scale, 0, this.#size.width);
    const top = clamp(seen.top * this.#scale, 0, this.#size.height);
    const { style } = this.#frame;
    style.transform = `translate(${left}px, ${top}px)`;
    style.width = `${Math.max(6, clamp(seen.right * this.#scale, 0, this.#size.width) - left)}px`;
    style.height = `${Math.max(6, clamp(seen.bottom * this.#scale, 0, this.#size.height) - top)}px`;
  }
}
