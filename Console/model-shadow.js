import { api } from "./api.js";
import { ask, failureBox, toast } from "./dialog.js";
import { h, replace, uniqueID } from "./dom.js";
import { count, fullTime, integer, relativeTime, shortID } from "./format.js";
import { icon } from "./icons.js";
import { agreementText } from "./comparison-numbers.js";
import { classTable, figureTiles, relabelledTable } from "./figures.js";
import { modelPath } from "./models-reading.js";

/**
 * As `GET /api/v1/models/{name}/shadow` has it: the rule, and what came of the pair of versions that it means now.
 * @typedef {{ rule: { candidate: string | number, share: number, set_at: string, set_by?: string } | null,
 *   base_version: number | null, candidate_version: number | null, report: Report | null }} Shadow
 * @typedef {{ jobs: number, failed: number, pending: number, images: number,
 *   figures: import("./comparison-numbers.js").Figures,
 *   classes: (import("./comparison-numbers.js").Figures & { class: string })[],
 *   relabelled: import("./comparison-numbers.js").Relabelled[],
 *   failures: { side: "base" | "candidate", code: string, count: number }[],
 *   worst: { job_id: string, shadow_job_id: string, agreement: number, compared_at: string }[] }} Report
 */

/** Which version runs beside production, on how many jobs, and how both agree. For administrators. */
export class ShadowPanel {
  #body = h("div", { class: "model-part" }, h("div", { class: "skeleton model-part-skeleton" }));
  #problem = h("div", null);
  /** @type {import("./models-reading.js").Model | null} */
  #model = null;
  /** @type {Shadow["rule"]} */
  #rule = null;

  /** @param {import("./model-versions.js").Context} context */
  constructor(context) {
    this.context = context;
    this.path = modelPath(context.name, "/shadow");
    this.element = h("section", { class: "panel", "aria-label": "Shadow", "data-testid": "shadow" },
      h("h2", null, "Shadow"), this.#problem, this.#body);
  }

  /** @param {import("./models-reading.js").Model} model */
  async show(model) {
    this.#model = model;
    try {
      /** @type {Shadow} */
      const shadow = await api.get(this.path, { signal: this.context.signal });
      this.#rule = shadow.rule;
      replace(this.#body, shadow.rule ? this.#shown(shadow.rule, shadow) : this.#none());
    } catch (error) {
      if (this.context.signal.aborted) return;
      replace(this.#body, failureBox(error, {
        title: "The shadow could not be read", retry: () => void this.show(model),
      }));
    }
  }

  #none() {
    return [
      h("p", null, "No version is tried beside production. A shadow runs on a share of the jobs; clients neither see "
        + "it nor wait for it."),
      button("shadow-set", "Try a version …", () => void this.#set()),
    ];
  }

  /** @param {NonNullable<Shadow["rule"]>} rule @param {Shadow} shadow */
  #shown({ candidate, share, set_at: at, set_by: by }, { base_version: base, candidate_version: version, report }) {
    const time = new Date(at);
    return [
      h("p", { "data-testid": "shadow-rule" },
        h("strong", null, typeof candidate === "number" ? `Version ${candidate}` : candidate),
        typeof candidate === "number" ? null
          : version === null ? " (at no version)" : ` (version ${version})`,
        ` runs beside ${base === null ? "what jobs run" : `version ${base}`} on ${shareText(share)} of the jobs. `,
        h("span", { class: "model-note" }, "Set ",
          h("time", { datetime: at, title: fullTime(time) }, relativeTime(time)), by ? ` by ${by}.` : ".")),
      h("div", { class: "toolbar" },
        button("shadow-set", "Change …", () => void this.#set()),
        button("shadow-off", "Stop …", () => void this.#stop(), "button-danger")),
      report ? reportParts(report) : h("p", { class: "notice" }, icon("info"),
        version === null ? "Nothing runs: the candidate is gone." : "Nothing runs: jobs run this version already."),
    ].flat();
  }

  async #set() {
    const model = this.#model;
    if (!model) return;
    const { candidate: now = null, share = 0.1 } = this.#rule ?? {};
    const aliases = Object.keys(model.aliases ?? {}).filter((alias) => alias !== "production").sort();
    const versions = [...(model.versions ?? [])].sort((one, other) => other - one);
    const candidate = h("select", { id: uniqueID("candidate"), "data-testid": "shadow-candidate" },
      aliases.length > 0
        ? h("optgroup", { label: "Wherever an alias is" }, aliases.map((alias) => h("option", { value: alias }, alias)))
        : null,
      h("optgroup", { label: "One version" }, versions.map((number) =>
        h("option", { value: String(number) }, `version ${number}`))));
    if (now !== null) candidate.value = String(now);
    const percent = h("input", {
      id: uniqueID("share"), type: "number", min: "0.1", max: "100", step: "any", required: true,
      value: String(Math.round(share * 1000) / 10), "data-testid": "shadow-share",
    });
    const isWanted = await ask({
      title: "Try a version beside production", confirm: "Set the rule",
      text: "On a share of the jobs that run this model the version runs too, behind all other jobs. It costs that "
        + "much more work.",
      content: h("div", { class: "dialog-fields" },
        h("div", { class: "field" }, h("label", { for: candidate.id }, "Version"), candidate),
        h("div", { class: "field" }, h("label", { for: percent.id }, "Share of the jobs, in per cent"), percent)),
    });
    if (!isWanted) return;
    const value = candidate.value;
    const wanted = /^\d+$/.test(value) ? Number(value) : value;
    await this.#change("The rule was not set", async (signal) => {
      await api.put(this.path, { candidate: wanted, share: Number(percent.value) / 100 }, { signal });
      toast("The rule holds for the next job", "success");
    });
  }

  async #stop() {
    const isWanted = await ask({
      title: "Stop the shadow?", confirm: "Stop it", isDangerous: true,
      text: "No job gets a shadow any more. What was compared is kept, and shown again when the rule is set again.",
    });
    if (!isWanted) return;
    await this.#change("The rule was not taken away", async (signal) => {
      await api.delete(this.path, { signal });
      toast("No job gets a shadow any more", "success");
    });
  }

  /** @param {string} failure @param {(signal: AbortSignal) => Promise<void>} change */
  async #change(failure, change) {
    const { signal } = this.context;
    replace(this.#problem);
    try {
      await change(signal);
      if (this.#model) await this.show(this.#model);
    } catch (error) {
      if (!signal.aborted) replace(this.#problem, failureBox(error, { title: failure }));
    }
  }
}

/** @param {Report} report */
function reportParts(report) {
  const { jobs, pending, failed, failures } = report;
  return [
    h("p", { class: "model-note", role: "status", "data-testid": "shadow-counts" },
      `${count(jobs, "job")} compared with ${count(report.images, "picture")}, ${integer(pending)} not yet, `
        + `${integer(failed)} failed${failures.length > 0 ? ": " : "."}`,
      failures.map(({ side, code, count: number }) => `${code} in the ${side} (${integer(number)})`).join(", ")),
    ...(jobs === 0 ? [] : [
      figureTiles(report.figures),
      h("details", null, h("summary", null, "By class"), classTable(report.classes),
        h("h3", null, "Other class"), relabelledTable(report.relabelled)),
      worstList(report.worst),
    ]),
  ];
}

/** @param {Report["worst"]} worst */
function worstList(worst) {
  if (worst.length === 0) return null;
  return h("details", { open: true }, h("summary", null, "Where they agree least"),
    h("ol", { class: "shadow-worst", "data-testid": "shadow-worst" }, worst.map((it) => h("li", null,
      h("a", { href: `#/jobs/${it.shadow_job_id}/comparison` }, `Job ${shortID(it.job_id)}`),
      `, ${agreementText(it.agreement)}, `,
      h("time", { datetime: it.compared_at }, relativeTime(new Date(it.compared_at)))))));
}

/**
 * `10 %`, `0.5 %`
 * @param {number} share
 */
function shareText(share) {
  return `${Math.round(share * 1000) / 10} %`;
}

/** @param {string} testid @param {string} text @param {() => void} click @param {string} [kind] */
function button(testid, text, click, kind = "") {
  return h("button", { type: "button", class: `button ${kind}`, "data-testid": testid, on: { click } }, text);
}
