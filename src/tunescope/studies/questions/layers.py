"""What fine-tuning does to each layer (paper, section 4.5), and train against test (4.1).

Figures 4 and 8, and the last column of Table 2, are drawn from these tables.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from tunescope.errors import InputError
from tunescope.geometry import (
    Similarity,
    linear_cka,
    neighbour_overlap,
    procrustes_distance,
    rsa,
    spatial_similarity,
)
from tunescope.tables.stages import CELL, ORIGINAL, RANDOM

OF_ONE_SPACE = [*CELL, "tuned_on", "stage", "update", "layer"]

AUTHORS = "spatial_pearson_zhou2022"
"""Pearson's correlation by the convention of the authors' code."""


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
        rows.append(_row("with_original", name, value, reason=reason))
    return pd.DataFrame(rows)


def similarity_table(separations: pd.DataFrame) -> pd.DataFrame:
    """Correlate distance vectors: each update with the original, and train with test.

    Parameters
    ----------
    separations : rows ``model, task, seed, tuned_on, stage, update, layer, split, label_a,
        label_b, separation`` of any number of spaces.

    Returns
    -------
    DataFrame
        ``comparison`` is ``with_original`` (the same split) or ``train_test``;
        ``measure`` is ``spatial_pearson`` or ``spatial_spearman``, and for ``train_test`` also
        ``spatial_pearson_zhou2022``, by the authors' convention; a missing ``similarity`` has its
        ``reason``.
    """
    spaces = {
        tuple(key): table
        for key, table in separations.groupby([*OF_ONE_SPACE, "split"], sort=True, dropna=False)
    }
    originals = {
        (*key[:3], key[6], key[7]): table for key, table in spaces.items() if key[4] == ORIGINAL
    }
    rows: list[dict[str, Any]] = []
    for (*space, split), table in spaces.items():
        identity = dict(zip(OF_ONE_SPACE, space, strict=True))
        original = originals.get((*space[:3], space[6], split))
        if identity["stage"] != RANDOM and original is not None:
            found = spatial_similarity(original, table)
            rows += _rows(found, "with_original", identity | {"split": split})
        if split == "train" and (*space, "test") in spaces:
            test = spaces[(*space, "test")]
            where = identity | {"split": "train"}
            rows += _rows(spatial_similarity(table, test), "train_test", where)
            # what the paper's numbers are to be compared with: 0 for a label that test lacks
            theirs = spatial_similarity(table, test, convention="zhou2022")
            first = _rows(theirs, "train_test", where)[0]
            rows.append(first | {"measure": AUTHORS})
    return pd.DataFrame(rows)


def _rows(found: Similarity, comparison: str, space: dict[str, Any]) -> list[dict[str, Any]]:
    shared = {"n_pairs": found.n_pairs, "convention": found.convention, "reason": found.reason}
    bounds = {"lower": _number(found.lower), "upper": _number(found.upper)}
    pearson = _row(comparison, "spatial_pearson", _number(found.value), **bounds, **shared)
    spearman = _row(comparison, "spatial_spearman", _number(found.spearman), **shared)
    return [space | pearson, space | spearman]


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _row(comparison: str, measure: str, value: float, **more: Any) -> dict[str, Any]:
    defaults = {"lower": np.nan, "upper": np.nan, "n_pairs": 0, "convention": "", "reason": ""}
    return {"comparison": comparison, "measure": measure, "similarity": value, **defaults, **more}
