"""The same report as Markdown, as a GIF, as PDF, and for Embedding Atlas."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from synthetic_runs import POS, Size, SyntheticRun, synthetic_run

from tunescope.errors import InputError, TunescopeError
from tunescope.reports import export_atlas, figures, printing, write
from tunescope.reports.figures import Figure
from tunescope.reports.figures.base import PALETTE
from tunescope.reports.markdown import escape
from tunescope.reports.moving import gif
from tunescope.reports.panels import panels
from tunescope.reports.printing import BROWSERS, print_page
from tunescope.reports.space import Space, space
from tunescope.reports.still import still
from tunescope.reports.writing import write_gifs

pytestmark = pytest.mark.slow

LABELS = ["a|b", "<i>c</i>", "*d*"]


@pytest.fixture(scope="module")
def run() -> SyntheticRun:
    return synthetic_run({"pets": LABELS}, ("m",))


@pytest.fixture(scope="module")
def made(run: SyntheticRun) -> Space:
    (panel,) = panels(run.tables)
    found = space(panel, LABELS)
    assert found is not None
    return found


def test_markdown_holds_the_numbers_and_escapes_labels(
    run: SyntheticRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "save", lambda *_all, **_more: [])
    page = write(tmp_path, tables=run.tables, record=run.record, form="md")
    assert page == tmp_path / "report.md"
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# What fine-tuning on pets did to m")
    assert "<i>" not in text
    assert "a\\|b" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    bars = [line.replace("\\|", "").count("|") for line in rows]
    assert all(n >= 3 for n in bars)
    assert "](figures/minimum-distances_pets_m.png)" in text
    assert not (tmp_path / "report.html").exists()


def test_bold_numbers_stay_bold() -> None:
    assert escape("**× 1.5**") == "**× 1.5**"
    assert escape("2 * 3") == "2 \\* 3"


def test_a_gif_moves_and_ends_where_the_space_does(made: Space, tmp_path: Path) -> None:
    images = pytest.importorskip("PIL.Image")
    path = gif(made, tmp_path / "space.gif", title="pets")
    with images.open(path) as picture:
        assert picture.n_frames > len(made.updates)
        first = np.asarray(picture.convert("RGB"))
        picture.seek(picture.n_frames - 1)
        last = np.asarray(picture.convert("RGB"))
    assert (first != last).any()
    assert path.stat().st_size < 3_000_000
    assert [p.name for p in tmp_path.iterdir()] == ["space.gif"]


def test_the_still_shows_both_ends(made: Space) -> None:
    figure = still(made, [f"{update:,}" for update in made.updates])
    assert isinstance(figure, Figure)
    assert figure.rows["when"].unique().tolist() == ["update 0", "update 530"]
    assert len(figure.rows) == 2 * len(made.examples)
    alone = still(replace(made, updates=made.updates[:1]), ["0"])
    assert alone.rows["when"].unique().tolist() == ["this model"]


def test_every_picked_label_leaves_ink_in_the_still(tmp_path: Path) -> None:
    images = pytest.importorskip("PIL.Image")
    (panel,) = panels(synthetic_run({"pos": POS}, ("m",)).tables)
    found = space(panel, [])
    assert found is not None and len(found.picked) == len(PALETTE)
    figure = still(found, [str(update) for update in found.updates])
    color = figure.print_spec["spec"]["layer"][1]["encoding"]["color"]
    assert color["scale"]["domain"] == list(found.picked)
    bright = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255)]
    bright.append((255, 128, 0))  # which nothing else of the figure has
    color["legend"], color["scale"]["range"] = None, [f"rgb{of}" for of in bright]
    paths = figures.save(figure, tmp_path / "space")
    with images.open(next(path for path in paths if path.suffix == ".png")) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(float)
    for label, of in zip(found.picked, bright, strict=True):
        wanted = 0.9 * np.array(of) + 0.1 * 255
        assert (np.abs(pixels - wanted).max(axis=2) < 4).sum() > 40, label


def test_the_atlas_has_a_file_a_layer_with_the_places_of_the_page(
    run: SyntheticRun, made: Space, tmp_path: Path
) -> None:
    vectors = np.arange(120.0 * 3).reshape(120, 3)
    paths = export_atlas(tmp_path, run.tables, lambda *_where: vectors)
    assert len(paths) == 7
    table = pd.read_parquet(paths[-1])
    assert list(table)[:3] == ["text", "label", "nearest_label"]
    assert {"split", "x", "y", "x_before"} <= set(table)
    assert list(table)[-1] == "vector"
    points = made.points(0, 6, 0)
    np.testing.assert_allclose(table[["x", "y"]], points[-1], rtol=1e-5)
    assert [list(row) for row in table["vector"].iloc[:2]] == vectors[:2].tolist()
    without = pd.read_parquet(export_atlas(tmp_path, run.tables, lambda *_where: None)[0])
    assert "vector" not in without


def test_no_name_of_a_task_overwrites_the_files_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["問", "題", "a b", "A-b", "x" * 70, "x" * 71]
    size = Size(updates=(0, 9), layers=(1,), examples=12)
    tables = synthetic_run(dict.fromkeys(names, LABELS), ("m",), size=size).tables
    kept = {name: tables[name] for name in ("plane", "plane_examples")}
    drawn: list[Path] = []
    monkeypatch.setattr(figures, "save", lambda _figure, stem, **_more: drawn.append(stem))
    write(tmp_path / "md", tables=kept, record={}, form="md")
    gifs = write_gifs(tmp_path / "gifs", kept)
    atlas = export_atlas(tmp_path / "atlas", kept, lambda *_where: None)
    for paths, n in ((drawn, 6), (gifs, 6), (atlas, 6)):
        assert len({str(path).lower() for path in paths}) == len(paths) == n
    for parent, paths in (("gifs", gifs), ("atlas", atlas)):
        assert sorted((tmp_path / parent).iterdir()) == sorted(paths)
    assert {pd.read_parquet(path)["task"].iloc[0] for path in atlas} == set(names)


def test_without_a_plane_there_is_nothing_to_export(run: SyntheticRun, tmp_path: Path) -> None:
    tables = {name: table for name, table in run.tables.items() if name != "plane"}
    with pytest.raises(InputError, match="no table of the run holds where examples lie"):
        export_atlas(tmp_path, tables, lambda *_where: None)


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="no browser here")
def test_a_page_is_printed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>t</title><p>text", encoding="utf-8")
    made = print_page(page, tmp_path / "page.pdf")
    assert made.read_bytes().startswith(b"%PDF-")


def test_printing_without_a_browser_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(InputError, match=r"printing needs one of chromium.* open .*page.html"):
        print_page(tmp_path / "page.html", tmp_path / "page.pdf")


def test_a_page_that_takes_too_long_to_print_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\nexec sleep 60\n")
    browser.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _name: str(browser))
    monkeypatch.setattr(printing, "SECONDS", 0.1)
    with pytest.raises(TunescopeError, match=r"did not print .*page.html within 0.1 seconds"):
        print_page(tmp_path / "page.html", tmp_path / "page.pdf")
    assert not (tmp_path / "page.pdf").exists()
