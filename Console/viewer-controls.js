import { h } from "./dom.js";
import { bytes } from "./format.js";
import { icon } from "./icons.js";

/** The buttons of a viewer, and the scale. */
export class Controls {
  #scale = h("output", { class: "viewer-scale", "data-testid": "viewer-scale", "aria-label": "Scale" });

  /** @param {{ zoomBy(factor: number): void, fit(): void, actualSize(): void }} viewer */
  constructor(viewer) {
    this.element = h("div", { class: "viewer-controls", role: "group", "aria-label": "Zoom" },
      button("viewer-zoom-out", "Zoom out (-)", icon("minus"), () => viewer.zoomBy(0.8)),
      this.#scale,
      button("viewer-zoom-in", "Zoom in (+)", icon("plus"), () => viewer.zoomBy(1.25)),
      button("viewer-fit", "Fit the picture (0)", icon("fit"), () => viewer.fit()),
      button("viewer-actual", "Actual size (1)", "1:1", () => viewer.actualSize()));
  }

  /** @param {number} scale */
  show(scale) {
    const percent = scale * 100;
    this.#scale.textContent = `${percent < 9.95 ? percent.toFixed(1) : Math.round(percent)} %`;
  }
}

/** @param {string} id @param {string} label @param {Node | string} content @param {() => void} click */
function button(id, label, content, click) {
  return h("button", {
    type: "button", class: "button button-small button-icon", "data-testid": id, "aria-label": label, title: label,
    on: { click },
  }, content);
}

/** What is said over the picture: how far it is loaded, or why there is none. */
export class Notice {
  #text = h("p", { role: "status" });
  // Not said aloud at each step.
  #amount = h("p", { "aria-hidden": "true" });
  #bar = h("progress", { max: 1, "aria-label": "Loading the picture" });
  #progress = h("div", { hidden: true }, this.#amount, this.#bar);
  element = h("div", { class: "viewer-notice", hidden: true }, this.#text, this.#progress);

  /** @param {string | null} text null hides it */
  say(text) {
    this.element.hidden = text === null;
    this.#progress.hidden = true;
    this.#text.textContent = text ?? "";
  }

  /** @param {number} received @param {number | null} total in bytes */
  progress(received, total) {
    if (total && received < total) this.#bar.value = received / total;
    else this.#bar.removeAttribute("value");
    const amount = total ? `${bytes(received)} of ${bytes(total)}` : bytes(received);
    this.#amount.textContent = received === total ? "Decoding" : `Loading ${amount}`;
    this.element.hidden = false;
    this.#progress.hidden = false;
  }
}
