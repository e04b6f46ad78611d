import { APIFailure } from "./api.js";
import { failureBox } from "./dialog.js";
import { announce, h, replace } from "./dom.js";
import { className, integer } from "./format.js";
import { icon } from "./icons.js";
import { addressOf, filterIn } from "./job-address.js";
import { ExportPanel } from "./job-export.js";
import { FilterPanel } from "./job-filter.js";
import { noResult } from "./job-loader.js";
import { PictureStrip } from "./job-pictures.js";
import { StatisticsPanel } from "./job-statistics.js";
import { DetectionTable } from "./job-table.js";
import { Tabs } from "./job-tabs.js";
import { replaceQuery } from "./router.js";
import { Viewer } from "./viewer.js";

/**
 * @typedef {import("./job-loader.js").ResultLoader} ResultLoader
 * @typedef {import("./job-loader.js").PictureResult} PictureResult
 */

/** What a job found: its pictures, the one in hand, and the detections in it. */
export class ResultsView {
  #index = 0;
  /** @type {PictureResult | null} */
  #result = null;
  /** @type {number | null} */
  #selected = null;
  #isAnnotated = false;
  #name = h("h2", { class: "look-name" });
  #place = h("span", { class: "look-place" });
  #problem = h("div", { class: "look-problem" });
  #detail = h("p", { class: "look-selected", "data-testid": "selected-detection", hidden: true });
  #host = h("div", { class: "look-viewer", "data-testid": "viewer" });
  #previous = step("previous-image", "left", "Previous picture (p)", () => void this.go(this.#index - 1));
  #next = step("next-image", "right", "Next picture (n)", () => void this.go(this.#index + 1));
  #toggle = h("button", {
    type: "button", class: "button", "aria-pressed": "false", "data-testid": "toggle-annotated",
    on: { click: () => void this.#setAnnotated(!this.#isAnnotated) },
  }, icon("image"), "Annotated");

  /**
   * @param {ResultLoader} loader
   * @param {URLSearchParams} query of the address
   * @param {AbortSignal} signal
   */
  constructor(loader, query, signal) {
    this.loader = loader;
    this.signal = signal;
    const { pictures } = loader;
    this.filter = filterIn(query);
    this.#index = Math.max(0, pictures.findIndex((it) => it.file_id === query.get("file")));
    const classes = loader.classCounts.map((it) => it.class_name);
    this.panel = new FilterPanel(this.filter, () => this.#onFilter(), () => this.#remember(), () => classes);
    this.strip = new PictureStrip(pictures, (index) => void this.go(index));
    this.table = new DetectionTable(() => this.panel.showEverything());
    this.table.addEventListener("select", (event) =>
      this.#select(/** @type {CustomEvent} */ (event).detail.index, "table"));
    this.statistics = new StatisticsPanel(loader, signal);
    this.exports = new ExportPanel(
      loader.jobID, this.filter, { hasSeveral: pictures.length > 1, classes }, () => this.viewer.snapshot(), signal);
    const panels = {
      detections: h("div", { class: "look-tab-panel look-tab-detections" }, this.table.element, this.#detail),
      statistics: h("div", { class: "look-tab-panel", tabindex: 0 }, this.statistics.element),
      export: h("div", { class: "look-tab-panel", tabindex: 0 }, this.exports.element),
    };
    this.tabs = new Tabs("What was found", [
      { name: "detections", title: "Detections", panel: panels.detections },
      { name: "statistics", title: "Statistics", panel: panels.statistics },
      { name: "export", title: "Export", panel: panels.export },
    ], () => this.#showTab());
    const hasSeveral = pictures.length > 1;
    this.element = h("div", { class: `look-results ${hasSeveral ? "" : "look-single"}` },
      this.strip.element,
      h("section", { class: "look-look", "aria-label": "Picture" },
        h("div", { class: "look-look-bar" },
          hasSeveral ? [this.#previous, this.#next] : null, this.#name, this.#place, this.#toggle),
        this.#problem, this.#host),
      h("aside", { class: "look-side panel", "aria-label": "Detections" },
        this.panel.element, this.tabs.list, Object.values(panels)));
    this.viewer = new Viewer(this.#host, signal);
    this.viewer.addEventListener("select", (event) =>
      this.#select(/** @type {CustomEvent} */ (event).detail.index, "picture"));
    this.viewer.addEventListener("failed", (event) => this.#onFailed(/** @type {CustomEvent} */ (event).detail.error));
    document.addEventListener("keydown", (event) => this.#onKey(event), { signal });
  }

  /** Reads what is shown first, before anything is. */
  async open() {
    const picture = this.loader.pictures[this.#index];
    if (picture) await this.loader.result(picture.file_id);
  }

  /** Once the element is in the page. */
  begin() {
    this.table.begin(this.signal);
    void this.go(this.#index);
  }

  /** @param {number} index of the picture */
  async go(index) {
    const picture = this.loader.pictures[index];
    if (!picture) return;
    this.#index = index;
    this.strip.setCurrent(index);
    this.#previous.disabled = index === 0;
    this.#next.disabled = index === this.loader.pictures.length - 1;
    this.#name.textContent = picture.filename;
    this.#name.title = picture.filename;
    replace(this.#problem);
    // What is seen is not yet what the name says.
    this.element.classList.add("look-busy");
    try {
      const result = await this.loader.result(picture.file_id);
      if (this.signal.aborted || this.#index !== index) return;
      this.#show(result);
      this.#remember();
      if (this.loader.pictures.length > 1) {
        announce(`${picture.filename}, picture ${index + 1} of ${this.loader.pictures.length}`);
      }
      const next = this.loader.pictures[index + 1];
      if (next && !next.error) this.loader.result(next.file_id).catch(() => {});
    } catch (error) {
      if (this.signal.aborted || this.#index !== index) return;
      const title = "The results of this picture could not be read";
      this.#show(noResult(title));
      replace(this.#problem, failureBox(error, { title, retry: () => void this.go(index) }));
    }
  }

  get #picture() {
    return this.loader.pictures[this.#index];
  }

  /** @param {PictureResult} result */
  #show(result) {
    const { detections } = result;
    const { pictures } = this.loader;
    this.#result = result;
    this.element.classList.remove("look-busy");
    this.#selected = null;
    this.#showSelected();
    this.#place.textContent = [
      pictures.length > 1 ? `${integer(this.#index + 1)} of ${integer(pictures.length)}` : null,
      result.width > 0 ? `${integer(result.width)} × ${integer(result.height)} px` : null,
    ].filter((it) => it !== null).join(", ");
    detections.apply(this.filter);
    this.panel.setDetections(detections, this.loader.lowestConfidence);
    this.table.setDetections(detections, result.problem);
    this.statistics.setResult(result);
    this.exports.setPicture(this.#picture, detections);
    const drawn = this.#picture.annotated_url !== undefined;
    this.#toggle.disabled = !drawn;
    this.#toggle.title = drawn ? "The picture with the boxes drawn into it" : "The job drew no pictures";
    if (!drawn) this.#isAnnotated = false;
    void this.#showPicture(false);
    this.viewer.setDetections(detections.list);
    this.viewer.setMask(detections.mask);
  }

  /** @param {boolean} keepView */
  async #showPicture(keepView) {
    const picture = this.#picture;
    const { width = 0, height = 0, problem = null } = this.#result ?? {};
    this.#toggle.setAttribute("aria-pressed", String(this.#isAnnotated));
    this.viewer.setOverlayVisible(!this.#isAnnotated);
    const common = { width, height, name: picture.filename, keepView };
    if (problem) return this.viewer.setPicture({ ...common, url: null, message: problem });
    const url = this.#isAnnotated && picture.annotated_url
      ? `${picture.annotated_url}&redirect=false`
      : `/api/v1/files/${picture.file_id}/picture?job_id=${this.loader.jobID}`;
    await this.viewer.setPicture({ ...common, url });
  }

  /** @param {boolean} isAnnotated */
  async #setAnnotated(isAnnotated) {
    this.#isAnnotated = isAnnotated;
    replace(this.#problem);
    await this.#showPicture(true);
  }

  /** @param {unknown} error */
  #onFailed(error) {
    const { width = 0, height = 0 } = this.#result ?? {};
    const name = this.#picture.filename;
    if (error instanceof APIFailure && error.code === "FILE_NOT_FOUND" && !this.#picture.annotated_url) {
      const message = "Browsers cannot show this TIFF, and the job drew no pictures. Its boxes are here all the same.";
      void this.viewer.setPicture({ url: null, width, height, name, message, keepView: true });
      return;
    }
    replace(this.#problem, failureBox(error, {
      title: "The picture could not be loaded", retry: () => void this.#setAnnotated(this.#isAnnotated),
    }));
  }

  #onFilter() {
    const detections = this.#result?.detections;
    if (!detections) return;
    detections.apply(this.filter);
    if (this.#selected !== null && detections.mask[this.#selected] === 0) {
      this.#selected = null;
      this.viewer.select(null, { reveal: false });
      this.table.select(null);
      this.#showSelected();
    }
    this.viewer.setMask(detections.mask);
    this.panel.update(detections);
    this.#updateTab();
  }

  #showTab() {
    this.#updateTab();
    if (this.tabs.shown === "detections") this.table.select(this.#selected);
  }

  /** What is not seen is not drawn: the slider has to be quick. */
  #updateTab() {
    const detections = this.#result?.detections;
    if (!detections) return;
    if (this.tabs.shown === "detections") {
      this.table.update();
    } else if (this.tabs.shown === "statistics") {
      this.statistics.update(detections);
    } else {
      this.exports.update();
    }
  }

  /** @param {number | null} index @param {"table" | "picture"} from */
  #select(index, from) {
    if (index === this.#selected && from === "picture") return;
    this.#selected = index;
    this.#showSelected();
    // The line above takes room from the table: only now it is known where the row is in view.
    this.table.select(index);
    if (from === "table") this.viewer.select(index, { reveal: index !== null });
    if (!this.#detail.hidden) announce(this.#detail.textContent ?? "");
  }

  /** All of it, where the table has no room. */
  #showSelected() {
    const detection = this.#selected === null ? null : this.#result?.detections.list[this.#selected];
    this.#detail.hidden = !detection;
    if (!detection) return;
    const { class_name: name, confidence, bbox, obb, reasoning } = detection;
    const width = obb?.width ?? bbox.x_max - bbox.x_min;
    const height = obb?.height ?? bbox.y_max - bbox.y_min;
    this.#detail.textContent = `${className(name)}, confidence ${confidence.toFixed(3)}`
      + `${reasoning ? `, before ${reasoning.rules.join(" and ")}: ${reasoning.confidence_before.toFixed(3)}` : ""}; `
      + `${width.toFixed(1)} × ${height.toFixed(1)} px${obb ? ` at ${obb.angle_degrees.toFixed(1)}°` : ""}`;
  }

  /** So that a link shows the same. */
  #remember() {
    replaceQuery({ file: this.#picture?.file_id ?? null, ...addressOf(this.filter) });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (target.closest("input:not([type=range]):not([type=checkbox]), select, textarea, dialog")) return;
    const steps = { n: 1, p: -1 };
    const key = event.key.toLowerCase();
    if (!(key in steps)) return;
    event.preventDefault();
    void this.go(this.#index + steps[/** @type {keyof typeof steps} */ (key)]);
  }
}

/**
 * @param {string} testid @param {"left" | "right"} picture @param {string} label @param {() => void} act
 */
function step(testid, picture, label, act) {
  return h("button", {
    type: "button", class: "button button-icon", "data-testid": testid, "aria-label": label, title: label,
    on: { click: act },
  }, icon(picture));
}
