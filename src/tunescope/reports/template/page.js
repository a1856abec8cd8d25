// The page itself: which panel is shown, sorted tables, light and dark, printing.

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

/** Read a cell as a number where it begins with one; missing is last.
 * @param {string} text */
function sortKey(text) {
  const plain = text.replaceAll(",", "").replace("−", "-").replace(/^[+×>< ]+/, "");
  const number = parseFloat(plain);
  return Number.isNaN(number) ? null : number;
}

/** Make the heads of tables sort their rows. */
function sortTables() {
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = /** @type {HTMLTableSectionElement} */ (table.querySelector("tbody"));
    const heads = /** @type {HTMLTableCellElement[]} */ ([...table.querySelectorAll("thead th")]);
    if (body.rows.length < 2) continue;
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const numeric = head.classList.contains("n");
        const keyed = [...body.rows].map((row) => {
          const text = row.cells[column].textContent || "";
          return { row, text, number: numeric ? sortKey(text) : null };
        });
        keyed.sort((a, b) => {
          if (!numeric) return down ? b.text.localeCompare(a.text) : a.text.localeCompare(b.text);
          if (a.number === null || b.number === null) return Number(a.number === null) - Number(b.number === null);
          return down ? b.number - a.number : a.number - b.number;
        });
        body.append(...keyed.map((entry) => entry.row));
      });
    });
  }
}

/** Light or dark by the system, or as the reader says. */
function chooseTheme() {
  const select = /** @type {HTMLSelectElement | null} */ (document.querySelector("select[name=theme]"));
  const root = document.documentElement;
  const tell = () => window.dispatchEvent(new Event("themechange"));
  select?.addEventListener("change", () => {
    if (select.value) root.dataset.theme = select.value;
    else delete root.dataset.theme;
    tell();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
  window.addEventListener("beforeprint", tell);
  window.addEventListener("afterprint", tell);
}

sortTables();
chooseTheme();
choosePanels();
document.documentElement.dataset.ready = "yes";
