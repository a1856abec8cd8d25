"""Labels with a single example: kept, dropped or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from tunescope.arguments import check_choice
from tunescope.errors import InputError, place
from tunescope.tasks.draft import Example, SplitDraft, Text

Rare: TypeAlias = Literal["keep", "drop", "error"]

_SHOWN = 8
"""Labels that a note lists."""


def rare_labels(drafts: Sequence[SplitDraft], rare: Rare) -> tuple[Sequence[SplitDraft], list[str]]:
    """Treat the labels that have one example in all splits together.

    Real treebanks have a few; in a table of one's own, such a label may be a slip of the pen.

    Returns
    -------
    drafts : as they were, or without those examples.
    notes : which labels they are, with their places.

    Raises
    ------
    InputError : if ``rare`` is ``"error"`` and there is one, by its place; or if it is unknown.
    """
    check_choice("rare", rare, *get_args(Rare))
    places: dict[str, list[str]] = {}
    for draft in drafts:
        for text in draft.texts:
            for example in text.examples:
                there = places.setdefault(example.label, [])
                if len(there) < 2:
                    there.append(place(draft.files[text.file], example.line or None))
    single = {label: there[0] for label, there in sorted(places.items()) if len(there) == 1}
    if not single:
        return drafts, []
    if rare == "error":
        label, where = next(iter(single.items()))
        raise InputError(
            f"{where}: label {label!r} has this one example{_more(len(single) - 1)}; correct it, "
            "or choose rare='keep' or rare='drop'"
        )
    shown = ", ".join(f"{label!r} ({where})" for label, where in list(single.items())[:_SHOWN])
    more = f" and {len(single) - _SHOWN} more" if len(single) > _SHOWN else ""
    note = (
        f"labels with a single example, {'kept' if rare == 'keep' else 'left out'}: {shown}{more}"
    )
    if rare == "keep":
        return drafts, [note]
    if len(single) == len(places):
        raise InputError(f"{', '.join(drafts[0].files)}: every label has a single example")
    return [
        replace(draft, texts=[_without(text, single) for text in draft.texts]) for draft in drafts
    ], [note]


def _more(n: int) -> str:
    return f" (and so have {n} more labels)" if n else ""


def _without(text: Text, labels: dict[str, str]) -> Text:
    kept: tuple[Example, ...] = tuple(e for e in text.examples if e.label not in labels)
    return replace(text, examples=kept)
