// Reading what the page holds: compressed text, columns of figures, coordinates of dots.

/**
 * Decompress the text of an element: base64 of gzip.
 * @param {Element} element
 * @returns {Promise<Uint8Array>}
 */
async function inflate(element) {
  const text = atob((element.textContent || "").trim());
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * @param {Element} element
 * @returns {Promise<any>}
 */
async function inflateJson(element) {
  return JSON.parse(new TextDecoder().decode(await inflate(element)));
}

/**
 * Unpack one column: a list, or its distinct values with an index or with runs of them.
 * @param {any} column
 * @returns {any[]}
 */
function cellsOf(column) {
  if (Array.isArray(column)) return column;
  if (column.index) return column.index.map((/** @type {number} */ i) => column.values[i]);
  const cells = [];
  for (let k = 0; k < column.runs.length; k += 2) {
    for (let left = column.runs[k + 1]; left > 0; left -= 1) cells.push(column.values[column.runs[k]]);
  }
  return cells;
}

/**
 * Put the rows of a figure together from the panel's columns, which figures share.
 * @param {any[]} pool
 * @param {Object<string, number>} columns name → place in the pool
 */
function rowsOf(pool, columns) {
  const names = Object.keys(columns);
  const cells = names.map((name) => cellsOf(pool[columns[name]]));
  const n = cells.length ? cells[0].length : 0;
  const rows = new Array(n);
  for (let i = 0; i < n; i += 1) {
    /** @type {Object<string, any>} */
    const row = {};
    for (let k = 0; k < names.length; k += 1) row[names[k]] = cells[k][i];
    rows[i] = row;
  }
  return rows;
}

/**
 * Undo differences between updates: 16-bit numbers, low bytes before high bytes.
 * @param {Uint8Array} bytes
 * @param {number} from first number
 * @param {number} size numbers of one update
 * @param {number} updates
 * @returns {Uint16Array[]} one array an update
 */
function summed(bytes, from, size, updates) {
  const half = bytes.length / 2;
  const all = [];
  let last = new Uint16Array(size);
  for (let u = 0; u < updates; u += 1) {
    const next = new Uint16Array(size);
    for (let i = 0; i < size; i += 1) {
      const at = from + u * size + i;
      next[i] = last[i] + (bytes[at] | (bytes[half + at] << 8));
    }
    all.push(next);
    last = next;
  }
  return all;
}

/**
 * Hand a file to the reader, without any network.
 * @param {string} name
 * @param {string} content
 * @param {string} type
 */
function handOver(name, content, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/**
 * Write rows as CSV.
 * @param {any[][]} rows
 */
function asCsv(rows) {
  const cell = (/** @type {any} */ value) => {
    const given = value === null || value === undefined ? "" : String(value);
    // what a spreadsheet would compute is marked as text, as in the CSV files
    const computed = typeof value === "string" && /^ *[=+\-@\t\r\n＝＋－＠]/.test(given);
    const text = computed ? `'${given}` : given;
    return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Show marks that turn the direction of what follows them. @param {any} text */
const visible = (text) => String(text).replace(/[\u202a-\u202e]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16)}`);
