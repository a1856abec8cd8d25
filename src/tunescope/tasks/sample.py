"""A stratified sample of the examples of a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tunescope.tasks.draft import SplitDraft


def sample(
    drafts: Sequence[SplitDraft], limit: int, seed: int
) -> tuple[Sequence[SplitDraft], list[str]]:
    """Take about ``limit`` examples, with the proportions of splits and labels kept.

    Texts are taken whole, with every repetition of them, in the random order of numpy's
    ``PCG64(seed)``: first those that fit the shares of their labels, then any that fit. Each split
    keeps at least one.

    Returns
    -------
    drafts : with the texts that were taken, in file order.
    notes : how many were taken.
    """
    groups: dict[tuple[int, str | tuple[str, ...]], Counter[tuple[int, str]]] = {}
    for number, draft in enumerate(drafts):
        for text in draft.texts:
            if text.examples:
                counts = groups.setdefault((number, text.key), Counter())
                counts.update((number, example.label) for example in text.examples)
    totals: Counter[tuple[int, str]] = Counter()
    for counts in groups.values():
        totals.update(counts)
    n = totals.total()
    if limit >= n:
        return drafts, [f"limit {limit}: all {n} examples are taken"]
    quota = _shares(totals, limit)
    keys = list(groups)
    order = np.argsort(np.random.PCG64(seed).random_raw(len(keys)), kind="stable").tolist()
    chosen: set[tuple[int, str | tuple[str, ...]]] = set()
    taken: Counter[tuple[int, str]] = Counter()
    n_taken, splits_taken = 0, set[int]()
    for only_shares in (True, False):
        for key in (keys[i] for i in order):
            counts = groups[key]
            within = all(taken[label] + m <= quota[label] for label, m in counts.items())
            fits = n_taken + counts.total() <= limit and (within or not only_shares)
            is_first = key[0] not in splits_taken and not only_shares
            if key not in chosen and (fits or is_first):
                chosen.add(key)
                splits_taken.add(key[0])
                taken.update(counts)
                n_taken += counts.total()
    kept = [
        replace(draft, texts=[text for text in draft.texts if (number, text.key) in chosen])
        for number, draft in enumerate(drafts)
    ]
    note = (
        f"limit {limit}: a stratified sample of {n_taken} of {n} examples (seed {seed}, "
        "numpy PCG64)"
    )
    return kept, [note]


def _shares(totals: Counter[tuple[int, str]], limit: int) -> dict[tuple[int, str], int]:
    """Share ``limit`` out by largest remainders; everyone gets one as long as there are enough."""
    n = totals.total()
    least = 1 if limit >= len(totals) else 0
    exact = {label: m * limit / n for label, m in totals.items()}
    shares = {label: max(least, int(share)) for label, share in exact.items()}
    by_remainder = sorted(totals, key=lambda label: exact[label] - shares[label], reverse=True)
    while sum(shares.values()) != limit:
        missing = limit - sum(shares.values())
        for label in by_remainder if missing > 0 else reversed(by_remainder):
            room = totals[label] - shares[label] if missing > 0 else shares[label] - least
            if missing and room > 0:
                shares[label] += 1 if missing > 0 else -1
                missing += -1 if missing > 0 else 1
    return shares
