"""The names of splits: what people call train, dev and test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tunescope.errors import InputError
from tunescope.tasks.draft import SplitDraft

_NAMES: Final = {
    "train": ("train", "training", "trn"),
    "dev": ("dev", "development", "devel", "val", "valid", "validation"),
    "test": ("test", "testing", "tst"),
    "eval": ("eval", "evaluation", "heldout", "held-out", "held_out", "holdout"),
}
_USUAL: Final = {name: usual for usual, names in _NAMES.items() for name in names}


def usual_name(name: str) -> str:
    """Give the usual name of a split; any other stays as it is.

    Examples
    --------
    >>> usual_name("Validation"), usual_name("fold 1")
    ('dev', 'fold 1')
    """
    return _USUAL.get(name.strip().casefold(), name)


def with_usual_names(drafts: Sequence[SplitDraft]) -> tuple[list[SplitDraft], list[str]]:
    """Name splits ``train``, ``dev`` and ``test``, whatever they are called.

    Two names of one split, such as ``val`` and ``Validation``, are the same split. Of several
    held-out splits, none of which is a test split, that called ``eval`` becomes it, else ``dev``;
    so does a single one of any name beside ``train``. Of several with other names none does, and
    a note says so.

    Returns
    -------
    drafts : with their new names, one a name.
    notes : which split is taken as what, and which are not used for want of a test split.

    Raises
    ------
    InputError : if two files are named as one and the same split.
    """
    names = {draft.name: usual_name(draft.name) for draft in drafts}
    held_out = [usual for usual in dict.fromkeys(names.values()) if usual != "train"]
    undecided: list[str] = []
    if "train" in names.values() and held_out and "test" not in held_out:
        usually = [name for name in ("eval", "dev") if name in held_out]
        if usually or len(held_out) == 1:
            instead = [*usually, *held_out][0]
            names = {name: "test" if usual == instead else usual for name, usual in names.items()}
        else:
            undecided = held_out
    found: dict[str, SplitDraft] = {}
    for draft in drafts:
        name = names[draft.name]
        there = found.get(name)
        if there is None:
            found[name] = replace(draft, name=name, texts=list(draft.texts))
        elif there.files == draft.files:  # rows of one file, such as 'Test' and 'test'
            there.texts += draft.texts
        else:
            both = [other for other, usual in names.items() if usual == name]
            raise InputError(
                f"the splits {' and '.join(map(repr, both))} are both the {usual_name(draft.name)} "
                "split; name all files of a split together"
            )
    taken = [f"{name!r} is taken as {usual!r}" for name, usual in names.items() if name != usual]
    notes = [f"split {note}" for note in taken]
    if undecided:
        shown = ", ".join(map(repr, undecided))
        notes.append(
            f"no split is taken as 'test', so nothing is compared with held-out examples: {shown} "
            "are not used; call one of them test"
        )
    return list(found.values()), notes
