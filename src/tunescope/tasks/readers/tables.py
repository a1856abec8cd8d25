"""Drafts from tables: CSV, TSV, JSON Lines and Parquet files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Literal

from tunescope.errors import InputError, nearest, place
from tunescope.tasks.draft import Draft, Kind, SplitDraft
from tunescope.tasks.readers.files import (
    AnyPath,
    display_names,
    files_by_split,
    provenance,
    read_bytes,
    read_lines,
)
from tunescope.tasks.readers.rows import Rows, check_names, choose_columns, texts_of


def read_tables(
    paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
    *,
    text: str | None = None,
    tokens: str | None = None,
    label: str | None = None,
    positions: str | Sequence[str] | None = None,
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
    for split_name, files in named.items():
        draft = SplitDraft(split_name, tuple(display_names(files)))
        for number, path in enumerate(files):
            rows = read_rows(path)
            columns = choose_columns(
                rows, text=text, tokens=tokens, label=label, positions=positions
            )
            kind, texts = texts_of(rows, columns, number)
            kinds.setdefault(kind, rows.source)
            draft.texts += texts
            if split is not None:
                drafts = _by_column(rows, draft, split)
        if split is None:
            drafts.append(draft)
    if len(kinds) > 1:
        found = " and ".join(f"{kind} ({source})" for kind, source in kinds.items())
        raise InputError(f"the files hold examples of two kinds: {found}")
    return Draft(name or Path(all_files[0]).stem, next(iter(kinds)), drafts, provenance(all_files))


def _by_column(rows: Rows, draft: SplitDraft, column: str) -> list[SplitDraft]:
    if column not in rows.columns:
        where = place(rows.source, rows.header_line)
        raise InputError(f"{where}: no column {column!r}; {nearest(column, rows.columns)}")
    drafts: dict[str, SplitDraft] = {}
    for i, text in enumerate(draft.texts):
        name = rows.cells[i].get(column)
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"{rows.where(i)}: {column!r} is {name!r}; expected a split's name")
        drafts.setdefault(name, SplitDraft(name, draft.files)).texts.append(text)
    return list(drafts.values())


def _read_delimited(path: AnyPath, delimiter: str) -> Rows:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
    content = StringIO("\n".join(read_lines(path)), newline="")
    reader = csv.reader(content, delimiter=delimiter, quoting=quoting, strict=True)
    header: list[str] = []
    cells: list[dict[str, str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            if not header:
                header = [name.strip() for name in row]
                _check_header(path, header)
            elif len(row) == len(header):
                cells.append(dict(zip(header, row, strict=True)))
                lines.append(start)
            elif row:  # a line with nothing on it is skipped, as csv readers do
                raise InputError(
                    f"{place(path, start)}: {len(row)} columns; expected {len(header)}: "
                    f"{', '.join(header)}"
                )
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{place(path, start)}: not readable as CSV: {error}") from error
    return Rows(str(path), header, cells, lines, header_line=1)


def _check_header(path: AnyPath, header: list[str]) -> None:
    for number, name in enumerate(header, start=1):
        if not name:
            raise InputError(f"{place(path, 1)}: column {number} has no name; expected a header")
        if header.count(name) > 1:
            raise InputError(f"{place(path, 1)}: two columns are called {name!r}")
    check_names(header, place(path, 1))


def _read_json_lines(path: AnyPath) -> Rows:
    cells: list[dict[str, object]] = []
    lines: list[int] = []
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            message = f"not JSON: {error.msg} at column {error.colno}"
            raise InputError(f"{place(path, number)}: {message}; expected an object") from error
        if not isinstance(row, dict):
            found = type(row).__name__
            raise InputError(
                f'{place(path, number)}: a {found}; expected an object like {{"a": 1}}'
            )
        cells.append(row)
        lines.append(number)
    columns = dict.fromkeys(key for row in cells for key in row)
    return Rows(str(path), list(columns), cells, lines)


def _read_parquet(path: AnyPath) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    read_bytes(path)  # says what is missing or empty as for any other file
    try:
        table = pq.read_table(Path(path))
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: not readable as Parquet: {reason}") from error
    return Rows(str(path), table.column_names, table.to_pylist(), range(1, len(table) + 1))


_READERS = {
    ".csv": lambda path: _read_delimited(path, ","),
    ".tsv": lambda path: _read_delimited(path, "\t"),
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
}


def read_rows(path: AnyPath) -> Rows:
    """Read the rows of a table by the ending of its name.

    Raises
    ------
    InputError : if the ending is unknown, or the file is malformed; says file and line.
    """
    ending = Path(path).suffix.lower()
    if ending not in _READERS:
        known = ", ".join(_READERS)
        raise InputError(f"{path}: unknown kind of file {ending!r}; expected one of {known}")
    return _READERS[ending](path)
