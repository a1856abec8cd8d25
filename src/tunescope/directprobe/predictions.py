"""The predictions of a published result computed anew."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tunescope.directprobe.folder import Published
from tunescope.directprobe.issues import Issues, records
from tunescope.directprobe.recompute import AGREES
from tunescope.geometry import HullDistances, hull_distances
from tunescope.progress import Progress


def predict(
    published: Published, clusters: NDArray[np.int64], *, rtol: float, progress: Progress
) -> HullDistances:
    """Measure the test examples' distances from all clusters."""
    assert published.test.vectors is not None and published.train.vectors is not None
    hulls = len(np.unique(clusters))
    progress.say(f"{len(published.test.vectors)} test examples")
    progress.plan(hulls)
    return hull_distances(
        published.test.vectors,
        published.train.vectors,
        clusters,
        rtol=rtol,
        progress=lambda _, __: progress.advance(1),
    )


def prediction_table(published: Published, found: HullDistances, slack: float) -> pd.DataFrame:
    """Put the published distances of test examples beside the bounds, with a verdict for each.

    Returns
    -------
    DataFrame
        The columns of ``prediction.txt`` and ``lower, upper, verdict``: "as published",
        "prediction", or "not published" of a NaN. Clusters and lines that do not exist are left
        out.
    """
    assert published.predictions is not None
    table = published.predictions
    inside = (table["line"] <= len(found.distance)) & table["cluster"].isin(found.hulls.tolist())
    table = table[inside].reset_index(drop=True)
    row = table["line"].to_numpy() - 1
    column = np.searchsorted(found.hulls, table["cluster"].to_numpy())
    lower, upper = found.lower[row, column], found.upper[row, column]
    value = table["distance"].to_numpy()
    allowed = table["precision"].to_numpy() + slack
    agrees = (lower - allowed <= value) & (value <= upper + allowed)
    verdict = np.where(agrees, AGREES, np.where(np.isnan(value), "not published", "prediction"))
    return table.assign(lower=lower, upper=upper, verdict=verdict)


def judge_predictions(table: pd.DataFrame, issues: Issues) -> None:
    """Turn the verdicts on distances of test examples into issues."""
    for row in records(table[table["verdict"] == "prediction"]):
        issues.add(
            "prediction",
            "prediction.txt",
            f"cluster {row['cluster']} ({row['label']}) is {row['upper']:.6g} away; published is "
            f"{row['distance']:g}",
            line=row["line"],
            cluster_a=row["cluster"],
            label_a=row["label"],
            published=row["distance"],
            lower=row["lower"],
            upper=row["upper"],
        )


def recomputed_accuracy(
    gold: NDArray[np.str_], found: HullDistances, names: dict[int, str]
) -> tuple[float, float]:
    """Give the accuracy of the nearest hull, at least and at most.

    An example is right or wrong for certain where no cluster of another label can be as near as
    the nearest; several hulls at distance 0 leave it open.
    """
    labels = np.array([names[int(k)] for k in found.hulls])
    right = labels[None, :] == gold[:, None]
    best_right = np.where(right, found.lower, np.inf).min(axis=1)
    sure_right = np.where(right, found.upper, np.inf).min(axis=1)
    best_wrong = np.where(right, np.inf, found.lower).min(axis=1)
    sure_wrong = np.where(right, np.inf, found.upper).min(axis=1)
    return float((sure_right < best_wrong).mean()), float((best_right <= sure_wrong).mean())
