"""Drafts from tables: CSV, TSV, JSON Lines and Parquet files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tunescope.errors import InputError
from tunescope.tasks.draft import Draft, Kind, SplitDraft
from tunescope.tasks.readers.columns import Columns, Wanted, choose_columns, split_by_column
from tunescope.tasks.readers.delimited import read_delimited
from tunescope.tasks.readers.examples import labels_of, texts_of
from tunescope.tasks.readers.files import (
    AnyPath,
    as_path,
    display_names,
    files_by_split,
    provenance,
    stem,
)
from tunescope.tasks.readers.json_lines import read_json_lines
from tunescope.tasks.readers.parquet import read_parquet
from tunescope.tasks.readers.table import Table

READERS: Final[Mapping[str, Callable[[AnyPath], Table]]] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".parquet": read_parquet,
}
"""By the ending of a file's name."""


def read_tables(
    paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
    wanted: Wanted,
    *,
    split: str | None = None,
    name: str | None = None,
) -> Draft:
    """Read the rows of tables; :meth:`tunescope.tasks.Task.from_csv` says of which."""
    named = files_by_split(paths)
    all_files = [path for files in named.values() for path in files]
    if split is not None and len(all_files) > 1:
        raise InputError(
            f"split={split!r} names a column of a single file, not of {len(all_files)}"
        )
    drafts: list[SplitDraft] = []
    kinds: dict[Kind, str] = {}
    notes: list[str] = []
    read = {part: [_read(path, wanted, split) for path in files] for part, files in named.items()}
    of_task = labels_of(one for of_split in read.values() for one in of_split)
    for split_name, files in named.items():
        draft = SplitDraft(split_name, tuple(display_names(files)))
        for number, (table, columns) in enumerate(read[split_name]):
            kind, texts = texts_of(table, columns, number, of_task)
            kinds.setdefault(kind, table.source)
            draft.texts += texts
            where = f"{draft.files[number]}: " if len(all_files) > 1 else ""
            notes += [f"{where}{note}" for note in table.notes]
            if split is not None:
                drafts = split_by_column(table, draft, split)
        if split is None:
            drafts.append(draft)
    if len(kinds) > 1:
        found = " and ".join(f"{kind} ({source})" for kind, source in kinds.items())
        raise InputError(f"the files hold examples of two kinds: {found}")
    return Draft(
        name or stem(all_files[0]), next(iter(kinds)), drafts, provenance(all_files), notes
    )


def _read(path: AnyPath, wanted: Wanted, split: str | None) -> tuple[Table, Columns]:
    table = read_table(path)
    return table, choose_columns(table, wanted, split=split)


def read_table(path: AnyPath) -> Table:
    """Read the rows of a table by the ending of its name.

    Raises
    ------
    InputError : if the ending is unknown, or the file is malformed; says file and line.
    """
    ending = as_path(path).suffix.lower()
    if ending not in READERS:
        known = ", ".join(READERS)
        raise InputError(f"{path}: unknown kind of file {ending!r}; expected one of {known}")
    return READERS[ending](Path(path))
