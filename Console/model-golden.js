import { api } from "./api.js";
import { ask, failureBox, toast } from "./dialog.js";
import { h, replace } from "./dom.js";
import { bytes, className, count, fullTime, integer, relativeTime } from "./format.js";
import { icon } from "./icons.js";
import { scrolled } from "./figures.js";
import { modelPath, readIfThere } from "./models-reading.js";

/**
 * @typedef {{ expected: number, found: number, missing: number, extra: number, recall: number,
 *   precision: number }} Counts
 * @typedef {Counts & { version: number, passed: boolean, checked_at: string }} Check
 * @typedef {Check & { pictures: (Counts & { filename: string })[], classes: (Counts & { class: string })[] }} Verdict
 *   as `GET /api/v1/models/{name}/versions/{n}/check` has it
 * @typedef {{ set_id: string, min_recall: number, min_precision: number, aliases: string[], size_bytes: number,
 *   expected: number, pictures: { filename: string, expected: number }[], created_at: string, created_by?: string,
 *   checks: Check[] }} GoldenSet
 */

/** The pictures that versions have to pass, and what became of a version. For administrators. */
export class GoldenPanel {
  #body = h("div", { class: "model-part" }, h("div", { class: "skeleton model-part-skeleton" }));
  #detail = h("div", { class: "model-part" });
  #problem = h("div", { role: "status" });
  /**
   * Where a version's verdict is shown in the table of versions.
   * @type {Map<number, HTMLElement>}
   */
  #places = new Map();
  /**
   * null while it is not known; false where the model has none.
   * @type {GoldenSet | false | null}
   */
  #set = null;
  /**
   * The version that is checked now.
   * @type {number | null}
   */
  #checking = null;

  /** @param {import("./model-versions.js").Context} context */
  constructor(context) {
    this.context = context;
    this.element = h("section", { class: "panel", "aria-label": "Golden pictures", "data-testid": "golden" },
      h("h2", null, "Golden pictures"), this.#problem, this.#body, this.#detail);
  }

  /** @param {number[]} versions that the table shows now */
  setVersions(versions) {
    this.#places = new Map(versions.map((number) => [number, h("div", { class: "golden-verdict" })]));
  }

  /** @param {number} version @returns {HTMLElement} where its verdict is, or will be */
  verdict(version) {
    this.#showVerdict(version);
    return this.#places.get(version) ?? h("div", null);
  }

  async show() {
    const { name, signal } = this.context;
    try {
      /** @type {GoldenSet | null} */
      const set = await readIfThere(modelPath(name, "/golden"), signal);
      this.#set = set ?? false;
      replace(this.#body, set ? this.#about(set) : none());
      if (!set) replace(this.#detail);
      for (const version of this.#places.keys()) this.#showVerdict(version);
    } catch (error) {
      if (signal.aborted) return;
      replace(this.#body, failureBox(error, {
        title: "The golden pictures could not be read", retry: () => void this.show(),
      }));
    }
  }

  /** @param {GoldenSet} set */
  #about(set) {
    const time = new Date(set.created_at);
    return [
      h("p", { "data-testid": "golden-set" },
        `${count(set.pictures.length, "picture")} (${bytes(set.size_bytes)}) with `
          + `${count(set.expected, "box", "boxes")}. `,
        `A version passes with a recall of at least ${set.min_recall} `
          + `and a precision of at least ${set.min_precision}. `,
        set.aliases.length > 0
          ? ["Only versions that pass become ", h("strong", null, set.aliases.join(", ")), "."]
          : "No alias asks for it."),
      h("p", { class: "model-note" }, "Set ", h("time", { datetime: set.created_at, title: fullTime(time) },
        relativeTime(time)), set.created_by ? ` by ${set.created_by}` : null, ". Another set: ",
      h("code", null, `harrier models golden ${this.context.name} --pictures DIR --expected coco.json`)),
    ];
  }

  /** @param {number} version */
  #showVerdict(version) {
    const place = this.#places.get(version);
    if (!place || this.#set === null || version === this.#checking) return;
    if (!this.#set) return replace(place, h("span", { class: "model-note" }, "–"));
    const check = this.#set.checks.find((it) => it.version === version);
    replace(place, check ? [
      badge(check),
      button("golden-details", `Details of the check of version ${version}`, "Details", () =>
        void this.#readDetails(version)),
      h("span", { class: "golden-figures" }, figureText(check)),
    ] : [
      h("span", { class: "model-note" }, "not checked"),
      button("golden-check", `Check version ${version}`, "Run check", () => void this.#check(version)),
    ]);
  }

  /** @param {number} version */
  async #readDetails(version) {
    replace(this.#problem);
    try {
      this.#showDetails(await api.get(this.#path(version), { signal: this.context.signal }));
    } catch (error) {
      if (this.context.signal.aborted) return;
      replace(this.#problem, failureBox(error, { title: `The check of version ${version} could not be read` }));
    }
  }

  /** @param {number} version */
  async #check(version) {
    if (this.#checking !== null) return toast("Another check runs: one at a time");
    const isWanted = await ask({
      title: `Check version ${version}?`, confirm: "Run the check",
      text: "The version runs over the golden pictures on this machine, which may take minutes. Its verdict is kept.",
    });
    if (!isWanted) return;
    const { signal } = this.context;
    this.#checking = version;
    replace(this.#problem);
    const place = this.#places.get(version);
    if (place) replace(place, h("span", { role: "status" }, icon("clock"), " runs …"));
    try {
      /** @type {Verdict} */
      const verdict = await api.post(this.#path(version), undefined, { signal });
      toast(`Version ${version} has ${verdict.passed ? "passed" : "not passed"}`,
        verdict.passed ? "success" : "info");
      this.#showDetails(verdict);
    } catch (error) {
      if (signal.aborted) return;
      replace(this.#problem, failureBox(error, { title: `Version ${version} was not checked` }));
    } finally {
      this.#checking = null;
    }
    await this.show();
  }

  /** @param {Verdict} verdict */
  #showDetails(verdict) {
    const pictures = [...verdict.pictures].sort((one, other) =>
      other.missing + other.extra - one.missing - one.extra || one.filename.localeCompare(other.filename));
    replace(this.#detail,
      h("h3", { tabindex: "-1", "data-testid": "golden-verdict" }, `Version ${verdict.version}: `,
        badge(verdict), ` ${figureText(verdict)}`),
      countTable("Checked by class", "Class", verdict.classes.map((it) => ({ ...it, name: className(it.class) }))),
      countTable("Checked by picture, the worst first", "Picture",
        pictures.map((it) => ({ ...it, name: it.filename }))));
    this.#detail.querySelector("h3")?.focus();
  }

  /** @param {number} version */
  #path(version) {
    return modelPath(this.context.name, `/versions/${version}/check`);
  }
}

function none() {
  return h("p", null, "This model has no golden pictures, so aliases move to any version. Pictures with the boxes that "
    + "must be found make a move safe: ",
  h("code", null, "harrier models golden NAME --pictures DIR --expected coco.json"));
}

/** @param {Check} check */
function badge({ passed }) {
  return h("span", { class: `badge ${passed ? "badge-ok" : "badge-failed"}` }, icon(passed ? "check" : "close"),
    passed ? "passed" : "not passed");
}

/** @param {{ recall: number, precision: number }} figures */
function figureText({ recall, precision }) {
  return `recall ${recall.toFixed(3)}, precision ${precision.toFixed(3)}`;
}

/** @param {string} label @param {string} head @param {(Counts & { name: string })[]} rows */
function countTable(label, head, rows) {
  return scrolled(label, h("table", { class: "table figures-table" },
    h("thead", null, h("tr", null, [head, "Expected", "Found", "Missing", "Extra"].map((name, place) =>
      h("th", { scope: "col", class: place === 0 ? "" : "number" }, name)))),
    h("tbody", null, rows.map(({ name, expected, found, missing, extra }) => h("tr", null,
      h("th", { scope: "row" }, name), [expected, found, missing, extra].map((value) =>
        h("td", { class: "number" }, integer(value))))))));
}

/** @param {string} testid @param {string} label @param {string} text @param {() => void} click */
function button(testid, label, text, click) {
  return h("button", {
    type: "button", class: "button button-small", "data-testid": testid, "aria-label": label, on: { click },
  }, text);
}
