import { announce, h, uniqueID } from "./dom.js";
import { count, integer } from "./format.js";
import { Camera } from "./viewer-camera.js";
import { Controls, Notice } from "./viewer-controls.js";
import { revealingView } from "./viewer-geometry.js";
import { listenToHands } from "./viewer-input.js";
import { decode, fetchPicture } from "./viewer-loading.js";
import { Minimap } from "./viewer-minimap.js";
import { Pyramid } from "./viewer-pyramid.js";
import { sceneOf } from "./viewer-scene.js";
import { Screen } from "./viewer-screen.js";
import { RenderStats } from "./viewer-stats.js";
import { spoken, Tooltip } from "./viewer-tooltip.js";

/**
 * @typedef {import("./viewer-geometry.js").View} View
 * @typedef {import("./viewer-geometry.js").Point} Point
 * @typedef {import("./viewer-index.js").Detection} Detection
 * @typedef {{ url: string | null, width: number, height: number, name: string, message?: string | null,
 *   keepView?: boolean, preview?: string | null }} Picture
 *   `width` and `height` are those of the upright picture, as the results have them; `url` null shows the boxes on grey
 *   ground with `message`; `preview` is a small picture of the same, shown until the large one is there
 */

/**
 * Shows a picture with its boxes. Events: "select" and "hover" (detail `{ index }`, null for none; what people did, not
 * what `select` was called for), "viewchange", "loaded", "failed" (detail `{ error }`).
 */
export class Viewer extends EventTarget {
  renderStats = new RenderStats();

  #signal;
  #loading = new AbortController();
  #name = "";
  /** @type {readonly Detection[]} */
  #detections = [];
  /** @type {import("./viewer-scene.js").Scene | null} */
  #scene = null;
  /** @type {Uint8Array | null} */
  #mask = null;
  /** @type {number | null} */
  #selected = null;
  /** @type {number | null} */
  #hovered = null;
  /** @type {Point | null} */
  #cursor = null;
  /** Whether the tooltip is at the selected box, for those without a cursor. */
  #isSelectionExplained = false;
  #scheduled = 0;
  /** @type {View | null} */
  #toldView = null;

  #camera = new Camera(() => this.#draw());
  #screen = new Screen(() => this.#schedule());
  #tooltip = new Tooltip();
  #notice = new Notice();
  #controls = new Controls(this);
  #stage;
  #minimap;

  /** @param {HTMLElement} host an empty block with a size of its own @param {AbortSignal} signal ends everything */
  constructor(host, signal) {
    super();
    this.#signal = signal;
    const help = uniqueID("viewer-keys");
    // Keys have meanings of their own here: screen readers must let them through. The page's table says what is seen.
    this.#stage = h("div", {
      class: "viewer-stage", tabindex: "0", role: "application", "aria-roledescription": "picture viewer",
      "aria-describedby": help,
    }, ...this.#screen.layers, this.#tooltip.element);
    this.#minimap = new Minimap((x, y) => this.#camera.move({ ...this.#camera.view, x, y }), signal);
    host.classList.add("viewer");
    host.dataset.testid ??= "viewer";
    /** @type {any} */ (host).viewer = this;
    host.replaceChildren(this.#stage, this.#notice.element, this.#minimap.element, this.#controls.element,
      h("p", { id: help, class: "visually-hidden" },
        "Arrow keys move the picture, plus and minus zoom, 0 fits it, 1 shows its actual size. "
        + "Full stop and comma, or the square brackets, go to the next and the previous detection. "
        + "Escape lets go of it. The table has the same detections."));
    this.#listen();
    this.#describe();
  }

  #listen() {
    const signal = this.#signal;
    listenToHands(this.#stage, {
      panBy: (dx, dy) => this.panBy(dx, dy),
      zoomBy: (factor, x, y) => this.zoomBy(factor, x, y),
      zoomTo: (factor, x, y) => this.#camera.moveTo(this.#camera.zoomed(factor, { x, y })),
      fit: () => this.fit(),
      actualSize: () => this.actualSize(),
      choose: (at, isTouch) => this.#choose(at, isTouch),
      point: (at) => this.#point(at),
      step: (by) => this.#step(by),
      deselect: () => this.#tell(null),
      pageWidth: () => Math.min(this.#camera.stage.width, this.#camera.stage.height),
      setDragging: (isDragging) => this.#stage.classList.toggle("viewer-dragging", isDragging),
    }, signal);
    const resizes = new ResizeObserver(() => this.#resize());
    resizes.observe(this.#stage);
    // A window that is moved to another screen keeps its size, not its pixels.
    window.addEventListener("resize", () => this.#draw(), { signal });
    document.addEventListener("themechange", () => this.#draw(), { signal });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw(), { signal });
    signal.addEventListener("abort", () => {
      resizes.disconnect();
      this.#loading.abort();
      cancelAnimationFrame(this.#scheduled);
      this.#screen.close();
    }, { once: true });
  }

  /**
   * Ends when the picture is there, or could not be had, or another one was asked for.
   * @param {Picture} picture
   */
  async setPicture({ url, width, height, name, message = null, keepView = false, preview = null }) {
    this.#loading.abort();
    this.#loading = new AbortController();
    if (this.#signal.aborted) return;
    const { signal } = this.#loading;
    const picture = { width, height };
    const isKept = this.#camera.setPicture(picture, keepView);
    // What is seen stays until the other form of the same picture is there.
    this.#show(new Pyramid(picture, null, isKept && url ? this.#screen.pyramid.takeCoarse() : null));
    this.#name = name;
    this.#describe();
    this.#notice.say(message);
    this.#stage.setAttribute("aria-busy", String(url !== null));
    if (url === null) return;
    try {
      if (preview && !this.#screen.pyramid.coarse) void this.#showPreview(picture, preview, signal);
      const blob = await fetchPicture(url, signal, (received, total) => {
        if (!signal.aborted) this.#notice.progress(received, total);
      });
      this.#notice.progress(blob.size, blob.size);
      const source = await decode(blob, signal);
      if (signal.aborted) return source.close();
      this.#show(new Pyramid(picture, source));
      this.#notice.say(message);
      this.dispatchEvent(new Event("loaded"));
    } catch (error) {
      if (signal.aborted) return;
      this.#notice.say("The picture could not be loaded");
      this.dispatchEvent(new CustomEvent("failed", { detail: { error } }));
    }
    this.#stage.setAttribute("aria-busy", "false");
  }

  /** @param {import("./viewer-geometry.js").Size} picture @param {string} url @param {AbortSignal} signal */
  async #showPreview(picture, url, signal) {
    try {
      const image = await createImageBitmap(await fetchPicture(url, signal, () => {}));
      // The picture itself may have been faster.
      if (signal.aborted || this.#screen.pyramid.coarse) return image.close();
      this.#show(new Pyramid(picture, null, image));
    } catch {
      // It does without.
    }
  }

  /** @param {Pyramid} pyramid */
  #show(pyramid) {
    this.#screen.show(this.#camera.picture, pyramid);
    this.#minimap.setPicture(this.#camera.picture, pyramid.coarse);
    this.#toldView = null;
    this.#draw();
  }

  /** @param {readonly Detection[]} detections as the results have them */
  setDetections(detections) {
    this.#detections = detections;
    this.#mask = null;
    this.#selected = null;
    this.#setHovered(null);
    this.#scene = sceneOf(detections);
    this.#screen.setScene(this.#scene);
    this.#describe();
    this.#schedule();
  }

  /** @param {Uint8Array | ((detection: Detection, index: number) => boolean) | null} mask by index, 0 for hidden */
  setMask(mask) {
    this.#mask = typeof mask === "function"
      ? Uint8Array.from(this.#detections, (it, index) => (mask(it, index) ? 1 : 0))
      : mask?.slice() ?? null;
    this.#screen.overlay.setMask(this.#mask);
    if (this.#hovered !== null && !this.#isShown(this.#hovered)) this.#setHovered(null);
    this.#describe();
    this.#schedule();
  }

  /** @param {boolean} isVisible false where the picture has boxes drawn into it; a selected one is seen all the same */
  setOverlayVisible(isVisible) {
    this.#screen.overlay.setVisible(isVisible);
    if (!isVisible) this.#setHovered(null);
    this.#schedule();
  }

  /**
   * @param {number | null} index
   * @param {{ reveal?: boolean }} [options] `reveal`: whether to move the picture so that the box is seen
   */
  select(index, options) {
    this.#selected = index !== null && index < this.#detections.length ? index : null;
    this.#isSelectionExplained = false;
    if (options?.reveal && this.#selected !== null && this.#scene) {
      const box = this.#scene.index.boundsOf(this.#selected);
      const { goal, picture, stage } = this.#camera;
      this.#camera.moveTo(revealingView(goal, box, picture, stage));
    }
    this.#schedule();
  }

  /** What is seen now, while it moves too. */
  get view() {
    return { ...this.#camera.view };
  }

  /** @param {View} view of another viewer, whose part of the picture this one shows then */
  lookAt(view) {
    this.#camera.follow(view);
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] the point that stays, on the stage; its middle */
  zoomBy(factor, x = this.#camera.stage.width / 2, y = this.#camera.stage.height / 2) {
    this.#camera.move(this.#camera.zoomed(factor, { x, y }));
  }

  /** @param {number} dx @param {number} dy CSS pixels to the right and down */
  panBy(dx, dy) {
    this.#camera.panBy(dx, dy);
  }

  fit() {
    this.#camera.fit();
  }

  actualSize() {
    this.#camera.actualSize();
  }

  /**
   * Where a point of the picture is seen, in CSS pixels from the top left of the viewer.
   * @param {number} x @param {number} y
   */
  stageAt(x, y) {
    return this.#camera.stageAt({ x, y });
  }

  /** A PNG of what is seen: picture, boxes and labels, at the screen's pixels. @returns {Promise<Blob>} */
  snapshot() {
    return this.#screen.snapshot(this.#camera.view, this.#camera.stage, this.#marked);
  }

  #resize() {
    this.#camera.resize({ width: this.#stage.clientWidth, height: this.#stage.clientHeight });
    this.#toldView = null;
    this.#screen.isStale = true;
    // Before the browser paints: the canvas of the old size is never seen.
    this.#frame(performance.now());
  }

  // MARK: - Choosing

  /** @param {number} box */
  #isShown(box) {
    return this.#mask === null || this.#mask[box] !== 0;
  }

  /**
   * The boxes at a point of the stage, the smallest first.
   * @param {Point} at @param {number} tolerance
   */
  #boxesAt(at, tolerance) {
    if (!this.#scene || !this.#screen.overlay.isVisible) return [];
    const { x, y } = this.#camera.pictureAt(at);
    return this.#scene.index.at(x, y, tolerance / this.#camera.view.scale, this.#mask);
  }

  /** @param {Point} at @param {boolean} isTouch */
  #choose(at, isTouch) {
    const boxes = this.#boxesAt(at, isTouch ? 12 : 3);
    const now = this.#selected === null ? -1 : boxes.indexOf(this.#selected);
    this.#tell(boxes.length === 0 ? null : boxes[(now + 1) % boxes.length]);
    this.#isSelectionExplained = isTouch;
    this.#schedule();
  }

  /** @param {Point | null} at */
  #point(at) {
    this.#cursor = at;
    this.#setHovered(at ? this.#boxesAt(at, 3)[0] ?? null : null);
    this.#schedule();
  }

  /** @param {number | null} index */
  #setHovered(index) {
    if (index === this.#hovered) return;
    this.#hovered = index;
    this.#stage.classList.toggle("viewer-pointing", index !== null);
    this.#schedule();
    this.dispatchEvent(new CustomEvent("hover", { detail: { index } }));
  }

  /** @param {number | null} index @returns {boolean} whether it was another one */
  #tell(index) {
    if (index === this.#selected) return false;
    this.select(index);
    return this.dispatchEvent(new CustomEvent("select", { detail: { index } }));
  }

  /**
   * To the next detection that is shown.
   * @param {number} by 1 or -1
   */
  #step(by) {
    const { length } = this.#detections;
    const first = this.#selected ?? (by > 0 ? -1 : length);
    for (let nth = 1; nth <= length; nth += 1) {
      const index = (((first + by * nth) % length) + length) % length;
      if (!this.#isShown(index)) continue;
      // A cursor that rests somewhere has no say now.
      this.#point(null);
      this.#tell(index);
      this.select(index, { reveal: true });
      this.#isSelectionExplained = true;
      announce(spoken(this.#detections[index]));
      return;
    }
  }

  // MARK: - Drawing

  #draw() {
    this.#screen.isStale = true;
    this.#schedule();
  }

  #schedule() {
    if (this.#scheduled !== 0 || this.#signal.aborted) return;
    this.#scheduled = requestAnimationFrame((now) => this.#frame(now));
  }

  /** @param {number} now */
  #frame(now) {
    cancelAnimationFrame(this.#scheduled);
    const { stage, picture } = this.#camera;
    const began = performance.now();
    this.#camera.advance(now);
    const { view } = this.#camera;
    // The picture may have moved under a cursor that rests.
    if (this.#toldView !== view && this.#cursor) this.#point(this.#cursor);
    this.#scheduled = 0;
    if (this.#signal.aborted || stage.width === 0 || stage.height === 0) return;
    const isDone = this.#screen.frame(view, stage, this.#marked);
    this.#explain();
    if (this.#toldView !== view) {
      this.#toldView = view;
      this.#controls.show(view.scale);
      this.#minimap.show(view, picture, stage);
      this.dispatchEvent(new Event("viewchange"));
    }
    if (!isDone || this.#camera.isMoving) this.#schedule();
    this.renderStats.add(performance.now() - began, this.#screen.overlay.boxCount);
  }

  /** The boxes to draw above the others. */
  get #marked() {
    /** @param {number | null} box */
    const shown = (box) => (box !== null && this.#isShown(box) ? box : null);
    return { selected: shown(this.#selected), hovered: shown(this.#hovered) };
  }

  #explain() {
    const { selected } = this.#marked;
    const { stage } = this.#camera;
    if (this.#cursor && this.#hovered !== null) {
      this.#tooltip.show(this.#detections[this.#hovered], this.#cursor, stage);
    } else if (this.#isSelectionExplained && selected !== null && this.#scene) {
      const { right, bottom } = this.#scene.index.boundsOf(selected);
      this.#tooltip.show(this.#detections[selected], this.#camera.stageAt({ x: right, y: bottom }), stage);
    } else {
      this.#tooltip.show(null, { x: 0, y: 0 }, stage);
    }
  }

  #describe() {
    const shown = this.#mask
      ? this.#mask.reduce((sum, it) => sum + (it === 0 ? 0 : 1), 0) : this.#detections.length;
    const boxes = `${integer(shown)} of ${count(this.#detections.length, "box", "boxes")} shown`;
    this.#stage.setAttribute("aria-label", this.#name ? `${this.#name}, ${boxes}` : "No picture");
  }
}
