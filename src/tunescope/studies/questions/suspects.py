"""Which examples to look at again, and how far apart the labels are without them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tunescope.evidence import learning, out_of_fold, suspects
from tunescope.geometry import Separations, separations

Describe = Callable[[int], tuple[str, str, int]]
"""From a row of the vectors to the example: its text, its place in a file, its row in the split."""

ROWS = 1000
"""Suspects that the table holds of one representation, the most suspect."""
SET_ASIDE = 0.02
"""Part of the examples without which the labels are measured again, the most suspect."""


HELD_OUT = "held_out"
"""Name of the step table of what is expected of each example, lists in one row."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What a probe expects of each example of one snapshot that it has not seen."""

    probabilities: np.ndarray
    """(n_examples, n_labels)."""
    codes: np.ndarray
    """(n_examples,) the given labels as integers."""

    @classmethod
    def of(cls, vectors: np.ndarray, labels: np.ndarray, groups: np.ndarray | None) -> HeldOut:
        """Train the probe on the other folds of the texts."""
        codes = np.unique(labels, return_inverse=True)[1]
        return cls(out_of_fold(vectors, codes, groups=groups), codes)

    def table(self) -> pd.DataFrame:
        """Give each example's confidence, and whether its label is the most probable one."""
        given = self.probabilities[np.arange(len(self.codes)), self.codes]
        right = self.probabilities.argmax(axis=1) == self.codes
        return pd.DataFrame([{"confidence": given.astype(np.float32), "right": right}])


@dataclass(frozen=True)
class Course:
    """The snapshots of a fine-tuning up to one of them."""

    update: int
    """Of the last of them."""
    earlier: Mapping[int, pd.DataFrame]
    """Update → its table `HELD_OUT`."""

    def learned(self, held_out: HeldOut) -> pd.DataFrame | None:
        """Follow each example through the snapshots; None where there is but one."""
        if not self.earlier:
            return None
        updates = sorted(self.earlier)
        rows = [self.earlier[update].iloc[0] for update in updates] + [held_out.table().iloc[0]]
        return learning(
            np.array([*updates, self.update]),
            np.stack([np.asarray(row["confidence"]) for row in rows]),
            np.stack([np.asarray(row["right"], dtype=bool) for row in rows]),
        )


def suspect_tables(
    vectors: np.ndarray,
    labels: np.ndarray,
    describe: Describe,
    *,
    groups: np.ndarray | None = None,
    measured: Separations | None = None,
    held_out: HeldOut | None = None,
    head: np.ndarray | None = None,
    course: Course | None = None,
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
    held_out : what a probe expects of these examples.
    head : (n_examples,) confidence of the model's own head in each label, where it has one.
    course : the snapshots before this one.
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
    held_out = HeldOut.of(vectors, labels, groups) if held_out is None else held_out
    ranked = suspects(
        vectors,
        labels,
        groups,
        measured=found,
        probabilities=held_out.probabilities,
        head=head,
        learned=None if course is None else course.learned(held_out),
    )
    aside = ranked["example"].to_numpy()[: int(SET_ASIDE * len(labels))]
    first = ranked.iloc[:ROWS]
    near = _neighbours(first, vectors, labels, describe)
    texts, places, rows = _described(first["example"], describe)
    first = first.drop(columns=["neighbours", "neighbour_labels"])
    first = first.assign(text=texts, place=places, example=rows)
    return {
        "suspects": first.astype({"given": str, "suggested": str}),
        "suspect_neighbours": near,
        "distances_without_suspects": distances_without(vectors, labels, aside, found, rtol=rtol),
    }


def _neighbours(
    ranked: pd.DataFrame, vectors: np.ndarray, labels: np.ndarray, describe: Describe
) -> pd.DataFrame:
    """Give the nearest neighbours of each suspect: a row each."""
    pairs = [
        (row, nearness, neighbour)
        for row, nearest in zip(ranked["example"], ranked["neighbours"], strict=True)
        for nearness, neighbour in enumerate(nearest, start=1)
    ]
    near = pd.DataFrame(pairs, columns=["example", "nearness", "neighbour"], dtype=np.int64)
    ours, theirs = near["example"].to_numpy(), near["neighbour"].to_numpy()
    apart = vectors[ours].astype(np.float64) - vectors[theirs]
    texts, places, near["neighbour"] = _described(near["neighbour"], describe)
    _, _, near["example"] = _described(near["example"], describe)
    return near.assign(
        label=labels[theirs].astype(str),
        text=texts,
        place=places,
        distance=np.sqrt(np.einsum("ij,ij->i", apart, apart)),
    )


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
    before, after = (_distances(one, again.labels) for one in (measured, again))
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


def _distances(found: Separations, among: np.ndarray) -> pd.DataFrame:
    """Give each label's minimum distance with its bounds, and its mean separation from some."""
    both = np.isin(found.labels, among)[found.pairs].all(axis=1)
    ends = found.pairs[both].ravel()
    total = np.bincount(ends, np.repeat(found.known[both], 2), minlength=len(found.labels))
    count = np.bincount(ends, minlength=len(found.labels))
    means = pd.DataFrame({"label": found.labels, "mean_separation": total / np.maximum(1, count)})
    return found.minimum().drop(columns="second_distance").merge(means, on="label")
