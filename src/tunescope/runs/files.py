"""The files of a run's steps and tables, held against the sizes and checksums they had."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tunescope.errors import DamagedError, InputError
from tunescope.seals import damage, read_sealed
from tunescope.storage import IGNORED, said

RECORD = "record.json"
DONE = "done.json"
FILES = "files"
"""Where a step's or a run's record keeps the sizes and checksums of its files."""
WRITING = "writing"
"""Where a run's record names the files of tables while these are written."""
WITHOUT_TEXTS = "without_texts"
"""In the record of an archive: the columns of each table whose texts are left out."""
AGAIN = "the command that made the run makes it again"


def finished_steps(folder: Path) -> Iterator[Path]:
    """Find the folders of steps that say that they are done."""
    for place, inner, files in os.walk(folder / "steps"):
        inner.sort()
        if DONE in files:
            yield Path(place)


def damaged_steps(folder: Path) -> Iterator[tuple[Path, str]]:
    """Find the files of finished steps that are not what was written.

    Raises
    ------
    InputError
        If a step's folder holds a file that is none of its.
    """
    for step in finished_steps(folder):
        try:
            files = read_sealed(step / DONE).get(FILES)
        except DamagedError as error:
            yield step / DONE, str(error).rpartition("damaged: ")[2]
            continue
        if files is None:
            continue  # finished before sizes were kept
        refuse_foreign(step, {*files, DONE})
        for name, stamped in files.items():
            if what := damage(step / name, stamped):
                yield step / name, what


def own_tables(record: Mapping[str, Any]) -> set[str]:
    """Name the files of tables that are a run's own, those that it was stopped at writing too."""
    return {*record.get(FILES, {}), *record.get(WRITING, ())}


def damaged_tables(folder: Path, record: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Find the tables that are not what was written, of those that a record names.

    Where writing was stopped halfway, none: they are put together again in any case.

    Raises
    ------
    InputError
        If a file lies among them that is none of the run's.
    """
    if FILES in record or WRITING in record:
        refuse_foreign(folder / "tables", own_tables(record))
    if WRITING in record:
        return
    for name, stamped in record.get(FILES, {}).items():
        if what := damage(folder / "tables" / name, stamped):
            yield folder / "tables" / name, what


def read_tables(folder: Path, files: Mapping[str, Any] | None) -> dict[str, pd.DataFrame]:
    """Read the Parquet files of a folder, and hold them against their sizes and checksums."""
    if files is not None:
        refuse_foreign(folder, {*files, DONE})
    for name, stamped in (files or {}).items():
        if what := damage(folder / name, stamped):
            raise DamagedError(f"{folder / name}: damaged ({what}); {AGAIN}")
    paths = (
        sorted(folder.glob("[!.]*.parquet"))
        if files is None
        else sorted(folder / name for name in files)
    )
    found = {}
    for path in paths:
        try:
            found[path.stem] = pd.read_parquet(path)
        except Exception as error:  # noqa: BLE001 - whatever the Parquet reader raises on such a file
            what = " ".join(str(error).split())[:120]
            raise DamagedError(f"{path}: damaged ({what}); {AGAIN}") from None
    return found


def refuse_foreign(folder: Path, own: Collection[str]) -> None:
    """Refuse what lies in a folder and is not the run's own, save what file managers leave."""
    with said(folder, "read"):
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    for name in sorted(names):
        if name not in own and not name.startswith(".") and name not in IGNORED:
            raise InputError(f"{folder / name}: is not of this run; take it out of its folder")
