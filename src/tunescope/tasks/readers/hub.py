"""Drafts from Hugging Face datasets that are already in memory (nothing is downloaded here)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tunescope.errors import InputError, nearest
from tunescope.tasks.draft import Draft, Kind, SplitDraft
from tunescope.tasks.readers.cells import WITHHELD
from tunescope.tasks.readers.columns import Columns, Wanted, choose_columns, split_by_column
from tunescope.tasks.readers.examples import labels_of, texts_of
from tunescope.tasks.readers.files import first_line, sha256
from tunescope.tasks.readers.table import Table, folded, one_line


def read_dataset(
    dataset: Any,
    wanted: Wanted,
    *,
    splits: Sequence[str] | None = None,
    split: str | None = None,
    name: str | None = None,
    skip_withheld: bool = False,
) -> Draft:
    """Take the rows of a dataset; :meth:`tunescope.tasks.Task.from_dataset` says of which.

    With ``skip_withheld``, splits whose labels are all kept back (-1) are left out, and it is said.
    """
    named = dict(dataset) if isinstance(dataset, Mapping) else {"train": dataset}
    if splits is not None and (isinstance(splits, str) or not isinstance(splits, Sequence)):
        shown = f"{splits!r:.60}"
        example = shown if isinstance(splits, str) else "'train'"
        raise InputError(f"splits={shown}; expected a list of names, such as [{example}]")
    for part in splits or ():
        if not isinstance(part, str) or part not in named:
            raise InputError(f"no split {part!r}; {nearest(str(part), map(str, named))}")
    if split is not None and len(splits or named) > 1:
        raise InputError(f"split={split!r} names a column of a single split, not of {len(named)}")
    drafts: list[SplitDraft] = []
    kinds: dict[Kind, str] = {}
    provenance: dict[str, str] = {}
    notes: list[str] = []
    read: dict[str, tuple[Table, Columns]] = {}
    for part in splits or named:
        if not isinstance(part, str) or not part.strip():
            raise InputError(f"{part!r:.60} names a split; expected a text, such as 'train'")
        table = _table(part, named[part])
        columns = choose_columns(table, wanted, split=split)
        if skip_withheld and _is_withheld(table, columns):
            notes.append(f"split {part!r} is left out: its labels are kept back (-1)")
        else:
            read[part] = table, columns
    of_task = labels_of(read.values())
    for part, (table, columns) in read.items():
        kind, texts = texts_of(table, columns, of_task=of_task)
        kinds.setdefault(kind, part)
        provenance[part] = _checksum(table)
        notes += [note if len(named) == 1 else f"{part}: {note}" for note in table.notes]
        draft = SplitDraft(part, (part,), texts)
        drafts += [draft] if split is None else split_by_column(table, draft, split)
    if not drafts:
        raise InputError("the dataset has no splits; expected at least one")
    if len(kinds) > 1:
        found = " and ".join(f"{kind} ({split})" for kind, split in kinds.items())
        raise InputError(f"the splits hold examples of two kinds: {found}")
    if name is None:
        info = getattr(next(iter(named.values())), "info", None)
        name = getattr(info, "dataset_name", None) or "dataset"
    return Draft(name, next(iter(kinds)), drafts, provenance, notes)


def _table(split: str, data: Any) -> Table:
    """Take the columns of a Dataset or a DataFrame."""
    class_names: dict[str, Sequence[str]] = {}
    floats: dict[str, str] = {}
    notes: list[str] = []
    if hasattr(data, "features") and hasattr(data, "with_format"):
        if not hasattr(data, "__len__"):
            raise InputError(
                f"split {split!r} is a stream ({type(data).__name__}); expected a Dataset, "
                "as without streaming=True"
            )
        data = data.with_format(None)
        names = [name for name in data.column_names if _is_plain(data.features[name])]
        columns, notes = _readable(data, names)
        for column in columns:
            feature = getattr(data.features[column], "feature", data.features[column])
            if hasattr(feature, "int2str"):
                class_names[column] = feature.names
            floats[column] = str(feature.dtype)
    elif hasattr(data, "iloc") and hasattr(data, "columns"):
        names = [str(column) for column in data.columns]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InputError(f"split {split!r}: two columns are called {twice!r}")
        columns = {name: data.iloc[:, i].tolist() for i, name in enumerate(names)}
        floats = {name: str(data.dtypes.iloc[i]).lower() for i, name in enumerate(names)}
    else:
        kind = type(data)
        library = kind.__module__.partition(".")[0]
        found = kind.__name__ if library == "builtins" else f"{library}.{kind.__name__}"
        hint = "; its to_pandas() gives one" if hasattr(data, "to_pandas") else ""
        raise InputError(
            f"split {split!r} is a {found}; expected a datasets.Dataset or a pandas.DataFrame{hint}"
        )
    broken = [name for name in columns if one_line(name) != name]
    for name in broken:
        if one_line(name) in columns:
            raise InputError(f"split {split!r}: two columns are called {one_line(name)!r}")
    return Table(
        split,
        {one_line(name): cells for name, cells in columns.items()},
        range(1, len(data) + 1),
        class_names={one_line(name): classes for name, classes in class_names.items()},
        floats={one_line(name): kind for name, kind in floats.items()},
        notes=[*notes, *folded(broken)],
    )


def _readable(data: Any, names: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Take the columns of a Dataset that can be made Python's, and say which cannot."""
    try:
        return (dict(data.select_columns(names)[:]) if names else {}), []
    except (ValueError, OverflowError):  # such as a time beyond the year 9999
        pass
    columns: dict[str, Any] = {}
    notes = []
    for name in names:
        try:
            columns |= data.select_columns([name])[:]
        except (ValueError, OverflowError) as error:
            notes.append(f"column {name!r} cannot be read, and is left out: {first_line(error)}")
    return columns, notes


def _is_withheld(table: Table, columns: Columns) -> bool:
    return all(str(cell) in WITHHELD for cell in table.column(columns.label))


def _is_plain(feature: Any) -> bool:
    """Tell if a column holds values or lists of them, not images, sounds or structures."""
    feature = getattr(feature, "feature", feature)
    return hasattr(feature, "dtype") and hasattr(feature, "pa_type")


def _checksum(table: Table) -> str:
    """Name the content of a split: its cells, and what the numbers of classes in them mean."""
    rows = zip(*table.columns.values(), strict=True)
    cells = [dict(zip(table.columns, row, strict=True)) for row in rows]
    content = json.dumps(cells, ensure_ascii=False, sort_keys=True, default=str)
    if table.class_names:
        content += json.dumps(dict(table.class_names), ensure_ascii=False, sort_keys=True)
    return f"sha256:{sha256(content.encode('utf-8', 'surrogatepass'))}"
