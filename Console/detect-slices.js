/**
 * How many regions of a picture the model looks at: slices, and the whole picture once more. As the service counts
 * them, after SAHI.
 *
 * @param {{ width: number, height: number }} picture
 * @param {{ isEnabled: boolean, width: number, height: number, overlap: number, hasFullImage: boolean }} slicing
 */
export function regionCount(picture, slicing) {
  if (!slicing.isEnabled) return 1;
  const slices = along(picture.width, slicing.width, slicing.overlap)
    * along(picture.height, slicing.height, slicing.overlap);
  return slices > 1 && slicing.hasFullImage ? slices + 1 : slices;
}

/** @param {number} length @param {number} slice @param {number} overlap */
function along(length, slice, overlap) {
  const step = slice - Math.trunc(overlap * slice);
  // The last slice moves back to the edge.
  return length <= slice ? 1 : Math.ceil((length - slice) / step) + 1;
}
