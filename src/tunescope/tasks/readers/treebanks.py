"""Drafts from treebanks in CoNLL-U: a label a word, or a label an arc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from tunescope.errors import InputError, nearest
from tunescope.tasks.draft import Draft, Example, SplitDraft, Text
from tunescope.tasks.readers.conll import CONLLU, Sentence, read_sentences
from tunescope.tasks.readers.files import AnyPath, display_names, files_by_split, provenance

_LABEL_COLUMNS = ("lemma", "upos", "xpos", "feats", "deprel", "misc")


def read_treebank(
    paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
    *,
    column: str = "upos",
    kind: Literal["word", "pair"] | None = None,
    name: str | None = None,
) -> Draft:
    """Read the words or arcs of a treebank; :meth:`tunescope.tasks.Task.from_conllu` says how."""
    key = _column_key(column)
    kind = kind or ("pair" if column == "deprel" else "word")
    if kind not in ("word", "pair"):
        raise InputError(f"kind is {kind!r}; a treebank gives 'word' or 'pair'")
    named = files_by_split(paths)
    splits = []
    for split, files in named.items():
        draft = SplitDraft(split, tuple(display_names(files)))
        for number, path in enumerate(files):
            for sentence in read_sentences(path):
                examples = tuple(_examples(sentence, key, kind))
                draft.texts.append(Text(sentence.words, examples, number))
        splits.append(draft)
    all_files = [path for files in named.values() for path in files]
    return Draft(name or Path(all_files[0]).stem, kind, splits, provenance(all_files))


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
