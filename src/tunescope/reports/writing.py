"""Write a report: the page, the figures and the CSV files, or the same in another form."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from tunescope.errors import InputError
from tunescope.reports import atlas, figures
from tunescope.reports.figures.minimum_distances import emphasised
from tunescope.reports.lists import most_confused
from tunescope.reports.markdown import markdown
from tunescope.reports.moving import gif
from tunescope.reports.page import View, file_stem, render
from tunescope.reports.panels import KEYS, Panel, panels
from tunescope.reports.printing import print_page
from tunescope.reports.space import BUDGET, Space, space
from tunescope.reports.still import still
from tunescope.reports.tables import in_csv, write_csv
from tunescope.storage import replacing

LOG = logging.getLogger(__name__)

Form = Literal["html", "pdf", "md", "gif"]
"""What is written: the page, the page printed, Markdown, or the space in motion as a picture."""
NO_PLANE = (
    "no table of the run holds where examples lie; a run of this version has it, in its table plane"
)


def write(
    run_folder: Path,
    *,
    tables: Mapping[str, pd.DataFrame],
    record: Mapping[str, Any],
    out: Path | None = None,
    form: Form = "html",
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
    form : ``html``; ``pdf``, the page printed by a browser; ``md``; or ``gif``, the examples in
        motion, one file for each task and model.

    Returns
    -------
    page : path of the page, or of the first GIF.

    Raises
    ------
    InputError : if no table has a row, or one lacks a column; if there is no browser that
        prints; if the run has no examples to move.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"update": [0, 9], "probe": "p", "accuracy": [0.5, 0.9]})
    >>> folder = Path(tempfile.mkdtemp())
    >>> write(folder, tables={"accuracy": table}, record={}).name
    'report.html'
    """
    return _write(out or Path(run_folder) / f"report.{form}", tables, {"": record}, form)


def write_several(
    runs: Mapping[str, tuple[Mapping[str, pd.DataFrame], Mapping[str, Any]]],
    *,
    out: Path,
    form: Form = "html",
) -> Path:
    """Write one report of several runs; its tables have a column `run`.

    Parameters
    ----------
    runs : the tables and the record of each run by its name.
    out : path of the page.
    form : as in `write`.

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
    return _write(out, together, {run: record for run, (_, record) in runs.items()}, form)


def export_atlas(
    folder: Path, tables: Mapping[str, pd.DataFrame], vectors: atlas.Vectors
) -> list[Path]:
    """Write what Embedding Atlas opens: a Parquet file a layer of each task and model.

    Parameters
    ----------
    folder : where.
    tables : of a run.
    vectors : from model, task, seed, split, layer and update to the vectors of that split, or to
        None where the run does not keep them.

    Raises
    ------
    InputError : if the run has no plane.
    """
    made: list[Path] = []
    for panel in panels(tables):
        if (examples := _space(panel)) is not None:
            stem = file_stem(panel.task, panel.model)
            made += atlas.export(panel, examples, folder, stem, vectors)
    if not made:
        raise InputError(NO_PLANE)
    return made


def _space(panel: Panel, budget: int = BUDGET) -> Space | None:
    confused = [label for pair in most_confused(panel) for label in pair.labels]
    return space(panel, list(dict.fromkeys([*confused, *emphasised(panel)])), budget)


def _write(
    out: Path,
    tables: Mapping[str, pd.DataFrame],
    records: Mapping[str, Mapping[str, Any]],
    form: Form,
) -> Path:
    if form == "gif":
        return _gifs(out.parent / "figures", tables)
    views = _views(out.parent / "figures", tables)
    write_csv(tables, out.parent / "csv")
    if form == "md":
        text = markdown(views)
    else:
        text = render(views, {run: r for run, r in records.items() if r}, in_csv(tables))
    page = out.with_suffix(".html") if form == "pdf" else out
    with replacing(page) as part:
        part.write_text(text, encoding="utf-8")
    LOG.info("wrote %s", page)
    return print_page(page, out) if form == "pdf" else page


def _views(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[View]:
    """Draw every panel, and save its figures."""
    views: list[View] = []
    taken: set[str] = set()
    found = panels(tables)
    for number, panel in enumerate(found):
        examples = _space(panel, BUDGET // len(found))
        view = View(f"panel-{number}", panel, figures.draw(panel), {}, examples)
        drawn = dict(view.figures)
        if examples is not None:
            drawn["space"] = still(examples, view.moments)
        files = {}
        for key, figure in drawn.items():
            if isinstance(figure, figures.Figure):
                stem = file_stem(figure.name, *_names(panel))
                stem = stem if stem not in taken else f"{stem}_{number}"
                taken.add(stem)
                figures.save(figure, folder / stem, title=panel.title)
                files[key] = stem
        LOG.info("drew %d figures of %s", len(files), panel.title)
        views.append(View(view.id, panel, view.figures, files, examples))
    return views


def _gifs(folder: Path, tables: Mapping[str, pd.DataFrame]) -> Path:
    """Draw the examples in motion of every panel that has them."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [
        gif(found, folder / f"{file_stem('space', *_names(panel))}.gif", title=panel.title)
        for panel in panels(tables)
        if (found := _space(panel)) is not None
    ]
    if not made:
        raise InputError(NO_PLANE)
    return made[0]


def _names(panel: Panel) -> list[str]:
    return [getattr(panel, key) for key in reversed(KEYS)][::-1]
