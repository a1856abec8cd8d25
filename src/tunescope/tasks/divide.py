"""Divide the texts of a draft into train and test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tunescope.arguments import check_fraction, check_whole
from tunescope.errors import InputError
from tunescope.tasks.draft import SplitDraft, Text


def divide(
    draft: SplitDraft, *, test_fraction: float, seed: int, stratified: bool = False
) -> tuple[list[SplitDraft], str]:
    """Divide one draft into train and test, by distinct text that has an example.

    A text goes whole to one side, with every repetition of it. The random order is that of the
    first raw 64-bit draws of numpy's ``PCG64(seed)``, whose stream is fixed for all versions.

    Parameters
    ----------
    draft : all texts.
    test_fraction : share of those texts that become test; 0 leaves all in one split.
    seed : of the random order.
    stratified : keep the labels' proportions: a text is test only while each of its labels is
        below its share there and keeps an example in train.

    Returns
    -------
    drafts : train and test, each in file order, without the texts that have no example.
    note : how it was divided, for the record.
    """
    test_fraction = check_fraction("test_fraction", test_fraction)
    seed = check_whole("seed", seed, 0)
    if not isinstance(stratified, bool):
        raise InputError(f"stratified={stratified!r:.60}; expected True or False")
    if test_fraction == 0:
        return [draft], "not divided (test_fraction is 0)"
    keys: dict[str | tuple[str, ...], int] = {}
    texts = [text for text in draft.texts if text.examples]
    if not texts:
        return [draft], "not divided (no text has an example)"
    group = [keys.setdefault(text.key, len(keys)) for text in texts]
    n_groups, n_test = len(keys), round(test_fraction * len(keys))
    if not 0 < n_test < n_groups:
        raise InputError(
            f"{', '.join(draft.files)}: {n_groups} texts cannot be divided with test_fraction "
            f"{test_fraction}; give more texts, another fraction, or a file for each split"
        )
    order = np.argsort(np.random.PCG64(seed).random_raw(n_groups), kind="stable").tolist()
    test = _stratified(texts, group, order, test_fraction) if stratified else set(order[:n_test])
    sides = {"train": SplitDraft("train", draft.files), "test": SplitDraft("test", draft.files)}
    for text, g in zip(texts, group, strict=True):
        sides["test" if g in test else "train"].texts.append(text)
    note = (
        f"divided by text into {n_groups - len(test)} train and {len(test)} test "
        f"({'stratified, ' if stratified else ''}test_fraction {test_fraction}, seed {seed}, "
        "numpy PCG64)"
    )
    return list(sides.values()), note


def _stratified(
    texts: Sequence[Text], group: Sequence[int], order: Sequence[int], test_fraction: float
) -> set[int]:
    """Choose the texts of the test split so that labels keep their proportions."""
    counts: list[dict[str, int]] = [{} for _ in order]
    totals: dict[str, int] = {}
    for text, g in zip(texts, group, strict=True):
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
