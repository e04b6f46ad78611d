import { levelCount, levelFor, tilesIn } from "./viewer-geometry.js";

/**
 * @typedef {import("./viewer-loading.js").DecodedPicture} DecodedPicture
 * @typedef {import("./viewer-geometry.js").Size} Size
 * @typedef {{ scale: number, left: number, top: number, width: number, height: number }} Window
 *   `left`, `top` is the point of the picture at the top left of a canvas of `width` and `height`;
 *   `scale` is pixels of the canvas for a pixel of the picture
 * @typedef {{ level: number, column: number, row: number }} Place
 * @typedef {{ image: ImageBitmap, lastFrame: number }} Tile
 */

/** Small enough that one is made in a few milliseconds. */
export const tileSize = 512;
/** The side of the first, coarse picture that stands in for tiles that are not made yet. */
const coarseSize = 1024;
/** Tiles of the full picture that are kept beside those in the window; a tile is 1 MB. */
const spareTiles = 48;
/** From here on the pixels of the picture are shown as what they are. */
const crispScale = 3;

/**
 * A picture as tiles of itself and of its halves, made bit by bit, so that no frame waits for them and each draws about
 * as many pixels as the screen has. The halves are a third of the picture's memory, and stay; tiles of the full picture
 * are cut when they are seen, and only the last ones are kept.
 */
export class Pyramid {
  #source;
  #picture;
  /** @type {ImageBitmap | null} */
  #coarse = null;
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  /**
   * Of the last frame, nearest first.
   * @type {Place[]}
   */
  #wanted = [];
  #frame = 0;
  #levels = 1;
  /**
   * Where the making of all halves has come to.
   * @type {Place}
   */
  #next = { level: 1, column: 0, row: 0 };

  /**
   * @param {Size} picture the size in which views are counted; the decoded picture may have another
   * @param {DecodedPicture | null} source closed with the pyramid
   * @param {ImageBitmap | null} coarse shown where there is no source; closed with the pyramid
   */
  constructor(picture, source, coarse = null) {
    this.#picture = picture;
    this.#source = source;
    this.#coarse = coarse;
    if (!source) return;
    this.#levels = levelCount(source, tileSize);
    const factor = Math.min(1, coarseSize / Math.max(source.width, source.height));
    coarse?.close();
    // Without a filter over all pixels: it is there at once, and soon replaced.
    this.#coarse = drawnBitmap(
      Math.max(1, Math.round(source.width * factor)), Math.max(1, Math.round(source.height * factor)),
      (context, width, height) => context.drawImage(source.image, 0, 0, width, height));
  }

  get hasPicture() {
    return this.#coarse !== null || this.#source !== null;
  }

  get coarse() {
    return this.#coarse;
  }

  /** Gives the coarse picture away, to one that follows. */
  takeCoarse() {
    const coarse = this.#coarse;
    this.#coarse = null;
    return coarse;
  }

  close() {
    this.#source?.close();
    this.#source = null;
    this.#coarse?.close();
    this.#coarse = null;
    for (const { image } of this.#tiles.values()) image.close();
    this.#tiles.clear();
    this.#wanted = [];
  }

  /**
   * Draws what lies in the window, as well as it is known.
   * @param {CanvasRenderingContext2D} context
   * @param {Window} window
   */
  draw(context, window) {
    this.#frame += 1;
    context.imageSmoothingEnabled = window.scale <= crispScale;
    if (!this.#source) {
      this.#wanted = [];
      if (this.#coarse) {
        const { width, height } = this.#picture;
        place(context, this.#coarse, null, { left: 0, top: 0, right: width, bottom: height }, window);
      }
      return;
    }
    this.#wanted = this.#placesIn(window);
    for (const wanted of this.#wanted) this.#drawTile(context, wanted, window);
  }

  /** @param {Window} window @returns {Place[]} */
  #placesIn({ scale, left, top, width, height }) {
    const source = /** @type {DecodedPicture} */ (this.#source);
    const [unitX, unitY] = this.#units;
    const level = levelFor(scale * Math.max(unitX, unitY), this.#levels);
    const part = {
      left: left / unitX, top: top / unitY,
      right: (left + width / scale) / unitX, bottom: (top + height / scale) / unitY,
    };
    const range = tilesIn(part, source, tileSize * 2 ** level);
    const places = [];
    for (let row = range.firstRow; row <= range.lastRow; row += 1) {
      for (let column = range.firstColumn; column <= range.lastColumn; column += 1) {
        places.push({ level, column, row });
      }
    }
    const [middleColumn, middleRow] = [
      (range.firstColumn + range.lastColumn) / 2, (range.firstRow + range.lastRow) / 2];
    /** @param {Place} it */
    const distance = (it) => Math.hypot(it.column - middleColumn, it.row - middleRow);
    return places.sort((one, other) => distance(one) - distance(other));
  }

  /** Pixels of the picture for a pixel of the decoded one. */
  get #units() {
    const source = /** @type {DecodedPicture} */ (this.#source);
    return [this.#picture.width / source.width, this.#picture.height / source.height];
  }

  /** @param {CanvasRenderingContext2D} context @param {Place} wanted @param {Window} window */
  #drawTile(context, wanted, window) {
    const region = this.#regionOf(wanted);
    const [unitX, unitY] = this.#units;
    const target = {
      left: region.left * unitX, top: region.top * unitY,
      right: region.right * unitX, bottom: region.bottom * unitY,
    };
    for (let { level, column, row } = wanted; level < this.#levels; level += 1, column >>= 1, row >>= 1) {
      const tile = this.#tiles.get(key({ level, column, row }));
      if (!tile) continue;
      tile.lastFrame = this.#frame;
      if (level === wanted.level) return place(context, tile.image, null, target, window);
      const outer = this.#regionOf({ level, column, row });
      return place(context, tile.image, within(region, outer, tile.image), target, window);
    }
    if (this.#coarse) {
      const { width, height } = /** @type {DecodedPicture} */ (this.#source);
      const all = { left: 0, top: 0, right: width, bottom: height };
      place(context, this.#coarse, within(region, all, this.#coarse), target, window);
    }
  }

  /**
   * In pixels of the decoded picture.
   * @param {Place} place
   */
  #regionOf({ level, column, row }) {
    const source = /** @type {DecodedPicture} */ (this.#source);
    const span = tileSize * 2 ** level;
    return {
      left: column * span, top: row * span,
      right: Math.min(source.width, (column + 1) * span), bottom: Math.min(source.height, (row + 1) * span),
    };
  }

  /**
   * Makes tiles until the time is over: those in the window first, then all halves.
   * @param {number} until as of `performance.now()`
   * @param {boolean} [isForWindow] whether to end with those in the window
   * @returns {{ hasChanged: boolean, isDone: boolean }} `hasChanged`: whether a frame would look better now
   */
  work(until, isForWindow = false) {
    if (!this.#source) return { hasChanged: false, isDone: true };
    let hasChanged = false;
    for (const wanted of this.#wanted) {
      if (this.#tiles.has(key(wanted))) continue;
      if (!this.#make(wanted, until)) return { hasChanged, isDone: false };
      hasChanged = true;
    }
    this.#forgetTiles();
    for (; !isForWindow;) {
      if (this.#next.level >= this.#levels) return { hasChanged, isDone: true };
      if (!this.#make(this.#next, until)) return { hasChanged, isDone: false };
      this.#next = this.#after(this.#next);
    }
    return { hasChanged, isDone: false };
  }

  /** @param {Place} place @returns {Place} */
  #after({ level, column, row }) {
    const source = /** @type {DecodedPicture} */ (this.#source);
    const span = tileSize * 2 ** level;
    if ((column + 1) * span < source.width) return { level, column: column + 1, row };
    if ((row + 1) * span < source.height) return { level, column: 0, row: row + 1 };
    return { level: level + 1, column: 0, row: 0 };
  }

  /**
   * @param {Place} wanted @param {number} until
   * @returns {boolean} false when the time was over before
   */
  #make(wanted, until) {
    const source = /** @type {DecodedPicture} */ (this.#source);
    if (this.#tiles.has(key(wanted))) return true;
    const { level, column, row } = wanted;
    const region = this.#regionOf(wanted);
    const parts = level < 2 ? [] : [[0, 0], [1, 0], [0, 1], [1, 1]]
      .map(([right, down]) => ({ level: level - 1, column: column * 2 + right, row: row * 2 + down }))
      .filter((part) => {
        const { left, top } = this.#regionOf(part);
        return left < source.width && top < source.height;
      });
    for (const part of parts) {
      if (!this.#make(part, until)) return false;
    }
    if (performance.now() >= until) return false;
    const step = 2 ** level;
    const [width, height] = [region.right - region.left, region.bottom - region.top];
    const image = drawnBitmap(Math.ceil(width / step), Math.ceil(height / step), (context) => {
      if (level < 2) {
        return context.drawImage(
          source.image, region.left, region.top, width, height, 0, 0, width / step, height / step);
      }
      for (const part of parts) {
        const { left, top } = this.#regionOf(part);
        const tile = /** @type {Tile} */ (this.#tiles.get(key(part)));
        context.drawImage(tile.image, (left - region.left) / step, (top - region.top) / step,
          tile.image.width / 2, tile.image.height / 2);
      }
    });
    this.#tiles.set(key(wanted), { image, lastFrame: this.#frame });
    return true;
  }

  #forgetTiles() {
    const full = [...this.#tiles].filter(([name]) => name.startsWith("0/"));
    let surplus = full.length - spareTiles - this.#wanted.length;
    full.sort(([, one], [, other]) => one.lastFrame - other.lastFrame);
    for (const [name, tile] of full) {
      if (surplus <= 0 || tile.lastFrame >= this.#frame) return;
      tile.image.close();
      this.#tiles.delete(name);
      surplus -= 1;
    }
  }
}

/** @param {Place} place */
function key({ level, column, row }) {
  return `${level}/${column}/${row}`;
}

/**
 * @typedef {import("./viewer-geometry.js").Bounds} Bounds
 * @param {Bounds} region @param {Bounds} outer @param {ImageBitmap} image that shows `outer`
 * @returns {Bounds} where `region` is in the image
 */
function within(region, outer, image) {
  const x = image.width / (outer.right - outer.left);
  const y = image.height / (outer.bottom - outer.top);
  return {
    left: (region.left - outer.left) * x, right: (region.right - outer.left) * x,
    top: (region.top - outer.top) * y, bottom: (region.bottom - outer.top) * y,
  };
}

/**
 * Draws an image, or a part of it. Edges are on whole pixels of the canvas, so that no seam shows between two tiles.
 * @param {CanvasRenderingContext2D} context
 * @param {ImageBitmap} image
 * @param {Bounds | null} part in pixels of the image
 * @param {Bounds} target in the picture
 * @param {Window} window
 */
function place(context, image, part, target, { scale, left, top }) {
  const [x, y] = [Math.round((target.left - left) * scale), Math.round((target.top - top) * scale)];
  const width = Math.round((target.right - left) * scale) - x;
  const height = Math.round((target.bottom - top) * scale) - y;
  if (!part) return context.drawImage(image, x, y, width, height);
  context.drawImage(image, part.left, part.top, part.right - part.left, part.bottom - part.top, x, y, width, height);
}

/**
 * Drawn by the processor whatever the browser has: nothing is moved to the graphics card for a tile that may never be
 * seen, and a source that is larger than its textures is no matter.
 * @param {number} width @param {number} height
 * @param {(context: CanvasRenderingContext2D, width: number, height: number) => void} draw
 * @returns {ImageBitmap}
 */
function drawnBitmap(width, height, draw) {
  const canvas = new (/** @type {any} */ (globalThis).OffscreenCanvas)(width, height);
  draw(canvas.getContext("2d", { willReadFrequently: true }), width, height);
  return canvas.transferToImageBitmap();
}
