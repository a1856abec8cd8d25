// The page itself: which panel is shown, and when it is drawn.

/**
 * Show one panel and draw what is in it: the dots first, then the figures.
 * @param {HTMLElement} panel
 */
async function showPanel(panel) {
  for (const other of document.querySelectorAll(".panel")) {
    /** @type {HTMLElement} */ (other).hidden = other !== panel;
  }
  const space = /** @type {HTMLElement | null} */ (panel.querySelector("figure.space"));
  if (space) await drawSpace(space);
  performance.mark("first-picture");
  await drawCharts(panel);
  performance.mark("last-picture");
  panel.dataset.ready = "yes";
}

function choosePanels() {
  const panels = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".panel")]);
  const selects = /** @type {HTMLSelectElement[]} */ ([...document.querySelectorAll(".chooser select")]);
  const matches = (/** @type {HTMLElement} */ panel, /** @type {HTMLSelectElement[]} */ parts) =>
    parts.every((select) => panel.dataset[select.name] === select.value);
  const go = (/** @type {HTMLElement} */ panel) => {
    for (const select of selects) select.value = panel.dataset[select.name] || "";
    return showPanel(panel);
  };
  for (const select of selects) {
    select.addEventListener("change", () => {
      const panel = panels.find((p) => matches(p, selects)) || panels.find((p) => matches(p, [select]));
      if (!panel) return;
      history.replaceState(null, "", "#" + panel.id);
      go(panel);
    });
  }
  const fromHash = () => {
    const target = document.getElementById(location.hash.slice(1));
    const panel = /** @type {HTMLElement | null | undefined} */ (target?.closest(".panel"));
    if (panel && (panel.hidden || !panel.dataset.ready)) go(panel).then(() => target?.scrollIntoView());
    return panel;
  };
  window.addEventListener("hashchange", fromHash);
  if (!fromHash() && panels.length) go(panels[0]);
}

choosePanels();
document.documentElement.dataset.ready = "yes";
