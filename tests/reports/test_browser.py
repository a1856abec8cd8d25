"""In a real browser every figure is drawn, at two widths, with every name as it is."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tunescope.reports import write

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
LABELS = ["</script><b>x</b>", "a.b[c]\"'", "__proto__", "constructor", "datum.label", "NOUN"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no chromium here to open the page in"),
]


@pytest.fixture(scope="module")
def page(make_run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose labels are hard to show."""
    run = make_run({"a <task>": LABELS, "other": LABELS}, ("mini\"lm'",))
    return write(tmp_path_factory.mktemp("run"), tables=run.tables, record=run.record)


def opened(page: Path, width: int, folder: Path, anchor: str = "") -> str:
    """The page's elements after its scripts ran."""
    options = "headless no-sandbox disable-gpu disable-background-networking disable-sync"
    options += " disable-component-update no-first-run dump-dom virtual-time-budget=40000"
    done = subprocess.run(
        [
            str(BROWSER),
            *(f"--{option}" for option in options.split()),
            f"--window-size={width},2000",
            f"--user-data-dir={folder}",
            page.as_uri() + anchor,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


def drawings(dom: str, panel: str) -> dict[str, str]:
    """The drawing of each figure of a panel."""
    found = {}
    for figure in re.findall(rf'<figure id="{panel}-.*?</figure>', dom, flags=re.DOTALL):
        name = re.search(rf'id="{panel}-(\w+)"', figure)
        drawn = re.search(r'<svg [^>]*class="marks".*?</svg>', figure, flags=re.DOTALL)
        assert name is not None
        found[name[1]] = drawn[0] if drawn else ""
    return found


@pytest.mark.parametrize("width", [390, 1400])
def test_every_figure_of_the_shown_panel_is_drawn(page: Path, width: int, tmp_path: Path) -> None:
    dom = opened(page, width, tmp_path)
    drawn = drawings(dom, "panel-0")
    assert len(drawn) == 9
    for name, drawing in drawn.items():
        assert "<path" in drawing, name
    assert "could not be drawn" not in re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL)


def test_an_address_opens_its_panel(page: Path, tmp_path: Path) -> None:
    dom = opened(page, 1400, tmp_path, "#panel-1")
    assert all(drawings(dom, "panel-1").values())
    assert not any(drawings(dom, "panel-0").values())


def test_labels_are_drawn_as_they_are(page: Path, tmp_path: Path) -> None:
    drawn = drawings(opened(page, 1400, tmp_path), "panel-0")
    for name in ("growth", "displacement", "paths"):
        texts = [html.unescape(text) for text in re.findall(r">([^<>]+)</text>", drawn[name])]
        assert set(LABELS) <= set(texts), name
    # six labels are picked at first, so six lines have colours that are not the pale one
    strokes = re.findall(
        r'stroke="(#[0-9A-Fa-f]{6})" stroke-width="2.2"', drawn["minimum_distances"]
    )
    assert len(set(strokes)) == len(LABELS)


DRIVER = """<script>
(async () => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const all = (where, what) => [...where.querySelectorAll(what)];
  const panel = document.getElementById("panel-0");
  for (let i = 0; i < 300 && all(panel, "svg.marks").length < 9; i += 1) await wait(100);
  const out = {};
  const lines = panel.querySelector("#panel-0-minimum_distances");
  const picked = () => all(lines, 'path[stroke-width="2.2"]').length;
  out.picked = picked();
  lines.querySelector("[data-do=none]").click();
  await wait(200);
  out.none = picked();
  all(lines, ".picks input")[0].click();
  await wait(200);
  out.one = picked();
  const shape = () => lines.querySelector('path[stroke-width="2.2"]').getAttribute("d");
  const last = shape();
  const layer = lines.querySelector("select");
  layer.selectedIndex = 0;
  layer.dispatchEvent(new Event("change"));
  await wait(200);
  out.moved = shape() !== last;
  const paths = panel.querySelector("#panel-0-paths");
  const slider = paths.querySelector("input[type=range]");
  slider.value = 1;
  slider.dispatchEvent(new Event("input"));
  await wait(200);
  out.update = paths.querySelector("output").textContent;
  const point = all(paths, "path").find((e) => (e.__data__?.tooltip?.label || "").includes("<"));
  for (const kind of ["pointerover", "pointermove"])
    point.dispatchEvent(new PointerEvent(kind, { bubbles: true }));
  await wait(200);
  const tip = document.getElementById("vg-tooltip-element");
  out.tip = tip.querySelector(".value").textContent;
  out.foreign = all(tip, "script, b, img").length;
  const place = document.createElement("pre");
  place.id = "seen";
  place.textContent = JSON.stringify(out);
  document.body.append(place);
})();
</script></body>"""


def test_controls_change_the_figures_and_tooltips_escape(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    driven = tmp_path / "driven.html"
    driven.write_text(DRIVER.join(text.rsplit("</body>", 1)), encoding="utf-8")
    dom = opened(driven, 1400, tmp_path / "profile")
    seen = json.loads(html.unescape(re.findall('<pre id="seen">(.*?)</pre>', dom)[0]))
    assert seen == {
        "picked": 6,
        "none": 0,
        "one": 1,
        "moved": True,
        "update": "4",
        "tip": "</script><b>x</b>",
        "foreign": 0,
    }
