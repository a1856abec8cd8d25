"""How large the page is and how soon it can be seen: real browser, many labels, many dots.

python benchmarks/page.py                    # the 50-label page, and 2,000, 10,000 and 50,000 dots
python benchmarks/page.py --page docs/explanation/page.md       # and writes them there

A page of 50 labels, 13 layers, 20 snapshots and 2,000 dots is written from made-up tables, opened
in headless Chromium, and asked when its first and its last picture were drawn. Then dots are drawn
again and again, by the page's canvas and by Vega (a scatter plot whose data change), and the time
of one picture is measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from manual import put

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from browser import opened, show  # noqa: E402
from synthetic_runs import Size, synthetic_run  # noqa: E402

from tunescope.reports import figures, write  # noqa: E402

DOTS = (2_000, 10_000, 50_000)
PICTURES = 20

DRAW = """
const done = arguments[0];
const canvas = document.querySelector('.space canvas');
const hulls = document.querySelector('.space [name=hulls]');
const times = [];
for (let k = 0; k < %d; k += 1) {
  const begin = performance.now();
  hulls.checked = !hulls.checked; hulls.dispatchEvent(new Event('change'));
  canvas.getContext('2d').getImageData(0, 0, 1, 1);
  times.push(performance.now() - begin);
}
done(times);
"""

VEGA = """
const done = arguments[arguments.length - 1];
const n = arguments[0], renderer = arguments[1], pictures = arguments[2];
const rows = (t) => Array.from({ length: n }, (_, i) => (
  { x: Math.sin(i * 7 + t), y: Math.cos(i * 3 + t), l: 'l' + (i %% 7) }));
const holder = document.createElement('div'); document.body.prepend(holder);
vegaEmbed(holder, { width: 790, height: 480, data: { name: 'rows', values: rows(0) }, mark: 'point',
  encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' },
  color: { field: 'l', type: 'nominal' }, shape: { field: 'l', type: 'nominal' } } },
  { renderer, actions: false }).then(async ({ view }) => {
  const times = [];
  for (let k = 1; k <= pictures; k += 1) {
    const data = rows(k / 10);
    const begin = performance.now();
    await view.data('rows', data).runAsync();
    times.push(performance.now() - begin);
  }
  view.finalize(); holder.remove(); done(times);
});
""".replace("%%", "%")


def page_of(folder: Path, size: Size) -> tuple[Path, float]:
    """Write a page of 50 labels, without the figures' files."""
    labels = [f"label {number:02d}" for number in range(50)]
    run = synthetic_run({"fifty": labels}, ("made-up",), size=size)
    figures.save = lambda *_all, **_more: []  # type: ignore[assignment]
    begin = time.perf_counter()
    page = write(folder, tables=run.tables, record=run.record)
    return page, time.perf_counter() - begin


def whole_page(driver: Any, folder: Path) -> dict[str, Any]:
    """Size, and seconds to the first and the last picture, of the page that the issue asks for."""
    updates = tuple(int(u) for u in np.linspace(0, 1900, 20))
    page, seconds = page_of(folder, Size(updates=updates, layers=tuple(range(13)), examples=2_000))
    found = {"megabytes": page.stat().st_size / 1e6, "seconds_to_write": seconds}
    marks = []
    for _ in range(3):
        show(driver, page)
        marks.append(
            driver.execute_script(
                "return ['first-picture', 'last-picture'].map((n) => "
                "performance.getEntriesByName(n)[0].startTime / 1000)"
            )
        )
    first, last = np.median(np.array(marks), axis=0)
    return found | {"seconds_to_first_picture": float(first), "seconds_to_last": float(last)}


def moving(driver: Any, folder: Path, n_dots: int) -> dict[str, Any]:
    """Milliseconds of one picture, by the page's canvas and by Vega."""
    page, _ = page_of(folder, Size(updates=(0, 9), layers=(12,), examples=n_dots))
    show(driver, page)
    row: dict[str, Any] = {"dots": n_dots}
    row["canvas_ms"] = float(np.median(driver.execute_async_script(DRAW % PICTURES)))
    for renderer in ("canvas", "svg"):
        if n_dots > 10_000 and renderer == "svg":
            continue
        times = driver.execute_async_script(VEGA, n_dots, renderer, 5)
        row[f"vega_{renderer}_ms"] = float(np.median(times))
    return row


def write_page(path: Path, found: dict[str, Any]) -> None:
    """Put the tables between the page's marks ``<!-- measured -->`` and ``<!-- end -->``."""
    whole = found["page"]
    lines = [
        "| 50 labels, 13 layers, 20 snapshots, 2,000 dots | |",
        "| --- | --- |",
        f"| size of the page | {whole['megabytes']:.2f} MB |",
        f"| to the first picture | {whole['seconds_to_first_picture']:.2f} s |",
        f"| to the last | {whole['seconds_to_last']:.2f} s |",
        "",
        "| dots | this page's canvas, one picture | Vega on a canvas | Vega as SVG |",
        "| --- | --- | --- | --- |",
    ]
    for row in found["moving"]:
        times = [row.get(name) for name in ("canvas_ms", "vega_canvas_ms", "vega_svg_ms")]
        cells = ["–" if time is None else f"{time:.0f} ms" for time in times]
        lines.append(f"| {row['dots']:,} | {' | '.join(cells)} |")
    put(path.resolve(), "page.py", "\n".join(lines))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, help="page whose tables are written")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, opened(Path(name)) as driver:
        driver.set_script_timeout(300)
        found: dict[str, Any] = {"page": whole_page(driver, Path(name, "whole"))}
        print(json.dumps(found["page"], indent=1), flush=True)
        found["moving"] = []
        for n_dots in DOTS:
            found["moving"].append(moving(driver, Path(name, str(n_dots)), n_dots))
            print(found["moving"][-1], flush=True)
    if arguments.page:
        write_page(arguments.page, found)


if __name__ == "__main__":
    main()
