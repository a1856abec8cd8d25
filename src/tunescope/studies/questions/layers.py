"""How similar the same examples' vectors are before and after, layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from tunescope.errors import InputError
from tunescope.geometry import (
    linear_cka,
    neighbour_overlap,
    procrustes_distance,
    rsa,
)

SAMPLE = 500
"""Examples, at most, for the measures whose time or memory grows with their square."""


def _procrustes(before: np.ndarray, after: np.ndarray) -> float:
    """Turn the distance into what the two shapes have in common, from 0 to 1."""
    return 1 - procrustes_distance(before, after) ** 2 / 2


MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "rsa": rsa,
    "procrustes": _procrustes,
    "neighbour_overlap": neighbour_overlap,
}
"""Measures of the same examples' vectors in two spaces, beside CKA; higher is more similar."""


def example_similarities(before: np.ndarray, after: np.ndarray, *, every: bool) -> pd.DataFrame:
    """Compare the same examples' vectors before and after: linear CKA, and the `MEASURES`.

    Parameters
    ----------
    before, after : shapes (n_examples, n_features); where a measure needs more examples, or is
        not defined, there is a reason instead of a number.
    every : all measures; else CKA alone, unbiased and of all examples. The others are of `SAMPLE`
        examples, drawn once for a number of examples.
    """
    chosen = np.arange(len(before))
    if len(before) > SAMPLE:
        chosen = np.sort(np.random.default_rng(0).choice(chosen, SAMPLE, replace=False))
    wanted: dict[str, tuple[Callable[[np.ndarray, np.ndarray], float], np.ndarray | slice]]
    wanted = {"linear_cka": (partial(linear_cka, unbiased=True), slice(None))}
    if every:
        wanted |= {name: (measure, chosen) for name, measure in MEASURES.items()}
    rows = []
    for name, (measure, part) in wanted.items():
        reason, value = "", np.nan
        if np.ptp(before, axis=0).max() == 0 or np.ptp(after, axis=0).max() == 0:
            reason = "all vectors of one side are equal"
        else:
            try:
                value = measure(before[part], after[part])
            except InputError as error:
                reason = str(error)
        row = {"comparison": "with_original", "measure": name, "similarity": value}
        rows.append(row | {"n_pairs": 0, "n_met": 0, "convention": "", "reason": reason})
    return pd.DataFrame(rows)
