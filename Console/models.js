import { h, replace } from "./dom.js";
import { bytes, className, count, integer } from "./format.js";
import { readModels } from "./models-reading.js";

export const title = "Models";

/** Classes that are named in the list; the page of the model has all. */
const namedClasses = 3;

/** @typedef {import("./models-reading.js").Model} Model */

/**
 * All models: those of the operator's folder, and those that are registered.
 * @param {HTMLElement} main
 * @param {import("./router.js").Route} _route
 * @param {AbortSignal} signal
 */
export async function show(main, _route, signal) {
  replace(main, h("h1", { class: "page-title" }, title), h("div", { class: "models-skeleton skeleton" }));
  const models = await readModels(signal);
  const folder = new Set(models.filter((it) => !it.versions).map((it) => it.name));
  replace(main,
    h("h1", { class: "page-title" }, title),
    models.length === 0 ? empty() : table(models, folder));
}

/** @param {Model[]} models @param {Set<string>} folder names of the folder's */
function table(models, folder) {
  const heads = ["Name", "From", "Task", "Classes", "Input", "Size", "SHA-256"];
  return h("div", { class: "panel models-panel" },
    h("table", { class: "table models-table" },
      h("thead", null, h("tr", null, heads.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, models.map((model) => row(model, folder)))));
}

/** @param {Model} model @param {Set<string>} folder */
function row(model, folder) {
  const { name, version, versions, classes } = model;
  // A name that the folder has means the folder's model: the other one is gone to by its version.
  const reference = versions && folder.has(name) ? `${name}@${version}` : name;
  const [width, height] = model.input_size;
  return h("tr", { data: { testid: "model-row", model: name, kind: versions ? "registered" : "folder" } },
    h("th", { scope: "row", class: "models-name" },
      h("a", { href: `#/models/${encodeURIComponent(reference)}`, "data-testid": "model-link" }, name),
      model.default ? h("span", { class: "badge badge-ok" }, "default") : null),
    cell("From", versions
      ? [count(versions.length, "version"), aliases(model)]
      : "the operator's folder"),
    cell("Task", model.task ?? "not known"),
    cell("Classes", h("span", { title: classes.slice(0, 100).map(className).join(", ") }, classText(classes))),
    cell("Input", `${integer(width)} × ${integer(height)}`),
    cell("Size", bytes(model.size_bytes)),
    cell("SHA-256", h("code", { title: model.sha256 }, model.sha256.slice(0, 12))));
}

/** @param {Model} model */
function aliases({ aliases: named = {} }) {
  return h("span", { class: "models-aliases" }, Object.entries(named).sort().map(([alias, version]) =>
    h("span", { class: "badge" }, `${alias}: ${version}`)));
}

/** @param {string} label shown where the head is not @param {import("./dom.js").Children} content */
function cell(label, content) {
  return h("td", { data: { label } }, h("div", { class: "models-cell" }, content));
}

/** @param {string[]} classes */
function classText(classes) {
  if (classes.length <= namedClasses) return classes.map(className).join(", ");
  const named = classes.slice(0, namedClasses - 1);
  return `${named.map(className).join(", ")} and ${classes.length - named.length} more`;
}

function empty() {
  return h("div", { class: "panel empty", "data-testid": "models-empty" },
    h("p", null, "There is no model."),
    h("p", null, "Put one into the operator's folder, or register one: ",
      h("code", null, "harrier models publish FILE --name NAME"), "."));
}
