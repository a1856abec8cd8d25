"""Tasks: named sets of labelled examples, with their splits."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from tunescope.arguments import as_tuple, check_texts, check_whole
from tunescope.errors import InputError, nearest
from tunescope.tasks.build import columns_of
from tunescope.tasks.divide import divide
from tunescope.tasks.draft import N_POSITIONS, Draft, Kind
from tunescope.tasks.rare import Rare, rare_labels
from tunescope.tasks.readers.columns import Wanted
from tunescope.tasks.readers.files import AnyPath
from tunescope.tasks.readers.hub import read_dataset
from tunescope.tasks.readers.tables import read_tables
from tunescope.tasks.readers.treebanks import read_treebank
from tunescope.tasks.remarks import contradictions, remarks
from tunescope.tasks.sample import sample
from tunescope.tasks.split import Split
from tunescope.tasks.split_names import usual_name, with_usual_names

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, repr=False)
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
    divided: bool = False
    """Whether its test split was drawn here, from the only split there was."""

    def __post_init__(self) -> None:
        """Check that names, labels and splits fit together."""
        if self.name is None:
            raise InputError("name=None; expected a text")
        check_texts(name=self.name, kind=self.kind)
        if not isinstance(self.splits, Mapping):
            found = type(self.splits).__name__
            raise InputError(f"splits is a {found}; expected a mapping from name to Split")
        object.__setattr__(self, "label_names", as_tuple("label_names", self.label_names))
        object.__setattr__(self, "splits", dict(self.splits))
        object.__setattr__(self, "notes", as_tuple("notes", self.notes))
        if self.kind not in N_POSITIONS:
            raise InputError(f"task {self.name!r}: kind {self.kind!r}; {_known(N_POSITIONS)}")
        if not self.splits:
            raise InputError(f"task {self.name!r} has no splits; expected at least one")
        for label in self.label_names:
            if not isinstance(label, str):
                raise InputError(f"task {self.name!r}: label {label!r:.60}; expected a text")
            check_texts(label=label)
        twice = sorted({name for name in self.label_names if self.label_names.count(name) > 1})
        if twice:
            raise InputError(f"task {self.name!r}: label {twice[0]!r} is named twice")
        for name, split in self.splits.items():
            self._check_split(name, split)
        paired = {split.is_paired: name for name, split in self.splits.items()}
        if len(paired) > 1:
            raise InputError(
                f"task {self.name!r}: the texts of split {paired[True]!r} are pairs, and those of "
                f"{paired[False]!r} are not; name the columns of both, as text and text_pair"
            )

    def _check_split(self, name: str, split: Split) -> None:
        where = f"task {self.name!r}, split {name!r}"
        if not isinstance(split, Split):
            raise InputError(f"{where} is a {type(split).__name__}; expected a Split")
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
        """Return a split by its name; ``validation`` is ``dev``, and the like."""
        found = None
        if isinstance(split, str):
            found = self.splits.get(split) or self.splits.get(usual_name(split))
        if found is None:
            hint = nearest(str(split), self.splits)
            raise InputError(f"task {self.name!r} has no split {split!r:.60}; {hint}")
        return found

    def __repr__(self) -> str:
        """Show name, kind and counts on one line."""
        counts = ", ".join(f"{len(split)} {name}" for name, split in self.splits.items())
        return f"<Task {self.name!r}: {self.kind}, {len(self.label_names)} labels, {counts}>"

    @classmethod
    def from_draft(
        cls,
        draft: Draft,
        *,
        test_fraction: float = 0.2,
        seed: int = 0,
        stratified: bool = False,
        rare: Rare = "keep",
        limit: int | None = None,
    ) -> Task:
        """Make a task of what a reader found; every other way in ends here.

        Parameters
        ----------
        draft : texts with their labelled examples, by split.
        test_fraction, seed, stratified : if ``train`` is the only split, how a test split is drawn
            from it by distinct text; see :func:`tunescope.tasks.divide.divide`. A single split of
            any other name stays whole.
        rare : what becomes of labels with a single example in all: ``"keep"``, ``"drop"`` the
            example, or refuse it as an ``"error"``.
        limit : about how many examples to take, as a sample with the proportions of splits and
            labels kept; texts are taken whole. By default all.

        Returns
        -------
        Task
            With splits called ``train``, ``dev`` and ``test`` where they have a usual name for
            that; its notes say what was guessed, left out, drawn and found odd.

        Raises
        ------
        InputError : if it cannot be divided so, or a split has no examples.
        """
        seed = check_whole("seed", seed, 0)
        splits, named = with_usual_names(draft.splits)
        kept, rarely = rare_labels(splits, rare)
        sampled: list[str] = []
        if limit is not None:
            kept, sampled = sample(kept, check_whole("limit", limit, 1), seed)
        notes = [*draft.notes, *named, *rarely, *sampled]
        divided = [draft.name for draft in kept] == ["train"]
        if divided:
            kept, note = divide(
                kept[0], test_fraction=test_fraction, seed=seed, stratified=stratified
            )
            divided = len(kept) == 2
            notes.append(note)
        elif len(kept) == 1:
            notes.append(
                f"not divided: its only split is {kept[0].name!r}, and only one called 'train', or "
                "a file that is named without a split, is divided"
            )
        names, columns = columns_of(replace(draft, splits=list(kept)))
        notes += remarks(columns, names)
        against = [note for split in columns.values() for note in contradictions(split, names)]
        for note in against:
            logger.warning("%s: %s", draft.name, note)
        notes += against
        return cls(
            draft.name, draft.kind, names, columns, draft.provenance, tuple(notes), divided=divided
        )

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
        rare: Rare = "keep",
        limit: int | None = None,
    ) -> Task:
        """Read a treebank in CoNLL-U.

        Parameters
        ----------
        paths : one file, which is divided by sentence into train and test; or a mapping from
            split to its file or files.
        column : where the label is: ``upos``, ``deprel``, ``xpos``, ``lemma``, ``feats``, or one
            key of a column of keys, like ``feats.Number``. A word whose value is ``_`` (or which
            lacks the key) is no example.
        kind : ``"word"``, or ``"pair"`` for (head, dependent) with the dependent's label, without
            the arc to the root; by default a pair for ``deprel`` and a word for anything else.
        name : of the task; by default the first file's.
        test_fraction, seed, stratified, rare, limit : see :meth:`from_draft`.

        Raises
        ------
        InputError : if a file is malformed (says file and line), or a split has no examples.

        Examples
        --------
        >>> from tunescope.tasks.builtin import SENTENCES
        >>> Task.from_conllu(SENTENCES, column="deprel").kind
        'pair'
        """
        check_texts(column=column, name=name)
        return cls.from_draft(
            read_treebank(paths, column=column, kind=kind, name=name),
            test_fraction=test_fraction,
            seed=seed,
            stratified=stratified,
            rare=rare,
            limit=limit,
        )

    @classmethod
    def from_csv(
        cls,
        paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
        *,
        text: str | None = None,
        text_pair: str | None = None,
        tokens: str | None = None,
        label: str | None = None,
        positions: str | Sequence[str] | None = None,
        split: str | None = None,
        name: str | None = None,
        test_fraction: float = 0.2,
        seed: int = 0,
        stratified: bool = False,
        rare: Rare = "keep",
        limit: int | None = None,
    ) -> Task:
        """Read CSV, TSV, JSON Lines or Parquet.

        The ending of a file says what it is: ``.csv`` (quotes as in RFC 4180), ``.tsv`` (no
        quotes), ``.jsonl`` or ``.ndjson`` (an object a line), ``.parquet``.

        Parameters
        ----------
        paths : one file, or a mapping from split to its file or files.
        text, text_pair, tokens, label, positions : names of columns;
            :mod:`tunescope.tasks.readers.examples`
            says what they may hold, and which kind of task they make. In a CSV or TSV file, the
            words of ``tokens`` stand between spaces.
        split : of a single file, the column that names each row's split.
        name : of the task; by default the first file's.
        test_fraction, seed, stratified, rare, limit : see :meth:`from_draft`.

        Raises
        ------
        InputError : if a file is malformed or a column missing; says file and line.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder, "pets.csv")
        ...     _ = path.write_text("text,label\\na dog,no\\na cat,yes\\n")
        ...     Task.from_csv(path, test_fraction=0)["train"].ids.tolist()
        ['pets.csv:2', 'pets.csv:3']
        """
        check_texts(text=text, text_pair=text_pair, tokens=tokens, label=label)
        check_texts(split=split, name=name)
        wanted = Wanted(text, tokens, label, positions, text_pair)
        return cls.from_draft(
            read_tables(paths, wanted, split=split, name=name),
            test_fraction=test_fraction,
            seed=seed,
            stratified=stratified,
            rare=rare,
            limit=limit,
        )

    @classmethod
    def from_dataset(
        cls,
        dataset: Any,
        *,
        text: str | None = None,
        text_pair: str | None = None,
        tokens: str | None = None,
        label: str | None = None,
        positions: str | Sequence[str] | None = None,
        splits: Sequence[str] | None = None,
        split: str | None = None,
        name: str | None = None,
        test_fraction: float = 0.2,
        seed: int = 0,
        stratified: bool = False,
        rare: Rare = "keep",
        limit: int | None = None,
    ) -> Task:
        """Take a Hugging Face dataset, or a data frame.

        Parameters
        ----------
        dataset : a ``datasets.Dataset``, a ``DatasetDict`` (or any mapping from split to
            dataset), or a ``pandas.DataFrame``.
        text, text_pair, tokens, label, positions : names of columns;
            :mod:`tunescope.tasks.readers.examples`
            says what they may hold, and which kind of task they make. Labels stored as
            ``ClassLabel`` get their names.
        splits : which splits of a mapping to take; by default all. Leave out a split whose labels
            are withheld (-1).
        split : of a single split, the column that names each row's split.
        name : of the task; by default the dataset's name, or ``"dataset"``.
        test_fraction, seed, stratified, rare, limit : see :meth:`from_draft`.

        Returns
        -------
        Task
            Its examples' files are the splits' names, and their lines the 1-based rows there.

        Raises
        ------
        InputError : if a column is missing or a row does not fit; says the split and the row.

        Examples
        --------
        >>> import pandas as pd
        >>> pets = pd.DataFrame({"text": ["a dog", "a cat"], "label": ["no", "yes"]})
        >>> Task.from_dataset(pets, name="pets", test_fraction=0).label_names
        ('no', 'yes')
        """
        check_texts(text=text, text_pair=text_pair, tokens=tokens, label=label)
        check_texts(split=split, name=name)
        wanted = Wanted(text, tokens, label, positions, text_pair)
        return cls.from_draft(
            read_dataset(dataset, wanted, splits=splits, split=split, name=name),
            test_fraction=test_fraction,
            seed=seed,
            stratified=stratified,
            rare=rare,
            limit=limit,
        )


def _known(names: Iterable[str]) -> str:
    return f"expected one of {', '.join(sorted(names))}"


def _of(files: Sequence[str]) -> str:
    return f" (from {', '.join(files)})" if files else ""
