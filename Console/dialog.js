import { APIFailure } from "./api.js";
import { h, uniqueID } from "./dom.js";
import { icon } from "./icons.js";

/**
 * Asks before something that cannot be undone.
 *
 * @param {{ title: string, text: import("./dom.js").Children, confirm: string, decline?: string,
 *   isDangerous?: boolean, content?: import("./dom.js").Children }} question
 *   `confirm` is the button's text and says what will happen: "Delete the pictures"; `content` is what is to be chosen
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, confirm, decline = "Cancel", isDangerous = false, content = null }) {
  const heading = uniqueID("dialog");
  const before = document.activeElement;
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": heading },
      h("form", { method: "dialog" },
        h("h2", { id: heading }, title),
        h("p", null, text),
        content,
        h("div", { class: "dialog-buttons" },
          // Not one that sends the form: the Enter key in a field would press it, and wrong fields would hold it back.
          h("button", {
            type: "button", class: "button", value: "cancel", autofocus: isDangerous,
            on: { click: () => dialog.close("cancel") },
          }, decline),
          h("button", {
            class: `button ${isDangerous ? "button-danger" : "button-primary"}`,
            value: "confirm", autofocus: !isDangerous && !content, "data-testid": "dialog-confirm",
          }, confirm))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(dialog.returnValue === "confirm");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * A line that goes by itself: what was done. Failures stay on the page instead, by `failureBox`.
 * @param {string} text
 * @param {"success" | "info"} [kind]
 */
export function toast(text, kind = "info") {
  const box = h("div", { class: `toast toast-${kind}` },
    icon(kind === "success" ? "check" : "info"), h("span", null, text));
  document.getElementById("toasts")?.append(box);
  setTimeout(() => box.remove(), 6000);
}

/**
 * A failure as people need it: what happened, what is at fault, the request's id for the operator's log.
 *
 * @param {unknown} error
 * @param {{ retry?: () => void, title?: string }} [options]
 */
export function failureBox(error, options = {}) {
  const { retry, title } = options;
  const failure = error instanceof APIFailure ? error : null;
  const text = failure?.message ?? (error instanceof Error ? error.message : String(error));
  return h("div", { class: "failure", role: "alert" },
    icon("warning"),
    h("div", { class: "failure-text" },
      h("strong", null, title ?? text),
      title ? h("p", null, text) : null,
      failure?.details && failure.details !== text ? h("p", null, failure.details) : null,
      failure && failure.entries.length > 0 ? h("ul", null, failure.entries.slice(0, 20).map(entry)) : null,
      failure?.requestID
        ? h("p", { class: "failure-request" }, `${failure.code}, request `,
          h("code", { class: "request-id" }, failure.requestID))
        : null,
      retry ? h("button", { type: "button", class: "button", on: { click: retry } },
        icon("retry"), "Try again") : null));
}

/** @param {import("./api.js").FailureEntry} entry */
function entry({ field, filename, error }) {
  const where = filename ?? field;
  return h("li", null, where ? h("code", null, where) : null, where ? ": " : null, error);
}

/**
 * Copies text and says so.
 * @param {string} text
 * @param {string} what "The link"
 */
export async function copyText(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} is in the clipboard`, "success");
  } catch {
    // Not allowed, or no HTTPS: the old way.
    const area = h("textarea", { class: "visually-hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    toast(worked ? `${what} is in the clipboard` : "The browser does not allow to copy");
  }
}
