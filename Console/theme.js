// Before the first paint, so that nobody sees the other theme flash: a plain script, no module.
(() => {
  "use strict";
  try {
    const theme = JSON.parse(localStorage.getItem("harrier.theme") ?? "null");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden: the system's theme is right then.
  }
})();
