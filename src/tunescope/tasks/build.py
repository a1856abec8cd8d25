"""Make columns of drafts, and number the labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tunescope.tasks.draft import N_POSITIONS, Draft, Example, SplitDraft
from tunescope.tasks.split import Split


def columns_of(draft: Draft) -> tuple[tuple[str, ...], dict[str, Split]]:
    """Make columns of a draft's splits, and number the labels.

    Texts without an example are left out. A text that occurs twice is kept once, so that its
    examples get one and the same vector. Labels are the sorted union over the splits.
    """
    names = sorted({e.label for split in draft.splits for t in split.texts for e in t.examples})
    number = {label: i for i, label in enumerate(names)}
    k = N_POSITIONS[draft.kind]
    return tuple(names), {split.name: _columns(split, k, number) for split in draft.splits}


def _columns(draft: SplitDraft, k: int, number: Mapping[str, int]) -> Split:
    number_of: dict[str | tuple[str, ...], int] = {}
    texts: list[list[str] | str | tuple[str, str]] = []
    rows: list[tuple[int, int, Example]] = []
    for text in draft.texts:
        if text.examples:
            i = number_of.setdefault(text.key, len(texts))
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
