"""Write a report: the page, the figures and the CSV files."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tunescope.reports import figures
from tunescope.reports.figures.minimum_distances import emphasised
from tunescope.reports.lists import most_confused
from tunescope.reports.page import View, file_stem, render
from tunescope.reports.panels import KEYS, panels
from tunescope.reports.space import BUDGET, space
from tunescope.reports.tables import in_csv, write_csv
from tunescope.storage import replacing

LOG = logging.getLogger(__name__)


def write(
    run_folder: Path,
    *,
    tables: Mapping[str, pd.DataFrame],
    record: Mapping[str, Any],
    out: Path | None = None,
) -> Path:
    """Write the report of one run.

    Parameters
    ----------
    run_folder : folder of the run.
    tables : the run's tables by name; any may be absent, and the page then says what is
        missing and why.
    record : what made the run, as in its ``record.json``.
    out : path of the page; ``report.html`` in the run's folder if it is not given.
        The folders ``figures`` and ``csv`` come beside it.

    Returns
    -------
    page : path of the page.

    Raises
    ------
    InputError : if no table has a row, or one lacks a column.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"update": [0, 9], "probe": "p", "accuracy": [0.5, 0.9]})
    >>> folder = Path(tempfile.mkdtemp())
    >>> write(folder, tables={"accuracy": table}, record={}).name
    'report.html'
    """
    return _write(out or Path(run_folder) / "report.html", tables, {"": record})


def write_several(
    runs: Mapping[str, tuple[Mapping[str, pd.DataFrame], Mapping[str, Any]]], *, out: Path
) -> Path:
    """Write one report of several runs; its tables have a column `run`.

    Parameters
    ----------
    runs : the tables and the record of each run by its name.
    out : path of the page.

    Returns
    -------
    page : path of the page.

    Raises
    ------
    InputError : if no table of any run has a row, or one lacks a column.
    """
    together: dict[str, pd.DataFrame] = {}
    for name in dict.fromkeys(name for tables, _ in runs.values() for name in tables):
        parts = [
            tables[name].assign(run=run)
            for run, (tables, _) in runs.items()
            if name in tables and len(tables[name])
        ]
        if parts:
            together[name] = pd.concat(parts, ignore_index=True)
    return _write(out, together, {run: record for run, (_, record) in runs.items()})


def _write(
    out: Path, tables: Mapping[str, pd.DataFrame], records: Mapping[str, Mapping[str, Any]]
) -> Path:
    views = []
    taken: set[str] = set()
    found = panels(tables)
    for number, panel in enumerate(found):
        drawn = figures.draw(panel)
        names = [getattr(panel, key) for key in reversed(KEYS)][::-1]
        files = {}
        for key, figure in drawn.items():
            if isinstance(figure, figures.Figure):
                stem = file_stem(figure.name, *names)
                stem = stem if stem not in taken else f"{stem}_{number}"
                taken.add(stem)
                figures.save(figure, out.parent / "figures" / stem, title=panel.title)
                files[key] = stem
        LOG.info("drew %d figures of %s", len(files), panel.title)
        confused = [label for pair in most_confused(panel) for label in pair.labels]
        emphasis = list(dict.fromkeys([*confused, *emphasised(panel)]))
        examples = space(panel, emphasis, BUDGET // len(found))
        views.append(View(f"panel-{number}", panel, drawn, files, examples))
    write_csv(tables, out.parent / "csv")
    html = render(views, {run: r for run, r in records.items() if r}, in_csv(tables))
    with replacing(out) as part:
        part.write_text(html, encoding="utf-8")
    LOG.info("wrote %s", out)
    return out
