"""Rows from Parquet, with the class names that Hugging Face datasets keep there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tunescope.errors import InputError
from tunescope.tasks.readers.files import AnyPath, check_file, read_bytes
from tunescope.tasks.readers.table import Table, is_index

_UNNAMED = "__index_level_"
"""Beginning of the name of an index that has none."""


def read_parquet(path: AnyPath) -> Table:
    """Read the columns of a Parquet file.

    Raises
    ------
    InputError : if it is damaged, or holds two columns of one name.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    read_bytes(path)  # says what is missing or empty as for any other file
    try:
        table = pq.ParquetFile(check_file(path)).read()
        cells = {}
        for name, column in zip(table.column_names, table.columns, strict=True):
            if name in cells:
                raise InputError(f"{path}: two columns are called {name!r}")
            cells[name] = column.to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{path}: not readable as Parquet: {reason}") from error
    metadata = table.schema.metadata or {}
    index = {
        name
        for name in _index_columns(metadata)
        if name.startswith(_UNNAMED) or is_index([str(cell) for cell in cells.get(name, [""])])
    }
    columns = {name: column for name, column in cells.items() if name not in index}
    notes = [
        f"column {name!r} is the index of a data frame, and left out"
        for name in sorted(index)
        if not name.startswith(_UNNAMED)
    ]
    names = _class_names(metadata)
    return Table(str(path), columns, range(1, len(table) + 1), class_names=names, notes=notes)


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
