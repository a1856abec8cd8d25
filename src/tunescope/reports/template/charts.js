// Vega-Lite's figures: drawn when there is time, connected to the controls beside them.

/** @type {Map<string, any>} id of a figure → its Vega view, null while it is being drawn */
const drawn = new Map();
/** @type {Promise<void> | undefined} */
let library;

/** Decompress and run Vega, once. */
function loadVega() {
  library ??= inflate(/** @type {Element} */ (document.getElementById("bundle"))).then((bytes) => {
    const script = document.createElement("script");
    script.textContent = new TextDecoder().decode(bytes);
    document.head.append(script);
  });
  return library;
}

/** @param {HTMLElement} holder */
const squareSide = (holder) => Math.max(220, Math.min(holder.clientWidth, 640) - 66);

/**
 * @param {HTMLElement} figure
 * @param {any} entry
 * @param {any[]} pool
 */
async function drawChart(figure, entry, pool) {
  const holder = /** @type {HTMLElement} */ (figure.querySelector(".chart"));
  const spec = structuredClone(entry.spec);
  spec.datasets = { rows: rowsOf(pool, entry.columns) };
  if (entry.square) spec.width = spec.height = squareSide(holder);
  const result = await /** @type {any} */ (window).vegaEmbed(holder, spec, {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    defaultStyle: false,
    logLevel: 1,
    tooltip: { disableDefaultStyle: true },
  });
  // the holder is the picture and has its text; the marks in it have none
  holder.querySelector("svg")?.setAttribute("aria-hidden", "true");
  const view = result.view;
  drawn.set(figure.id, view);
  for (const found of figure.querySelectorAll("[data-signal]")) {
    const control = /** @type {HTMLElement} */ (found);
    const set = (/** @type {any} */ value) => view.signal(control.dataset.signal, value).runAsync();
    if (control.dataset.kind === "picks") connectPicks(control, set);
    else if (control.dataset.kind === "slider") {
      connectSlider(control, JSON.parse(control.dataset.names || "[]"), set, 700);
    } else {
      const select = /** @type {HTMLSelectElement} */ (control);
      select.addEventListener("change", () => set(JSON.parse(select.value)));
    }
  }
  figure.querySelector(".save")?.addEventListener("click", async () => {
    handOver(`${figure.dataset.file || figure.dataset.figure}.svg`, await view.toSVG(), "image/svg+xml");
  });
  if (entry.square) {
    new ResizeObserver(() => {
      const side = squareSide(holder);
      if (holder.clientWidth && side !== view.width()) view.width(side).height(side).runAsync();
    }).observe(figure);
  }
}

/** Let the page answer between two figures. */
const pause = () => new Promise((done) => setTimeout(done));

/**
 * Draw the figures of a panel that are not drawn yet; those folded away when they are opened.
 * @param {HTMLElement} panel
 */
async function drawCharts(panel) {
  const source = panel.querySelector("script.figures");
  if (!source || !source.textContent?.trim()) return;
  const [{ pool, figures }] = await Promise.all([inflateJson(source), loadVega()]);
  const draw = async (/** @type {HTMLElement} */ figure) => {
    if (drawn.has(figure.id)) return;
    drawn.set(figure.id, null);
    try {
      await drawChart(figure, figures[figure.dataset.figure || ""], pool);
    } catch (error) {
      const note = document.createElement("p");
      note.className = "absent";
      note.textContent = "This figure could not be drawn: " + error;
      figure.querySelector(".chart")?.replaceChildren(note);
    }
  };
  for (const found of panel.querySelectorAll("figure[data-figure]")) {
    const figure = /** @type {HTMLElement} */ (found);
    const fold = figure.closest("details");
    if (fold && !fold.open) fold.addEventListener("toggle", () => draw(figure), { once: true });
    else {
      await pause();
      await draw(figure);
    }
  }
}
