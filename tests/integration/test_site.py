"""The built site: whole, readable without eyes, quick, and its tutorials those that are typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import browser
import pytest
from scripts import load

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
generated = load("docs/generated.py")


class Anchors(HTMLParser):
    """Collects what may be linked to, what is linked, and what has no words for who cannot see."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.add(str(given["id"]))
        if tag == "img" and not given.get("alt"):
            self.silent.append(str(given.get("src")))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site; links and anchors that lead nowhere end it."""
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings_handlers")
    folder = tmp_path_factory.mktemp("site")
    call = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(call, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    return folder


def test_the_site_has_every_name(site: Path) -> None:
    for part in generated.PARTS:
        page = Anchors()
        page.feed((site / "reference" / "api" / part / "index.html").read_text("utf-8"))
        found = generated.public(part).items()
        assert {path for name, path in found if not name.isupper()} <= page.ids


def test_the_site_has_no_picture_without_words(site: Path) -> None:
    for path in site.rglob("*.html"):
        page = Anchors()
        page.feed(path.read_text(encoding="utf-8"))
        assert page.silent == [], path


class Code(HTMLParser):
    """Collects what the boxes of code on a page of the site hold."""

    def __init__(self) -> None:
        super().__init__()
        self.boxes: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre":
            self._inside = True
            self.boxes.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.boxes[-1] += data


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_on_the_site_is_what_is_typed(site: Path, page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    shown = Code()
    shown.feed((site / "tutorials" / page.stem / "index.html").read_text(encoding="utf-8"))
    blocks = re.findall(r"^```\w.*?\n(.*?)^```$", source, re.M | re.S)
    assert [box.strip("\n") for box in shown.boxes] == [body.strip("\n") for body in blocks]


@pytest.mark.skipif(None in (browser.BROWSER, browser.DRIVER), reason="no browser here")
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (1200, "light")])
def test_pages_are_small_fit_and_can_be_read(
    site: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    figures = load("docs/site_figures.py")
    with figures.served(site) as address, browser.opened(tmp_path) as driver:
        for page in figures.PAGES:
            found = figures.figures(driver, address + page, width, scheme)
            assert found["outside"] == [], page
            assert found["wider"] <= 0, page
            assert found["kilobytes"] < 1000, page
            assert found["hard"] == ([] if browser.AXE.exists() else None), page
