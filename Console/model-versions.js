import { api } from "./api.js";
import { h, replace } from "./dom.js";
import { failureBox } from "./dialog.js";
import { bytes, className, fullTime, integer, relativeTime } from "./format.js";
import { aliasesAt, modelPath } from "./models-reading.js";
import { scrolled } from "./figures.js";

/**
 * @typedef {import("./models-reading.js").Model} Model
 * @typedef {{ name: string, mayChange: boolean, signal: AbortSignal, reload: () => Promise<void> }} Context
 *   `reload` reads the model again and shows it, or why it cannot
 */

/** Each is a request: so many at once. */
const pageSize = 8;

/** The versions of a registered model, the newest first. */
export class VersionTable {
  /** @type {Map<number, Promise<Model>>} */
  #kept = new Map();
  #limit = pageSize;
  #body = h("tbody", null);
  #problem = h("div", null);
  #more = h("button", {
    type: "button", class: "button", hidden: true, "data-testid": "versions-more",
    on: {
      click: () => {
        this.#limit += pageSize;
        if (this.model) this.show(this.model);
      },
    },
  }, "Older versions");

  /** @param {Context} context @param {import("./model-golden.js").GoldenPanel | null} golden */
  constructor(context, golden) {
    this.context = context;
    this.golden = golden;
    /** @type {Model | null} */
    this.model = null;
    const heads = ["Version", "Aliases", "Registered", "Classes", "Size", "SHA-256"];
    this.element = h("section", { class: "panel model-wide", "aria-label": "Versions" },
      h("h2", null, "Versions"), this.#problem,
      scrolled("Table of versions", h("table", { class: "table models-versions" },
        h("thead", null, h("tr", null, [...heads, golden ? "Golden pictures" : null]
          .map((name) => (name ? h("th", { scope: "col" }, name) : null)))),
        this.#body)),
      this.#more);
  }

  /** @param {Model} model */
  show(model) {
    this.model = model;
    const versions = [...(model.versions ?? [])].sort((one, other) => other - one);
    this.#more.hidden = versions.length <= this.#limit;
    replace(this.#problem);
    const shown = versions.slice(0, this.#limit);
    this.golden?.setVersions(shown);
    replace(this.#body, shown.map((number, place) => {
      const row = h("tr", { data: { testid: "version-row", version: number } },
        h("th", { scope: "row", class: "number" }, integer(number)),
        h("td", null, aliasesAt(model, number).map((alias) => h("span", { class: "badge" }, alias))),
        h("td", { class: "models-pending", colspan: 4 }, "…"),
        this.golden ? h("td", null, this.golden.verdict(number)) : null);
      void this.#fill(row, number, versions[place + 1]);
      return row;
    }));
  }

  /** @param {HTMLTableRowElement} row @param {number} number @param {number | undefined} before */
  async #fill(row, number, before) {
    try {
      const version = await this.#read(number);
      const older = before === undefined || before < this.#oldestShown ? null : await this.#read(before);
      const time = version.created_at ? new Date(version.created_at) : null;
      row.querySelector(".models-pending")?.replaceWith(
        h("td", null, time
          ? h("time", { datetime: version.created_at, title: fullTime(time) }, relativeTime(time)) : "–",
        version.created_by ? h("span", { class: "model-note" }, ` by ${version.created_by}`) : null),
        h("td", null, integer(version.classes.length), older ? changes(older, version) : null),
        h("td", null, bytes(version.size_bytes)),
        h("td", null, h("code", { title: version.sha256 }, version.sha256.slice(0, 12))));
    } catch (error) {
      if (this.context.signal.aborted) return;
      const retry = () => {
        if (this.model) this.show(this.model);
      };
      replace(this.#problem, failureBox(error, { title: `Version ${number} could not be read`, retry }));
    }
  }

  get #oldestShown() {
    const versions = [...(this.model?.versions ?? [])].sort((one, other) => other - one);
    return versions[Math.min(this.#limit, versions.length) - 1] ?? 0;
  }

  /**
   * A version never changes: it is read once.
   * @param {number} number
   * @returns {Promise<Model>}
   */
  #read(number) {
    const known = this.#kept.get(number);
    if (known) return known;
    const { name, signal } = this.context;
    const asked = api.get(modelPath(`${name}@${number}`), { signal });
    this.#kept.set(number, asked);
    asked.catch(() => this.#kept.delete(number));
    return asked;
  }
}

/**
 * The classes that came and went since the version before.
 * @param {Model} older @param {Model} newer
 */
function changes(older, newer) {
  const came = newer.classes.filter((name) => !older.classes.includes(name));
  const went = older.classes.filter((name) => !newer.classes.includes(name));
  if (came.length + went.length === 0) return null;
  const text = [
    came.length > 0 ? `new: ${came.map(className).join(", ")}` : null,
    went.length > 0 ? `without: ${went.map(className).join(", ")}` : null,
  ].filter((it) => it !== null).join("; ");
  return h("span", { class: "model-note" }, ` (${text})`);
}
