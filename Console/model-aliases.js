import { api, APIFailure } from "./api.js";
import { ask, failureBox, toast } from "./dialog.js";
import { h, replace, uniqueID } from "./dom.js";
import { fullTime, relativeTime } from "./format.js";
import { icon } from "./icons.js";
import { modelPath, readIfThere, rollbackTarget } from "./models-reading.js";

/**
 * @typedef {import("./models-reading.js").Model} Model
 * @typedef {import("./models-reading.js").AliasMove} AliasMove
 */

/** Moves of an alias that are shown. */
const shownMoves = 20;

/** Where the aliases of a model are, and for administrators how they are moved. */
export class AliasPanel {
  #list = h("ul", { class: "alias-list" });
  #problem = h("div", { class: "model-part", role: "status" });
  /** @type {Model | null} */
  #model = null;

  /** @param {import("./model-versions.js").Context} context */
  constructor(context) {
    this.context = context;
    this.element = h("section", { class: "panel", "aria-label": "Aliases" },
      h("h2", null, "Aliases"), this.#problem, this.#list,
      context.mayChange
        ? h("button", {
          type: "button", class: "button", "data-testid": "alias-new", on: { click: () => void this.#move(null) },
        }, icon("plus"), "New alias …")
        : h("p", { class: "field-help" }, "Only administrators may move them."));
  }

  /** @param {Model} model */
  show(model) {
    this.#model = model;
    const aliases = Object.entries(model.aliases ?? {}).sort(([one], [other]) => one.localeCompare(other));
    replace(this.#list, aliases.length === 0
      ? h("li", { class: "model-note" }, "None: the name means the newest version.")
      : aliases.map(([alias, version]) => this.#row(alias, version)));
  }

  /** @param {string} alias @param {number} version */
  #row(alias, version) {
    const moves = h("div", { class: "alias-moves" });
    const hasOther = (this.#model?.versions ?? []).some((it) => it !== version);
    return h("li", { data: { testid: "alias", alias, version } },
      h("div", { class: "alias-line" },
        h("strong", null, alias), h("span", null, `version ${version}`),
        this.context.mayChange ? h("span", { class: "toolbar alias-actions" },
          hasOther ? button("alias-move", `Move ${alias}`, "Move …", () => void this.#move(alias)) : null,
          button("alias-rollback", `Roll ${alias} back`, "Roll back …", () => void this.#rollBack(alias))) : null),
      this.context.mayChange ? h("details", {
        "data-testid": "alias-moves",
        on: { toggle: (/** @type {Event} */ event) => void this.#showMoves(event, alias, moves) },
      }, h("summary", null, "Its moves"), moves) : null);
  }

  /** @param {Event} event @param {string} alias @param {HTMLElement} place */
  async #showMoves(event, alias, place) {
    if (!(/** @type {HTMLDetailsElement} */ (event.target)).open || place.hasChildNodes()) return;
    try {
      const moves = await this.#read(alias);
      replace(place, h("ol", null, moves.slice(0, shownMoves).map(moveLine)));
    } catch (error) {
      if (!this.context.signal.aborted) replace(place, failureBox(error));
    }
  }

  /** @param {string} alias @returns {Promise<AliasMove[]>} newest first */
  async #read(alias) {
    const { name, signal } = this.context;
    return (await readIfThere(modelPath(name, `/aliases/${alias}`), signal))?.moves ?? [];
  }

  /** @param {string | null} alias null for a new one */
  async #move(alias) {
    const model = this.#model;
    if (!model) return;
    const now = alias === null ? null : model.aliases?.[alias] ?? null;
    const versions = [...(model.versions ?? [])].sort((one, other) => other - one).filter((it) => it !== now);
    const name = h("input", {
      id: uniqueID("alias"), type: "text", autocomplete: "off", spellcheck: "false", required: true,
      pattern: "[a-z][a-z0-9\\-]{0,31}", title: "A letter and at most 31 letters, digits and hyphens",
      "data-testid": "alias-name",
    });
    const version = h("select", { id: uniqueID("version"), "data-testid": "alias-version" },
      versions.map((number) => h("option", { value: number }, `version ${number}`)));
    const isWanted = await ask({
      title: alias === null ? "A new alias" : `Move ${alias}`,
      text: alias === null ? "A name that means one version until it is moved."
        : `It is at version ${now}. Jobs that are accepted from now on run the other version; those that were `
          + "accepted before keep theirs.",
      confirm: alias === null ? "Set the alias" : `Move ${alias}`,
      content: h("div", { class: "dialog-fields" },
        alias === null
          ? h("div", { class: "field" }, h("label", { for: name.id }, "Name"), name,
            h("p", { class: "field-help" }, "A small letter, then letters, digits and hyphens."))
          : null,
        h("div", { class: "field" }, h("label", { for: version.id }, "To"), version)),
    });
    const wanted = alias ?? name.value.trim();
    if (!isWanted || wanted === "" || version.value === "") return;
    await this.#put(wanted, Number(version.value), now);
  }

  /** @param {string} alias @param {number} version @param {number | null} expected @param {boolean} [isUnchecked] */
  async #put(alias, version, expected, isUnchecked = false) {
    const { name, signal } = this.context;
    replace(this.#problem, h("p", { class: "notice" }, icon("clock"),
      `${alias} is moved. Where golden pictures guard it they are run first, which may take minutes: stay on this `
        + "page."));
    try {
      await api.put(modelPath(name, `/aliases/${encodeURIComponent(alias)}`), {
        version, expected, ...(isUnchecked ? { unchecked: true } : {}),
      }, { signal });
      replace(this.#problem);
      toast(`${alias} is at version ${version}`, "success");
      await this.context.reload();
    } catch (error) {
      if (signal.aborted) return;
      const isRefused = error instanceof APIFailure && error.code === "GOLDEN_CHECK_FAILED";
      replace(this.#problem, failureBox(error, { title: `${alias} was not moved` }),
        isRefused ? h("button", {
          type: "button", class: "button button-danger", "data-testid": "alias-unchecked",
          on: { click: () => void this.#putUnchecked(alias, version, expected) },
        }, "Move it all the same …") : null);
      // It is not where this page took it to be, or a check has come to its end.
      if (error instanceof APIFailure && error.status === 409) await this.context.reload();
    }
  }

  /** @param {string} alias @param {number} version @param {number | null} expected */
  async #putUnchecked(alias, version, expected) {
    const isWanted = await ask({
      title: `Move ${alias} without the check?`, isDangerous: true, confirm: `Move ${alias} unchecked`,
      text: `Version ${version} has not passed the golden pictures. That it was moved all the same is kept in the `
        + "audit log.",
    });
    if (isWanted) await this.#put(alias, version, expected, true);
  }

  /** @param {string} alias */
  async #rollBack(alias) {
    const { name, signal } = this.context;
    const now = this.#model?.aliases?.[alias];
    if (now === undefined) return;
    try {
      const target = rollbackTarget(await this.#read(alias), this.#model?.versions ?? []);
      if (target === null) {
        replace(this.#problem, h("p", { class: "notice" }, icon("info"),
          `There is no version before this one to roll ${alias} back to.`));
        return;
      }
      const isWanted = await ask({
        title: `Roll ${alias} back?`, confirm: `Roll back to version ${target}`, isDangerous: true,
        text: `${alias} goes from version ${now} back to version ${target}, at once and without a check of golden `
          + "pictures: that version was there before.",
      });
      if (!isWanted) return;
      replace(this.#problem);
      const path = modelPath(name, `/aliases/${alias}/rollback?expected=${now}`);
      const { version } = await api.post(path, undefined, { signal });
      toast(`${alias} is back at version ${version}`, "success");
      await this.context.reload();
    } catch (error) {
      if (!signal.aborted) replace(this.#problem, failureBox(error, { title: `${alias} was not rolled back` }));
    }
  }
}

/** @param {AliasMove} move */
function moveLine({ from, to, moved_at: at, moved_by: by, undoes }) {
  const time = new Date(at);
  const what = to === null ? `taken away from ${from}`
    : from === null ? `set at ${to}` : `${undoes === undefined ? "moved" : "rolled back"} from ${from} to ${to}`;
  return h("li", null, what, ", ", h("time", { datetime: at, title: fullTime(time) }, relativeTime(time)),
    by ? ` by ${by}` : null);
}

/** @param {string} testid @param {string} label @param {string} text @param {() => void} click */
function button(testid, label, text, click) {
  return h("button", {
    type: "button", class: "button button-small", "data-testid": testid, "aria-label": label, on: { click },
  }, text);
}
