"""Tasks from treebanks in CoNLL-U: a label a word, or a label an arc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from tunescope.errors import InputError, nearest
from tunescope.tasks.build import Draft, Example, Text, build_task, divide
from tunescope.tasks.conll import CONLLU, Sentence, read_sentences
from tunescope.tasks.files import AnyPath, display_names, provenance
from tunescope.tasks.task import Task

_LABEL_COLUMNS = ("lemma", "upos", "xpos", "feats", "deprel", "misc")


def from_conllu(
    paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
    *,
    column: str = "upos",
    kind: Literal["word", "pair"] | None = None,
    name: str | None = None,
    test_fraction: float = 0.2,
    seed: int = 0,
    stratified: bool = False,
) -> Task:
    """Make a task of a treebank.

    Parameters
    ----------
    paths : one file, which is divided by sentence into train and test; or a mapping from split
        to its file or files.
    column : where the label is: ``upos``, ``deprel``, ``xpos``, ``lemma``, ``feats``, or one
        key of a column of keys, like ``feats.Number``. A word whose value is ``_`` (or which
        lacks the key) is no example.
    kind : ``"word"``, or ``"pair"`` for (head, dependent) with the dependent's label, without
        the arc to the root; by default a pair for ``deprel`` and a word for anything else.
    name : of the task; by default the first file's.
    test_fraction, seed, stratified : of the division, if there is one split; see
        :func:`tunescope.tasks.build.divide`.

    Raises
    ------
    InputError : if a file is malformed (says file and line), or a split has no examples.

    Examples
    --------
    >>> from tunescope.tasks.builtin import SENTENCES
    >>> task = from_conllu(SENTENCES, column="upos")
    >>> task.kind, "NOUN" in task.label_names
    ('word', True)
    """
    key = _column_key(column)
    kind = kind or ("pair" if column == "deprel" else "word")
    if kind not in ("word", "pair"):
        raise InputError(f"kind is {kind!r}; a treebank gives 'word' or 'pair'")
    named = splits_of(paths)
    drafts = []
    for split, files in named.items():
        draft = Draft(split, tuple(display_names(files)))
        for number, path in enumerate(files):
            for sentence in read_sentences(path):
                examples = tuple(_examples(sentence, key, kind))
                draft.texts.append(Text(sentence.words, examples, number))
        drafts.append(draft)
    notes: list[str] = []
    if len(drafts) == 1:
        drafts, note = divide(
            drafts[0], test_fraction=test_fraction, seed=seed, stratified=stratified
        )
        notes.append(note)
    all_files = [path for files in named.values() for path in files]
    return build_task(
        name or Path(all_files[0]).stem,
        kind,
        drafts,
        provenance=provenance(all_files),
        notes=notes,
    )


def splits_of(
    paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
) -> dict[str, list[AnyPath]]:
    """Bring one file, or a mapping from split to file or files, to lists of files by split."""
    if not isinstance(paths, Mapping):
        return {"train": [paths]}
    if not paths:
        raise InputError("no files: expected a path, or a mapping from split to path")
    named: dict[str, list[AnyPath]] = {}
    for split, files in paths.items():
        is_one = isinstance(files, str) or not isinstance(files, Sequence)
        named[split] = [files] if is_one else list(files)  # type: ignore[list-item, arg-type]
        if not named[split]:
            raise InputError(f"split {split!r} has no files; expected at least one")
    return named


def _column_key(column: str) -> tuple[int, str]:
    """Return the index of a column, and the key inside it ('' for the whole)."""
    base, _, key = column.partition(".")
    if base.lower() not in _LABEL_COLUMNS:
        raise InputError(f"column {column!r}: {nearest(base.lower(), _LABEL_COLUMNS)}")
    return CONLLU.index(base.upper()), key


def _examples(sentence: Sentence, key: tuple[int, str], kind: str) -> list[Example]:
    examples = []
    for position, row in enumerate(sentence.rows):
        label = _value(row[key[0]], key[1])
        if kind == "word" and label:
            examples.append(Example(label, sentence.lines[position], (position,)))
        elif kind == "pair":
            head = sentence.head(position)
            if head >= 0 and label:
                examples.append(Example(label, sentence.lines[position], (head, position)))
    return examples


def _value(cell: str, key: str) -> str:
    """Return the label in a cell, or '' if there is none."""
    if not key:
        return "" if cell == "_" else cell
    for item in cell.split("|"):
        name, _, value = item.partition("=")
        if name == key:
            return value
    return ""
