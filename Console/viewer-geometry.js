/**
 * The arithmetic of looking at a picture. Nothing here touches the page.
 *
 * @typedef {{ scale: number, x: number, y: number }} View
 *   `x`, `y` is the point of the picture in the middle of the window; `scale` is CSS pixels for a pixel of the picture
 * @typedef {{ width: number, height: number }} Size
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ left: number, top: number, right: number, bottom: number }} Bounds
 */

/** Pixels of a picture are seen as squares long before this. */
const maxScale = 32;
/** A stamp that fills a wall shows nothing more. */
const maxFitScale = 8;
/** How far the edge of the picture may be pulled into the window, in CSS pixels: what lies at it is seen better. */
const slack = 48;

/**
 * The scale at which all of the picture is seen.
 * @param {Size} picture @param {Size} stage
 */
export function fitScale(picture, stage) {
  if (!(picture.width > 0 && picture.height > 0 && stage.width > 0 && stage.height > 0)) return 1;
  return Math.min(stage.width / picture.width, stage.height / picture.height, maxFitScale);
}

/** @param {Size} picture @param {Size} stage @returns {View} */
export function fittingView(picture, stage) {
  return { scale: fitScale(picture, stage), x: picture.width / 2, y: picture.height / 2 };
}

/**
 * The nearest view that shows something of use: not smaller than all of the picture, not beside it.
 * @param {View} view @param {Size} picture @param {Size} stage
 * @returns {View}
 */
export function limitedView(view, picture, stage) {
  const scale = clamp(view.scale, Math.min(fitScale(picture, stage), 1), maxScale);
  return {
    scale,
    x: limitedCentre(view.x, picture.width, stage.width / scale, slack / scale),
    y: limitedCentre(view.y, picture.height, stage.height / scale, slack / scale),
  };
}

/** @param {number} centre @param {number} length @param {number} seen @param {number} margin */
function limitedCentre(centre, length, seen, margin) {
  if (seen >= length) return length / 2;
  return clamp(centre, seen / 2 - margin, length - seen / 2 + margin);
}

/**
 * The view after a zoom that leaves the point under the cursor where it is.
 * @param {View} view
 * @param {number} factor
 * @param {Point} at in CSS pixels from the top left of the stage
 * @param {Size} picture @param {Size} stage
 */
export function zoomedView(view, factor, at, picture, stage) {
  const scale = clamp(view.scale * factor, Math.min(fitScale(picture, stage), 1), maxScale);
  const fixed = pictureAt(view, at, stage);
  return limitedView({
    scale,
    x: fixed.x - (at.x - stage.width / 2) / scale,
    y: fixed.y - (at.y - stage.height / 2) / scale,
  }, picture, stage);
}

/**
 * The view in which a box is seen: the same where it is seen well already.
 * @param {View} view @param {Bounds} box @param {Size} picture @param {Size} stage
 */
export function revealingView(view, box, picture, stage) {
  const width = Math.max(box.right - box.left, 1);
  const height = Math.max(box.bottom - box.top, 1);
  const seen = seenBounds(view, stage);
  const isSeen = box.left >= seen.left && box.right <= seen.right
    && box.top >= seen.top && box.bottom <= seen.bottom;
  const isReadable = Math.max(width, height) * view.scale >= 16;
  if (isSeen && isReadable) return view;
  const largest = 0.7 * Math.min(stage.width / width, stage.height / height);
  // 32 CSS pixels are enough to see what it is and what is around it.
  const smallest = 32 / Math.max(width, height);
  return limitedView({
    scale: Math.min(Math.max(view.scale, smallest), Math.max(largest, 0)),
    x: (box.left + box.right) / 2,
    y: (box.top + box.bottom) / 2,
  }, picture, stage);
}

/**
 * The part of the picture, and of what is around it, in the window.
 * @param {View} view @param {Size} stage @returns {Bounds}
 */
export function seenBounds(view, stage) {
  const halfWidth = stage.width / 2 / view.scale;
  const halfHeight = stage.height / 2 / view.scale;
  return {
    left: view.x - halfWidth, top: view.y - halfHeight,
    right: view.x + halfWidth, bottom: view.y + halfHeight,
  };
}

/** @param {View} view @param {Point} at on the stage @param {Size} stage @returns {Point} in the picture */
export function pictureAt(view, at, stage) {
  return {
    x: view.x + (at.x - stage.width / 2) / view.scale,
    y: view.y + (at.y - stage.height / 2) / view.scale,
  };
}

/** @param {View} view @param {Point} at in the picture @param {Size} stage @returns {Point} on the stage */
export function stageAt(view, at, stage) {
  return {
    x: (at.x - view.x) * view.scale + stage.width / 2,
    y: (at.y - view.y) * view.scale + stage.height / 2,
  };
}

/** @param {View} one @param {View} other */
export function isSameView(one, other) {
  return one.scale === other.scale && one.x === other.x && one.y === other.y;
}

/**
 * A view between two, for a movement: scales change by equal factors, not by equal steps.
 * @param {View} from @param {View} to @param {number} part from 0 to 1
 * @returns {View}
 */
export function viewBetween(from, to, part) {
  if (part >= 1) return to;
  const eased = 1 - (1 - part) ** 3;
  return {
    scale: from.scale * (to.scale / from.scale) ** eased,
    x: from.x + (to.x - from.x) * eased,
    y: from.y + (to.y - from.y) * eased,
  };
}

/**
 * How often the picture is halved until it fits one tile.
 * @param {Size} picture @param {number} tileSize
 */
export function levelCount(picture, tileSize) {
  const longest = Math.max(picture.width, picture.height);
  return 1 + Math.max(0, Math.ceil(Math.log2(longest / tileSize)));
}

/**
 * The halved picture to draw from: the smallest that has a pixel for each of the screen's. A tenth less is not seen.
 * @param {number} deviceScale device pixels for a pixel of the picture
 * @param {number} levels
 */
export function levelFor(deviceScale, levels) {
  return clamp(Math.floor(Math.log2(1 / deviceScale) + 0.14), 0, levels - 1);
}

/**
 * The tiles of a level that lie in a part of the picture, as columns and rows, ends included.
 * @param {Bounds} part @param {Size} picture @param {number} span pixels of the picture along the side of a tile
 */
export function tilesIn(part, picture, span) {
  return {
    firstColumn: Math.max(0, Math.floor(part.left / span)),
    lastColumn: Math.min(Math.ceil(picture.width / span), Math.ceil(part.right / span)) - 1,
    firstRow: Math.max(0, Math.floor(part.top / span)),
    lastRow: Math.min(Math.ceil(picture.height / span), Math.ceil(part.bottom / span)) - 1,
  };
}

/**
 * The size of a canvas for a block of the page: at device pixels, less where browsers allow no canvas as large.
 * iOS allows 16,777,216 pixels; 8192 a side are safe everywhere.
 * @param {Size} block in CSS pixels @param {number} pixelRatio
 * @returns {{ width: number, height: number, ratio: number }}
 */
export function canvasSize(block, pixelRatio) {
  const area = Math.max(1, block.width * block.height);
  const ratio = Math.min(
    pixelRatio, Math.sqrt(16_777_216 / area), 8192 / Math.max(1, block.width, block.height));
  return {
    width: Math.max(1, Math.floor(block.width * ratio)),
    height: Math.max(1, Math.floor(block.height * ratio)),
    ratio,
  };
}

/** @param {number} value @param {number} least @param {number} most */
export function clamp(value, least, most) {
  return Math.min(Math.max(value, least), most);
}
