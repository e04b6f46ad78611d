// Before the first paint, so that nobody sees the other theme flash: a plain script, no module.
(() => {
  "use strict";
  const system = matchMedia("(prefers-color-scheme: dark)");

  function apply() {
    let chosen = null;
    try {
      chosen = JSON.parse(localStorage.getItem("harrier.theme") ?? "null");
    } catch {
      // Storage may be forbidden: the system's theme is right then.
    }
    const isDark = chosen === "dark" || (chosen !== "light" && system.matches);
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  }

  apply();
  system.addEventListener("change", apply);
  document.addEventListener("themechange", apply);
})();
