import { api, APIFailure, connection } from "./api.js";
import { failureBox } from "./dialog.js";
import { h, pause, replace, visible } from "./dom.js";
import { icon } from "./icons.js";
import {
  healthOf, metrics, samplesOf, spanText, tileNames, tiles, tileStates, warningOf,
} from "./monitor-numbers.js";
import { Chart, timeText } from "./monitor-plot.js";

export const title = "Monitor";

/** @typedef {import("./monitor-numbers.js").Dashboard} Dashboard */

/** Seconds between two looks. */
const lookPause = 5;

/**
 * @param {HTMLElement} main
 * @param {import("./router.js").Route} _route
 * @param {AbortSignal} signal
 */
export async function show(main, _route, signal) {
  const page = new MonitorPage(main, signal);
  await page.look();
  void page.run();
}

class MonitorPage {
  /** @type {Map<string, { element: HTMLElement, value: HTMLElement, label: HTMLElement }>} */
  #tiles = new Map();
  /**
   * What is shown now; null before the first numbers.
   * @type {Dashboard | null}
   */
  #dashboard = null;
  /** Seconds that the server asked to wait. */
  #wait = 0;

  /** @param {HTMLElement} main @param {AbortSignal} signal */
  constructor(main, signal) {
    this.signal = signal;
    this.health = h("div", { class: "health" }, h("div", { class: "skeleton health-skeleton" }));
    this.warning = h("div", { role: "status" });
    this.problem = h("div", null);
    this.plots = metrics.map((metric) => new Chart(metric));
    // All is in its place from the start, so that nothing jumps when the numbers come.
    this.tiles = h("section", { class: "tiles", "aria-label": "Now", "aria-busy": "true" },
      tileNames.map((name) => this.#newTile(name)));
    this.charts = h("section", { class: "charts", "aria-label": "History", "aria-busy": "true" },
      this.plots.map(({ element }) => element));
    this.table = h("details", { class: "panel numbers", on: { toggle: () => this.#showTable() } },
      h("summary", null, "The numbers as a table"),
      h("div", {
        class: "numbers-scroll", tabindex: "0", role: "region", "aria-label": "Table of numbers",
      }));
    this.source = h("p", { class: "monitor-source" });
    this.version = h("span", null);
    replace(main,
      h("div", { class: "monitor-head" }, h("h1", { class: "page-title" }, title), this.health),
      this.problem, this.warning, this.tiles, this.charts, this.table,
      h("footer", { class: "monitor-foot" }, this.source,
        h("p", null, this.version,
          h("a", { href: "/metrics" }, "Metrics for Prometheus"), " · ",
          h("a", { href: "/docs" }, "HTTP interface"))));
    const sizes = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) {
        this.plots.find(({ plot }) => plot === target)?.resize(Math.floor(contentRect.width));
      }
    });
    for (const { plot } of this.plots) sizes.observe(plot);
    signal.addEventListener("abort", () => sizes.disconnect(), { once: true });
  }

  get #numbers() {
    return [this.tiles, this.charts, this.table, this.warning];
  }

  /** Looks again and again, as long as somebody sees it. */
  async run() {
    try {
      for (;;) {
        await pause(Math.max(lookPause, this.#wait), this.signal);
        await visible(this.signal);
        if (connection.isLost) await connection.restored(this.signal);
        await this.look();
      }
    } catch (error) {
      if (!this.signal.aborted) this.#fail(error);
    }
  }

  /** One look at everything. */
  async look() {
    await Promise.all([this.#lookAtHealth(), this.#lookAtNumbers()]);
  }

  async #lookAtHealth() {
    let health;
    try {
      // 503 is an answer here: it is not asked again at once.
      health = healthOf(await api.get("/health/ready", { signal: this.signal, mayRepeat: false }));
    } catch (error) {
      if (this.signal.aborted) throw error;
      health = healthOf(error);
    }
    this.#showHealth(health);
  }

  async #lookAtNumbers() {
    try {
      this.#dashboard = await api.get("/api/v1/monitoring/dashboard", {
        signal: this.signal, mayRepeat: false,
      });
      this.#wait = 0;
      replace(this.problem);
      this.#show(/** @type {Dashboard} */ (this.#dashboard));
    } catch (error) {
      if (this.signal.aborted) throw error;
      this.#fail(error);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    const failure = error instanceof APIFailure ? error : null;
    // The shell says so at the top, or asks for a key.
    if (failure?.status === 0 || failure?.status === 401) return;
    this.#wait = failure?.retryAfter ?? 0;
    const isForbidden = failure?.status === 403;
    // More looks will not change that.
    if (isForbidden) this.#wait = 60;
    for (const part of this.#numbers) part.hidden = isForbidden || this.#dashboard === null;
    const code = failure?.code ?? "";
    const shown = this.problem.querySelector(".request-id");
    // Said once; the operator's log has each.
    if (shown && this.problem.dataset.code === code) {
      shown.textContent = failure?.requestID ?? "";
      return;
    }
    this.problem.dataset.code = code;
    if (isForbidden) {
      return replace(this.problem, failureBox(error, { title: "This key may not see the numbers" }),
        h("p", { class: "monitor-hint" }, "The numbers need the scope ", h("code", null, "metrics"),
          ". Who made the key can make one that has it. The health of the stores is open to all."));
    }
    const title = this.#dashboard ? "These numbers are old: they could not be read again"
      : "The numbers could not be read";
    replace(this.problem, failureBox(error, { title, retry: () => void this.look().catch(() => {}) }));
  }

  // MARK: - Showing

  /** @param {import("./monitor-numbers.js").Health} health */
  #showHealth({ isReady, message, stores }) {
    const state = isReady ? "Takes work" : message ?? "Takes no work";
    replace(this.health,
      h("span", {
        class: `badge ${isReady ? "badge-ok" : "badge-failed"}`, "data-testid": "service-health",
      }, icon(isReady ? "check" : "warning"), state),
      h("ul", { class: "health-stores", "aria-label": "Stores" },
        stores.map(({ name, status, isGood }) => h("li", {
          class: "health-store", "data-testid": "store-health", "data-store": name, "data-status": status,
        }, h("span", { class: "health-name" }, name), " ",
        h("span", { class: `badge ${isGood ? "badge-ok" : "badge-failed"}` },
          icon(isGood ? "check" : "warning"), status)))));
  }

  /** @param {Dashboard} dashboard */
  #show(dashboard) {
    for (const part of this.#numbers) part.hidden = false;
    for (const part of [this.tiles, this.charts]) part.removeAttribute("aria-busy");
    this.#showTiles(dashboard);
    this.version.textContent = `Harrier ${dashboard.version} · `;
    const intervalMs = dashboard.history.interval_seconds * 1000;
    for (const plot of this.plots) plot.update(samplesOf(dashboard, plot.metric.name), intervalMs);
    this.#showWarning(warningOf(dashboard));
    this.#showTable();
    const whose = dashboard.source === "prometheus" ? "From Prometheus, of all processes"
      : "As this process has counted them since it began";
    this.source.textContent = `${whose}. The last ${spanText(dashboard)}; read at ${timeText(Date.now())}.`;
  }

  /** @param {string} name */
  #newTile(name) {
    const value = h("span", { class: "stat-value skeleton" }, "\u00a0");
    const label = h("span", { class: "stat-label" }, "\u00a0");
    const parts = { class: "panel stat tile", "data-testid": `monitor-${name}` };
    const state = tileStates[name];
    const element = state ? h("a", { ...parts, href: `#/jobs?status=${state}` }, value, label)
      : h("div", parts, value, label);
    this.#tiles.set(name, { element, value, label });
    return element;
  }

  /** @param {Dashboard} dashboard */
  #showTiles(dashboard) {
    for (const { name, value, label, isBad, title: help } of tiles(dashboard)) {
      const tile = this.#tiles.get(name);
      if (!tile) continue;
      tile.value.classList.remove("skeleton");
      if (tile.value.textContent !== value) tile.value.textContent = value;
      if (tile.label.textContent !== label) tile.label.textContent = label;
      tile.element.classList.toggle("tile-bad", isBad === true);
      if (help) tile.element.title = help;
      else tile.element.removeAttribute("title");
    }
  }

  /** @param {ReturnType<typeof warningOf>} warning */
  #showWarning(warning) {
    if (!warning) return replace(this.warning);
    const text = `${warning.title}. ${warning.text}`;
    const shown = this.warning.querySelector(".notice");
    if (shown?.getAttribute("data-text") === text) return;
    replace(this.warning, h("div", {
      class: "notice notice-warning", "data-testid": "monitor-no-workers", "data-text": text,
    }, icon("warning"), h("div", null, h("strong", null, warning.title),
      h("p", null, warning.text, " Start one: ", h("code", null, "harrier worker"),
        " on the same stores, or the service with ", h("code", null, "--workers 1"), "."))));
  }

  /** All metrics by time, newest first: made only while it is open. */
  #showTable() {
    if (!this.table.open || !this.#dashboard) return;
    const { points } = this.#dashboard.history;
    replace(/** @type {Element} */ (this.table.lastElementChild),
      h("table", { class: "table" },
        h("caption", { class: "visually-hidden" }, "The history of each number, newest first"),
        h("thead", null, h("tr", null, h("th", { scope: "col" }, "Time"),
          metrics.map(({ title: name, help }) =>
            h("th", { scope: "col", class: "number", title: help }, name)))),
        h("tbody", null, [...points].reverse().map((point) => h("tr", null,
          h("th", { scope: "row" }, timeText(Date.parse(point.time))),
          metrics.map(({ name, format }) => h("td", { class: "number" },
            typeof point[name] === "number" ? format(point[name]) : "–")))))));
  }
}
