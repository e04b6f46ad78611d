import { announce, h, replace } from "./dom.js";
import { bytes, count, integer } from "./format.js";
import { icon } from "./icons.js";
import { selection } from "./upload-selection.js";
import { Thumbnails } from "./upload-thumbnails.js";

/** @typedef {import("./upload-selection.js").ChosenFile} ChosenFile */

/** Rows that are added at once; thousands would make the page slow. */
const pageRows = 200;

/** The list of what was chosen. */
export class FileList {
  #rows = /** @type {Map<ChosenFile, FileRow>} */ (new Map());
  #shown = pageRows;
  #onlyRefused = false;
  #head = h("div", { class: "toolbar file-list-head" });
  #skipped = h("div", { role: "status" });
  #list = h("ul", { class: "file-list", "aria-label": "Chosen pictures" });
  #more = h("div", { class: "file-list-more" });
  #thumbnails;

  element = h("div", { class: "file-list-box" }, this.#skipped, this.#head, this.#list, this.#more);

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.#thumbnails = new Thumbnails((file) => this.#rows.get(file)?.show(), signal);
    selection.addEventListener("list", () => this.#show(), { signal });
    selection.addEventListener("change", (event) => {
      for (const file of /** @type {CustomEvent<ChosenFile[]>} */ (event).detail) this.#rows.get(file)?.show();
      this.#showHead();
      if (this.#onlyRefused) this.#showRows();
      this.#showSkipped();
    }, { signal });
    this.#show();
  }

  #show() {
    this.#showHead();
    this.#showSkipped();
    this.#showRows();
  }

  #showRows() {
    const wanted = this.#onlyRefused ? selection.files.filter(isRefused) : selection.files;
    const visible = wanted.slice(0, this.#shown);
    const keep = new Set(visible);
    for (const [file, row] of this.#rows) {
      if (keep.has(file)) continue;
      row.remove();
      this.#rows.delete(file);
    }
    visible.forEach((file, index) => {
      let row = this.#rows.get(file);
      if (!row) {
        row = new FileRow(file, this.#thumbnails, (gone) => this.#removeFile(gone));
        this.#rows.set(file, row);
      }
      row.show();
      // Rows that are where they belong keep their focus.
      const there = this.#list.children[index];
      if (there !== row.element) this.#list.insertBefore(row.element, there ?? null);
    });
    const rest = wanted.length - visible.length;
    replace(this.#more, rest > 0 ? h("button", {
      type: "button", class: "button", "data-testid": "more-files",
      on: { click: () => { this.#shown += pageRows; this.#showRows(); } },
    }, `Show ${integer(Math.min(rest, pageRows))} more of ${integer(rest)}`) : null);
  }

  #showHead() {
    const { files } = selection;
    const refused = files.filter(isRefused).length;
    if (refused === 0) this.#onlyRefused = false;
    this.element.hidden = files.length === 0 && selection.skipped.isEmpty;
    if (files.length === 0) return replace(this.#head);
    const size = files.reduce((sum, file) => isRefused(file) ? sum : sum + file.size, 0);
    const focused = this.#head.contains(document.activeElement)
      ? document.activeElement?.getAttribute("data-testid") : null;
    replace(this.#head,
      h("h2", null, `${count(files.length - refused, "picture")}, ${bytes(size)}`),
      refused > 0 ? h("button", {
        type: "button", class: "chip chip-refused", "aria-pressed": String(this.#onlyRefused),
        "data-testid": "only-refused", title: "Show these alone",
        on: { click: () => { this.#onlyRefused = !this.#onlyRefused; this.#show(); } },
      }, icon("warning"), `${integer(refused)} refused`) : null,
      h("span", { class: "space" }),
      refused > 0 ? h("button", {
        type: "button", class: "button button-quiet button-small", "data-testid": "remove-refused",
        on: { click: () => selection.removeWhere(isRefused) },
      }, "Remove the refused") : null,
      h("button", {
        type: "button", class: "button button-quiet button-small", "data-testid": "clear-files",
        on: { click: () => { selection.clear(); announce("The list is empty"); } },
      }, "Clear the list"));
    if (focused) {
      /** @type {HTMLElement | null} */ (this.#head.querySelector(`[data-testid="${focused}"]`))?.focus();
    }
  }

  #showSkipped() {
    const { skipped } = selection;
    const text = skippedText(skipped);
    if (this.#skipped.textContent === text) return;
    replace(this.#skipped, text === "" ? null
      : h("p", { class: "notice", "data-testid": "skipped-files" }, icon("info"), h("span", null, text)));
  }

  /** @param {ChosenFile} file */
  #removeFile(file) {
    const rows = [...this.#rows.keys()];
    const next = rows[rows.indexOf(file) + 1] ?? rows[rows.indexOf(file) - 1];
    this.#rows.get(next)?.focus();
    selection.removeWhere((other) => other === file);
    announce(`${file.name} was removed`);
  }
}

/** @param {ChosenFile} file */
function isRefused(file) {
  return file.state === "refused";
}

/** @param {import("./upload-selection.js").Skipped} skipped */
function skippedText(skipped) {
  if (skipped.isEmpty) return "";
  const examples = skipped.others.slice(0, 3).join(", ") + (skipped.others.length > 3 ? ", …" : "");
  const parts = [
    skipped.hidden > 0 ? `${integer(skipped.hidden)} hidden` : "",
    skipped.others.length > 0 ? `${integer(skipped.others.length)} that are no JPEG, PNG or TIFF (${examples})` : "",
    skipped.repeated > 0 ? `${integer(skipped.repeated)} that were here already` : "",
    skipped.unreadable > 0 ? `${integer(skipped.unreadable)} that cannot be read` : "",
    skipped.beyondLimit > 0 ? `${integer(skipped.beyondLimit)} beyond the 10,000 that are taken at once` : "",
  ].filter((part) => part !== "");
  const more = skipped.isCutShort ? " The folder holds more than is looked through at once: choose parts of it." : "";
  return `${parts.length > 0 ? `Files that were passed over: ${parts.join(", ")}.` : ""}${more}`.trim();
}

/** One file: made once, then changed in place, since progress comes many times a second. */
class FileRow {
  #file;
  #thumbnails;
  #thumbnail = h("span", { class: "file-thumbnail" });
  #facts = h("span", { class: "file-facts" });
  #fault = h("span", { class: "file-fault", "data-testid": "file-error" });
  #progress;
  #state = h("span", { class: "file-state" });
  #remove;

  /**
   * @param {ChosenFile} file @param {Thumbnails} thumbnails @param {(file: ChosenFile) => void} onRemove
   */
  constructor(file, thumbnails, onRemove) {
    this.#file = file;
    this.#thumbnails = thumbnails;
    this.#progress = h("progress", {
      max: "1", value: 0, "aria-label": `Upload of ${file.name}`, "data-testid": "file-progress",
    });
    this.#remove = h("button", {
      type: "button", class: "button button-quiet button-icon", "data-testid": "file-remove",
      "aria-label": `Remove ${file.name}`, title: "Remove", on: { click: () => onRemove(file) },
    }, icon("close"));
    this.element = h("li", { class: "file-row", "data-testid": "file-row", data: { name: file.name } },
      this.#thumbnail,
      h("span", { class: "file-text" },
        h("span", { class: "file-name", title: file.path }, file.name), this.#facts, this.#fault),
      h("span", { class: "file-doing" }, this.#progress, this.#state),
      this.#remove);
  }

  show() {
    const file = this.#file;
    if (this.element.dataset.state !== file.state) this.#showState();
    if (file.state === "uploading") {
      const share = file.size === 0 ? 1 : file.sentBytes / file.size;
      this.#progress.value = share;
      this.#state.textContent = `${Math.floor(share * 100)} %`;
    }
    if (file.thumbnail instanceof HTMLCanvasElement && file.thumbnail.parentNode !== this.#thumbnail) {
      replace(this.#thumbnail, file.thumbnail);
    }
  }

  #showState() {
    const file = this.#file;
    const { picture } = file;
    this.element.dataset.state = file.state;
    const folder = file.path.slice(0, -file.name.length - 1);
    this.#facts.textContent = [
      picture ? `${picture.width} × ${picture.height}` : "", bytes(file.size), picture?.format ?? "", folder,
    ].filter((part) => part !== "").join(" · ");
    this.#progress.hidden = file.state !== "uploading";
    this.#remove.disabled = file.state === "uploading";
    replace(this.#fault, file.fault && file.state === "refused" ? [icon("warning"), file.fault.error] : null);
    if (file.fault) this.#fault.dataset.code = file.fault.code;
    replace(this.#state, ...stateText(file.state));
    if (!this.#thumbnail.firstChild) this.#showPlaceholder();
    if (picture) this.#thumbnails.watch(this.#thumbnail, file);
  }

  #showPlaceholder() {
    const isTIFF = /\.tiff?$/i.test(this.#file.name);
    replace(this.#thumbnail, isTIFF ? h("span", { "aria-hidden": "true" }, "TIFF") : icon("image"));
  }

  focus() {
    this.#remove.focus();
  }

  remove() {
    this.#thumbnails.forget(this.#thumbnail);
    this.element.remove();
  }
}

/** @param {import("./upload-selection.js").FileState} state @returns {import("./dom.js").Child[]} */
function stateText(state) {
  switch (state) {
    case "checking": return [h("span", { class: "visually-hidden" }, "is looked at")];
    case "refused": return [h("span", { class: "badge badge-refused" }, "refused")];
    case "failed": return [h("span", { class: "badge badge-cancelled" }, "not sent")];
    case "sent": return [h("span", { class: "badge badge-completed" }, icon("check"), "sent")];
    default: return [];
  }
}
