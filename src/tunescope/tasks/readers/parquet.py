"""Rows from Parquet, with the class names that Hugging Face datasets keep there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tunescope.errors import InputError
from tunescope.tasks.readers.cells import SHORT_FLOATS
from tunescope.tasks.readers.files import AnyPath, check_file, first_line, read_bytes
from tunescope.tasks.readers.table import Table, folded, is_index, one_line

_UNNAMED = "__index_level_"
"""Beginning of the name of an index that has none."""


class _Columns(Mapping[str, list[Any]]):
    """Columns that become Python's when they are asked for: some that nobody wants cannot."""

    def __init__(self, source: str, columns: Mapping[str, Any]) -> None:
        self._source, self._columns = source, columns
        self._made: dict[str, list[Any]] = {}

    def __getitem__(self, name: str) -> list[Any]:
        column = self._columns[name]
        if name not in self._made:
            try:
                self._made[name] = column.to_pylist()
            except (ValueError, OverflowError, LookupError, NotImplementedError) as error:
                raise InputError(
                    f"{self._source}: column {name!r} cannot be read: {first_line(error)}"
                ) from error
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)


def read_parquet(path: AnyPath) -> Table:
    """Read the columns of a Parquet file.

    A column of whole numbers that was the index of a data frame is left out; of any other it is
    said that it was. A column that is not asked for need not be readable.

    Raises
    ------
    InputError : if it is damaged, or holds two columns of one name.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    read_bytes(path)  # says what is missing or empty as for any other file
    try:
        table = pq.ParquetFile(check_file(path)).read()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: not readable as Parquet: {first_line(error)}") from error
    columns = {}
    for name, column in zip(map(one_line, table.column_names), table.columns, strict=True):
        if name in columns:
            raise InputError(f"{path}: two columns are called {name!r}")
        columns[name] = column
    metadata = table.schema.metadata or {}
    index = {one_line(name) for name in _index_columns(metadata)} & set(columns)
    numbers = {name for name in index if name.startswith(_UNNAMED) or _numbers(columns[name])}
    notes = [frame_index_note(name) for name in sorted(numbers) if not name.startswith(_UNNAMED)]
    kept = {name: column for name, column in columns.items() if name not in numbers}
    floats = {name: _float(column.type) for name, column in kept.items()}
    return Table(
        str(path),
        _Columns(str(path), kept),
        range(1, len(table) + 1),
        class_names={one_line(name): names for name, names in _class_names(metadata).items()},
        floats={name: kind for name, kind in floats.items() if kind in SHORT_FLOATS},
        index=index - numbers,
        numbering=_Columns(str(path), {name: columns[name] for name in sorted(numbers)}),
        notes=[*notes, *folded(table.column_names)],
    )


def frame_index_note(name: str) -> str:
    """Say that a column is left out."""
    return f"column {name!r} is the index of a data frame, and left out"


def _numbers(column: Any) -> bool:
    """Tell if a column numbers the rows, each by another whole number."""
    import pyarrow as pa

    kind = column.type
    number = pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return number and is_index([str(cell) for cell in column.to_pylist()])


def _float(kind: Any) -> str:
    """Name the type of a column's numbers, also where they are in lists, as numpy does."""
    while hasattr(kind, "value_type"):
        kind = kind.value_type
    return {"halffloat": "float16", "float": "float32"}.get(str(kind), str(kind))


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """Find the names of classes in the metadata that ``Dataset.to_parquet`` writes."""
    features = _parsed(metadata, b"huggingface", "info", "features")
    found = {}
    for column, feature in features.items():
        names = _names(feature)
        if names is not None:
            found[column] = names
    return found


def _names(feature: Any) -> list[str] | None:
    if isinstance(feature, list) and len(feature) == 1:  # how lists were written at first
        return _names(feature[0])
    if not isinstance(feature, dict):
        return None
    if feature.get("_type") == "ClassLabel":
        names = feature.get("names")
        plain = isinstance(names, list) and all(isinstance(name, str) for name in names)
        return names if plain else None
    return _names(feature.get("feature"))


def _index_columns(metadata: Mapping[bytes, bytes]) -> set[str]:
    """Find the columns that hold the index of a data frame, of which pandas keeps the names."""
    found = _parsed(metadata, b"pandas")
    columns = found.get("index_columns")
    names = columns if isinstance(columns, list) else []
    return {name for name in names if isinstance(name, str)}


def _parsed(metadata: Mapping[bytes, bytes], key: bytes, *inside: str) -> dict[str, Any]:
    """Read a JSON object of a file's metadata; empty if there is none, or it is something else."""
    try:
        found = json.loads(metadata.get(key, b"{}"))
    except (ValueError, RecursionError):
        return {}
    for part in inside:
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
