// Before the first paint, so that a dark page never flashes white. Kept in step with src/settings/appearance.ts.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("studio.theme");
  } catch {
    // storage is switched off: the system decides
  }
  const dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
