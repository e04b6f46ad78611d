import { h, replace } from "./dom.js";
import { className, count, integer } from "./format.js";

/** More boxes than anybody looks through; the search finds the others. */
const maxShown = 200;
const enoughForSearch = 20;

/** Which classes are wanted: all, or some by name. */
export class ClassPicker {
  /** @type {string[]} */
  #classes = [];
  /**
   * Those that are not wanted.
   * @type {Set<string>}
   */
  #off = new Set();
  #onChange;
  #summary = h("summary", null);
  #search = h("input", {
    type: "search", placeholder: "Search", "aria-label": "Search classes", "data-testid": "class-search",
    on: { input: () => this.#showList() },
  });
  #list = h("div", { class: "class-list", role: "group", "aria-label": "Classes" });

  element = h("details", { class: "class-picker", "data-testid": "setting-classes" }, this.#summary,
    h("div", { class: "toolbar" },
      h("button", { type: "button", class: "button button-small", on: { click: () => this.#setAll(true) } }, "All"),
      h("button", { type: "button", class: "button button-small", on: { click: () => this.#setAll(false) } }, "None"),
      this.#search),
    this.#list);

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * The wanted ones; null when all are.
   * @returns {string[] | null}
   */
  get value() {
    return this.#off.size === 0 ? null : this.#classes.filter((name) => !this.#off.has(name));
  }

  /** @param {string[]} classes of the model @param {string[] | null} wanted others are no more known */
  show(classes, wanted) {
    this.#classes = [...new Set(classes)];
    const known = this.#classes.filter((name) => wanted?.includes(name));
    this.#off = new Set(known.length > 0 ? this.#classes.filter((name) => !known.includes(name)) : []);
    this.#search.hidden = this.#classes.length <= enoughForSearch;
    this.#search.value = "";
    this.#showList();
    this.#showSummary();
  }

  #showList() {
    const text = this.#search.value.trim().toLowerCase();
    const found = this.#classes.filter((name) =>
      text === "" || name.toLowerCase().includes(text) || className(name).toLowerCase().includes(text));
    replace(this.#list,
      found.slice(0, maxShown).map((name) => h("label", { class: "check" },
        h("input", {
          type: "checkbox", value: name, checked: !this.#off.has(name),
          on: { change: (/** @type {Event} */ event) => this.#set(name, event) },
        }), h("span", null, className(name)))),
      found.length > maxShown
        ? h("p", { class: "field-help" }, `${integer(found.length - maxShown)} more: search for them.`) : null,
      found.length === 0 ? h("p", { class: "field-help" }, "No class is named so.") : null);
  }

  /** @param {string} name @param {Event} event */
  #set(name, event) {
    if (/** @type {HTMLInputElement} */ (event.target).checked) this.#off.delete(name);
    else this.#off.add(name);
    this.#changed();
  }

  /** @param {boolean} isOn */
  #setAll(isOn) {
    this.#off = new Set(isOn ? [] : this.#classes);
    this.#showList();
    this.#changed();
  }

  #changed() {
    this.#showSummary();
    this.#onChange();
  }

  #showSummary() {
    const all = this.#classes.length;
    const on = all - this.#off.size;
    if (all === 1 && on === 1) return replace(this.#summary, `${className(this.#classes[0])}, the only one`);
    replace(this.#summary,
      on === all ? `All ${count(all, "class", "classes")}` : `${integer(on)} of ${count(all, "class", "classes")}`);
  }
}
