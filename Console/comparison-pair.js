import { api } from "./api.js";
import { announce, h, replace } from "./dom.js";
import { className, confidence, count, integer } from "./format.js";
import { matching } from "./comparison-matching.js";
import { modelName, noteOf } from "./comparison-numbers.js";
import { Viewer } from "./viewer.js";
import { isSameView } from "./viewer-geometry.js";

/**
 * @typedef {import("./comparison-numbers.js").Comparison} Comparison
 * @typedef {import("./comparison-numbers.js").ComparedPicture} ComparedPicture
 * @typedef {import("./viewer-index.js").Detection} Detection
 * @typedef {"all" | "different" | "same"} Shown
 * @typedef {{ width: number, height: number, detections: Detection[], problem: string | null }} SideResult
 * @typedef {{ sides: [SideResult, SideResult], partners: [Int32Array, Int32Array] }} PairResult
 */

/** Pictures whose results are kept, for the way back. */
const maxKept = 8;

/** One picture as two jobs see it, side by side. Where the one is looked at, the other is too. */
export class ComparisonPair {
  /** @type {Shown} */
  shown = "all";
  /**
   * A label; null for all.
   * @type {string | null}
   */
  onlyClass = null;
  /** @type {Map<string, Promise<PairResult>>} */
  #kept = new Map();
  /** @type {PairResult | null} */
  #result = null;
  #detail = h("p", { class: "pair-selected", role: "status", "data-testid": "comparison-selected" });
  #sides;

  /** @param {Comparison} comparison @param {AbortSignal} signal */
  constructor(comparison, signal) {
    this.comparison = comparison;
    this.signal = signal;
    this.#sides = [
      new Side("base", comparison.base_job_id, modelName(comparison.base_model), signal),
      new Side("candidate", comparison.job_id, modelName(comparison.candidate_model), signal),
    ];
    this.element = h("div", { class: "pair" },
      h("div", { class: "pair-sides" }, this.#sides.map(({ element }) => element)), this.#detail);
    this.#sides.forEach(({ viewer }, place) => {
      const other = this.#sides[1 - place];
      viewer.addEventListener("viewchange", () => this.#follow(this.#sides[place], other));
      viewer.addEventListener("select", (event) =>
        this.#select(place, /** @type {CustomEvent} */ (event).detail.index));
    });
  }

  /**
   * @param {ComparedPicture} picture
   * @param {() => boolean} isWanted whether it still is when its results are there
   */
  async show(picture, isWanted) {
    const result = await this.#read(picture);
    if (this.signal.aborted || !isWanted()) return;
    this.#result = result;
    this.#detail.textContent = "";
    const [base, candidate] = result.sides;
    // A side that failed may not know how large the picture is; without a picture the other one needs no room.
    const { width, height } = base.width > 0 ? base : candidate;
    const owner = picture.base_annotated_url !== null ? this.comparison.base_job_id : this.comparison.job_id;
    // The same address on both sides: it is read once.
    const url = `/api/v1/files/${picture.file_id}/picture?job_id=${owner}`;
    const drawn = [picture.base_annotated_url, picture.candidate_annotated_url];
    this.#sides.forEach((side, place) => side.show(result.sides[place], {
      url, width, height, name: picture.filename, fileID: picture.file_id, annotated: drawn[place],
    }));
    this.applyFilter();
  }

  /** After `shown` or `onlyClass` was changed. */
  applyFilter() {
    const result = this.#result;
    if (!result) return;
    this.#sides.forEach((side, place) => {
      const partners = result.partners[place];
      side.setMask(Uint8Array.from(result.sides[place].detections, (box, index) => {
        const isSame = partners[index] !== -1;
        if (this.onlyClass !== null && box.class_name !== this.onlyClass) return 0;
        return this.shown === "all" || isSame === (this.shown === "same") ? 1 : 0;
      }));
    });
  }

  /** @param {ComparedPicture} picture @returns {Promise<PairResult>} */
  #read(picture) {
    const { file_id: fileID } = picture;
    const known = this.#kept.get(fileID);
    if (known) return known;
    const asked = this.#ask(fileID);
    this.#kept.set(fileID, asked);
    asked.catch(() => this.#kept.delete(fileID));
    if (this.#kept.size > maxKept) this.#kept.delete(/** @type {string} */ (this.#kept.keys().next().value));
    return asked;
  }

  /** @param {string} fileID @returns {Promise<PairResult>} */
  async #ask(fileID) {
    const { base_job_id: baseID, job_id: candidateID, iou_threshold: leastIoU } = this.comparison;
    const query = `file_id=${encodeURIComponent(fileID)}`;
    const [base, candidate] = await Promise.all([baseID, candidateID].map(async (id) => {
      const { results } = await api.get(`/api/v1/jobs/${id}/results?${query}`, { signal: this.signal });
      return sideResult(results[0]);
    }));
    const { base: basePartners, candidate: candidatePartners, baseOther, candidateOther } =
      matching(base.detections, candidate.detections, leastIoU);
    // Where one side failed nothing is missing on the other: nobody looked.
    if (base.problem === null && candidate.problem === null) {
      note(base.detections, basePartners, baseOther, candidate.detections);
      note(candidate.detections, candidatePartners, candidateOther, base.detections);
    }
    return { sides: [base, candidate], partners: [basePartners, candidatePartners] };
  }

  /** @param {Side} moved @param {Side} other */
  #follow(moved, other) {
    // One that was told where to look is no leader. Its window may have changed, though: it can look there now.
    const isTold = moved.told !== null && isSameView(moved.viewer.view, moved.told);
    const [leader, follower] = isTold ? [other, moved] : [moved, other];
    leader.told = null;
    follower.viewer.lookAt(leader.viewer.view);
    follower.told = follower.viewer.view;
  }

  /** @param {number} place of the side @param {number | null} index */
  #select(place, index) {
    const result = this.#result;
    if (!result) return;
    const partner = index === null ? -1 : result.partners[place][index];
    this.#sides[1 - place].viewer.select(partner === -1 ? null : partner);
    const box = index === null ? null : result.sides[place].detections[index];
    if (!box) {
      this.#detail.textContent = "";
      return;
    }
    const [here, there] = place === 0 ? ["base", "candidate"] : ["candidate", "base"];
    const text = `${className(box.class_name)}, ${confidence(box.confidence)} in the ${here}`;
    const other = partner === -1 ? null : result.sides[1 - place].detections[partner];
    this.#detail.textContent = other
      ? `${text}, ${confidence(other.confidence)} in the ${there}`
      : `${text}${box.note ? `, ${box.note}` : ""}`;
  }
}

/** The picture as one of the jobs sees it. */
class Side {
  /**
   * Where the other side has told the viewer to look.
   * @type {import("./viewer-geometry.js").View | null}
   */
  told = null;
  #counts = h("span", { class: "pair-counts" });
  #links = h("span", { class: "pair-links" });
  /** @type {SideResult | null} */
  #result = null;

  /** @param {"base" | "candidate"} name @param {string} jobID @param {string} model @param {AbortSignal} signal */
  constructor(name, jobID, model, signal) {
    this.jobID = jobID;
    const host = h("div", { class: "pair-viewer", "data-testid": `viewer-${name}` });
    const title = name === "base" ? "Base" : "Candidate";
    this.element = h("section", { class: "pair-side", "aria-label": `${title}, ${model}` },
      h("div", { class: "pair-head" },
        h("h3", null, title), h("code", null, model), this.#counts, this.#links),
      host);
    this.viewer = new Viewer(host, signal);
    this.viewer.addEventListener("failed", () => this.#showGround());
  }

  /**
   * @param {SideResult} result
   * @param {{ url: string, width: number, height: number, name: string, fileID: string,
   *   annotated: string | null }} picture
   */
  show(result, { url, width, height, name, fileID, annotated }) {
    this.#result = result;
    this.picture = { width, height, name };
    this.told = null;
    replace(this.#links,
      h("a", { href: `#/jobs/${this.jobID}?file=${fileID}` }, "Job"),
      annotated
        ? h("a", { href: `${annotated}&redirect=false`, target: "_blank", rel: "noopener" }, "Annotated")
        : null);
    void this.viewer.setPicture({
      ...this.picture, url: width > 0 ? url : null, message: result.problem,
    });
    this.viewer.setDetections(result.detections);
  }

  /** @param {Uint8Array} mask */
  setMask(mask) {
    const result = this.#result;
    if (!result) return;
    this.viewer.setMask(mask);
    const shown = mask.reduce((sum, it) => sum + it, 0);
    const noted = result.detections.filter((it, index) => it.note && mask[index] === 1).length;
    this.#counts.textContent = result.problem !== null ? "failed"
      : `${count(shown, "box", "boxes")}${noted > 0 ? `, ${integer(noted)} only here` : ""}`;
  }

  #showGround() {
    if (!this.picture) return;
    const message = "The picture cannot be shown. Its boxes are here all the same.";
    void this.viewer.setPicture({ ...this.picture, url: null, message, keepView: true });
    announce(message);
  }
}

/** @param {any} result of the contract's `results` @returns {SideResult} */
function sideResult(result) {
  const { error } = result;
  return {
    width: result.width ?? 0, height: result.height ?? 0, detections: result.detections ?? [],
    problem: error ? `This picture failed: ${error.message} (${error.code})` : null,
  };
}

/**
 * @param {Detection[]} boxes @param {Int32Array} partners @param {Int32Array} others
 * @param {readonly Detection[]} otherSide
 */
function note(boxes, partners, others, otherSide) {
  boxes.forEach((box, index) => {
    if (partners[index] === -1) box.note = noteOf(otherSide[others[index]]);
  });
}
