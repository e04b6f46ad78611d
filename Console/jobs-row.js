import { h } from "./dom.js";
import { count, fullTime, integer, relativeTime, shortID } from "./format.js";
import { icon } from "./icons.js";
import { isEnded } from "./events.js";
import {
  allowedActions, kindText, pictureText, stageText, stateName, timeLeft, timeTaken,
} from "./jobs-text.js";

/**
 * What a row shows.
 * @typedef {{ status: import("./events.js").JobStatus, mark: "left" | "gone" | null, isSelected: boolean,
 *   busy: string | null, note: Node | null }} RowView
 *   `busy`: what is being done to the job; `note`: what became of it
 *
 * @typedef {"cancel" | "retry" | "delete" | "copy"} RowAction
 */

/** @type {{ action: RowAction, name: string, icon: "stop" | "retry" | "link" | "trash", test: string }[]} */
const actions = [
  { action: "cancel", name: "Cancel", icon: "stop", test: "job-cancel" },
  { action: "retry", name: "Retry", icon: "retry", test: "job-retry" },
  { action: "copy", name: "Copy link", icon: "link", test: "job-copy" },
  { action: "delete", name: "Delete", icon: "trash", test: "job-delete" },
];

/** One job of the list. Its elements are made once; changes touch what differs, so that focus and selection stay. */
export class JobRow {
  /** @param {string} id */
  constructor(id) {
    this.id = id;
    const short = shortID(id);
    this.check = h("input", { type: "checkbox", "aria-label": `Select job ${short}` });
    this.badge = h("span", { class: "badge" });
    this.extra = h("span", { class: "jobs-extra" });
    this.link = h("a", { href: `#/jobs/${id}`, class: "jobs-link", title: id, "data-testid": "job-link" },
      h("span", { class: "visually-hidden" }, "Job "), short);
    this.priority = h("span", { class: "jobs-extra" });
    this.bar = h("progress", { max: "100", "aria-label": `Progress of job ${short}` });
    this.percent = h("span", { class: "jobs-percent" });
    this.line = h("div", { class: "jobs-bar" }, this.bar, this.percent);
    this.stage = h("div", { class: "jobs-stage" });
    this.pictures = h("span", null);
    this.pictureUnit = h("span", { class: "card-only" });
    this.failedPictures = h("span", { class: "jobs-failed-pictures" });
    this.detections = h("span", null);
    this.detectionUnit = h("span", { class: "card-only" });
    this.timeName = h("span", { class: "card-only" }, "Time left: ");
    this.time = h("span", null);
    this.age = h("time", null);
    this.note = h("td", { class: "jobs-note", role: "cell", hidden: true });
    this.buttons = actions.map(({ action, name, icon: picture, test }) => h("button", {
      type: "button", class: "button button-quiet button-small", title: name,
      "data-action": action, "data-testid": test,
    }, icon(picture), h("span", { class: "jobs-action-name" }, name,
      h("span", { class: "visually-hidden" }, ` job ${short}`))));
    this.element = h("tr", {
      class: "jobs-row", role: "row", "data-testid": "job-row", data: { job: id },
    },
    cell("pick", h("label", { class: "jobs-check" }, this.check)),
    cell("state", this.badge, this.extra),
    h("th", { class: "jobs-cell jobs-id", role: "rowheader", scope: "row" }, this.link, this.priority),
    cell("progress", this.line, this.stage),
    cell("pictures", this.pictures, this.pictureUnit, this.failedPictures),
    cell("detections", this.detections, this.detectionUnit),
    cell("time", this.timeName, this.time),
    cell("age", this.age),
    cell("actions", ...this.buttons),
    this.note);
    /** @type {RowView | null} */
    this.view = null;
  }

  /**
   * @param {RowView} view
   * @param {number} now
   */
  update(view, now) {
    this.view = view;
    const { status, mark, isSelected, busy, note } = view;
    const { progress = {}, summary } = status;
    const state = mark === "gone" ? "gone" : status.status;
    set(this.element, "data-state", status.status);
    set(this.element, "data-mark", mark);
    set(this.element, "data-selected", isSelected ? "" : null);
    set(this.element, "aria-busy", busy ? "true" : null);
    if (this.check.checked !== isSelected) this.check.checked = isSelected;
    if (this.badge.className !== `badge badge-${state}`) this.badge.className = `badge badge-${state}`;
    text(this.badge, busy ?? (mark === "gone" ? "Deleted" : stateName(state)));
    text(this.extra, mark === "left" ? "leaves this list" : attempt(status));
    text(this.priority, kindText(status));

    const percentage = progress.percentage ?? 0;
    this.line.hidden = status.status === "completed";
    if (this.bar.value !== percentage || !this.bar.hasAttribute("value")) this.bar.value = percentage;
    text(this.percent, `${percentage} %`);
    text(this.stage, stageText(status));
    set(this.stage, "title", stageTitle(status));

    const total = progress.total_images ?? 0;
    text(this.pictures, pictureText(status));
    text(this.pictureUnit, total === 1 ? " picture" : " pictures");
    const failed = progress.failed_images ?? 0;
    text(this.failedPictures, failed > 0 ? `${integer(failed)} failed` : "");
    const found = summary?.total_detections;
    text(this.detections, found === undefined ? "–" : integer(found));
    this.detectionUnit.hidden = found === undefined;
    set(this.detections, "title", found === undefined ? null : count(found, "detection"));
    text(this.detectionUnit, found === 1 ? " detection" : " detections");

    const created = new Date(status.created_at);
    set(this.age, "datetime", status.created_at);
    set(this.age, "title", fullTime(created));
    this.tick(now);
    this.#showActions(status, mark, busy);
    if (note !== this.note.firstChild) this.note.replaceChildren(...(note ? [note] : []));
    this.note.hidden = note === null;
  }

  /**
   * What changes by itself: the age, and the time that is left.
   * @param {number} now
   */
  tick(now) {
    const status = this.view?.status;
    if (!status) return;
    // Clocks differ: nothing is from the future.
    const created = new Date(Math.min(Date.parse(status.created_at), now));
    text(this.age, relativeTime(created, new Date(now)));
    const left = timeLeft(status, now);
    const taken = timeTaken(status);
    if (isEnded(status.status)) text(this.time, taken && `took ${taken}`);
    else text(this.time, left === "" ? "not known yet" : left);
    this.timeName.hidden = isEnded(status.status);
    set(this.element, "data-ended", isEnded(status.status) ? "" : null);
  }

  /** @param {RowView["status"]} status @param {RowView["mark"]} mark @param {string | null} busy */
  #showActions(status, mark, busy) {
    const allowed = { ...allowedActions(status), copy: true };
    let lost = false;
    for (const button of this.buttons) {
      const action = /** @type {RowAction} */ (button.dataset.action);
      const isShown = mark !== "gone" && allowed[action];
      if (!isShown && button === document.activeElement) lost = true;
      button.hidden = !isShown;
      // Not `disabled`, which would take the focus away.
      set(button, "aria-disabled", busy && action !== "copy" ? "true" : null);
    }
    if (lost) this.link.focus({ preventScroll: true });
  }
}

/** @param {string} name @param {...import("./dom.js").Children} children */
function cell(name, ...children) {
  return h("td", { class: `jobs-cell jobs-${name}`, role: "cell" }, ...children);
}

/** @param {RowView["status"]} status */
function attempt(status) {
  return status.attempt > 1 ? `attempt ${status.attempt}` : "";
}

/** @param {RowView["status"]} status */
function stageTitle(status) {
  if (status.status !== "failed") return stageText(status);
  return [status.error?.message, status.error?.details, status.error?.code]
    .filter((part) => part).join("\n");
}

/** @param {HTMLElement} element @param {string} value */
function text(element, value) {
  if (element.textContent !== value) element.textContent = value;
}

/** @param {HTMLElement} element @param {string} name @param {string | null} value */
function set(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
