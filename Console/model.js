import { APIFailure, api } from "./api.js";
import { failureBox } from "./dialog.js";
import { h, replace } from "./dom.js";
import { bytes, className, integer } from "./format.js";
import { AliasPanel } from "./model-aliases.js";
import { GoldenPanel } from "./model-golden.js";
import { ShadowPanel } from "./model-shadow.js";
import { VersionTable } from "./model-versions.js";
import { isAdmin, modelPath } from "./models-reading.js";
import { currentSession } from "./session.js";

export const title = "Model";

/** @typedef {import("./models-reading.js").Model} Model */

/**
 * One model; of a registered one its versions, its aliases, and how new versions are tried.
 * @param {HTMLElement} main
 * @param {import("./router.js").Route} route
 * @param {AbortSignal} signal
 */
export async function show(main, route, signal) {
  const reference = route.path[1];
  document.title = `${reference} - Harrier`;
  try {
    const [session, model] = await Promise.all([
      currentSession(signal), api.get(modelPath(reference), { signal }),
    ]);
    new ModelPage(main, reference, model, isAdmin(session), signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof APIFailure) || error.status !== 404) throw error;
    replace(main, h("h1", { class: "page-title" }, "There is no such model"),
      h("div", { class: "panel empty" }, h("p", null, h("code", null, reference)),
        h("a", { class: "button", href: "#/models" }, "All models")));
  }
}

class ModelPage {
  /**
   * @param {HTMLElement} main @param {string} reference @param {Model} model @param {boolean} mayChange
   * @param {AbortSignal} signal
   */
  constructor(main, reference, model, mayChange, signal) {
    this.reference = reference;
    this.model = model;
    this.signal = signal;
    this.facts = h("div", null);
    if (!model.versions) {
      replace(main, this.#head("the operator's folder"), this.facts, classPanel(model));
      replace(this.facts, factPanel(model));
      return;
    }
    const context = { name: model.name, mayChange, signal, reload: () => this.#reload() };
    this.aliases = new AliasPanel(context);
    this.golden = mayChange ? new GoldenPanel(context) : null;
    this.versions = new VersionTable(context, this.golden);
    this.shadow = mayChange ? new ShadowPanel(context) : null;
    replace(main, this.#head("registered"), this.facts,
      this.versions.element,
      h("div", { class: "model-parts" },
        h("div", null, this.aliases.element, this.golden?.element), this.shadow?.element),
      classPanel(model));
    this.#show();
  }

  /** @param {string} kind */
  #head(kind) {
    const { name, default: isDefault } = this.model;
    return h("div", { class: "model-head" },
      h("h1", { class: "page-title" }, name), h("span", { class: "badge" }, kind),
      isDefault ? h("span", { class: "badge badge-ok" }, "default") : null,
      h("a", { href: "#/models" }, "All models"));
  }

  #show() {
    const { model } = this;
    replace(this.facts, factPanel(model));
    this.aliases?.show(model);
    this.versions?.show(model);
    void this.golden?.show();
    void this.shadow?.show(model);
  }

  /** After something was changed. */
  async #reload() {
    try {
      this.model = await api.get(modelPath(this.reference), { signal: this.signal });
      this.#show();
    } catch (error) {
      if (this.signal.aborted) return;
      replace(this.facts, failureBox(error, {
        title: "The model could not be read again", retry: () => void this.#reload(),
      }));
    }
  }
}

/** @param {Model} model */
function factPanel(model) {
  const [width, height] = model.input_size;
  const facts = [
    ["Version", model.version === undefined ? null : String(model.version)],
    ["Task", model.task ?? "not known"], ["Input", `${integer(width)} × ${integer(height)} px`],
    ["Format", model.format ?? null], ["Size", bytes(model.size_bytes)],
    ["Confidence from", model.defaults ? String(model.defaults.confidence_threshold) : null],
  ];
  return h("dl", { class: "panel model-facts" },
    facts.map(([name, value]) => (value === null ? null
      : h("div", null, h("dt", null, name), h("dd", null, value)))),
    h("div", { class: "model-hash" }, h("dt", null, "SHA-256"), h("dd", null, h("code", null, model.sha256))));
}

/** @param {Model} model */
function classPanel({ classes, class_map: map = {}, defaults }) {
  const thresholds = defaults?.class_thresholds ?? {};
  return h("section", { class: "panel model-classes", "aria-label": "Classes" },
    h("h2", null, `Classes (${integer(classes.length)})`),
    h("ul", { class: "model-class-list", "data-testid": "model-classes" }, classes.map((name) => h("li", null,
      className(name),
      name in thresholds ? h("span", { class: "model-note" }, ` from ${thresholds[name]}`) : null))),
    Object.keys(map).length > 0
      ? h("p", { class: "field-help" }, "The model's own names: ",
        Object.entries(map).map(([from, to]) => `${from} is ${to}`).join(", "))
      : null);
}
