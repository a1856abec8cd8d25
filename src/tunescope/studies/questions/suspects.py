"""Which examples to look at again, and how far apart the labels are without them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tunescope.evidence import suspects
from tunescope.geometry import Separations, separations

Describe = Callable[[int], tuple[str, str, int]]
"""From a row of the vectors to the example: its text, its place in a file, its row in the split."""

ROWS = 1000
"""Suspects that the table holds of one representation, the most suspect."""
SET_ASIDE = 0.02
"""Part of the examples without which the labels are measured again, the most suspect."""


def suspect_tables(
    vectors: np.ndarray,
    labels: np.ndarray,
    describe: Describe,
    *,
    groups: np.ndarray | None = None,
    measured: Separations | None = None,
    rtol: float = 1e-6,
) -> dict[str, pd.DataFrame]:
    """Rank the examples of one representation, and measure its labels without the first of them.

    Parameters
    ----------
    vectors : (n_examples, n_features).
    labels : (n_examples,) label names.
    describe : says what an example is.
    groups : (n_examples,) the text each is from.
    measured : separations of all label pairs.
    rtol : relative width to which separations are bounded.

    Returns
    -------
    dict of DataFrame
        ``suspects`` (a row an example, at most `ROWS`), ``suspect_neighbours`` (a row a suspect and
        neighbour) and ``distances_without_suspects`` (a row a label); none with a single label.
    """
    if len(np.unique(labels)) < 2:
        return {}
    found = separations(vectors, labels, rtol=rtol) if measured is None else measured
    ranked = suspects(vectors, labels, groups, measured=found)
    aside = ranked["example"].to_numpy()[: int(SET_ASIDE * len(labels))]
    without = distances_without(vectors, labels, aside, found, rtol=rtol)
    first = ranked.iloc[:ROWS]
    neighbours = [
        (
            row,
            nearness,
            neighbour,
            float(np.linalg.norm(_row(vectors, row) - _row(vectors, neighbour))),
        )
        for row, nearest in zip(first["example"], first["neighbours"], strict=True)
        for nearness, neighbour in enumerate(nearest, start=1)
    ]
    near = pd.DataFrame(neighbours, columns=["example", "nearness", "neighbour", "distance"])
    near["label"] = labels[near["neighbour"].to_numpy(dtype=int)].astype(str)
    near["text"], near["place"], near["neighbour"] = _described(near["neighbour"], describe)
    _, _, near["example"] = _described(near["example"], describe)
    first = first.drop(columns=["neighbours", "neighbour_labels"])
    texts, places, rows = _described(first["example"], describe)
    first = first.assign(text=texts, place=places, example=rows)
    return {
        "suspects": first.astype({"given": str, "suggested": str}),
        "suspect_neighbours": near,
        "distances_without_suspects": without,
    }


def _row(vectors: np.ndarray, row: int) -> np.ndarray:
    return np.asarray(vectors[row], dtype=np.float64)


def _described(rows: pd.Series, describe: Describe) -> tuple[list[str], list[str], np.ndarray]:
    """Say of each row its text, its place and its example."""
    described = [describe(int(row)) for row in rows]
    examples = np.array([example for _, _, example in described], dtype=np.int64)
    return [text for text, _, _ in described], [place for _, place, _ in described], examples


def distances_without(
    vectors: np.ndarray,
    labels: np.ndarray,
    aside: np.ndarray,
    measured: Separations,
    *,
    rtol: float = 1e-6,
) -> pd.DataFrame:
    """Measure each label's distances again without some examples.

    Parameters
    ----------
    vectors, labels : as for `suspect_tables`.
    aside : indices of the examples that are set aside.
    measured : separations of all label pairs with them.
    rtol : relative width to which separations are bounded.

    Returns
    -------
    DataFrame
        A row a label that has examples left beside another that has: ``label, n_examples,
        n_set_aside, nearest_label, nearest_without, minimum_distance, lower, upper,
        minimum_without, lower_without, upper_without, mean_separation, mean_without``.
    """
    kept = np.ones(len(labels), dtype=bool)
    kept[aside] = False
    again = separations(np.asarray(vectors)[kept], labels[kept], rtol=rtol)
    before, after = (_distances(one) for one in (measured, again))
    both = before.merge(after, on="label", suffixes=("", "_without"))
    names, counts = np.unique(labels, return_counts=True)
    rest = pd.Series(labels[aside]).value_counts()
    sizes = pd.DataFrame({"label": names, "n_examples": counts})
    sizes["n_set_aside"] = sizes["label"].map(rest).fillna(0).astype(int)
    table = sizes.merge(both, on="label").rename(
        columns={
            "nearest_label_without": "nearest_without",
            "minimum_distance_without": "minimum_without",
            "mean_separation_without": "mean_without",
        }
    )
    named = {"label": str, "nearest_label": str, "nearest_without": str}
    return table.astype(named)


def _distances(found: Separations) -> pd.DataFrame:
    """Give each label's minimum distance with its bounds, and its mean separation."""
    ends = found.pairs.ravel()
    total = np.bincount(ends, np.repeat(found.distance, 2), minlength=len(found.labels))
    count = np.bincount(ends, minlength=len(found.labels))
    means = pd.DataFrame({"label": found.labels, "mean_separation": total / np.maximum(1, count)})
    return found.minimum().merge(means, on="label")
