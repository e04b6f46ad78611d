import { className, count, integer, percent } from "./format.js";

/**
 * As `GET /api/v1/jobs/{id}/comparison` has them.
 * @typedef {{ base_boxes: number, candidate_boxes: number, matched: number, only_base: number, only_candidate: number,
 *   agreement: number, mean_iou: number | null, mean_confidence_change: number | null }} Figures
 * @typedef {{ base: string, candidate: string, count: number }} Relabelled
 * @typedef {{ name: string, version?: number, task?: string, sha256?: string }} ComparedModel
 * @typedef {{ number: number, file_id: string, filename: string, figures?: Figures,
 *   failure?: { side: "base" | "candidate", code: string, message: string },
 *   base_annotated_url: string | null, candidate_annotated_url: string | null }} ComparedPicture
 * @typedef {{ job_id: string, base_job_id: string, base_model: ComparedModel, candidate_model: ComparedModel,
 *   iou_threshold: number, figures: Figures, classes: (Figures & { class: string })[], relabelled: Relabelled[],
 *   images: ComparedPicture[] }} Comparison
 */

/**
 * `harbour@3`
 * @param {ComparedModel} model
 */
export function modelName({ name, version }) {
  return version === undefined ? name : `${name}@${version}`;
}

/**
 * Those that failed first, then those that agree least, and of two that agree the same the one with more differences.
 * @param {readonly ComparedPicture[]} pictures
 */
export function worstFirst(pictures) {
  return [...pictures].sort((one, other) => badness(other) - badness(one)
    || differences(other) - differences(one) || one.number - other.number);
}

/** @param {ComparedPicture} picture */
function badness({ figures }) {
  return figures ? 1 - figures.agreement : 2;
}

/** @param {ComparedPicture} picture */
function differences({ figures }) {
  return figures ? figures.only_base + figures.only_candidate : 0;
}

/**
 * `+0.021`; "–" where nothing was matched.
 * @param {number | null} change
 */
export function changeText(change) {
  if (change === null) return "–";
  const text = Math.abs(change).toFixed(3);
  if (text === "0.000") return text;
  return `${change < 0 ? "−" : "+"}${text}`;
}

/**
 * `83 %`; what is not all of it does not look so.
 * @param {number} agreement
 */
export function agreementText(agreement) {
  if (agreement < 1 && agreement >= 0.995) return `${(Math.floor(agreement * 1000) / 10).toFixed(1)} %`;
  return percent(agreement);
}

/**
 * `12 in both, 3 only in the base, 1 only in the candidate`
 * @param {Figures} figures
 */
export function figuresText({ matched, only_base: base, only_candidate: candidate }) {
  return `${integer(matched)} in both, ${integer(base)} only in the base, ${integer(candidate)} only in the candidate`;
}

/**
 * What is said of a box that is on one side only.
 * @param {{ class_name: string } | undefined} other the box of another class that is there on the other side
 */
export function noteOf(other) {
  return other ? `other side: ${className(other.class_name)}` : "only here";
}

/**
 * What the list of pictures says of one.
 * @param {ComparedPicture} picture
 */
export function pictureText({ figures, failure }) {
  if (!figures) return failure ? `failed in the ${failure.side}` : "not compared";
  const all = figures.only_base + figures.only_candidate;
  return all === 0 ? "no differences" : count(all, "difference");
}
