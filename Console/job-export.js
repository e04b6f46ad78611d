import { send } from "./api.js";
import { copyText, failureBox } from "./dialog.js";
import { h, replace, uniqueID } from "./dom.js";
import { className } from "./format.js";
import { icon } from "./icons.js";
import {
  annotatedDownload, archiveDownload, curlLines, formats, labelsDownload, pythonLines, resultsDownload, stem,
} from "./job-downloads.js";
import { currentSession } from "./session.js";

/**
 * @typedef {import("./job-downloads.js").Download} Download
 * @typedef {import("./job-loader.js").Picture} Picture
 * @typedef {import("./job-detections.js").Detections} Detections
 * @typedef {import("./job-detections.js").Filter} Filter
 */

/** Everything that a job can be downloaded as, and the lines that do the same without a browser. */
export class ExportPanel {
  /** @type {Picture | null} */
  #picture = null;
  /** @type {Detections | null} */
  #detections = null;
  #needsKey = false;
  #lines = "json";
  #problem = h("div", { "aria-live": "polite" });
  #curl = h("pre", { "data-testid": "snippet-curl", tabindex: 0, "aria-label": "curl" });
  #python = h("pre", { "data-testid": "snippet-python", tabindex: 0, "aria-label": "Python" });
  #shownOnly = h("input", { type: "checkbox", "data-testid": "export-shown-only" });
  #shownHelp = h("span", { class: "field-help" });
  #scope;
  #archiveFormat;
  #withImages = h("input", { type: "checkbox", checked: true, "data-testid": "export-images" });
  #annotated;
  #labels;
  #linesOf;

  /**
   * @param {string} jobID
   * @param {Filter} filter
   * @param {{ hasSeveral: boolean, classes: string[] }} job whether it has more than one picture; what it found
   * @param {() => Promise<Blob>} snapshot what the viewer shows
   * @param {AbortSignal} signal
   */
  constructor(jobID, filter, { hasSeveral, classes }, snapshot, signal) {
    this.jobID = jobID;
    this.filter = filter;
    this.classes = classes;
    this.snapshot = snapshot;
    this.signal = signal;
    this.#scope = select("export-scope", [["all", "All pictures"], ["one", "This picture"]]);
    this.#archiveFormat = select(
      "export-zip-format", Object.entries(formats).map(([format, { name }]) => [format, name]));
    this.#annotated = downloadButton("export-annotated", "Annotated picture", () => this.#save("annotated"));
    this.#labels = downloadButton("export-labels", "YOLO labels.txt", () => this.#save("labels"));
    this.#linesOf = select("snippet-of", [
      ...Object.entries(formats).map(([format, { name }]) => [format, name]), ["zip", "The ZIP file"],
      ["labels", "YOLO labels.txt"], ["annotated", "Annotated picture"],
    ]);
    for (const input of [this.#scope, this.#archiveFormat, this.#withImages, this.#shownOnly]) {
      input.addEventListener("change", () => this.update());
    }
    this.#linesOf.addEventListener("change", () => this.#setLines(this.#linesOf.value));
    this.element = h("div", { class: "look-export", "data-testid": "export-panel" },
      h("section", null, h("h2", null, "Detections"),
        hasSeveral ? field("Of", this.#scope) : null,
        h("label", { class: "check" }, this.#shownOnly, h("span", null, "Only what is shown", this.#shownHelp)),
        h("ul", { class: "look-formats" }, Object.entries(formats).map(([format, { name, about }]) =>
          h("li", null, downloadButton(`export-format-${format}`, name, () => this.#save(format)),
            h("span", { class: "field-help" }, about))))),
      h("section", null, h("h2", null, "Everything as a ZIP file"),
        field("Labels as", this.#archiveFormat),
        h("label", { class: "check" }, this.#withImages, h("span", null, "With the pictures")),
        downloadButton("export-zip", "ZIP file", () => this.#save("zip"))),
      h("section", null, h("h2", null, "This picture"),
        h("div", { class: "toolbar" }, this.#annotated,
          downloadButton("export-view", "The view as PNG", () => this.#saveView()), this.#labels)),
      this.#problem,
      h("section", null, h("h2", null, "The same without a browser"),
        field("Lines for", this.#linesOf),
        snippet("curl", this.#curl), snippet("python", this.#python)));
    // Until it is known, and where it cannot be known, no key is written.
    currentSession(signal).then((session) => {
      this.#needsKey = session?.authentication === "on";
      this.#showLines();
    }, () => {});
  }

  /**
   * @param {Picture} picture
   * @param {Detections} detections
   */
  setPicture(picture, detections) {
    this.#picture = picture;
    this.#detections = detections;
    this.#annotated.disabled = !picture.annotated_url;
    this.#annotated.title = picture.annotated_url ? "" : "The job drew no pictures";
    this.#labels.disabled = picture.error !== undefined;
    this.update();
  }

  /** After the filter has changed. */
  update() {
    const { hidden, minConfidence } = this.filter;
    const texts = [minConfidence === null ? "every confidence" : `confidence from ${minConfidence.toFixed(2)}`];
    if (hidden.size > 0) {
      const only = this.#onlyClass();
      texts.push(only === null
        ? "but all classes: the service filters by one class or none" : className(only));
    }
    this.#shownHelp.textContent = ` (${texts.join(", ")})`;
    this.#showLines();
  }

  /** The one class that is shown; null when there are others, or none is hidden. */
  #onlyClass() {
    const classes = this.#scope.value === "one"
      ? (this.#detections?.classes ?? []).map(({ name }) => name) : this.classes;
    const shown = classes.filter((name) => !this.filter.hidden.has(name));
    return this.filter.hidden.size > 0 && shown.length === 1 ? shown[0] : null;
  }

  /** @param {string} what a format, or one of the other files @returns {Download | null} */
  #download(what) {
    const picture = this.#picture;
    const file = picture && { id: picture.file_id, name: picture.filename };
    if (what === "zip") return archiveDownload(this.jobID, this.#archiveFormat.value, this.#withImages.checked);
    if (what === "labels") return file && labelsDownload(this.jobID, file);
    if (what === "annotated") return file && annotatedDownload(this.jobID, file, "jpg");
    const isFiltered = this.#shownOnly.checked;
    return resultsDownload({
      jobID: this.jobID, file: this.#scope.value === "one" ? file : null,
      minConfidence: isFiltered ? this.filter.minConfidence : null,
      className: isFiltered ? this.#onlyClass() : null,
    }, what);
  }

  /** @param {string} what */
  #setLines(what) {
    this.#lines = what;
    this.#linesOf.value = what;
    this.#showLines();
  }

  #showLines() {
    const download = this.#download(this.#lines);
    if (!download) return;
    this.#curl.textContent = curlLines(location.origin, download, this.#needsKey);
    this.#python.textContent = pythonLines(location.origin, download, this.#needsKey);
  }

  /** @param {string} what */
  async #save(what) {
    const download = this.#download(what);
    if (!download) return;
    this.#setLines(what);
    await this.#try(async () => {
      if (what === "zip") {
        // Archives may be larger than memory: one answer shows that all is well, the browser saves another one.
        const asked = new AbortController();
        this.signal.addEventListener("abort", () => asked.abort(), { signal: asked.signal });
        await send("GET", download.path, { signal: asked.signal });
        asked.abort();
        save(download.path, download.filename);
        return;
      }
      const answer = await send("GET", download.path, { signal: this.signal });
      const blob = await answer.blob();
      const isPNG = what === "annotated" && blob.type === "image/png";
      saveBlob(blob, isPNG ? download.filename.replace(/\.jpg$/, ".png") : download.filename);
    });
  }

  async #saveView() {
    await this.#try(async () => {
      saveBlob(await this.snapshot(), `${stem(this.#picture?.filename ?? "")}.view.png`);
    });
  }

  /** @param {() => Promise<void>} act */
  async #try(act) {
    replace(this.#problem);
    try {
      await act();
    } catch (error) {
      if (this.signal.aborted) return;
      replace(this.#problem, failureBox(error, { title: "Nothing was saved" }));
      this.#problem.scrollIntoView({ block: "nearest" });
    }
  }
}

/** @param {string} url @param {string} filename */
function save(url, filename) {
  const link = h("a", { href: url, download: filename, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
}

/** @param {Blob} blob @param {string} filename */
function saveBlob(blob, filename) {
  const url = URL.createObjectURL(blob);
  save(url, filename);
  // Some browsers read it after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** @param {string} testid @param {string} text @param {() => Promise<void>} act */
function downloadButton(testid, text, act) {
  const button = h("button", {
    type: "button", class: "button", "data-testid": testid,
    on: {
      click: async () => {
        button.setAttribute("aria-busy", "true");
        button.disabled = true;
        await act();
        button.disabled = false;
        button.removeAttribute("aria-busy");
      },
    },
  }, icon("download"), text);
  return button;
}

/** @param {string} testid @param {string[][]} choices */
function select(testid, choices) {
  return h("select", { id: uniqueID(testid), "data-testid": testid },
    choices.map(([value, text]) => h("option", { value }, text)));
}

/** @param {string} label @param {HTMLElement} control */
function field(label, control) {
  return h("div", { class: "look-inline-field" }, h("label", { for: control.id }, label), control);
}

/** @param {"curl" | "python"} kind @param {HTMLPreElement} lines */
function snippet(kind, lines) {
  const name = kind === "curl" ? "curl" : "Python";
  const copy = () => copyText(lines.textContent ?? "", `The ${name} lines`);
  return h("div", { class: "look-snippet" },
    h("div", { class: "look-snippet-head" }, h("h3", null, name),
      h("button", {
        type: "button", class: "button button-small", "data-testid": "copy-snippet", "data-snippet": kind,
        "aria-label": `Copy the ${name} lines`, on: { click: copy },
      }, icon("copy"), "Copy")),
    lines);
}
