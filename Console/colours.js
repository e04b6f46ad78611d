/** As the annotated pictures have them: Okabe and Ito's palette, then Paul Tol's "muted". */
const palette = [
  "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#332288",
  "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499",
];

/**
 * The same colour for the same class in every picture, as `#rrggbb`.
 * @param {number} classID
 */
export function classColour(classID) {
  return palette[((classID % palette.length) + palette.length) % palette.length];
}

/**
 * Black or white, whichever is read better on `#rrggbb`.
 * @param {string} colour
 */
export function textColourOn(colour) {
  const value = Number.parseInt(colour.slice(1), 16);
  const luminance =
    0.2126 * linear(value >> 16) + 0.7152 * linear((value >> 8) & 255) + 0.0722 * linear(value & 255);
  // Where the contrast ratios of WCAG 2 with black and with white are the same.
  return luminance > 0.179 ? "#000000" : "#ffffff";
}

/**
 * An sRGB component in 0...255 as light in 0...1.
 * @param {number} component
 */
function linear(component) {
  const value = component / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
