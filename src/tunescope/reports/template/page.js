// Draws the figures of the shown panel and connects the controls beside them.
// Text from data reaches the page only through textContent, values and Vega's own data.
(() => {
  "use strict";
  const PALETTE = JSON.parse(document.getElementById("palette").textContent);
  const drawn = new Map(); // id of a figure -> its Vega view

  function unpack(columns) {
    const names = Object.keys(columns);
    const cells = names.map((name) => {
      const column = columns[name];
      if (Array.isArray(column)) return column;
      if (column.index) return column.index.map((i) => column.values[i]);
      const cells = [];
      for (let k = 0; k < column.runs.length; k += 2) {
        for (let left = column.runs[k + 1]; left > 0; left -= 1) cells.push(column.values[column.runs[k]]);
      }
      return cells;
    });
    const n = cells.length ? cells[0].length : 0;
    const rows = new Array(n);
    for (let i = 0; i < n; i += 1) {
      const row = {};
      for (let k = 0; k < names.length; k += 1) row[names[k]] = cells[k][i];
      rows[i] = row;
    }
    return rows;
  }

  function squareSide(holder) {
    return Math.max(220, Math.min(holder.clientWidth, 640) - 66);
  }

  async function draw(figure, entry) {
    const holder = figure.querySelector(".chart");
    const spec = structuredClone(entry.spec);
    spec.datasets = { rows: unpack(entry.columns) };
    if (entry.square) spec.width = spec.height = squareSide(holder);
    const result = await vegaEmbed(holder, spec, {
      tooltip: { theme: "light" },
      mode: "vega-lite",
      renderer: "svg",
      actions: { export: true, source: false, compiled: false, editor: false },
      downloadFileName: figure.dataset.file,
    });
    drawn.set(figure.id, result.view);
    for (const control of figure.querySelectorAll("[data-signal]")) connect(control, result.view);
    if (entry.square) {
      new ResizeObserver(() => {
        const side = squareSide(holder);
        if (holder.clientWidth && side !== result.view.width()) {
          result.view.width(side).height(side).runAsync();
        }
      }).observe(figure);
    }
  }

  function connect(control, view) {
    const signal = control.dataset.signal;
    if (control.dataset.kind === "select") {
      control.addEventListener("change", () => set(view, signal, JSON.parse(control.value)));
    } else if (control.dataset.kind === "slider") {
      connectSlider(control, view, signal);
    } else {
      connectPicks(control, view, signal);
    }
  }

  function set(view, signal, value) {
    view.signal(signal, value).runAsync();
  }

  function connectSlider(control, view, signal) {
    const range = control.querySelector("input");
    const names = JSON.parse(control.dataset.names);
    const show = () => {
      control.querySelector("output").textContent = names[range.value];
      range.setAttribute("aria-valuetext", names[range.value]);
      set(view, signal, Number(range.value));
    };
    range.addEventListener("input", show);
    const play = control.querySelector("button");
    let timer = null;
    const stop = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = "Play";
    };
    play.addEventListener("click", () => {
      if (timer) return stop();
      range.value = 0;
      show();
      play.textContent = "Stop";
      timer = setInterval(() => {
        if (Number(range.value) >= Number(range.max)) return stop();
        range.value = Number(range.value) + 1;
        show();
      }, 700);
    });
  }

  function connectPicks(control, view, signal) {
    const boxes = [...control.querySelectorAll("input")];
    const start = JSON.parse(control.dataset.start);
    const fixed = JSON.parse(control.dataset.palette); // colours by option, or by order of picking
    let picked = [...start]; // a place in this list is a colour; null is a free place
    const paint = () => {
      boxes.forEach((box, i) => {
        const slot = picked.indexOf(box.value);
        box.checked = slot >= 0;
        const line = box.parentElement.querySelector("line");
        const n = PALETTE.colors.length;
        line.style.stroke = slot < 0 ? PALETTE.pale : fixed.length ? fixed[i] : PALETTE.colors[slot % n];
        const dash = fixed.length || slot < 0 ? [] : PALETTE.dashes[Math.floor(slot / n) % PALETTE.dashes.length];
        line.style.strokeDasharray = dash.length && dash[1] ? dash.join(" ") : "none";
        line.style.strokeWidth = slot < 0 ? 1.5 : 3;
      });
    };
    const apply = () => {
      paint();
      set(view, signal, [...picked]);
    };
    boxes.forEach((box) =>
      box.addEventListener("change", () => {
        if (box.checked) {
          const free = picked.indexOf(null);
          if (free >= 0) picked[free] = box.value;
          else picked.push(box.value);
        } else {
          picked[picked.indexOf(box.value)] = null;
        }
        apply();
      }),
    );
    control.querySelector("[data-do=start]").addEventListener("click", () => {
      picked = [...start];
      apply();
    });
    control.querySelector("[data-do=none]").addEventListener("click", () => {
      picked = [];
      apply();
    });
    paint();
  }

  async function show(panel) {
    for (const other of document.querySelectorAll(".panel")) other.hidden = other !== panel;
    const entries = JSON.parse(panel.querySelector("script.figures").textContent);
    for (const figure of panel.querySelectorAll("figure[data-figure]")) {
      if (drawn.has(figure.id)) continue;
      drawn.set(figure.id, null);
      try {
        await draw(figure, entries[figure.dataset.figure]);
      } catch (error) {
        const note = document.createElement("p");
        note.className = "absent";
        note.textContent = "This figure could not be drawn: " + error;
        figure.querySelector(".chart").replaceChildren(note);
      }
    }
  }

  function choose() {
    const panels = [...document.querySelectorAll(".panel")];
    const selects = [...document.querySelectorAll(".chooser select")];
    const matches = (panel, parts) => parts.every((s) => panel.dataset[s.name] === s.value);
    const go = (panel) => {
      for (const select of selects) select.value = panel.dataset[select.name];
      return show(panel);
    };
    for (const select of selects) {
      select.addEventListener("change", () => {
        const panel = panels.find((p) => matches(p, selects)) || panels.find((p) => matches(p, [select]));
        history.replaceState(null, "", "#" + panel.id);
        go(panel);
      });
    }
    const fromHash = () => {
      const target = document.getElementById(location.hash.slice(1));
      const panel = target && target.closest(".panel");
      if (panel) go(panel).then(() => target.scrollIntoView());
      return panel;
    };
    window.addEventListener("hashchange", fromHash);
    if (!fromHash() && panels.length) go(panels[0]);
    document.documentElement.dataset.ready = "yes";
  }

  choose();
})();
