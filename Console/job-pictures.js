import { h } from "./dom.js";
import { count, integer } from "./format.js";
import { icon } from "./icons.js";

/** @typedef {import("./job-loader.js").Picture} Picture */

/** The pictures of a job in a strip; the browser loads those thumbnails that come into view. */
export class PictureStrip {
  /** @type {HTMLButtonElement[]} */
  #buttons;
  #current = -1;

  /**
   * @param {Picture[]} pictures
   * @param {(index: number) => void} onChoose
   */
  constructor(pictures, onChoose) {
    this.#buttons = pictures.map((picture, index) => item(picture, () => onChoose(index)));
    this.element = h("nav", { class: "look-strip", "aria-label": "Pictures", hidden: pictures.length < 2 },
      h("ol", { "data-testid": "image-list" }, this.#buttons.map((button) => h("li", null, button))));
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @param {number} index */
  setCurrent(index) {
    this.#buttons[this.#current]?.removeAttribute("aria-current");
    this.#current = index;
    const button = this.#buttons[index];
    if (!button) return;
    button.setAttribute("aria-current", "true");
    // Not scrollIntoView: that would scroll the page too.
    const list = this.element;
    const outer = list.getBoundingClientRect();
    const inner = button.getBoundingClientRect();
    list.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
    list.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }

  /**
   * Along the strip by arrows, so that it takes few keys to the last picture.
   * @param {KeyboardEvent} event
   */
  #onKey(event) {
    const place = this.#buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    const next = event.key === "Home" ? 0
      : event.key === "End" ? this.#buttons.length - 1
      : event.key in steps ? place + steps[/** @type {keyof typeof steps} */ (event.key)] : -1;
    if (place < 0 || !this.#buttons[next]) return;
    event.preventDefault();
    this.#buttons[next].focus();
  }
}

/** @param {Picture} picture @param {() => void} choose */
function item(picture, choose) {
  const { filename, thumbnail_url: thumbnail, detection_count: number, error } = picture;
  const problem = error ? `${error.code}: ${error.message}` : null;
  return h("button", {
    type: "button", class: "look-picture", "data-testid": "image-item", "data-file": picture.file_id,
    "data-name": filename, title: problem ? `${filename}: ${problem}` : filename, on: { click: choose },
  },
  h("span", { class: "look-thumbnail" },
    thumbnail && !error
      ? h("img", { src: `${thumbnail}&redirect=false`, alt: "", loading: "lazy", decoding: "async" })
      : icon(error ? "warning" : "image")),
  h("span", { class: "look-picture-name" }, filename),
  problem
    ? h("span", { class: "look-picture-count look-picture-failed" }, "Failed",
      h("span", { class: "visually-hidden" }, `: ${problem}`))
    : h("span", { class: "look-picture-count" }, integer(number),
      h("span", { class: "visually-hidden" }, count(number, " detection").replace(integer(number), ""))));
}
