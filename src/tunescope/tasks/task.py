"""Tasks: named sets of labelled examples, with their splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from tunescope.errors import InputError, nearest
from tunescope.tasks.split import Split

if TYPE_CHECKING:
    from tunescope.tasks.files import AnyPath

Kind: TypeAlias = Literal["word", "pair", "text"]

N_POSITIONS: Final[Mapping[str, int]] = {"word": 1, "pair": 2, "text": 0}
"""How many words an example of each kind points at."""


@dataclass(frozen=True, eq=False)
class Task:
    """A named set of labelled examples with its splits.

    Parameters
    ----------
    name : what the task is called in tables and reports.
    kind : ``"word"``, ``"pair"`` or ``"text"``.
    label_names : the labels of all splits, sorted.
    splits : name to :class:`Split`.
    provenance : name of each source file to its checksums.
    notes : what a reader of the results should know: how it was split, texts that occur with
        two labels, files that differ from the published ones.

    Raises
    ------
    InputError : if a split is empty, a label is out of range or named twice, or the positions
        do not fit the kind.

    Examples
    --------
    >>> import numpy as np
    >>> split = Split("train", ["A dog", "A cat"], [0, 1], np.zeros((2, 0), int), [0, 1],
    ...               ("pets.csv",), [0, 0], [2, 3])
    >>> task = Task("pets", "text", ("dog", "cat"), {"train": split})
    >>> task["train"].ids.tolist()
    ['pets.csv:2', 'pets.csv:3']
    """

    name: str
    kind: Kind
    label_names: tuple[str, ...]
    splits: Mapping[str, Split]
    provenance: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that names, labels and splits fit together."""
        object.__setattr__(self, "label_names", tuple(self.label_names))
        object.__setattr__(self, "splits", dict(self.splits))
        object.__setattr__(self, "notes", tuple(self.notes))
        if self.kind not in N_POSITIONS:
            raise InputError(f"task {self.name!r}: kind {self.kind!r}; {_known(N_POSITIONS)}")
        if not self.splits:
            raise InputError(f"task {self.name!r} has no splits; expected at least one")
        twice = sorted({name for name in self.label_names if self.label_names.count(name) > 1})
        if twice:
            raise InputError(f"task {self.name!r}: label {twice[0]!r} is named twice")
        for name, split in self.splits.items():
            self._check_split(name, split)

    def _check_split(self, name: str, split: Split) -> None:
        where = f"task {self.name!r}, split {name!r}"
        if split.name != name:
            raise InputError(f"{where}: the split calls itself {split.name!r}")
        if not len(split):
            raise InputError(f"{where} has no examples{_of(split.files)}; expected at least one")
        k, expected = split.positions.shape[1], N_POSITIONS[self.kind]
        if k != expected:
            raise InputError(
                f"{where}: {k} positions an example; kind {self.kind!r} needs {expected}"
            )
        n_labels = len(self.label_names)
        wrong = np.flatnonzero((split.labels < 0) | (split.labels >= n_labels))
        if len(wrong):
            i = int(wrong[0])
            raise InputError(
                f"{split.place(i)}: label {split.labels[i]}; expected 0 to {n_labels - 1}"
            )

    def __getitem__(self, split: str) -> Split:
        """Return a split by its name."""
        if split not in self.splits:
            hint = nearest(split, self.splits)
            raise InputError(f"task {self.name!r} has no split {split!r}; {hint}")
        return self.splits[split]

    @classmethod
    def from_conllu(
        cls,
        paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
        *,
        column: str = "upos",
        kind: Literal["word", "pair"] | None = None,
        name: str | None = None,
        test_fraction: float = 0.2,
        seed: int = 0,
        stratified: bool = False,
    ) -> Task:
        """Read a treebank in CoNLL-U.

        The parameters are those of :func:`tunescope.tasks.treebank.from_conllu`.

        Examples
        --------
        >>> from tunescope.tasks.builtin import SENTENCES
        >>> Task.from_conllu(SENTENCES, column="deprel").kind
        'pair'
        """
        from tunescope.tasks.treebank import from_conllu

        return from_conllu(
            paths,
            column=column,
            kind=kind,
            name=name,
            test_fraction=test_fraction,
            seed=seed,
            stratified=stratified,
        )

    @classmethod
    def from_csv(
        cls,
        paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
        *,
        text: str | None = None,
        tokens: str | None = None,
        label: str | None = None,
        positions: str | Sequence[str] | None = None,
        split: str | None = None,
        name: str | None = None,
        test_fraction: float = 0.2,
        seed: int = 0,
        stratified: bool = False,
    ) -> Task:
        """Read CSV, TSV, JSON Lines or Parquet.

        The parameters are those of :func:`tunescope.tasks.tables.from_csv`.

        Examples
        --------
        >>> task = Task.from_csv({"train": "a.csv", "test": "b.jsonl"},
        ...                      text="review", label="stars")  # doctest: +SKIP
        """
        from tunescope.tasks.tables import from_csv

        return from_csv(
            paths,
            text=text,
            tokens=tokens,
            label=label,
            positions=positions,
            split=split,
            name=name,
            test_fraction=test_fraction,
            seed=seed,
            stratified=stratified,
        )

    @classmethod
    def from_dataset(
        cls,
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
        """Take a Hugging Face dataset, or a data frame.

        The parameters are those of :func:`tunescope.tasks.hub.from_dataset`.

        Examples
        --------
        >>> import pandas as pd
        >>> pets = pd.DataFrame({"text": ["a dog", "a cat"], "label": ["no", "yes"]})
        >>> Task.from_dataset(pets, name="pets", test_fraction=0).label_names
        ('no', 'yes')
        """
        from tunescope.tasks.hub import from_dataset

        return from_dataset(
            dataset,
            text=text,
            tokens=tokens,
            label=label,
            positions=positions,
            splits=splits,
            name=name,
            test_fraction=test_fraction,
            seed=seed,
            stratified=stratified,
        )


def _known(names: Iterable[str]) -> str:
    return f"expected one of {', '.join(sorted(names))}"


def _of(files: Sequence[str]) -> str:
    return f" (from {', '.join(files)})" if files else ""
