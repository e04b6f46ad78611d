import { api, randomKey } from "./api.js";
import { ask } from "./dialog.js";
import { h, uniqueID } from "./dom.js";
import { modelName } from "./comparison-numbers.js";
import { modelChoices, readModels } from "./models-reading.js";

/**
 * Asks for another model and starts it over the pictures of a job.
 * @param {string} jobID of a completed job
 * @param {{ name: string, version?: number } | null} current the model that it ran, where that is known
 * @param {AbortSignal} signal
 * @returns {Promise<string | null>} the new job; null when nothing was chosen
 */
export async function compareWithAnother(jobID, current, signal) {
  const models = await readModels(signal);
  const choice = modelSelect(models, current);
  const priority = h("select", { id: uniqueID("priority"), "data-testid": "compare-priority" },
    ["low", "normal", "high"].map((name) => h("option", { value: name, selected: name === "normal" }, name)));
  const isEmpty = choice.value === "";
  const isWanted = await ask({
    title: "Compare with another model",
    text: isEmpty
      ? "There is no other model. Put one into the operator's folder or register one first."
      : "A new job runs the other model over the same pictures, with the settings of this one. Then both results are "
        + "shown side by side.",
    confirm: isEmpty ? "Close" : "Start the job", decline: isEmpty ? "Back" : "Cancel",
    content: isEmpty ? null : h("div", { class: "dialog-fields" },
      h("div", { class: "field" }, h("label", { for: choice.id }, "Model"), choice,
        current ? h("p", { class: "field-help" }, `This job ran ${modelName(current)}.`) : null),
      h("div", { class: "field" }, h("label", { for: priority.id }, "Priority"), priority)),
  });
  if (!isWanted || isEmpty || signal.aborted) return null;
  const answer = await api.post(`/api/v1/jobs/${jobID}/compare`, {
    model: choice.value, priority: priority.value,
  }, { signal, mayRepeat: true, headers: { "Idempotency-Key": randomKey() } });
  return answer.job_id;
}

/** @param {import("./models-reading.js").Model[]} models @param {{ name: string, version?: number } | null} current */
function modelSelect(models, current) {
  const isOther = (/** @type {{ name: string, version: number | null }} */ { name, version }) =>
    name !== current?.name || version !== (current.version ?? null);
  const groups = modelChoices(models)
    .map(({ label, choices }) => ({ label, choices: choices.filter(isOther) }))
    .filter(({ choices }) => choices.length > 0);
  const select = h("select", { id: uniqueID("compare-model"), "data-testid": "compare-model" },
    groups.map(({ label, choices }) => {
      const options = choices.map(({ value, text }) => h("option", { value }, text));
      return label === "Folder" ? options : h("optgroup", { label }, options);
    }).flat());
  // Another version of the same model is what is asked for most.
  const first = groups.flatMap(({ choices }) => choices).find(({ name }) => name === current?.name);
  if (first) select.value = first.value;
  return select;
}
