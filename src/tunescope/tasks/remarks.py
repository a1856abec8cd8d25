"""What a reader of the results should know of a task's examples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tunescope.tasks.readers.look_alikes import listed, odd_labels
from tunescope.tasks.split import Split

_CONTRADICTIONS = 50
"""Texts with several labels that are listed for each split."""


def remarks(splits: Mapping[str, Split], label_names: Sequence[str]) -> list[str]:
    """Say what is odd: labels that look alike or are in one split only, texts of two splits.

    Parameters
    ----------
    splits : of a task.
    label_names : its labels.
    """
    return [
        *odd_labels(label_names),
        *_labels_of_one_split(splits, label_names),
        *_texts_of_both(splits),
    ]


def _labels_of_one_split(splits: Mapping[str, Split], names: Sequence[str]) -> list[str]:
    if len(splits) < 2:
        return []
    where = {name: np.unique(split.labels) for name, split in splits.items()}
    notes = []
    for name, labels in where.items():
        others = np.unique(np.concatenate([where[other] for other in where if other != name]))
        only = [repr(names[i]) for i in np.setdiff1d(labels, others).tolist()]
        if only:
            notes.append(f"labels in {name} only: {listed(only)}")
    return notes


def _texts_of_both(splits: Mapping[str, Split]) -> list[str]:
    """Say of each two splits how many texts of one are texts of the other, with other labels."""
    names = sorted(splits, key=lambda name: name != "train")  # the others as they come
    notes = []
    for i, first in enumerate(names[:-1]):
        known = {_key(text) for text in splits[first].texts}
        labels: dict[object, set[int]] = {}
        for example, label in zip(
            _examples(splits[first]), splits[first].labels.tolist(), strict=True
        ):
            labels.setdefault(example, set()).add(label)
        for name in names[i + 1 :]:
            split = splits[name]
            both = sum(_key(text) in known for text in split.texts)
            if not both:
                continue
            other = sum(
                example in labels and label not in labels[example]
                for example, label in zip(_examples(split), split.labels.tolist(), strict=True)
            )
            notes.append(
                f"{both} of {len(split.texts)} texts of {name} are texts of {first}, too; {other} "
                f"of {len(split)} examples of {name} have another label there"
            )
    return notes


def _key(text: str | Sequence[str]) -> str | tuple[str, ...]:
    """Give what texts have in common that are read as the same, white space apart.

    No tokenizer minds that, nor whether the words of a running text are given one by one.
    """
    if isinstance(text, tuple):
        return tuple(" ".join(part.split()) for part in text)
    running = text if isinstance(text, str) else " ".join(text)
    return " ".join(running.split())


def _examples(split: Split) -> Iterable[tuple[str | tuple[str, ...], tuple[int, ...]]]:
    """Give what each example is: its text, and of words these and their positions there."""
    of_words = split.positions.shape[1] > 0
    keys = [tuple(text) if of_words else _key(text) for text in split.texts]
    for text, positions in zip(split.text_index.tolist(), split.positions.tolist(), strict=True):
        yield keys[text], tuple(positions)


def contradictions(split: Split, label_names: Sequence[str]) -> list[str]:
    """List the examples that are the same in all but their label, one line a group.

    Their vectors are identical whatever the encoder, so no clustering without overlaps exists.
    """
    seen: dict[object, list[int]] = {}
    for i, example in enumerate(_examples(split)):
        seen.setdefault(example, []).append(i)
    notes = []
    for rows in seen.values():
        first_of = {int(split.labels[i]): i for i in reversed(rows)}
        if len(first_of) > 1:
            where = " and ".join(
                f"{label_names[split.labels[i]]} ({split.place(i)})"
                for i in sorted(first_of.values())
            )
            notes.append(
                f"one text with {len(first_of)} labels: {split.text(rows[0])!r} is {where}"
            )
    if len(notes) > _CONTRADICTIONS:
        more = len(notes) - _CONTRADICTIONS
        notes[_CONTRADICTIONS:] = [f"{more} more texts of {split.name} have several labels"]
    return notes
