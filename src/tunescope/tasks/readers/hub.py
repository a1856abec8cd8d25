"""Drafts from Hugging Face datasets that are already in memory (nothing is downloaded here)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tunescope.errors import InputError, nearest
from tunescope.tasks.draft import Draft, Kind, SplitDraft
from tunescope.tasks.readers.files import sha256
from tunescope.tasks.readers.rows import Rows, choose_columns, texts_of


def read_dataset(
    dataset: Any,
    *,
    text: str | None = None,
    tokens: str | None = None,
    label: str | None = None,
    positions: str | Sequence[str] | None = None,
    splits: Sequence[str] | None = None,
    name: str | None = None,
) -> Draft:
    """Take the rows of a dataset; :meth:`tunescope.tasks.Task.from_dataset` says of which."""
    named = dict(dataset) if _is_mapping(dataset) else {"train": dataset}
    for wanted in splits or ():
        if wanted not in named:
            raise InputError(f"no split {wanted!r}; {nearest(wanted, named)}")
    drafts: list[SplitDraft] = []
    kinds: dict[Kind, str] = {}
    provenance: dict[str, str] = {}
    for split in splits or named:
        rows = _rows(split, named[split], (text, tokens, label, positions))
        columns = choose_columns(rows, text=text, tokens=tokens, label=label, positions=positions)
        kind, texts = texts_of(rows, columns)
        kinds.setdefault(kind, split)
        provenance[split] = _checksum(rows)
        drafts.append(SplitDraft(split, (split,), texts))
    if not drafts:
        raise InputError("the dataset has no splits; expected at least one")
    if len(kinds) > 1:
        found = " and ".join(f"{kind} ({split})" for kind, split in kinds.items())
        raise InputError(f"the splits hold examples of two kinds: {found}")
    if name is None:
        info = getattr(next(iter(named.values())), "info", None)
        name = getattr(info, "dataset_name", None) or "dataset"
    return Draft(name, next(iter(kinds)), drafts, provenance)


def _is_mapping(dataset: Any) -> bool:
    return isinstance(dataset, Mapping)


def _rows(split: str, data: Any, wanted: tuple[Any, ...]) -> Rows:
    """Take the rows of a Dataset, a DataFrame, or a list of dictionaries."""
    if hasattr(data, "features") and hasattr(data, "with_format"):
        if not hasattr(data, "__len__"):
            raise InputError(
                f"split {split!r} is a stream ({type(data).__name__}); expected a Dataset, "
                "as without streaming=True"
            )
        data = data.with_format(None)
        names = [name for name in data.column_names if _is_plain(data.features[name])]
        columns = data.select_columns(names)[:] if names else {}
        label = wanted[2] or next((c for c in ("label", "labels", "tags") if c in names), "")
        decode = _decoder(split, data.features.get(label))
    elif hasattr(data, "to_dict") and hasattr(data, "columns"):
        names = [str(column) for column in data.columns]
        columns = dict(zip(names, (data[column].tolist() for column in data.columns), strict=True))
        decode = _same
    else:
        found = type(data).__name__
        raise InputError(
            f"split {split!r} is a {found}; expected a datasets.Dataset or a pandas.DataFrame"
        )
    n = len(data)
    cells = [
        dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    return Rows(split, names, cells, range(1, n + 1), label_name=decode)


def _same(value: Any) -> Any:
    return value


def _is_plain(feature: Any) -> bool:
    """Tell if a column holds values or lists of them, not images, sounds or structures."""
    feature = getattr(feature, "feature", feature)
    return hasattr(feature, "dtype") and hasattr(feature, "pa_type")


def _decoder(split: str, feature: Any) -> Callable[[Any], Any]:
    """Turn the numbers of a ClassLabel (or a list of them) into names."""
    feature = getattr(feature, "feature", feature)
    if not hasattr(feature, "int2str"):
        return _same

    def decode(value: Any) -> Any:
        if isinstance(value, int) and not 0 <= value < feature.num_classes:
            raise InputError(
                f"split {split!r}: label {value} has no name (-1 means that labels are withheld); "
                "leave this split out with splits=[...]"
            )
        return feature.int2str(value)

    return decode


def _checksum(rows: Rows) -> str:
    """Name the content of a split."""
    content = json.dumps(rows.cells, ensure_ascii=False, sort_keys=True, default=str)
    return f"sha256:{sha256(content.encode())}"
