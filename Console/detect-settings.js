import { ClassPicker } from "./detect-classes.js";
import {
  defaults, problemOf, requestOf, settingNameOf, settings, switchOf, valuesFrom,
} from "./detect-config.js";
import { h, replace } from "./dom.js";
import { count } from "./format.js";
import { icon } from "./icons.js";
import { remembered } from "./settings.js";

/** @typedef {import("./detect-config.js").Setting} Setting */
/** @typedef {{ name: string, task?: string, classes: string[], input_size: [number, number], default: boolean }} Model */
/** @typedef {{ name: string, pair_count?: number, error?: string, default: boolean }} RuleSet */

const isObject = (/** @type {any} */ value) => typeof value === "object" && value !== null && !Array.isArray(value);
const keptValues = remembered("detect.settings", /** @type {Record<string, any>} */ ({}), isObject);
/** The wanted ones, by model. */
const keptClasses = remembered("detect.classes", /** @type {Record<string, string[]>} */ ({}), isObject);

const groups = [
  { id: "slicing", title: "Slicing", isOpen: true }, { id: "rules", title: "Rules", isOpen: false },
  { id: "drawing", title: "Annotated pictures", isOpen: false }, { id: "job", title: "Limits and priority", isOpen: false },
];

/** The form of a job's settings, which remembers what was set. */
export class SettingsForm {
  values = valuesFrom(keptValues.get());
  #models;
  #rules;
  #onChange;
  /** @type {Map<string, Field>} */
  #fields = new Map();
  #classes = new ClassPicker(() => this.#changed("classes"));
  #model = h("select", {
    id: "setting-model", "data-testid": "setting-model", on: { change: () => this.#modelChanged() },
  });
  #modelFacts = h("p", { class: "field-help", id: "setting-model-help" });
  #ruleSet = h("select", {
    id: "setting-rules", "data-testid": "setting-rules", on: { change: () => this.#changed("rules") },
  });
  #slices = h("p", { class: "field-help", role: "status", "data-testid": "slice-estimate" });
  element = h("div", { class: "settings" });

  /** @param {Model[]} models @param {RuleSet[]} rules @param {() => void} onChange */
  constructor(models, rules, onChange) {
    this.#models = models;
    this.#rules = rules;
    this.#onChange = onChange;
    for (const setting of settings) {
      this.#fields.set(setting.name, new Field(setting, this.values[setting.name], (value) => {
        this.values[setting.name] = value;
        this.#changed(setting.name);
      }));
    }
    for (const [name, control, help] of /** @type {[string, HTMLElement, HTMLElement][]} */ ([
      ["model", this.#model, this.#modelFacts], ["rules", this.#ruleSet, h("p", { class: "field-help" },
        "The set of rules that is applied.")],
      ["classes", this.#classes.element, h("p", { class: "field-help" }, "Others are not reported.")],
    ])) {
      this.#fields.set(name, new Field({ name, field: "", kind: "choice", group: "", label: "", help: "",
        fallback: null }, null, () => {}, control, help));
    }
    this.#show();
  }

  get model() {
    return this.#models.find(({ name }) => name === this.#model.value) ?? null;
  }

  /** What a predict request says beside the pictures. */
  get request() {
    return requestOf(this.values, {
      model: this.model?.name ?? null, classes: this.#classes.value, rules: this.#ruleSet.value || null,
    });
  }

  /** @returns {Parameters<typeof import("./detect-slices.js").regionCount>[1]} */
  get slicing() {
    const number = (/** @type {string} */ name) => /** @type {number} */ (this.values[name]);
    return {
      isEnabled: this.values.sahi === true, width: number("slice-width"), height: number("slice-height"),
      overlap: number("overlap"), hasFullImage: this.values["full-image"] === true,
    };
  }

  get isSlicingValid() {
    return ["slice-width", "slice-height", "overlap"].every((name) => !this.#problem(name));
  }

  /** @param {string} text */
  showSlices(text) {
    if (this.#slices.textContent !== text) this.#slices.textContent = text;
  }

  /** Whether all is well; else the first field at fault is gone to. */
  check() {
    for (const [name, field] of this.#fields) {
      if (this.#isIdle(name)) continue;
      const problem = this.#problem(name);
      if (!problem) continue;
      field.showProblem(problem);
      field.focus();
      return false;
    }
    return true;
  }

  /**
   * Shows faults that the server found; true when it was about fields here.
   * @param {import("./api.js").FailureEntry[]} entries
   */
  showFaults(entries) {
    /** @type {Field | null} */
    let first = null;
    for (const { field, error } of entries) {
      const at = this.#fields.get(settingNameOf(field) ?? "");
      at?.showProblem(error);
      first ??= at ?? null;
    }
    first?.focus();
    return first !== null;
  }

  #show() {
    const kept = keptValues.get();
    const standard = this.#models.find((model) => model.default);
    replace(this.#model, this.#models.map(({ name, default: isDefault }) =>
      h("option", { value: name }, isDefault ? `${name} (default)` : name)));
    const isKept = this.#models.some(({ name }) => name === kept.model);
    this.#model.value = isKept ? kept.model : standard?.name ?? this.#models[0]?.name ?? "";
    const standardRules = this.#rules.find((set) => set.default && !set.error);
    replace(this.#ruleSet,
      standardRules ? null : h("option", { value: "" }, "None, the server has no default"),
      this.#rules.map((set) => h("option", {
        value: set.default ? "" : set.name, disabled: set.error !== undefined, title: set.error,
      }, `${set.name}${set.default ? " (default)" : ""}${set.error ? ", cannot be used" : ""}`)));
    this.#ruleSet.value = this.#rules.some(({ name, error }) => name === kept.rules && !error) ? kept.rules : "";
    if (this.#ruleSet.selectedIndex < 0) this.#ruleSet.selectedIndex = 0;
    this.#showModel();
    replace(this.element,
      this.#row("model", "Model"),
      this.#row("classes", "Classes"),
      ...this.#of("detection"),
      groups.map(({ id, title, isOpen }) => h("details", { class: "settings-group", open: isOpen, data: { group: id } },
        h("summary", null, title, h("span", { class: "settings-now", data: { now: id } })), h("div", { class: "settings-fields" }, ...this.#of(id), ...this.#extra(id)))),
      h("button", {
        type: "button", class: "button", "data-testid": "settings-reset", on: { click: () => this.#reset() },
      }, icon("retry"), "Reset to the defaults"));
    this.#showIdle();
  }

  /** @param {string} group */
  #of(group) {
    return settings.filter((setting) => setting.group === group)
      .map(({ name }) => /** @type {Field} */ (this.#fields.get(name)).element);
  }

  /** @param {string} group */
  #extra(group) {
    if (group === "slicing") return [this.#slices];
    if (group !== "rules") return [];
    return this.#rules.length > 0 ? [this.#row("rules", "Rule set")]
      : [h("p", { class: "field-help" }, "No rule set is installed: nothing is applied.")];
  }

  /** @param {string} name @param {string} label */
  #row(name, label) {
    const field = /** @type {Field} */ (this.#fields.get(name));
    field.label(label);
    return field.element;
  }

  #modelChanged() {
    this.#showModel();
    this.#changed("model");
  }

  #showModel() {
    const { model } = this;
    if (!model) return;
    const [width, height] = model.input_size;
    const task = model.task === "obb" ? "Oriented boxes" : model.task === "detect" ? "Upright boxes" : model.task;
    this.#modelFacts.textContent = [
      task, count(model.classes.length, "class", "classes"), `input ${width} × ${height}`,
    ].filter(Boolean).join(", ");
    const wanted = keptClasses.get()[model.name];
    this.#classes.show(model.classes, Array.isArray(wanted) ? wanted : null);
    this.#fields.get("classes")?.showProblem(null);
  }

  /** @param {string} name */
  #changed(name) {
    this.#fields.get(name)?.showProblem(this.#problem(name));
    this.#remember();
    this.#showIdle();
    this.#onChange();
  }

  #remember() {
    const standard = defaults();
    const changed = settings.filter(({ name }) => this.values[name] !== standard[name] && !this.#problem(name))
      .map(({ name }) => [name, this.values[name]]);
    const { model } = this;
    keptValues.set({
      ...Object.fromEntries(changed), ...(model && !model.default ? { model: model.name } : {}),
      ...(this.#ruleSet.value ? { rules: this.#ruleSet.value } : {}),
    });
    if (!model) return;
    // Of models that are not installed any more nothing is kept.
    const installed = Object.entries(keptClasses.get())
      .filter(([name]) => name !== model.name && this.#models.some((other) => other.name === name));
    const wanted = this.#classes.value;
    keptClasses.set(Object.fromEntries(wanted?.length ? [...installed, [model.name, wanted]] : installed));
  }

  #reset() {
    keptValues.forget();
    keptClasses.forget();
    this.values = defaults();
    for (const setting of settings) this.#fields.get(setting.name)?.set(this.values[setting.name]);
    this.#show();
    this.#onChange();
  }

  /** @param {string} name @returns {string | null} */
  #problem(name) {
    if (name === "classes") return this.#classes.value?.length === 0 ? "Choose one class at least" : null;
    const setting = settings.find((other) => other.name === name);
    return setting ? problemOf(setting, this.values[name]) : null;
  }

  /**
   * Whether it is switched off together with its group.
   * @param {string} name
   */
  #isIdle(name) {
    const group = name === "rules" ? "rules" : settings.find((setting) => setting.name === name)?.group ?? "";
    const master = switchOf[group];
    return master !== undefined && master !== name && this.values[master] === false;
  }

  /**
   * What a group is set to, to be read while it is closed.
   * @param {string} group
   */
  #now(group) {
    const { values } = this;
    if (values[switchOf[group]] === false) return "off";
    switch (group) {
      case "slicing": return `${values["slice-width"]} × ${values["slice-height"]}`;
      case "rules": return this.#ruleSet.value || (this.#rules.find((set) => set.default)?.name ?? "none");
      case "drawing": return values.format === "png" ? "PNG" : "JPEG";
      default: return `${values.priority} priority`;
    }
  }

  /** All of it in a line. */
  get summary() {
    return `${this.model?.name ?? ""}, confidence ${this.values.confidence}`;
  }

  #showIdle() {
    for (const [name, field] of this.#fields) field.setIdle(this.#isIdle(name));
    this.#slices.hidden = this.values.sahi === false;
    for (const place of /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll(".settings-now"))) {
      place.textContent = this.#now(place.dataset.now ?? "");
    }
  }
}

/** A control with its label, its line of help and its fault. */
class Field {
  #setting;
  #control;
  #slider;
  #label = h("label", null);
  #help;
  #error = h("p", { class: "field-error", hidden: true });
  element;

  /**
   * @param {Setting} setting
   * @param {import("./detect-config.js").Value} value
   * @param {(value: import("./detect-config.js").Value) => void} onChange
   * @param {HTMLElement} [control] instead of its own
   * @param {HTMLElement} [help] instead of the setting's
   */
  constructor(setting, value, onChange, control, help) {
    this.#setting = setting;
    this.#slider = setting.hasSlider ? h("input", {
      type: "range", min: setting.min, max: setting.max, step: setting.step, "aria-label": `${setting.label}, slider`,
      on: { input: () => this.#slid(onChange) },
    }) : null;
    this.#control = control ?? this.#ownControl(onChange);
    this.#help = help ?? h("p", { class: "field-help" }, setting.help);
    const id = `setting-${setting.name}`;
    this.#control.id = id;
    this.#help.id = `${id}-help`;
    this.#error.id = `${id}-error`;
    this.#control.setAttribute("aria-describedby", `${id}-help ${id}-error`);
    this.#label.setAttribute("for", id);
    this.element = setting.kind === "switch"
      ? h("div", { class: "field" }, h("div", { class: "check" }, this.#control, this.#label), this.#help, this.#error)
      : h("div", { class: "field" }, this.#label,
        this.#slider ? h("div", { class: "slider" }, this.#slider, this.#control) : this.#control,
        this.#help, this.#error);
    this.label(setting.label);
    this.set(value);
  }

  /** @param {string} text */
  label(text) {
    this.#label.textContent = text;
    if (this.#control.tagName === "DETAILS") this.#label.removeAttribute("for");
  }

  /** @param {(value: import("./detect-config.js").Value) => void} onChange */
  #ownControl(onChange) {
    const { name, kind, min, max, step, options = [] } = this.#setting;
    const on = { input: () => { this.#follow(); onChange(this.#value); } };
    const testID = { "data-testid": `setting-${name}`, on };
    if (kind === "switch") return h("input", { type: "checkbox", ...testID });
    if (kind === "choice") {
      return h("select", testID, options.map(([value, text]) => h("option", { value }, text)));
    }
    return h("input", { type: "number", inputmode: "decimal", min, max, step, ...testID,
      placeholder: this.#setting.isOptional ? "automatic" : null });
  }

  /** @returns {import("./detect-config.js").Value} */
  get #value() {
    const control = /** @type {HTMLInputElement} */ (this.#control);
    if (control.type === "checkbox") return control.checked;
    if (control.type !== "number") return control.value;
    // What is no number reads as nothing.
    return control.value === "" ? (control.validity.badInput || !this.#setting.isOptional ? NaN : null)
      : control.valueAsNumber;
  }

  /** @param {import("./detect-config.js").Value} value */
  set(value) {
    const control = /** @type {HTMLInputElement} */ (this.#control);
    if (control.tagName === "DETAILS" || this.#setting.field === "") return;
    if (control.type === "checkbox") control.checked = value === true;
    else control.value = value === null ? "" : String(value);
    this.#follow();
    this.showProblem(null);
  }

  #follow() {
    if (this.#slider) this.#slider.value = /** @type {HTMLInputElement} */ (this.#control).value;
  }

  /** @param {(value: import("./detect-config.js").Value) => void} onChange */
  #slid(onChange) {
    const control = /** @type {HTMLInputElement} */ (this.#control);
    control.value = this.#slider?.value ?? "";
    onChange(this.#value);
  }

  /** @param {string | null} problem */
  showProblem(problem) {
    this.#error.hidden = problem === null;
    this.#error.textContent = problem ?? "";
    if (problem) this.#control.setAttribute("aria-invalid", "true");
    else this.#control.removeAttribute("aria-invalid");
  }

  /** @param {boolean} isIdle */
  setIdle(isIdle) {
    this.element.classList.toggle("is-idle", isIdle);
    if (this.#control.tagName !== "DETAILS") /** @type {HTMLInputElement} */ (this.#control).disabled = isIdle;
    if (this.#slider) this.#slider.disabled = isIdle;
  }

  focus() {
    for (let box = this.element.closest("details"); box; box = box.parentElement?.closest("details") ?? null) {
      box.open = true;
    }
    const target = this.#control.tagName === "DETAILS" ? this.#control.querySelector("summary") : this.#control;
    target?.focus();
    this.element.scrollIntoView({ block: "center" });
  }
}
