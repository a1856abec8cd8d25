"""Put a task together from the rows that a reader found."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tunescope.errors import InputError
from tunescope.tasks.split import Split
from tunescope.tasks.task import N_POSITIONS, Kind, Task

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Example:
    """One labelled thing in a text."""

    label: str
    line: int
    positions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Text:
    """A text with its examples, as a reader found it in a file."""

    words: list[str] | str
    examples: tuple[Example, ...]
    file: int = 0
    """Index of its file in the list of files."""


@dataclass
class Draft:
    """The texts of one split, and the files they come from."""

    name: str
    files: tuple[str, ...]
    texts: list[Text] = field(default_factory=list)


def build_task(
    name: str,
    kind: Kind,
    drafts: Sequence[Draft],
    *,
    provenance: Mapping[str, str],
    notes: Sequence[str] = (),
) -> Task:
    """Make columns of the drafts; number the labels; report contradictions.

    Texts without an example are left out. A text that occurs twice is kept once, so that its
    examples get one and the same vector. Labels are the sorted union over the splits.
    """
    names = sorted({e.label for draft in drafts for text in draft.texts for e in text.examples})
    number = {label: i for i, label in enumerate(names)}
    splits = {draft.name: _columns(draft, N_POSITIONS[kind], number) for draft in drafts}
    found = [note for split in splits.values() for note in contradictions(split, names)]
    for note in found:
        logger.warning("%s: %s", name, note)
    return Task(name, kind, tuple(names), splits, provenance, (*notes, *found))


def _columns(draft: Draft, k: int, number: Mapping[str, int]) -> Split:
    number_of: dict[str | tuple[str, ...], int] = {}
    texts: list[list[str] | str] = []
    rows: list[tuple[int, int, Example]] = []
    for text in draft.texts:
        if text.examples:
            i = number_of.setdefault(_key(text), len(texts))
            if i == len(texts):
                texts.append(text.words)
            rows += [(i, text.file, example) for example in text.examples]
    return Split(
        name=draft.name,
        texts=texts,  # type: ignore[arg-type]
        text_index=np.array([i for i, _, _ in rows], dtype=np.int64),
        positions=np.array([e.positions for _, _, e in rows], dtype=np.int64).reshape(len(rows), k),
        labels=np.array([number[e.label] for _, _, e in rows], dtype=np.int64),
        files=draft.files,
        file_index=np.array([file for _, file, _ in rows], dtype=np.int64),
        lines=np.array([e.line for _, _, e in rows], dtype=np.int64),
    )


def contradictions(split: Split, label_names: Sequence[str]) -> list[str]:
    """List the examples that are the same in all but their label, one line a group.

    Their vectors are identical whatever the encoder, so no clustering without overlaps exists.
    """
    seen: dict[tuple[str | tuple[str, ...], tuple[int, ...]], list[int]] = {}
    keys = [text if isinstance(text, str) else tuple(text) for text in split.texts]
    for i, (t, positions) in enumerate(
        zip(split.text_index.tolist(), split.positions.tolist(), strict=True)
    ):
        seen.setdefault((keys[t], tuple(positions)), []).append(i)
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
    return notes


def divide(
    draft: Draft, *, test_fraction: float, seed: int, stratified: bool = False
) -> tuple[list[Draft], str]:
    """Divide one draft into train and test, by distinct text.

    A text goes whole to one side, with every repetition of it. The random order is that of the
    first raw 64-bit draws of numpy's ``PCG64(seed)``, whose stream is fixed for all versions.

    Parameters
    ----------
    draft : all texts.
    test_fraction : share of the distinct texts that become test; 0 leaves all in one split.
    seed : of the random order.
    stratified : keep the labels' proportions: a text is test only while each of its labels is
        below its share there and keeps an example in train.

    Returns
    -------
    drafts : train and test, each in file order.
    note : how it was divided, for the record.
    """
    if not 0 <= test_fraction < 1:
        raise InputError(f"test_fraction is {test_fraction}; expected at least 0 and less than 1")
    if test_fraction == 0:
        return [draft], "not divided (test_fraction is 0)"
    keys: dict[str | tuple[str, ...], int] = {}
    group = [keys.setdefault(_key(text), len(keys)) for text in draft.texts]
    n_groups, n_test = len(keys), round(test_fraction * len(keys))
    if not 0 < n_test < n_groups:
        raise InputError(
            f"{', '.join(draft.files)}: {n_groups} texts cannot be divided with test_fraction "
            f"{test_fraction}; give more texts, another fraction, or a file for each split"
        )
    order = np.argsort(np.random.PCG64(seed).random_raw(n_groups), kind="stable").tolist()
    test = _stratified(draft, group, order, test_fraction) if stratified else set(order[:n_test])
    sides = {"train": Draft("train", draft.files), "test": Draft("test", draft.files)}
    for text, g in zip(draft.texts, group, strict=True):
        sides["test" if g in test else "train"].texts.append(text)
    note = (
        f"divided by text into {n_groups - len(test)} train and {len(test)} test "
        f"({'stratified, ' if stratified else ''}test_fraction {test_fraction}, seed {seed}, "
        "numpy PCG64)"
    )
    return list(sides.values()), note


def _key(text: Text) -> str | tuple[str, ...]:
    return text.words if isinstance(text.words, str) else tuple(text.words)


def _stratified(
    draft: Draft, group: Sequence[int], order: Sequence[int], test_fraction: float
) -> set[int]:
    """Choose the texts of the test split so that labels keep their proportions."""
    counts: list[dict[str, int]] = [{} for _ in order]
    totals: dict[str, int] = {}
    for text, g in zip(draft.texts, group, strict=True):
        for example in text.examples:
            counts[g][example.label] = counts[g].get(example.label, 0) + 1
            totals[example.label] = totals.get(example.label, 0) + 1
    quota = {label: _share(test_fraction, n) for label, n in totals.items()}
    n_test = round(test_fraction * len(order))
    chosen: set[int] = set()
    taken = dict.fromkeys(totals, 0)

    def take(g: int) -> None:
        chosen.add(g)
        for label, n in counts[g].items():
            taken[label] += n

    for g in order:
        fits = all(taken[label] + n <= quota[label] for label, n in counts[g].items())
        if fits and counts[g] and len(chosen) < n_test:
            take(g)
    for g in order:  # fill up: proportions first, then at least an example of each label in train
        keeps = all(taken[label] + n < totals[label] for label, n in counts[g].items())
        if g not in chosen and keeps and counts[g] and len(chosen) < n_test:
            take(g)
    return chosen


def _share(fraction: float, n: int) -> int:
    """Round a label's share of test examples, leaving at least one for train."""
    return min(max(round(fraction * n), 1), n - 1)
