"""The numbers of labels in the fine-tuning analysis: ``vec.txt``, ``outside_min.txt``, and so on.

Its code leaves out clusters of five points or fewer, averages over the cluster pairs of a label
pair, and writes 0 where there is none.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from tunescope.directprobe.folder import Published
from tunescope.directprobe.issues import Issues, records

SMALLEST = 6
"""Points of the smallest cluster that the fine-tuning analysis looks at."""

Bounds = tuple[float, float]


def check(
    published: Published,
    table: pd.DataFrame,
    clusters: NDArray[np.int64],
    names: dict[int, str],
    slack: float,
    issues: Issues,
) -> None:
    """Compare the numbers of labels with those of the separations computed anew.

    Parameters
    ----------
    published : the result.
    table : its separations, from `recompute.separation_table`.
    clusters, names : of the training examples, and the clusters' labels.
    slack : what rounding the vectors can move.
    issues : gets what does not match.
    """
    sizes = dict(zip(*(part.tolist() for part in np.unique_counts(clusters)), strict=True))
    kept = [k for k in names if sizes.get(k, 0) >= SMALLEST]
    table = table[table["cluster_a"].isin(kept) & table["cluster_b"].isin(kept)]
    between = label_bounds(table)
    if published.label_separations is not None:
        _check_separations(published, between, slack, issues)
    for file, values in published.label_values.items():
        if file == "outside_min.txt":
            expected = _nearest(between)
        else:
            expected = _inside(published, clusters, names, kept, largest="max" in file)
        for row in records(values):
            lower, upper = expected.get(row["label"], (0.0, 0.0))
            _judge(file, "label value", row["label"], row, "value", (lower, upper), slack, issues)


def label_bounds(table: pd.DataFrame) -> dict[tuple[str, str], Bounds]:
    """Average the bounds of the cluster pairs of each label pair."""
    of_pair: dict[tuple[str, str], list[Bounds]] = {}
    for row in records(table):
        pair = min(row["label_a"], row["label_b"]), max(row["label_a"], row["label_b"])
        upper = 0.0 if row["status"] == "overlapping" else row["upper"]
        of_pair.setdefault(pair, []).append((row["lower"], upper))
    return {
        pair: (float(np.mean([b[0] for b in bounds])), float(np.mean([b[1] for b in bounds])))
        for pair, bounds in of_pair.items()
    }


def _check_separations(
    published: Published, between: dict[tuple[str, str], Bounds], slack: float, issues: Issues
) -> None:
    assert published.label_separations is not None
    seen = set()
    for row in records(published.label_separations):
        a, b = row["label_a"], row["label_b"]
        pair = (min(a, b), max(a, b))
        seen.add(pair)
        what = f"{a} and {b}"
        bounds = between.get(pair, (0.0, 0.0))
        _judge("vec.txt", "label distance", what, row, "separation", bounds, slack, issues)
    missing = [pair for pair in combinations(published.label_set, 2) if pair not in seen]
    if missing:
        message = f"{len(missing)} pair(s) of labels are missing, e.g. {missing[0]}"
        issues.add("count", "vec.txt", message)


def _judge(
    file: str,
    kind: str,
    what: str,
    row: dict[str, Any],
    column: str,
    bounds: Bounds,
    slack: float,
    issues: Issues,
) -> None:
    allowed = row["precision"] + slack
    if np.isnan(row[column]):  # nothing is stated
        return
    if bounds[0] - allowed <= row[column] <= bounds[1] + allowed:
        return
    issues.add(
        kind,
        file,
        f"{what}: {row[column]:g} is published, {bounds[1]:.6g} is right",
        line=row["line"],
        label_a=row.get("label_a", row.get("label")),
        label_b=row.get("label_b"),
        published=row[column],
        lower=bounds[0],
        upper=bounds[1],
    )


def _nearest(between: dict[tuple[str, str], Bounds]) -> dict[str, Bounds]:
    nearest: dict[str, Bounds] = {}
    for pair, (lower, upper) in between.items():
        for label in pair:
            least = nearest.get(label, (np.inf, np.inf))
            nearest[label] = min(least[0], lower), min(least[1], upper)
    return nearest


def _inside(
    published: Published,
    clusters: NDArray[np.int64],
    names: dict[int, str],
    kept: list[int],
    *,
    largest: bool,
) -> dict[str, Bounds]:
    """Measure the distances of the points within clusters: a label's largest, or its mean."""
    assert published.train.vectors is not None
    of_label: dict[str, list[float]] = {}
    for k in kept:
        apart = pdist(published.train.vectors[clusters == k].astype(np.float64))
        of_label.setdefault(names[k], []).append(float(apart.max() if largest else apart.mean()))
    combined = np.max if largest else np.mean
    values = {label: float(combined(parts)) for label, parts in of_label.items()}
    return {label: (value * (1 - 1e-6), value * (1 + 1e-6)) for label, value in values.items()}
