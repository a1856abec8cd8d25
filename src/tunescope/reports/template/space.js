// The space in motion: dots on a canvas, one plane for all updates.

const LISTED = 200; // chosen examples that are listed; the CSV file has all
const REACH = 14; // pixels within which a pointer finds a dot
const GLIDE = 550; // milliseconds from one update to the next

/** Corners of the convex hull of points, by Andrew's monotone chain.
 * @param {[number, number][]} points */
function hullOf(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  if (sorted.length < 3) return sorted;
  const half = (/** @type {[number, number][]} */ list) => {
    /** @type {[number, number][]} */
    const chain = [];
    for (const p of list) {
      while (chain.length > 1) {
        const [a, b] = chain.slice(-2);
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break;
        chain.pop();
      }
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

/** Whether a point lies inside a polygon.
 * @param {number} x @param {number} y @param {[number, number][]} polygon */
function inside(x, y, polygon) {
  let found = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [ax, ay] = polygon[i];
    const [bx, by] = polygon[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) found = !found;
  }
  return found;
}

class Space {
  /** @param {HTMLElement} figure @param {any} head @param {Uint8Array} bytes */
  constructor(figure, head, bytes) {
    this.figure = figure;
    this.head = head;
    this.bytes = bytes;
    this.n = head.label.length;
    this.canvas = /** @type {HTMLCanvasElement} */ (figure.querySelector("canvas"));
    this.tip = /** @type {HTMLElement} */ (figure.querySelector(".tip"));
    /** @type {Map<string, Uint16Array[]>} */
    this.cache = new Map();
    this.at = { seed: 0, layer: head.layers.length - 1, plane: 0, update: head.updates.length - 1 };
    this.from = this.at.update;
    this.share = 1;
    /** Names the glide that goes on. */
    this.token = {};
    this.hulls = true;
    /** @type {Set<number>} */
    this.chosen = new Set();
    this.pointed = -1;
    this.width = this.height = 300;
    this.ratio = 1;
    /** @type {[number, number][]} */
    this.lasso = [];
    /** @type {Map<number, number>} number of a label → its slot */
    this.slots = new Map();
    this.setPicked(head.picked);
    /** @type {Float32Array} */
    this.x = new Float32Array(this.n);
    this.y = new Float32Array(this.n);
  }

  /** @param {(string|null)[]} picked */
  setPicked(picked) {
    this.slots = new Map();
    picked.forEach((label, slot) => {
      if (label !== null) this.slots.set(this.head.labels.indexOf(label), slot);
    });
  }

  /** Coordinates of all updates in the layer and plane that are shown. */
  frames() {
    const { seed, layer, plane } = this.at;
    const key = `${seed}/${layer}/${plane}`;
    let found = this.cache.get(key);
    if (!found) {
      const updates = this.head.updates.length;
      const n_layers = this.head.layers.length;
      const place = (seed * n_layers + layer) * 2 + plane;
      found = summed(this.bytes, place * updates * 2 * this.n, 2 * this.n, updates);
      this.cache.set(key, found);
    }
    return found;
  }

  /** Numbers of the labels whose mean is nearest, at the update that is shown. */
  nearest() {
    const { seed, layer, update } = this.at;
    const key = `nearest/${seed}/${layer}`;
    let found = this.cache.get(key);
    if (!found) {
      const updates = this.head.updates.length;
      const spaces = this.head.seeds.length * this.head.layers.length;
      const before = spaces * 2 * updates * 2 * this.n;
      const place = before + (seed * this.head.layers.length + layer) * updates * this.n;
      found = summed(this.bytes, place, this.n, updates);
      this.cache.set(key, found);
    }
    return found[update];
  }

  /** Lay the dots out in pixels, on the way from one update to another. */
  place() {
    const frames = this.frames();
    const n = this.n;
    const ends = [Infinity, -Infinity, Infinity, -Infinity];
    for (const frame of frames) {
      for (let i = 0; i < n; i += 1) {
        if (frame[i] < ends[0]) ends[0] = frame[i];
        if (frame[i] > ends[1]) ends[1] = frame[i];
        if (frame[n + i] < ends[2]) ends[2] = frame[n + i];
        if (frame[n + i] > ends[3]) ends[3] = frame[n + i];
      }
    }
    const pad = 22;
    const scale = Math.min((this.width - 2 * pad) / (ends[1] - ends[0] || 1), (this.height - 2 * pad) / (ends[3] - ends[2] || 1));
    const left = this.width / 2 - (scale * (ends[0] + ends[1])) / 2;
    const bottom = this.height / 2 + (scale * (ends[2] + ends[3])) / 2;
    const a = frames[this.from];
    const b = frames[this.at.update];
    for (let i = 0; i < n; i += 1) {
      this.x[i] = left + scale * (a[i] + (b[i] - a[i]) * this.share);
      this.y[i] = bottom - scale * (a[n + i] + (b[n + i] - a[n + i]) * this.share);
    }
  }

  get radius() {
    return this.n > 20000 ? 1.6 : this.n > 5000 ? 2.3 : this.width < 500 ? 2.8 : 3.6;
  }

  /** Draw a shape once; dots are then stamped with it.
   * @param {string} color @param {string} shape @param {number} radius */
  stamp(color, shape, radius) {
    const side = Math.ceil((2 * radius * 1.5 + 2) * this.ratio);
    const made = document.createElement("canvas");
    made.width = made.height = side;
    const pen = /** @type {CanvasRenderingContext2D} */ (made.getContext("2d"));
    pen.translate(side / 2, side / 2);
    pen.scale(radius * this.ratio, radius * this.ratio);
    pen.fillStyle = color;
    pen.fill(new Path2D(shape));
    return made;
  }

  resize() {
    const holder = /** @type {HTMLElement} */ (this.canvas.parentElement);
    this.width = Math.max(240, holder.clientWidth);
    this.height = Math.round(Math.min(520, Math.max(280, this.width * 0.58)));
    this.ratio = Math.max(1, Math.min(2, window.devicePixelRatio || 1));
    this.canvas.width = Math.round(this.width * this.ratio);
    this.canvas.height = Math.round(this.height * this.ratio);
    this.canvas.style.height = `${this.height}px`;
    this.draw();
  }

  draw() {
    this.place();
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--ink").trim();
    const back = style.getPropertyValue("--back").trim();
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.fillStyle = back;
    pen.fillRect(0, 0, this.width, this.height);
    const { label } = this.head;
    const radius = this.radius;
    const put = (/** @type {HTMLCanvasElement} */ stamp, /** @type {number} */ i) => {
      const side = stamp.width / this.ratio;
      pen.drawImage(stamp, this.x[i] - side / 2, this.y[i] - side / 2, side, side);
    };
    const pale = this.stamp(PALETTE.pale, SHAPES[0], radius * 0.72);
    /** @type {Map<number, number[]>} */
    const members = new Map([...this.slots.keys()].map((l) => [l, []]));
    for (let i = 0; i < this.n; i += 1) {
      const mine = members.get(label[i]);
      if (mine) mine.push(i);
      else put(pale, i);
    }
    const shapes = [...this.slots].map(([number, slot]) => ({ number, slot, list: members.get(number) || [] }));
    if (this.hulls) {
      for (const { slot, list } of shapes) {
        const corners = hullOf(list.map((i) => [this.x[i], this.y[i]]));
        pen.beginPath();
        corners.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
        pen.closePath();
        pen.fillStyle = pen.strokeStyle = colorOf(slot);
        pen.globalAlpha = 0.07;
        pen.fill();
        pen.globalAlpha = 0.55;
        pen.lineWidth = 1;
        pen.stroke();
        pen.globalAlpha = 1;
      }
    }
    for (const { slot, list } of shapes) {
      const stamp = this.stamp(colorOf(slot), shapeOf(slot), radius);
      for (const i of list) put(stamp, i);
    }
    pen.strokeStyle = ink;
    const ring = (/** @type {number} */ i, /** @type {number} */ r, /** @type {number} */ w) => {
      pen.lineWidth = w;
      pen.beginPath();
      pen.arc(this.x[i], this.y[i], r, 0, 2 * Math.PI);
      pen.stroke();
    };
    if (this.head.suspect) this.head.suspect.forEach((/** @type {any} */ rank, /** @type {number} */ i) => rank !== null && ring(i, radius + 3, 1));
    for (const i of this.chosen) ring(i, radius + 2.5, 2);
    if (this.pointed >= 0) ring(this.pointed, radius + 5, 2.5);
    this.names(pen, shapes, ink, back);
    if (this.lasso.length > 1) {
      pen.setLineDash([4, 3]);
      pen.lineWidth = 1.5;
      pen.beginPath();
      this.lasso.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.stroke();
      pen.setLineDash([]);
    }
  }

  /** Write the picked labels' names where they lie in the middle, none over another.
   * @param {CanvasRenderingContext2D} pen @param {{number: number, slot: number, list: number[]}[]} shapes
   * @param {string} ink @param {string} back */
  names(pen, shapes, ink, back) {
    pen.font = "600 12.5px system-ui, 'Liberation Sans', Arial, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const written = shapes
      .filter(({ list }) => list.length)
      .map(({ number, list }) => {
        const middle = (/** @type {Float32Array} */ of) => list.map((i) => of[i]).sort((a, b) => a - b)[list.length >> 1];
        const text = visible(this.head.labels[number]).slice(0, 28);
        const wide = pen.measureText(text).width;
        const x = Math.min(Math.max(middle(this.x), wide / 2 + 4), this.width - wide / 2 - 4);
        return { text, wide, x, y: middle(this.y) - 3 * this.radius - 6 };
      })
      .sort((a, b) => a.y - b.y);
    written.forEach((name, k) => {
      for (const other of written.slice(0, k)) {
        if (Math.abs(other.x - name.x) < (other.wide + name.wide) / 2 + 4 && name.y < other.y + 16 && name.y > other.y - 16) name.y = other.y + 16;
      }
      name.y = Math.min(name.y, this.height - 9);
      pen.strokeStyle = back;
      pen.lineWidth = 4;
      pen.strokeText(name.text, name.x, name.y);
      pen.fillStyle = ink;
      pen.fillText(name.text, name.x, name.y);
    });
  }

  /** @param {number} x @param {number} y @param {number} reach */
  find(x, y, reach) {
    let best = -1;
    let least = reach * reach;
    for (let i = 0; i < this.n; i += 1) {
      let away = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
      if (!this.slots.has(this.head.label[i])) away *= 2;
      if (away < least) [best, least] = [i, away];
    }
    return best;
  }

  /** Show what a dot is; -1 shows nothing.
   * @param {number} i */
  point(i) {
    if (i === this.pointed) return;
    this.pointed = i;
    this.draw();
    this.tip.hidden = i < 0;
    if (i < 0) return;
    const { head } = this;
    const near = head.labels[this.nearest()[i]];
    const label = head.labels[head.label[i]];
    const lines = [["strong", label], ["span", ` · ${head.splits[head.split[i]]}`]];
    if (near !== undefined && near !== label) lines.push(["div", `nearest label mean: ${near}`]);
    if (head.predicted && head.predicted[i]) lines.push(["div", `predicted: ${head.predicted[i]}`]);
    if (head.suspect && head.suspect[i] !== null) lines.push(["div", `suspect number ${head.suspect[i]}`]);
    lines.push(["div", head.text[i]]);
    this.tip.replaceChildren(
      ...lines.map(([tag, text]) => {
        const element = document.createElement(tag);
        element.textContent = visible(text);
        return element;
      }),
    );
    const right = this.x[i] > this.width / 2;
    const low = this.y[i] > this.height / 2;
    this.tip.style.left = right ? "auto" : `${this.x[i] + 12}px`;
    this.tip.style.right = right ? `${this.width - this.x[i] + 12}px` : "auto";
    this.tip.style.top = low ? "auto" : `${this.y[i] + 10}px`;
    this.tip.style.bottom = low ? `${this.height - this.y[i] + 10}px` : "auto";
  }

  /** The next dot in a direction, for the arrow keys.
   * @param {number} dx @param {number} dy */
  step(dx, dy) {
    if (this.pointed < 0) return this.point(this.find(this.width / 2, this.height / 2, 1e6));
    let best = -1;
    let least = Infinity;
    for (let i = 0; i < this.n; i += 1) {
      const ahead = (this.x[i] - this.x[this.pointed]) * dx + (this.y[i] - this.y[this.pointed]) * dy;
      const aside = Math.abs((this.x[i] - this.x[this.pointed]) * dy - (this.y[i] - this.y[this.pointed]) * dx);
      if (i === this.pointed || ahead <= 0.5) continue;
      if (ahead + 2 * aside < least) [best, least] = [i, ahead + 2 * aside];
    }
    if (best >= 0) this.point(best);
  }

  /** @param {Iterable<number>} dots @param {boolean} add */
  choose(dots, add) {
    if (!add) this.chosen.clear();
    for (const i of dots) this.chosen.add(i);
    this.list();
  }

  /** @param {number} i */
  toggle(i) {
    if (this.chosen.has(i)) this.chosen.delete(i);
    else this.chosen.add(i);
    this.list();
  }

  /** What is known of a chosen example, in the columns of the list. @param {number} i */
  row(i) {
    const { head } = this;
    const near = head.labels[this.nearest()[i]] ?? "";
    const row = [head.labels[head.label[i]], near];
    return head.predicted ? [...row, head.predicted[i] ?? ""] : row;
  }

  /** List the chosen examples. */
  list() {
    this.draw();
    const chosen = [...this.chosen].sort((a, b) => a - b);
    const count = /** @type {HTMLElement} */ (this.figure.querySelector(".count"));
    const more = chosen.length > LISTED ? `; the first ${LISTED} are listed` : "";
    count.textContent = chosen.length ? `${chosen.length} chosen${more}.` : "Drag around dots, or click them, to choose.";
    for (const found of this.figure.querySelectorAll(".chosen button")) {
      /** @type {HTMLButtonElement} */ (found).disabled = !chosen.length;
    }
    const list = /** @type {HTMLElement} */ (this.figure.querySelector(".list"));
    list.hidden = !chosen.length;
    list.querySelector("tbody")?.replaceChildren(
      ...chosen.slice(0, LISTED).map((i) => {
        const row = document.createElement("tr");
        for (const text of [...this.row(i), this.head.text[i]]) row.insertCell().textContent = visible(text);
        const place = document.createElement("span");
        place.className = "place";
        place.textContent = this.head.place[i];
        row.cells[row.cells.length - 1].append(place);
        return row;
      }),
    );
  }

  /** The chosen examples as CSV. */
  csv() {
    const { head, at } = this;
    const names = ["split", "example", "layer", "update", "label", "nearest_label", ...(head.predicted ? ["predicted"] : []), "text", "place"];
    const rows = [...this.chosen]
      .sort((a, b) => a - b)
      .map((i) => [head.splits[head.split[i]], head.example[i], head.layers[at.layer], head.updates[at.update], ...this.row(i), head.text[i], head.place[i]]);
    return asCsv([names, ...rows]);
  }

  /** Say how much of the variance the plane holds. */
  say() {
    const { seed, layer, plane } = this.at;
    const share = this.head.planes[plane][seed * this.head.layers.length + layer];
    const place = /** @type {HTMLElement} */ (this.figure.querySelector(".share"));
    place.textContent = `Layer ${this.head.layers[layer]}: this plane holds ${(100 * share).toFixed(0)} % of the variance of ${this.n.toLocaleString("en")} examples.`;
  }

  /** Go to an update, gliding if the reader does not mind. @param {number} update */
  go(update) {
    this.from = this.at.update;
    this.at.update = update;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const begin = performance.now();
    const token = {};
    this.token = token;
    const tick = (/** @type {number} */ now) => {
      if (token !== this.token) return;
      const t = calm ? 1 : Math.min(1, Math.max(0, (now - begin) / GLIDE));
      this.share = t * t * (3 - 2 * t);
      if (t === 1) this.from = update;
      this.draw();
      if (t < 1) requestAnimationFrame(tick);
      else if (this.chosen.size) this.list();
    };
    requestAnimationFrame(tick);
  }
}

/** Connect the canvas to pointer and keys. @param {Space} space */
function connectCanvas(space) {
  const { canvas } = space;
  /** @param {PointerEvent} event @returns {[number, number]} */
  const where = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let down = false;
  canvas.addEventListener("pointerdown", (event) => {
    down = true;
    space.lasso = [where(event)];
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = where(event);
    if (!down) return space.point(space.find(x, y, REACH));
    space.lasso.push([x, y]);
    if (space.lasso.length > 4) space.pointed = -1;
    space.tip.hidden = true;
    space.draw();
  });
  const end = (/** @type {PointerEvent} */ event) => {
    if (!down) return;
    down = false;
    const line = space.lasso;
    space.lasso = [];
    const add = event.shiftKey || event.ctrlKey || event.metaKey;
    const spread = Math.max(...line.map(([x, y]) => Math.hypot(x - line[0][0], y - line[0][1])));
    if (spread < 5) {
      const i = space.find(...line[0], REACH);
      if (i >= 0) space.toggle(i);
      return;
    }
    const found = [];
    for (let i = 0; i < space.n; i += 1) if (inside(space.x[i], space.y[i], line)) found.push(i);
    space.choose(found, add);
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => !down && space.point(-1));
  canvas.addEventListener("blur", () => space.point(-1));
  /** @type {Object<string, [number, number]>} */
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (arrows[event.key]) space.step(...arrows[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && space.pointed >= 0) space.toggle(space.pointed);
    else if (event.key === "Escape") space.point(-1);
    else return;
    event.preventDefault();
  });
}

/** Draw the examples of a panel and connect what is around them. @param {HTMLElement} figure */
async function drawSpace(figure) {
  if (figure.dataset.drawn) return;
  figure.dataset.drawn = "yes";
  const [head, bytes] = await Promise.all([
    inflateJson(/** @type {Element} */ (figure.querySelector(".space-header"))),
    inflate(/** @type {Element} */ (figure.querySelector(".space-points"))),
  ]);
  const space = new Space(figure, head, bytes);
  const slider = figure.querySelector(".slider");
  if (slider) {
    const range = /** @type {HTMLInputElement} */ (slider.querySelector("input"));
    connectSlider(slider, JSON.parse(range.dataset.names || "[]"), (step) => space.go(step), GLIDE + 250);
  }
  for (const name of /** @type {const} */ (["layer", "plane", "seed"])) {
    const select = /** @type {HTMLSelectElement | null} */ (figure.querySelector(`select[name=${name}]`));
    select?.addEventListener("change", () => {
      space.at[name] = Number(select.value);
      space.say();
      space.list();
    });
  }
  const hulls = /** @type {HTMLInputElement | null} */ (figure.querySelector("input[name=hulls]"));
  hulls?.addEventListener("change", () => {
    space.hulls = hulls.checked;
    space.draw();
  });
  connectPicks(/** @type {HTMLElement} */ (figure.querySelector(".picks")), (picked) => {
    space.setPicked(picked);
    space.draw();
  });
  connectCanvas(space);
  const find = /** @type {HTMLInputElement} */ (figure.querySelector("input[name=find]"));
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    const found = [];
    if (wanted.length > 1) {
      for (let i = 0; i < space.n; i += 1) {
        if (`${head.labels[head.label[i]]}\n${head.text[i]}`.toLowerCase().includes(wanted)) found.push(i);
      }
    }
    space.choose(found, false);
  });
  figure.querySelector("[data-do=save]")?.addEventListener("click", () => handOver("examples.csv", space.csv(), "text/csv"));
  figure.querySelector(".chosen [data-do=clear]")?.addEventListener("click", () => {
    find.value = "";
    space.choose([], false);
  });
  new ResizeObserver(() => figure.clientWidth && space.resize()).observe(/** @type {HTMLElement} */ (space.canvas.parentElement));
  window.addEventListener("themechange", () => space.draw());
  space.say();
  space.resize();
  await new Promise((done) => requestAnimationFrame(done));
}
