"""A report is one whole page with its figures and tables beside it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.reports import write, write_several

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(small_run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the small run, written once."""
    folder = tmp_path_factory.mktemp("run")
    return write(folder, tables=small_run.tables, record=small_run.record)


def test_page_figures_and_tables_are_written(report: Path, small_run) -> None:
    assert report.name == "report.html"
    stems = {path.stem for path in (report.parent / "figures").iterdir()}
    for stem in stems:
        for ending in ("pdf", "svg", "png"):
            assert (report.parent / "figures" / f"{stem}.{ending}").stat().st_size > 1000
    assert "minimum-distances_pos_minilm" in stems
    in_csv = set(small_run.tables) - {"plane"}  # which says nothing without its lists
    assert {path.stem for path in (report.parent / "csv").iterdir()} == in_csv


def test_csv_files_hold_the_tables_exactly(report: Path, small_run) -> None:
    stored = pd.read_csv(report.parent / "csv" / "minimum_distances.csv")
    expected = small_run.tables["minimum_distances"]
    assert list(stored.columns) == list(expected.columns)
    pd.testing.assert_series_equal(stored["minimum_distance"], expected["minimum_distance"])


def test_no_temporary_file_is_left(report: Path) -> None:
    assert sorted(path.name for path in report.parent.iterdir()) == [
        "csv",
        "figures",
        "report.html",
    ]


def test_page_needs_no_network(report: Path) -> None:
    page = report.read_text(encoding="utf-8")
    head, _, rest = page.partition("</head>")
    assert "default-src 'none'" in head
    for forbidden in ("<script src", '<link rel="stylesheet"', "@import", "<iframe", "<img"):
        assert forbidden not in head + rest.split("<script>")[0]


def test_out_moves_the_page_and_what_lies_beside_it(small_run, tmp_path: Path) -> None:
    tables = {"training": small_run.tables["training"]}
    page = write(tmp_path / "run", tables=tables, record={}, out=tmp_path / "other" / "my.html")
    assert page == tmp_path / "other" / "my.html"
    assert (tmp_path / "other" / "csv" / "training.csv").exists()
    assert not (tmp_path / "run").exists()


def test_what_differs_between_two_models_is_said_as_it_is_recorded(tmp_path: Path) -> None:
    said = (
        "models of different depth: layers are matched by their share of it, 0, 2 of a; 0, 4 of b"
    )
    tables = {"training": pd.DataFrame({"update": [1], "loss": [0.5]})}
    text = write(tmp_path, tables=tables, record={"differences": [said]}).read_text("utf-8")
    assert f"M{said[1:]}." in text
    assert "Not compared" not in text


def test_nothing_to_show_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no table of this run has a row"):
        write(tmp_path, tables={}, record={})
    assert list(tmp_path.iterdir()) == []


def test_a_table_without_its_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="table training: column 'update' is missing"):
        write(tmp_path, tables={"training": pd.DataFrame({"loss": [1.0]})}, record={})


def test_several_runs_share_a_page(small_run, tmp_path: Path) -> None:
    tables = {"training": small_run.tables["training"]}
    runs = {"first": (tables, small_run.record), "second": (tables, {})}
    page = write_several(runs, out=tmp_path / "both.html")
    text = page.read_text(encoding="utf-8")
    assert text.count('<section class="panel"') == 2
    stored = pd.read_csv(tmp_path / "csv" / "training.csv")
    assert list(stored["run"].unique()) == ["first", "second"]
