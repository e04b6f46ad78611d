import { api, APIFailure } from "./api.js";
import { dropZone, showNoSubmit } from "./detect-drop.js";
import { FileList } from "./detect-files.js";
import { SettingsForm } from "./detect-settings.js";
import { regionCount } from "./detect-slices.js";
import { StartBar } from "./detect-start.js";
import { announce, h, replace } from "./dom.js";
import { count, integer } from "./format.js";
import { icon } from "./icons.js";
import { navigate } from "./router.js";
import { currentSession } from "./session.js";
import { run } from "./upload-run.js";
import { headerReader, selection } from "./upload-selection.js";

export const title = "Detect";

/** As in detect.css. */
const wide = "(min-width: 960px)";

/**
 * Where pictures are chosen, settings made, and jobs started.
 * @param {HTMLElement} main
 * @param {import("./router.js").Route} _route
 * @param {AbortSignal} signal
 */
export async function show(main, _route, signal) {
  const heading = h("h1", { class: "page-title" }, "Detect");
  const page = h("div", { class: "detect", "aria-busy": "true" },
    h("div", { class: "skeleton detect-skeleton" }), h("div", { class: "skeleton detect-skeleton" }));
  replace(main, heading, page);
  const [session, { models }, { rules }] = await Promise.all([
    currentSession(signal), api.get("/api/v1/models", { signal }), api.get("/api/v1/rules", { signal }),
  ]);
  page.removeAttribute("aria-busy");
  if (session && !session.scopes.some((scope) => scope === "submit" || scope === "admin")) {
    return showNoSubmit(page);
  }
  // Another one's pictures are nobody's business.
  const owner = session?.owner ?? session?.key_id;
  if (selection.owner !== owner) {
    selection.clear();
    selection.started = [];
    run.forget();
  }
  selection.owner = owner;
  new DetectPage(page, models, rules, signal);
  // It should be there when the server is away later.
  setTimeout(() => void headerReader().catch(() => {}), 500);
}

class DetectPage {
  #form;
  #bar;
  #last = h("div", null);
  #now = h("span", { class: "settings-now" });
  #zone;

  /**
   * @param {HTMLElement} page
   * @param {import("./detect-settings.js").Model[]} models
   * @param {import("./detect-settings.js").RuleSet[]} rules
   * @param {AbortSignal} signal
   */
  constructor(page, models, rules, signal) {
    this.#zone = dropZone((collection) => this.#add(collection), signal);
    this.#form = new SettingsForm(models, rules, () => this.#show());
    this.#bar = new StartBar(() => this.#start(), models.length > 0);
    const files = new FileList(signal);
    replace(page,
      h("div", { class: "detect-files" }, this.#zone, this.#last, files.element),
      settingsBox(models.length > 0 ? this.#form.element : noModel(), this.#now, signal),
      this.#bar.element);
    selection.addEventListener("list", () => this.#show(), { signal });
    selection.addEventListener("change", () => this.#show(), { signal });
    run.addEventListener("change", () => {
      this.#bar.showNews();
      this.#show();
    }, { signal });
    run.addEventListener("ended", (event) => {
      event.preventDefault();
      this.#ended();
    }, { signal });
    this.#bar.showNews();
    this.#show();
  }

  /** @param {import("./upload-collect.js").Collection} collection */
  #add(collection) {
    run.forget();
    selection.add(collection);
    announce(`${count(collection.found.length, "file")} added`);
  }

  #start() {
    if (!this.#form.check()) return;
    void run.start(this.#form.request);
    announce("The upload has begun");
  }

  #ended() {
    const { failure, jobs } = run;
    if (failure instanceof APIFailure && failure.entries.length > 0) this.#form.showFaults(failure.entries);
    if (failure || run.refused.length > 0 || run.wasCancelled || jobs.length === 0) return;
    // Pictures that were added meanwhile wait here.
    if (hasUsable()) return;
    run.forget();
    navigate(jobs.length === 1 ? `#/jobs/${jobs[0]}` : "#/jobs");
  }

  #show() {
    this.#zone.classList.toggle("is-small", selection.files.length > 0);
    const slices = this.#slices();
    this.#now.textContent = this.#form.model ? this.#form.summary : "";
    this.#form.showSlices(slices === "" ? "" : `${slices[0].toUpperCase()}${slices.slice(1)}.`);
    this.#bar.show(slices);
    const { started } = selection;
    const isOffered = started.length > 0 && !hasUsable() && !run.isRunning;
    if (isOffered === (this.#last.firstChild !== null)) return;
    replace(this.#last, isOffered ? h("p", { class: "notice" }, icon("image"), h("span", null,
      "The server still has the pictures that you started with last. ",
      h("button", {
        type: "button", class: "button button-small", "data-testid": "reuse-pictures",
        on: { click: () => selection.takeStarted() },
      }, `Use ${count(started.length, "picture")} again`))) : null);
  }

  /** How much the slices are, in words. */
  #slices() {
    const pictures = selection.files.flatMap((file) => file.state !== "refused" && file.picture ? [file.picture] : []);
    const { slicing } = this.#form;
    if (pictures.length === 0 || !slicing.isEnabled || !this.#form.isSlicingValid) return "";
    const counts = pictures.map((picture) => regionCount(picture, slicing));
    const most = counts.reduce((left, right) => Math.max(left, right), 0);
    const all = counts.reduce((sum, number) => sum + number, 0);
    if (most === 1) return counts.length === 1 ? "it fits into one slice" : "each fits into one slice";
    if (counts.length === 1) return `about ${count(most, "slice")}`;
    return `about ${integer(all)} slices, ${integer(most)} for the largest picture`;
  }
}

function hasUsable() {
  return selection.files.some((file) => file.state !== "refused");
}

/**
 * Beside the pictures where there is room; else folded, under them.
 * @param {HTMLElement} content @param {HTMLElement} now @param {AbortSignal} signal
 */
function settingsBox(content, now, signal) {
  const query = window.matchMedia(wide);
  const box = h("details", { class: "panel settings-box", open: query.matches },
    h("summary", null, icon("settings"), "Settings", now),
    h("h2", null, "Settings"), content);
  query.addEventListener("change", () => { box.open = query.matches; }, { signal });
  return box;
}

function noModel() {
  return h("p", { class: "notice", "data-testid": "no-model" }, icon("info"),
    h("span", null, "No model is installed, so nothing can be detected. The operator puts an ONNX file into the "
      + "folder of the models; then load this page again."));
}
