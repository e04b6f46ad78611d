import {
  fittingView, isSameView, limitedView, pictureAt, stageAt, viewBetween, zoomedView,
} from "./viewer-geometry.js";

/**
 * @typedef {import("./viewer-geometry.js").View} View
 * @typedef {import("./viewer-geometry.js").Size} Size
 * @typedef {import("./viewer-geometry.js").Point} Point
 */

/** How long the picture moves to a place that was far away: long enough to see where it goes. */
const moveMs = 220;

/** Which part of a picture is looked at. It never leaves the picture, and stays fitted until somebody moves it. */
export class Camera {
  /** @type {Size} */
  stage = { width: 0, height: 0 };
  /** @type {View} */
  #view = { scale: 1, x: 0.5, y: 0.5 };
  /** @type {Size} */
  #picture = { width: 1, height: 1 };
  /** @type {{ from: View, to: View, began: number } | null} */
  #movement = null;
  #isFitted = true;
  #onChange;

  /** @param {() => void} onChange called when a frame should show another view */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get view() {
    return this.#view;
  }

  get picture() {
    return this.#picture;
  }

  /** Where the picture will be when it has moved. */
  get goal() {
    return this.#movement?.to ?? this.#view;
  }

  get isMoving() {
    return this.#movement !== null;
  }

  /**
   * @param {Size} picture
   * @param {boolean} keepsView for another form of the same picture
   * @returns {boolean} whether the view was kept
   */
  setPicture(picture, keepsView) {
    const isSameSize = picture.width === this.#picture.width && picture.height === this.#picture.height;
    this.#picture = picture;
    if (keepsView && isSameSize) return true;
    this.fit();
    return false;
  }

  /** @param {Size} stage */
  resize(stage) {
    this.stage = stage;
    if (this.#isFitted) this.fit();
    else this.move(this.#view);
  }

  fit() {
    this.move(fittingView(this.#picture, this.stage));
    this.#isFitted = true;
  }

  /** A CSS pixel for each pixel of the picture. */
  actualSize() {
    this.move({ scale: 1, x: this.goal.x, y: this.goal.y });
  }

  /**
   * At once.
   * @param {View} view
   */
  move(view) {
    this.#movement = null;
    this.#isFitted = false;
    this.#set(limitedView(view, this.#picture, this.stage));
  }

  /**
   * As another camera on the same picture; also in that all of the picture stays seen.
   * @param {View} view
   */
  follow(view) {
    if (isSameView(view, fittingView(this.#picture, this.stage))) this.fit();
    else this.move(view);
  }

  /** @param {number} dx @param {number} dy CSS pixels */
  panBy(dx, dy) {
    const { scale, x, y } = this.#view;
    this.move({ scale, x: x + dx / scale, y: y + dy / scale });
  }

  /** @param {number} factor @param {Point} at of the stage, where the picture stays @returns {View} */
  zoomed(factor, at) {
    return zoomedView(this.goal, factor, at, this.#picture, this.stage);
  }

  /**
   * Bit by bit, for those who like movement.
   * @param {View} view
   */
  moveTo(view) {
    if (isSameView(view, this.#view)) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.move(view);
    this.#isFitted = false;
    this.#movement = { from: this.#view, to: view, began: performance.now() };
    this.#onChange();
  }

  /** @param {number} now as of `performance.now()` */
  advance(now) {
    if (!this.#movement) return;
    const { from, to, began } = this.#movement;
    const part = Math.max(0, (now - began) / moveMs);
    if (part >= 1) this.#movement = null;
    this.#set(viewBetween(from, to, part));
  }

  /** @param {Point} at on the stage */
  pictureAt(at) {
    return pictureAt(this.#view, at, this.stage);
  }

  /** @param {Point} at in the picture */
  stageAt(at) {
    return stageAt(this.#view, at, this.stage);
  }

  /** @param {View} view */
  #set(view) {
    if (isSameView(view, this.#view)) return;
    this.#view = view;
    this.#onChange();
  }
}
