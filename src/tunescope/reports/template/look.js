// What every page has: tables that sort, and light and dark.

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
