"""The preposition supersenses of STREUSLE: scene roles and functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tunescope.errors import InputError
from tunescope.tasks.draft import Draft, Example, SplitDraft, Text
from tunescope.tasks.readers.conll import CONLLULEX, Sentence, read_sentences
from tunescope.tasks.readers.files import AnyPath, display_names, provenance

_SMWE, _SS, _SS2 = (CONLLULEX.index(column) for column in ("SMWE", "SS", "SS2"))


def read_prepositions(
    paths: Mapping[str, AnyPath], *, label: Literal["role", "function"], name: str
) -> Draft:
    """Read the single-word prepositions (and possessives) of STREUSLE 4.

    An example is a word whose supersense starts with ``p.`` and which is in no strong multiword
    expression.

    Parameters
    ----------
    paths : split to its ``.conllulex`` file.
    label : ``"role"`` for the scene role (SS), ``"function"`` for the function (SS2).
    name : of the task.

    Raises
    ------
    InputError : if a file is malformed; says file and line.
    """
    column = _SS if label == "role" else _SS2
    splits = []
    for split, path in paths.items():
        texts = [
            Text(sentence.words, _examples(sentence, column))
            for sentence in read_sentences(path, CONLLULEX)
        ]
        splits.append(SplitDraft(split, tuple(display_names([path])), texts))
    return Draft(name, "word", splits, provenance(paths.values()))


def _examples(sentence: Sentence, column: int) -> tuple[Example, ...]:
    examples = []
    for position, row in enumerate(sentence.rows):
        if row[_SMWE] != "_" or not row[_SS].startswith("p."):
            continue
        label = row[column]
        if not label.startswith("p."):
            raise InputError(
                f"{sentence.place(position)}: {CONLLULEX[column]} is {label!r} for a preposition "
                f"with SS {row[_SS]!r}; expected a label that starts with 'p.'"
            )
        examples.append(Example(label, sentence.lines[position], (position,)))
    return tuple(examples)
