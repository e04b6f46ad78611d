import { h, uniqueID } from "./dom.js";
import { remembered } from "./settings.js";

/** Tabs as the ARIA practices have them: arrows move, the tab that is gone to is shown. */
export class Tabs {
  /** @type {string} */
  #shown;

  /**
   * @param {string} label
   * @param {{ name: string, title: string, panel: HTMLElement }[]} tabs
   * @param {(name: string) => void} onShow
   */
  constructor(label, tabs, onShow) {
    this.tabs = tabs;
    this.onShow = onShow;
    const setting = remembered("job-tab", tabs[0].name, (name) => tabs.some((tab) => tab.name === name));
    this.#shown = setting.get();
    this.buttons = tabs.map(({ name, title, panel }) => {
      const id = uniqueID("tab");
      panel.id = `${id}-panel`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", id);
      return h("button", {
        type: "button", role: "tab", id, "aria-controls": panel.id, "data-testid": `tab-${name}`,
        on: {
          click: () => {
            setting.set(name);
            this.show(name);
          },
        },
      }, title);
    });
    this.list = h("div", {
      class: "look-tabs", role: "tablist", "aria-label": label,
      on: { keydown: (/** @type {KeyboardEvent} */ event) => this.#onKey(event) },
    }, this.buttons);
    this.#mark();
  }

  get shown() {
    return this.#shown;
  }

  /** @param {string} name */
  show(name) {
    this.#shown = name;
    this.#mark();
    this.onShow(name);
  }

  #mark() {
    this.tabs.forEach(({ name, panel }, index) => {
      const isShown = name === this.#shown;
      panel.hidden = !isShown;
      this.buttons[index].setAttribute("aria-selected", String(isShown));
      this.buttons[index].tabIndex = isShown ? 0 : -1;
    });
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const place = this.tabs.findIndex(({ name }) => name === this.#shown);
    const last = this.tabs.length - 1;
    /** @type {Record<string, number>} */
    const places = {
      ArrowRight: place === last ? 0 : place + 1, ArrowLeft: place === 0 ? last : place - 1, Home: 0, End: last,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    this.buttons[places[event.key]].click();
    this.buttons[places[event.key]].focus();
  }
}
