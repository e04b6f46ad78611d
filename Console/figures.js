import { h } from "./dom.js";
import { className, integer } from "./format.js";
import { agreementText, changeText } from "./comparison-numbers.js";

/**
 * Figures of a comparison as tiles and tables, for jobs and for shadows.
 *
 * @typedef {import("./comparison-numbers.js").Figures} Figures
 */

/** @param {Figures} figures */
export function figureTiles(figures) {
  const tiles = [
    ["agreement", "Agreement", agreementText(figures.agreement)],
    ["matched", "In both", integer(figures.matched)],
    ["only-base", "Only in the base", integer(figures.only_base)],
    ["only-candidate", "Only in the candidate", integer(figures.only_candidate)],
    ["mean-iou", "Mean IoU of those in both", iouText(figures.mean_iou)],
    ["confidence-change", "Confidence, candidate − base", changeText(figures.mean_confidence_change)],
  ];
  return h("dl", { class: "figure-tiles" }, tiles.map(([name, label, value]) =>
    h("div", { class: "stat", "data-testid": `figure-${name}` },
      h("dt", { class: "stat-label" }, label), h("dd", { class: "stat-value" }, value))));
}

/**
 * @param {(Figures & { class: string })[]} classes
 * @param {(name: string) => void} [choose] called with the class that is chosen; without it none can be
 */
export function classTable(classes, choose) {
  if (classes.length === 0) return h("p", { class: "figures-none" }, "No boxes on either side.");
  const heads = ["Class", "Base", "Candidate", "In both", "Only base", "Only cand.", "Agreement", "Mean IoU",
    "Conf. change"];
  return scrolled("Figures by class", h("table", { class: "table figures-table", "data-testid": "comparison-classes" },
    h("thead", null, h("tr", null, heads.map((name, place) =>
      h("th", { scope: "col", class: place === 0 ? "" : "number" }, name)))),
    h("tbody", null, classes.map((it) => h("tr", { data: { class: it.class } },
      h("th", { scope: "row" }, choose
        ? h("button", {
          type: "button", class: "figures-class", title: "Only boxes of this class in the pictures",
          on: { click: () => choose(it.class) },
        }, className(it.class))
        : className(it.class)),
      [it.base_boxes, it.candidate_boxes, it.matched, it.only_base, it.only_candidate].map((value) =>
        h("td", { class: "number" }, integer(value))),
      h("td", { class: "number" }, bar(it.agreement), agreementText(it.agreement)),
      h("td", { class: "number" }, iouText(it.mean_iou)),
      h("td", { class: "number" }, changeText(it.mean_confidence_change)))))));
}

/** @param {import("./comparison-numbers.js").Relabelled[]} relabelled */
export function relabelledTable(relabelled) {
  if (relabelled.length === 0) return h("p", { class: "figures-none" }, "No box has another class on the other side.");
  return scrolled("Boxes with another class", h("table", {
    class: "table figures-table", "data-testid": "comparison-relabelled",
  },
    h("thead", null, h("tr", null,
      h("th", { scope: "col" }, "Base"), h("th", { scope: "col" }, "Candidate"),
      h("th", { scope: "col", class: "number" }, "Boxes"))),
    h("tbody", null, [...relabelled].sort((a, b) => b.count - a.count).map(({ base, candidate, count }) =>
      h("tr", null, h("td", null, className(base)), h("td", null, className(candidate)),
        h("td", { class: "number" }, integer(count)))))));
}

/**
 * A table that scrolls by itself where it has no room.
 * @param {string} label @param {HTMLElement} table
 */
export function scrolled(label, table) {
  return h("div", { class: "figures-scroll", tabindex: "0", role: "region", "aria-label": label }, table);
}

/** @param {number} part */
function bar(part) {
  return h("span", { class: "figures-bar", "aria-hidden": "true" },
    h("span", { style: { width: `${Math.round(part * 100)}%` } }));
}

/** @param {number | null} value */
function iouText(value) {
  return value === null ? "–" : value.toFixed(3);
}
