"""Drafts from treebanks in CoNLL-U: a label a word, or a label an arc."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from tunescope.arguments import check_choice
from tunescope.errors import InputError, nearest
from tunescope.tasks.draft import Draft, Example, SplitDraft, Text
from tunescope.tasks.readers.conll import CONLLU, Sentence, read_sentences
from tunescope.tasks.readers.files import AnyPath, display_names, files_by_split, provenance, stem

_WITHHELD = "_"
"""The form of a word that a treebank may not publish."""

_LABEL_COLUMNS = ("lemma", "upos", "xpos", "feats", "deprel", "misc")


def read_treebank(
    paths: AnyPath | Mapping[str, AnyPath | Sequence[AnyPath]],
    *,
    column: str = "upos",
    kind: Literal["word", "pair"] | None = None,
    name: str | None = None,
) -> Draft:
    """Read the words or arcs of a treebank; :meth:`tunescope.tasks.Task.from_conllu` says how."""
    if not isinstance(column, str):
        raise InputError(f"column={column!r:.60}; {nearest('', _LABEL_COLUMNS)}")
    key = _column_key(column)
    if kind is None:
        kind = "pair" if CONLLU[key[0]] == "DEPREL" else "word"
    check_choice("kind", kind, "word", "pair")
    named = files_by_split(paths)
    splits = []
    n_words = n_trimmed = n_withheld = 0
    for split, files in named.items():
        draft = SplitDraft(split, tuple(display_names(files)))
        for number, path in enumerate(files):
            for sentence in read_sentences(path):
                examples = tuple(_examples(sentence, key, kind))
                n_words += len(sentence.rows)
                n_trimmed += sentence.n_trimmed
                n_withheld += sentence.words.count(_WITHHELD)
                draft.texts.append(Text(sentence.words, examples, number))
        splits.append(draft)
    all_files = [path for files in named.values() for path in files]
    notes = []
    if n_trimmed:
        notes.append(f"{n_trimmed} cells had white space around them, which is left out")
    if 2 * n_withheld > n_words:
        raise InputError(
            f"{all_files[0]}: {n_withheld} of {n_words} words are withheld ({_WITHHELD!r}); "
            "expected the words: the treebank says how to fill them in"
        )
    if n_withheld:
        notes.append(
            f"{n_withheld} of {n_words} words are {_WITHHELD!r}, as where text is withheld"
        )
    return Draft(name or stem(all_files[0]), kind, splits, provenance(all_files), notes)


def _column_key(column: str) -> tuple[int, str]:
    """Return the index of a column, and the key inside it ('' for the whole)."""
    base, point, key = column.partition(".")
    if base.lower() not in _LABEL_COLUMNS:
        raise InputError(f"column {column!r}: {nearest(base.lower(), _LABEL_COLUMNS)}")
    if point and not key.strip():
        raise InputError(f"column {column!r}: no key after the '.'; expected {base} or {base}.KEY")
    return CONLLU.index(base.upper()), key


def _examples(sentence: Sentence, key: tuple[int, str], kind: str) -> list[Example]:
    examples = []
    for position in range(len(sentence.rows)):
        label = _value(sentence, position, key)
        if kind == "word" and label:
            examples.append(Example(label, sentence.lines[position], (position,)))
        elif kind == "pair":
            head = sentence.head(position)
            if head >= 0 and label:
                examples.append(Example(label, sentence.lines[position], (head, position)))
    return examples


def _value(sentence: Sentence, position: int, key: tuple[int, str]) -> str:
    """Return the label in a cell, or '' if there is none."""
    cell, column = sentence.rows[position][key[0]], CONLLU[key[0]]
    if not cell:
        where = sentence.place(position)
        raise InputError(f"{where}: {column} is empty; expected a label, or '_' for none")
    if not key[1]:
        return "" if cell == "_" else cell
    items = cell.split("|")
    if sum(item.partition("=")[0].strip() == key[1] for item in items) > 1:
        raise InputError(f"{sentence.place(position)}: {column} has {key[1]!r} twice")
    for item in items:
        name, _, value = item.partition("=")
        if name.strip() == key[1]:
            if not value.strip():
                where = sentence.place(position)
                raise InputError(f"{where}: {column} has {item!r:.60}; expected a value after '='")
            return value.strip()
    return ""
