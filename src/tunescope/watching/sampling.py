"""A smaller task for looks that have to be cheap: whole texts, and some of every label."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tunescope.tasks import Split, Task

FEWEST = 10
"""Examples of a label, at least, that a sample keeps where there are as many."""


def n_texts(task: Task, splits: Sequence[str]) -> int:
    """Count the texts of some splits."""
    return sum(len(np.unique(task[name].text_index)) for name in splits)


def sample_rows(task: Task, splits: Sequence[str], limit: int) -> dict[str, NDArray[np.int64]]:
    """Choose the examples of about so many texts, of each split in proportion.

    The texts come in the order of one fixed draw, so that a smaller sample is part of a larger
    one; labels of which too few are among them get more.

    Parameters
    ----------
    task : the examples.
    splits : to choose from.
    limit : texts, of all of them together.

    Returns
    -------
    dict
        Split → rows, in their order.
    """
    share = min(1.0, limit / max(1, n_texts(task, splits)))
    return {name: _rows(task[name], share) for name in splits}


def _rows(split: Split, share: float) -> NDArray[np.int64]:
    texts, of_row = np.unique(split.text_index, return_inverse=True)
    order = np.random.default_rng(0).permutation(len(texts))
    rank = np.empty(len(texts), dtype=np.int64)
    rank[order] = np.arange(len(texts))
    taken = rank < max(1, round(share * len(texts)))
    labels = np.asarray(split.labels)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        missing = FEWEST - int(taken[of_row[rows]].sum())
        if missing > 0:
            waiting = rows[~taken[of_row[rows]]]
            nearest = waiting[np.argsort(rank[of_row[waiting]], kind="stable")][:missing]
            taken[of_row[nearest]] = True
    return np.flatnonzero(taken[of_row])


def sampled(task: Task, rows: Mapping[str, NDArray[np.int64]]) -> Task:
    """Give a task of some of its splits' examples."""
    splits = {name: task[name].subset(some) for name, some in rows.items()}
    return replace(task, splits=splits)


def numbered(examples: pd.DataFrame, rows: Mapping[str, NDArray[np.int64]] | None) -> pd.DataFrame:
    """Number the examples of a sample as the whole task does.

    Parameters
    ----------
    examples : with their ``split``, and their number in the sample as ``example``.
    rows : of each split that the sample is made of; None: of all.
    """
    if rows is None:
        return examples
    parts = [
        part.assign(example=rows[str(split)][part["example"].to_numpy()])
        for split, part in examples.groupby("split", sort=False)
    ]
    return pd.concat(parts, ignore_index=True)
