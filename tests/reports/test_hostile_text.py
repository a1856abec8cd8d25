"""Whatever labels, texts and names hold, the page stays the page."""

from __future__ import annotations

import base64
import gzip
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tunescope.reports import write
from tunescope.reports.naming import END, ISOLATE

pytestmark = pytest.mark.slow

LABELS = [
    "</script><b>bold</b>",
    "<!--",
    "a.b[c]\"'",
    "__proto__",
    "{{ 7 * 7 }}",
    "datum.label",
    "<img src=x onerror=alert(1)>",
    "&amp; \\u003c \u2028 ünïcode",
    "\u202eevil rtl",
    "سؤال",
]
TASK = "</title><script>alert(2)</script>"
MODEL = "../../bert <tiny> & 'friends'"


class Elements(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag) -> None:
        self._inside = ""

    def handle_data(self, data) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        else:
            self.text.append(data)


def unpacked(script: str) -> Any:
    """What a compressed element of the page holds."""
    return json.loads(gzip.decompress(base64.b64decode(script)))


@pytest.fixture(scope="module")
def page(make_run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run whose every name is hostile."""
    run = make_run({TASK: LABELS}, (MODEL,))
    run.tables["nearest_pairs"]["example_a"] = "<script>alert(3)</script> [</mark>] x"
    where = {"model": MODEL, "task": TASK, "seed": 0}
    space = {"update": 0, "layer": 6, "stage": "original", "split": "train"}
    hostile = {"kind": "</td>", "collides_with": LABELS[6], "text": "<script>alert(5)</script>"}
    member = {"label": LABELS[0], "cluster": 1, "cluster_size": 1, **hostile}
    run.tables["cluster_members"] = pd.DataFrame([{**where, **space, **member}])
    distances = run.tables["minimum_distances"]
    crossed = distances[distances["stage"] == "tuned"].assign(tuned_on=LABELS[6])
    run.tables["minimum_distances"] = pd.concat([distances, crossed], ignore_index=True)
    run.record["study"]["note"] = "</dd><script>alert(4)</script>"
    return write(tmp_path_factory.mktemp("hostile"), tables=run.tables, record=run.record)


@pytest.fixture(scope="module")
def elements(page: Path) -> Elements:
    parser = Elements()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


def test_no_element_comes_from_data(elements: Elements) -> None:
    assert {tag for tag, _ in elements.tags}.isdisjoint({"b", "img", "iframe", "object"})
    # the examples, their coordinates, the figures, the palette, the bundle, the page's own
    assert len(elements.scripts) == 6


def test_no_script_is_the_datas(elements: Elements) -> None:
    for attributes in (a for _, a in elements.tags):
        assert not any(name.startswith("on") for name in attributes)
    assert not any(script.strip().startswith("alert") for script in elements.scripts)


def test_labels_arrive_unchanged_in_the_figures(elements: Elements) -> None:
    data = unpacked(elements.scripts[2])
    column = data["pool"][data["figures"]["minimum_distances"]["columns"]["label"]]
    values = set(column if isinstance(column, list) else column["values"])
    assert sorted(values) == sorted(LABELS)
    assert unpacked(elements.scripts[0])["labels"] == sorted(LABELS)


def test_texts_are_shown_as_they_are(elements: Elements) -> None:
    text = "".join(elements.text)
    assert "</script><b>bold</b>" in text
    assert "<script>alert(3)</script> [</mark>] x" in text
    assert "<script>alert(5)</script>" in text
    assert "{{ 7 * 7 }}" in text
    assert "49" not in [part.strip() for part in elements.text]


def test_no_label_turns_what_stands_around_it(elements: Elements) -> None:
    said = [a[key] or "" for _, a in elements.tags for key in ("aria-label", "title") if key in a]
    arabic = LABELS[-1]
    assert any(text.strip() == arabic for text in elements.text)
    assert any(f"{ISOLATE}{arabic}{END}" in text for text in elements.text)
    for text in (*elements.text, *said):
        assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e"), text
        alone = text.strip() == arabic
        assert alone or text.count(arabic) == text.count(f"{ISOLATE}{arabic}{END}"), text


def test_no_label_is_inside_an_expression(elements: Elements) -> None:
    def expressions(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in {"expr", "filter", "calculate"} and isinstance(inner, str):
                    yield inner
                else:
                    yield from expressions(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from expressions(inner)

    found = list(expressions(unpacked(elements.scripts[2])))
    assert found
    for expression in found:
        assert not any(label in expression for label in LABELS if label != "datum.label")


def test_files_stay_in_their_folder(page: Path) -> None:
    names = [path.name for path in (page.parent / "figures").iterdir()]
    assert names
    for name in names:
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_svg_files_escape_labels(page: Path) -> None:
    import xml.etree.ElementTree as ET

    for path in (page.parent / "figures").glob("*.svg"):
        assert "<b>" not in path.read_text(encoding="utf-8")
        ET.parse(path)
