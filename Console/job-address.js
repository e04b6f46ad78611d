/** @typedef {import("./job-detections.js").Filter} Filter */

/** Of an address anybody may have made: no more names than a model can have use for. */
const maxHidden = 1000;

/**
 * The filter that an address asks for.
 * @param {URLSearchParams} query
 * @returns {Filter}
 */
export function filterIn(query) {
  const confidence = Number.parseFloat(query.get("confidence") ?? "");
  const names = (query.get("without") ?? "").split(",", maxHidden).filter((name) => name !== "");
  return {
    minConfidence: confidence >= 0 && confidence <= 1 ? confidence : null,
    hidden: new Set(names.map(decoded)),
  };
}

/**
 * The same for the address; null takes a value out of it.
 * @param {Filter} filter
 */
export function addressOf({ minConfidence, hidden }) {
  return {
    confidence: minConfidence === null ? null : String(minConfidence),
    // A class may have a comma in its name.
    without: hidden.size === 0 ? null : [...hidden].map(encodeURIComponent).join(","),
  };
}

/** @param {string} name */
function decoded(name) {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
