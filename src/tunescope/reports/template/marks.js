// Colours, line patterns and shapes by slot, and the chips by which a reader picks labels.

const PALETTE = JSON.parse(document.getElementById("palette")?.textContent || "{}");

/** Shapes of dots by slot, as paths around 0 of radius about 1. */
const SHAPES = [
  "M1,0A1,1 0 1 1 -1,0A1,1 0 1 1 1,0Z",
  "M0,-1.35L1.1,0L0,1.35L-1.1,0Z",
  "M-0.9,-0.9H0.9V0.9H-0.9Z",
  "M0,-1.2L1.15,0.85H-1.15Z",
  "M0,1.2L1.15,-0.85H-1.15Z",
  "M-0.4,-1.2H0.4V-0.4H1.2V0.4H0.4V1.2H-0.4V0.4H-1.2V-0.4H-0.4Z",
  "M-1.2,-0.75L-0.75,-1.2L0,-0.45L0.75,-1.2L1.2,-0.75L0.45,0L1.2,0.75L0.75,1.2L0,0.45L-0.75,1.2L-1.2,0.75L-0.45,0Z",
];

/** @param {number} slot */
const colorOf = (slot) => PALETTE.colors[slot % PALETTE.colors.length];
/** A shape belongs to a slot so that a colour that comes again has another shape.
 * @param {number} slot */
const shapeOf = (slot) => SHAPES[(slot + Math.floor(slot / PALETTE.colors.length)) % SHAPES.length];

/**
 * Connect the chips of a fieldset; a place in the list of what is picked is a colour.
 * @param {HTMLElement} control
 * @param {(picked: (string|null)[]) => void} apply
 */
function connectPicks(control, apply) {
  /** @type {HTMLInputElement[]} */
  const boxes = [...control.querySelectorAll("input")];
  const start = JSON.parse(control.dataset.start || "[]");
  const fixed = JSON.parse(control.dataset.palette || "[]");
  const dots = control.dataset.marks === "dots";
  /** @type {(string|null)[]} */
  let picked = [...start];
  const paint = () => {
    boxes.forEach((box, i) => {
      const slot = picked.indexOf(box.value);
      box.checked = slot >= 0;
      const path = box.parentElement?.querySelector("path");
      if (!path) return;
      const color = slot < 0 ? PALETTE.pale : fixed.length ? fixed[i] : colorOf(slot);
      path.style.stroke = color;
      if (dots) {
        path.setAttribute("d", slot < 0 ? SHAPES[0] : shapeOf(slot));
        path.setAttribute("transform", `translate(9 6) scale(${slot < 0 ? 3 : 4.4})`);
        path.style.fill = color;
        path.style.strokeWidth = "0";
        return;
      }
      const dash = fixed.length || slot < 0 ? [] : PALETTE.dashes[Math.floor(slot / PALETTE.colors.length) % PALETTE.dashes.length];
      path.setAttribute("d", "M0,6H18");
      path.style.strokeDasharray = dash.length && dash[1] ? dash.join(" ") : "none";
      path.style.strokeWidth = slot < 0 ? "1.5" : "3";
    });
  };
  const change = () => {
    paint();
    apply([...picked]);
  };
  for (const box of boxes) {
    box.addEventListener("change", () => {
      if (!box.checked) picked[picked.indexOf(box.value)] = null;
      else if (picked.includes(null)) picked[picked.indexOf(null)] = box.value;
      else picked.push(box.value);
      change();
    });
  }
  control.querySelector("[data-do=start]")?.addEventListener("click", () => {
    picked = [...start];
    change();
  });
  control.querySelector("[data-do=none]")?.addEventListener("click", () => {
    picked = [];
    change();
  });
  paint();
}

/**
 * Connect a slider and its button for playing; `show` hears of each step.
 * @param {Element} control
 * @param {string[]} names
 * @param {(step: number) => void} show
 * @param {number} pause milliseconds between steps
 */
function connectSlider(control, names, show, pause) {
  const range = /** @type {HTMLInputElement} */ (control.querySelector("input"));
  const play = /** @type {HTMLButtonElement} */ (control.querySelector("button"));
  const output = /** @type {HTMLOutputElement} */ (control.querySelector("output"));
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const move = () => {
    output.textContent = names[Number(range.value)];
    range.setAttribute("aria-valuetext", names[Number(range.value)]);
    show(Number(range.value));
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
  };
  range.addEventListener("input", move);
  range.setAttribute("aria-valuetext", names[Number(range.value)]);
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (range.value === range.max) range.value = "0";
    move();
    play.textContent = "Stop";
    timer = setInterval(() => {
      if (range.value === range.max) return stop();
      range.value = String(Number(range.value) + 1);
      move();
    }, pause);
  });
}
