import { h, uniqueID } from "./dom.js";
import { icon } from "./icons.js";
import { pastedJobID, stateName, stateNames } from "./jobs-text.js";
import { navigate } from "./router.js";

/**
 * The chips that choose a state, and the field that finds ids.
 *
 * @param {{ filter: string | null, search: string, onFilter: (state: string | null) => void,
 *   onSearch: (text: string) => void }} parts
 */
export function filterBar({ filter, search, onFilter, onSearch }) {
  const field = uniqueID("job-search");
  const chips = [null, ...Object.keys(stateNames)].map((state) => h("button", {
    type: "button", class: "chip", value: state ?? "", "data-state": state ?? "all",
    "aria-pressed": String(state === filter), on: { click: () => choose(state) },
  }, state === null ? "All" : stateName(state)));

  /** @param {string | null} state */
  function choose(state) {
    for (const chip of chips) {
      chip.setAttribute("aria-pressed", String(chip.value === (state ?? "")));
    }
    onFilter(state);
  }

  const jump = h("a", { class: "button", hidden: true, "data-testid": "job-jump" }, "Open this job");
  const input = h("input", {
    id: field, type: "search", value: search, placeholder: "Find an id", autocomplete: "off",
    autocapitalize: "off", spellcheck: "false", "data-testid": "job-search",
    on: {
      input: () => show(),
      paste: (/** @type {ClipboardEvent} */ event) => {
        const id = pastedJobID(event.clipboardData?.getData("text") ?? "");
        if (!id) return;
        event.preventDefault();
        navigate(`#/jobs/${id}`);
      },
      keydown: (/** @type {KeyboardEvent} */ event) => {
        const id = pastedJobID(input.value);
        if (event.key === "Enter" && id) navigate(`#/jobs/${id}`);
        if (event.key === "Escape" && input.value !== "") {
          event.preventDefault();
          clear();
        }
      },
    },
  });

  function show() {
    const id = pastedJobID(input.value);
    jump.hidden = id === null;
    if (id) jump.setAttribute("href", `#/jobs/${id}`);
    onSearch(input.value);
  }

  function clear() {
    input.value = "";
    show();
  }

  const element = h("div", { class: "toolbar jobs-filters" },
    h("div", { class: "toolbar", role: "group", "aria-label": "State", "data-testid": "job-filter" }, chips),
    h("div", { class: "jobs-search", role: "search" },
      h("label", { for: field, class: "visually-hidden" }, "Find a job by its id, or paste a whole one"),
      icon("search"), input, jump));
  return { element, choose, clear };
}
