"""Tasks from Hugging Face datasets that are already in memory (nothing is downloaded here)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tunescope.errors import InputError, nearest
from tunescope.tasks.build import Draft, build_task, divide
from tunescope.tasks.files import sha256
from tunescope.tasks.rows import Rows, choose_columns, texts_of
from tunescope.tasks.task import Kind, Task


def from_dataset(
    dataset: Any,
    *,
    text: str | None = None,
    tokens: str | None = None,
    label: str | None = None,
    positions: str | Sequence[str] | None = None,
    splits: Sequence[str] | None = None,
    name: str | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
    stratified: bool = False,
) -> Task:
    """Make a task of a dataset.

    Parameters
    ----------
    dataset : a ``datasets.Dataset``, a ``DatasetDict`` (or any mapping from split to dataset),
        or a ``pandas.DataFrame``.
    text, tokens, label, positions : names of columns; :mod:`tunescope.tasks.rows` says what they
        may hold, and which kind of task they make. Labels stored as ``ClassLabel`` get their
        names.
    splits : which splits of a mapping to take; by default all. Leave out a split whose labels
        are withheld (-1).
    name : of the task; by default the dataset's name, or ``"dataset"``.
    test_fraction, seed, stratified : of the division by distinct text, if there is one split;
        see :func:`tunescope.tasks.build.divide`.

    Returns
    -------
    Task
        Its examples' files are the splits' names, and their lines the 1-based rows there.

    Raises
    ------
    InputError : if a column is missing or a row does not fit; says the split and the row.

    Examples
    --------
    >>> from datasets import Dataset
    >>> data = Dataset.from_dict({"text": ["a dog", "a cat"], "label": ["no", "yes"]})
    >>> from_dataset(data, test_fraction=0, name="cats").label_names
    ('no', 'yes')
    """
    named = dict(dataset) if _is_mapping(dataset) else {"train": dataset}
    for wanted in splits or ():
        if wanted not in named:
            raise InputError(f"no split {wanted!r}; {nearest(wanted, named)}")
    drafts: list[Draft] = []
    kinds: dict[Kind, str] = {}
    provenance: dict[str, str] = {}
    for split in splits or named:
        rows = _rows(split, named[split], (text, tokens, label, positions))
        columns = choose_columns(rows, text=text, tokens=tokens, label=label, positions=positions)
        kind, texts = texts_of(rows, columns)
        kinds.setdefault(kind, split)
        provenance[split] = _checksum(rows)
        drafts.append(Draft(split, (split,), texts))
    if not drafts:
        raise InputError("the dataset has no splits; expected at least one")
    if len(kinds) > 1:
        found = " and ".join(f"{kind} ({split})" for kind, split in kinds.items())
        raise InputError(f"the splits hold examples of two kinds: {found}")
    notes: list[str] = []
    if len(drafts) == 1:
        drafts, note = divide(
            drafts[0], test_fraction=test_fraction, seed=seed, stratified=stratified
        )
        notes.append(note)
    if name is None:
        info = getattr(next(iter(named.values())), "info", None)
        name = getattr(info, "dataset_name", None) or "dataset"
    return build_task(name, next(iter(kinds)), drafts, provenance=provenance, notes=notes)


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
