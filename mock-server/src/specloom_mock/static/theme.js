// Chooses light or dark before anything is painted; loaded in the head, without a module's delay.
"use strict";
(() => {
  const key = "specloom-theme";
  const order = ["system", "light", "dark"];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let theme = "system";
  try {
    const kept = localStorage.getItem(key);
    if (order.includes(kept)) theme = kept;
  } catch {
    // Storage can be forbidden; the system's choice will do.
  }

  function apply() {
    const shown = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
    document.documentElement.dataset.theme = shown;
    // Swagger UI's own switch.
    document.documentElement.classList.toggle("dark-mode", shown === "dark");
    for (const button of document.querySelectorAll("[data-theme-button]")) {
      button.textContent = `Theme: ${theme}`;
    }
  }

  window.nextTheme = () => {
    theme = order[(order.indexOf(theme) + 1) % order.length];
    try {
      localStorage.setItem(key, theme);
    } catch {
      // It holds until the page is left.
    }
    apply();
    return theme;
  };

  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    for (const button of document.querySelectorAll("[data-theme-button]")) {
      button.addEventListener("click", window.nextTheme);
    }
  });
  apply();
})();
