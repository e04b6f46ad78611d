import { h } from "./dom.js";
import { agreementText, pictureText } from "./comparison-numbers.js";

/** The pictures of a comparison, in a list to choose from. */
export class ComparedPictures {
  #buttons;

  /**
   * @param {readonly import("./comparison-numbers.js").ComparedPicture[]} pictures
   * @param {(index: number) => void} choose
   */
  constructor(pictures, choose) {
    this.#buttons = pictures.map((picture, index) => h("button", {
      type: "button", class: "compare-picture", "data-testid": "comparison-image", data: { file: picture.file_id },
      title: picture.filename, on: { click: () => choose(index) },
    },
    h("span", { class: "compare-picture-name" }, picture.filename),
    h("span", { class: picture.figures ? "compare-picture-agreement" : "compare-picture-failed" },
      picture.figures ? agreementText(picture.figures.agreement) : "failed"),
    h("span", { class: "compare-picture-text" }, pictureText(picture))));
    this.element = h("nav", {
      class: "compare-list", "aria-label": "Pictures, those with the most differences first",
      hidden: pictures.length < 2,
    }, h("ol", null, this.#buttons.map((button) => h("li", null, button))));
  }

  /** @param {number} index */
  setCurrent(index) {
    this.#buttons.forEach((button, place) => {
      if (place === index) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
    const button = this.#buttons[index];
    // By hand: scrollIntoView would move the page as well.
    const list = this.element;
    const [top, left] = [button.offsetTop - list.offsetTop, button.offsetLeft - list.offsetLeft];
    if (top < list.scrollTop || top + button.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top;
    if (left < list.scrollLeft || left + button.offsetWidth > list.scrollLeft + list.clientWidth) {
      list.scrollLeft = left;
    }
  }
}
