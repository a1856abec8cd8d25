"""Write a report: the page, the figures and the CSV files, or the same in another form."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, get_args

import pandas as pd

from tunescope.errors import InputError
from tunescope.reports import atlas, figures
from tunescope.reports.figures.minimum_distances import emphasised
from tunescope.reports.lists import most_confused
from tunescope.reports.markdown import markdown
from tunescope.reports.moving import gif
from tunescope.reports.page import View, render
from tunescope.reports.panels import KEYS, Panel, panels
from tunescope.reports.printing import BROWSERS, print_page
from tunescope.reports.space import BUDGET, Space, space
from tunescope.reports.stems import file_stems
from tunescope.reports.still import still
from tunescope.reports.tables import in_csv, write_csv
from tunescope.storage import TEMPORARY, check_folder, replacing

LOG = logging.getLogger(__name__)

Form = Literal["html", "pdf", "md"]
"""What is written: the page, the page printed, or Markdown."""
ENDINGS: Final = (*(f".{form}" for form in get_args(Form)), ".gif")
"""Of names that tell which of them a file is."""
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
    form : ``html``; ``pdf``, the page printed by a browser; or ``md``.

    Returns
    -------
    page : path of the page.

    Raises
    ------
    InputError : if no table has a row, or one lacks a column; before anything is drawn, if `out`
        cannot be such a file, or there is no browser that prints.

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
    records = {run: record for run, (_, record) in runs.items()}
    return _write(out, together({run: tables for run, (tables, _) in runs.items()}), records, form)


def together(runs: Mapping[str, Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Put the tables of several runs together, with a column `run`.

    Parameters
    ----------
    runs : the tables of each by its name.
    """
    found: dict[str, pd.DataFrame] = {}
    for name in dict.fromkeys(name for tables in runs.values() for name in tables):
        parts = [
            tables[name].assign(run=run)
            for run, tables in runs.items()
            if name in tables and len(tables[name])
        ]
        if parts:
            found[name] = pd.concat(parts, ignore_index=True)
    return found


def write_gifs(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[Path]:
    """Write the examples in motion, a GIF for each task and model.

    Parameters
    ----------
    folder : where; created if it is missing.
    tables : of a run, or of several together.

    Raises
    ------
    InputError : if the folder cannot be one, or the run has no plane.
    """
    if folder.suffix.lower() in ENDINGS and not folder.is_dir():
        raise InputError(f"{folder}: GIFs are a file for each task and model; name a folder")
    check_folder(folder)
    made: list[Path] = []
    for panel, stem in _with_stems(panels(tables)):
        if (examples := _space(panel)) is not None:
            path = folder / f"{_joined('space', stem)}.gif"
            made.append(gif(examples, path, title=panel.title))
    if not made:
        raise InputError(NO_PLANE)
    return made


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
    InputError : if the folder cannot be one, or the run has no plane.
    """
    check_folder(folder)
    made: list[Path] = []
    for panel, stem in _with_stems(panels(tables)):
        if (examples := _space(panel)) is not None:
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
    _check(out, form)
    views = _views(out.parent / "figures", tables)
    write_csv(tables, out.parent / "csv")
    if form == "md":
        text = markdown(views)
    else:
        text = render(views, {run: r for run, r in records.items() if r}, in_csv(tables))
    if form == "pdf":
        # beside what is printed: some browsers may read the user's folders only
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=TEMPORARY) as folder:
            page = Path(folder) / "page.html"
            page.write_text(text, encoding="utf-8")
            print_page(page, out)
    else:
        with replacing(out) as part:
            part.write_text(text, encoding="utf-8")
    LOG.info("wrote %s", out)
    return out


def _check(out: Path, form: Form) -> None:
    """Refuse, before anything is drawn, what no page can be written to."""
    if out.is_dir():
        raise InputError(f"{out}: is a folder; name the page, as {out / f'report.{form}'}")
    check_folder(out.parent)
    ending = out.suffix.lower()
    if ending != f".{form}" and ending in ENDINGS:
        raise InputError(f"{out}: ends in {out.suffix}, and what is written is {form}")
    if form == "pdf" and not any(map(shutil.which, BROWSERS)):
        raise InputError(
            f"printing needs one of {', '.join(BROWSERS)}, and none is in PATH; write the page as "
            "html, and print it from any browser"
        )


def _views(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[View]:
    """Draw every panel, and save its figures."""
    views: list[View] = []
    found = panels(tables)
    for number, (panel, of_panel) in enumerate(_with_stems(found)):
        examples = _space(panel, BUDGET // len(found))
        view = View(f"panel-{number}", panel, figures.draw(panel), {}, examples)
        drawn = dict(view.figures)
        if examples is not None:
            drawn["space"] = still(examples, view.moments)
        files = {}
        for key, figure in drawn.items():
            if isinstance(figure, figures.Figure):
                stem = _joined(figure.name, of_panel)
                figures.save(figure, folder / stem, title=panel.title)
                files[key] = stem
        LOG.info("drew %d figures of %s", len(files), panel.title)
        views.append(View(view.id, panel, view.figures, files, examples))
    return views


def _with_stems(found: Sequence[Panel]) -> list[tuple[Panel, str]]:
    """Give each panel what the names of its files have in them, of each another."""
    named = [[getattr(panel, key) for key in KEYS] for panel in found]
    return list(zip(found, file_stems(named), strict=True))


def _joined(*parts: str) -> str:
    return "_".join(part for part in parts if part)
