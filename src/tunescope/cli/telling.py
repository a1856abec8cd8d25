"""What a finished run is told by, and how it is told again without computing anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tunescope import __version__
from tunescope.cli.output import as_json, plain, show, visible
from tunescope.errors import TunescopeError
from tunescope.seals import read_sealed
from tunescope.studies.inspection import trained_on

if TYPE_CHECKING:
    import pandas as pd

    from tunescope.runs import Run

CONFUSED = 8
"""Pairs of labels that are printed."""
LOOKED_AT = ["rank", "place", "given", "suggested", "score", "text"]
"""Columns of suspects that are printed."""
FOUND = ("summary", "confusions", "suspects")
"""The parts of what is told that are tables."""


def summary(tables: Mapping[str, pd.DataFrame], record: Mapping[str, Any], most: int) -> Any:
    """Choose what is told of a run.

    Parameters
    ----------
    tables, record : of the run.
    most : suspects that are told.

    Returns
    -------
    dict
        Plain values: ``summary``, ``confusions``, ``suspects``, ``notes``, ``trained_on``, and
        whether there are `two` models to tell apart.
    """
    from tunescope.tables import confused, overview

    stages = {stage for table in tables.values() if "stage" in table for stage in table["stage"]}
    notes = [note for of_task in record.get("notes", {}).values() for note in of_task]
    return plain(
        {
            "summary": overview(tables),
            "confusions": confused(tables),
            "suspects": _suspects(tables, most),
            "notes": [*notes, *record.get("differences", ()), *_without_head(record)],
            "trained_on": trained_on(record),
            "two": "tuned" in stages,
        }
    )


def tell(told: Mapping[str, Any], folder: Path, page: Path, *, as_text: bool) -> None:
    """Print what `summary` chose, for a person or as JSON."""
    if not as_text:
        typer.echo(as_json({"run": folder, "report": page, **told}))
        return
    import pandas as pd

    found, wrong, suspects = (pd.DataFrame(told[name]) for name in FOUND)
    if not told["two"]:
        found, wrong = (_of_one(table) for table in (found, wrong))
    show(found, "In the last layer")
    if len(suspects):
        show(suspects[LOOKED_AT], "Examples to look at again")
    if len(wrong):
        show(wrong.drop(columns="seed").head(CONFUSED), "Labels taken for others, test examples")
    for note in [*told["notes"], *([told["trained_on"]] if told["trained_on"] else [])]:
        typer.echo(f"Note: {visible(note)}")
    typer.echo(f"Tables: {folder / 'tables'}\nReport: {page}")


def _suspects(tables: Mapping[str, pd.DataFrame], most: int) -> list[Any] | pd.DataFrame:
    """Give the most suspect examples of the last model, where another label fits them better."""
    from tunescope.tables import suspected

    table = tables.get("suspects")
    if table is None:
        return []
    last = "tuned" if "tuned" in set(table["stage"]) else "original"
    return suspected(table[table["stage"] == last]).head(most)


def _without_head(record: Mapping[str, Any]) -> Iterable[str]:
    """Say why a model's own head was not asked."""
    models = record.get("study", {}).get("models", [])
    for model, why in zip(models, record.get("heads", {}).values(), strict=False):
        if why:
            yield f"no predictions of {model}'s own head: {why}"


def _of_one(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out of a summary what needs two models."""
    if "quantity" in table:
        table = table[~table["quantity"].str.contains("original")]
    return table.drop(columns="after", errors="ignore").rename(columns={"before": "value"})


def call_key(values: Mapping[str, Any], folder: Path, most: int) -> str:
    """Name a call with everything it reads, and what is in its folder, by sizes and times.

    Returns
    -------
    str
        Empty where not all of it can be looked at so.
    """
    tasks = values.get("tasks", [values.get("task")])
    places: list[Any] = [*values["models"]]
    for task in tasks if isinstance(tasks, list) else [tasks]:
        if isinstance(task, Mapping):
            places += [*task.get("files", {}).values(), *filter(None, [task.get("dataset")])]
        else:
            places.append(task)
    stamps: list[Any] = [__version__, json.dumps(values, sort_keys=True, default=str), most]
    for place in places:
        path = Path(str(place))
        if not path.exists() or (path / "adapter_config.json").exists():
            from tunescope.encoders import catalogue  # what the package holds does not change

            if str(place) not in {entry.name for entry in catalogue() if entry.package}:
                return ""
        stamps.append(_stamp(path))
    stamps += [_stamp(folder / part) for part in ("tables", "steps", "vectors", "models")]
    return hashlib.sha256(repr(stamps).encode("utf-8", "surrogatepass")).hexdigest()


def _stamp(path: Path) -> list[Any]:
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    about = ((str(one), one.stat()) for one in files)
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in about]


def remember(run: Run, values: Mapping[str, Any], most: int, told: Mapping[str, Any]) -> None:
    """Keep what was told of a run beside the call that made it."""
    if key := call_key(values, run.folder, most):
        run.note(told={"call": key, "found": told})


def remembered(folder: Path, values: Mapping[str, Any], most: int) -> Any | None:
    """Give what was told of the same call, where nothing that it reads or made has changed."""
    try:
        record = read_sealed(folder / "record.json")
    except (OSError, TunescopeError):
        return None
    told = record.get("told")
    if not record.get("complete") or not told or not (folder / "report.html").exists():
        return None
    try:
        return told["found"] if told["call"] == call_key(values, folder, most) else None
    except OSError:
        return None
