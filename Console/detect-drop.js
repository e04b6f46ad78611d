import { h, replace } from "./dom.js";
import { icon } from "./icons.js";
import { collectList, collectTransfer } from "./upload-collect.js";

/** @typedef {import("./upload-collect.js").Collection} Collection */

const types = ".jpg,.jpeg,.png,.tif,.tiff,image/jpeg,image/png,image/tiff";

/**
 * Where files come in: by drop, anywhere on the page; by two dialogs; by paste.
 * @param {(collection: Collection) => void} onFiles
 * @param {AbortSignal} signal
 */
export function dropZone(onFiles, signal) {
  const files = fileInput("file-input", "Pictures", { accept: types }, onFiles);
  const folder = fileInput("folder-input", "A folder of pictures", { webkitdirectory: true }, onFiles);
  const canChooseFolders = "webkitdirectory" in folder;
  const zone = h("section", { class: "drop-zone", "data-testid": "drop-zone", "aria-label": "Add pictures" },
    icon("upload"),
    h("p", { class: "drop-title" }, "Drop pictures or folders here"),
    h("div", { class: "toolbar" },
      button("choose-files", "image", "Choose pictures", files, true),
      canChooseFolders ? button("choose-folder", "folder", "Choose a folder", folder, false) : null),
    h("p", { class: "drop-help" },
      "JPEG, PNG or TIFF, also GeoTIFF and BigTIFF. At most 50 MB each, 64 to 8192 pixels a side. ",
      h("span", { class: "drop-more" },
        "As many as you like: each hundred becomes a job. Pasting works too.")),
    files, folder);

  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const highlight = () => {
    zone.classList.add("is-over");
    clearTimeout(timer);
    // The browser repeats dragover as long as something hovers, and does not tell reliably when it has left.
    timer = setTimeout(() => zone.classList.remove("is-over"), 200);
  };
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    highlight();
  }, { signal });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    // Else the browser would go to the file.
    event.preventDefault();
    void collectTransfer(event.dataTransfer).then((collection) => { if (!signal.aborted) onFiles(collection); });
  }, { signal });
  document.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    void collectTransfer(event.clipboardData).then(onFiles);
  }, { signal });
  return zone;
}

/**
 * @param {string} testID @param {string} label @param {Record<string, any>} properties
 * @param {(collection: Collection) => void} onFiles
 */
function fileInput(testID, label, properties, onFiles) {
  const input = h("input", {
    type: "file", multiple: true, hidden: true, "aria-label": label, "data-testid": testID, ...properties,
    on: {
      change: () => {
        if (input.files) onFiles(collectList(input.files));
        // The same file can be chosen again after it was removed.
        input.value = "";
      },
    },
  });
  return input;
}

/**
 * @param {string} testID @param {Parameters<typeof icon>[0]} picture @param {string} text
 * @param {HTMLInputElement} input @param {boolean} isMain
 */
function button(testID, picture, text, input, isMain) {
  return h("button", {
    type: "button", class: `button${isMain ? " button-primary" : ""}`, "data-testid": testID,
    on: { click: () => input.click() },
  }, icon(picture), text);
}

/**
 * What stands there for a key that may only look.
 * @param {HTMLElement} place
 */
export function showNoSubmit(place) {
  replace(place, h("p", { class: "notice", role: "note", "data-testid": "no-submit" }, icon("key"),
    h("span", null, "You may look at jobs, but not start any: your key lacks the right ",
      h("code", null, "submit"), ". The operator can give you one that has it. ",
      h("a", { href: "#/jobs" }, "Go to the jobs"))));
}
