/**
 * Something that a job can be asked for as a file: where it is, and what to call it.
 * @typedef {{ path: string, filename: string }} Download
 *
 * What of a job: one picture (null: all), and which detections (null: all).
 * @typedef {{ jobID: string, file: { id: string, name: string } | null,
 *   minConfidence: number | null, className: string | null }} Selection
 */

/**
 * Of `GET /api/v1/jobs/{job_id}/results`.
 * @type {Record<string, { name: string, about: string, extension: string }>}
 */
export const formats = {
  json: { name: "JSON", about: "Everything: boxes, angles, what rules changed", extension: "json" },
  coco: { name: "COCO", about: "One document, as pycocotools loads it", extension: "coco.json" },
  yolo: { name: "YOLO", about: "Lines of labels of each picture, in JSON", extension: "yolo.json" },
  voc: { name: "Pascal VOC", about: "XML of each picture, in JSON", extension: "voc.json" },
  csv: { name: "CSV", about: "A line a detection, for spreadsheets", extension: "csv" },
  geojson: { name: "GeoJSON", about: "For maps; pixels without a georeference", extension: "geojson" },
};

/**
 * The detections in a format.
 * @param {Selection} selection
 * @param {string} format
 * @returns {Download}
 */
export function resultsDownload({ jobID, file, minConfidence, className }, format) {
  const query = new URLSearchParams({ format });
  if (file) query.set("file_id", file.id);
  if (minConfidence !== null) query.set("min_confidence", decimal(minConfidence));
  if (className !== null) query.set("class", className);
  return {
    path: `/api/v1/jobs/${jobID}/results?${query}`,
    filename: `${file ? stem(file.name) : jobID}.${formats[format].extension}`,
  };
}

/**
 * The labels of a picture as YOLO's own tools read them.
 * @param {string} jobID
 * @param {{ id: string, name: string }} file
 * @returns {Download}
 */
export function labelsDownload(jobID, file) {
  return {
    path: `/api/v1/jobs/${jobID}/results/${file.id}/labels.txt`, filename: `${stem(file.name)}.txt`,
  };
}

/**
 * @param {string} jobID
 * @param {string} format
 * @param {boolean} withImages
 * @returns {Download}
 */
export function archiveDownload(jobID, format, withImages) {
  return {
    path: `/api/v1/jobs/${jobID}/export?format=${format}&images=${withImages}`,
    filename: `${jobID}-${format}.zip`,
  };
}

/**
 * @param {string} jobID
 * @param {{ id: string, name: string }} file
 * @param {string} extension of what the job drew
 * @returns {Download}
 */
export function annotatedDownload(jobID, file, extension) {
  return {
    path: `/api/v1/files/${file.id}/annotated?job_id=${jobID}&redirect=false`,
    filename: `${stem(file.name)}.annotated.${extension}`,
  };
}

/**
 * As the service takes it; never `1e-7`.
 * @param {number} value
 */
function decimal(value) {
  return String(Number(value.toFixed(6)));
}

/**
 * A file name without its extension that every system takes, and that no command reads as an option.
 * @param {string} filename
 */
export function stem(filename) {
  const text = filename.replace(/\.[^.]*$/, "").replace(/[^\p{L}\p{N}._ ()+-]/gu, "_");
  return text.replace(/^[\s.-]+|[\s.]+$/g, "").slice(0, 120) || "picture";
}

/**
 * The command that downloads the same. The key comes from the environment, so that it is in no history.
 * @param {string} origin
 * @param {Download} download
 * @param {boolean} needsKey
 */
export function curlLines(origin, { path, filename }, needsKey) {
  const lines = ["curl --fail --silent --show-error"];
  if (needsKey) lines.push('-H "Authorization: Bearer $HARRIER_KEY"');
  lines.push(`-o ${shellQuoted(filename)}`, shellQuoted(origin + path));
  return lines.join(" \\\n  ");
}

/** @param {string} text */
export function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The same with Python's standard library alone.
 * @param {string} origin
 * @param {Download} download
 * @param {boolean} needsKey
 */
export function pythonLines(origin, { path, filename }, needsKey) {
  return [
    ...(needsKey ? ["import os"] : []),
    "import shutil",
    "import urllib.request",
    "",
    `request = urllib.request.Request(${pythonQuoted(origin + path)})`,
    ...(needsKey
      ? ['request.add_header("Authorization", "Bearer " + os.environ["HARRIER_KEY"])']
      : []),
    `with urllib.request.urlopen(request) as answer, open(${pythonQuoted(filename)}, "wb") as file:`,
    "    shutil.copyfileobj(answer, file)",
    "",
  ].join("\n");
}

/**
 * What JSON escapes Python reads alike.
 * @param {string} text
 */
export function pythonQuoted(text) {
  return JSON.stringify(text);
}
