"""Verify a published result: compute it anew with certificates, and list what was wrong in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tunescope.directprobe import consistency, labels, predictions, recompute
from tunescope.directprobe.folder import Published
from tunescope.directprobe.issues import Issues
from tunescope.directprobe.result import VerifiedResult
from tunescope.progress import Progress, Silent

BUDGET = 60.0
"""Seconds for each of the two searches through clusterings, unless told otherwise."""


def verify(
    published: Published,
    *,
    rtol: float = 1e-6,
    budget: float = BUDGET,
    progress: Progress | None = None,
) -> VerifiedResult:
    """Compute a published result anew, and list what was wrong in it.

    Without the vectors, only what the files show by themselves is looked at.

    Parameters
    ----------
    published : a folder of results, as `read_folder` reads it.
    rtol : relative gap of the bounds of all distances.
    budget : seconds for the search for merges that were left, and again for clustering anew.
    progress : hears how far it is.

    Returns
    -------
    VerifiedResult
    """
    progress = progress or Silent()
    issues = Issues()
    counts: dict[str, Any] = {}
    skipped: list[str] = []
    consistency.check_counts(published, issues)
    names = consistency.cluster_labels(published, issues)
    counts["n_labels"] = len(set(names.values())) or None
    counts["n_clusters"] = len(names) or None
    _check_files(published, names, issues)
    counts["accuracy"] = consistency.published_accuracy(published)
    vectors, clusters, why = _to_recompute(published)
    if vectors is None or clusters is None:
        skipped.append(f"everything that takes the vectors of the training examples: {why}")
        if published.separations is not None:
            counts["n_separations"] = len(published.separations)
            consistency.check_zeros(published, issues)
        return VerifiedResult(published.folder, issues.table(), _all_counts(counts), tuple(skipped))
    return _recompute(
        published,
        (vectors, clusters, names),
        (issues, counts, skipped),
        rtol=rtol,
        budget=budget,
        progress=progress,
    )


def _check_files(published: Published, names: dict[int, str], issues: Issues) -> None:
    consistency.check_numbers(published, issues)
    if published.separations is not None:
        consistency.check_pairs(published, names, issues)
    if published.predictions is not None:
        consistency.check_order(published, issues)
        consistency.check_gold(published, issues)
        if published.separations is not None:
            consistency.check_detours(published, issues)
    consistency.check_log(published, issues)


def _to_recompute(
    published: Published,
) -> tuple[NDArray[Any] | None, NDArray[np.int64] | None, str]:
    vectors, clusters = published.train.vectors, published.clusters
    if vectors is None:
        return None, None, "no file of embeddings was found"
    if clusters is None:
        return None, None, "there is no clusters.txt"
    if len(vectors) != len(clusters):
        return None, None, f"{len(vectors)} vectors, {len(clusters)} lines in clusters.txt"
    if published.train.labels is None:
        return None, None, "no file of entities was found"
    if len(published.train.labels) != len(clusters):
        why = f"{len(published.train.labels)} labels, {len(clusters)} lines in clusters.txt"
        return None, None, why
    return vectors, clusters, ""


def _recompute(
    published: Published,
    known: tuple[NDArray[Any], NDArray[np.int64], dict[int, str]],
    told: tuple[Issues, dict[str, Any], list[str]],
    *,
    rtol: float,
    budget: float,
    progress: Progress,
) -> VerifiedResult:
    vectors, clusters, names = known
    issues, counts, skipped = told
    slack = recompute.rounding_of_vectors(vectors)
    counts |= {"n_examples": len(vectors), "n_features": vectors.shape[1]}
    counts["n_contradictory"] = recompute.find_contradictions(published, issues)
    found = recompute.cluster_separations(vectors, clusters, names, rtol=rtol, progress=progress)
    table = recompute.separation_table(found, vectors, names, published.separations, slack)
    recompute.judge_separations(table, issues)
    _count_separations(published, table["verdict"], counts, skipped)
    labels.check(published, table, clusters, names, slack, issues)
    left = recompute.find_merges(vectors, clusters, names, issues, budget=budget, progress=progress)
    if left:
        skipped.append(f"{left} pairs of clusters of one label that could be one: out of time")
    assert published.train.labels is not None
    n_clusters, complete = recompute.compare_clusters(
        vectors, published.train.labels, clusters, issues, budget=budget, progress=progress
    )
    counts["n_clusters_by_definition"] = n_clusters if complete else None
    if not complete:
        skipped.append("the number of clusters by the definition: out of time")
    predicted = _repredict(published, clusters, names, told, slack, rtol, progress)
    return VerifiedResult(
        published.folder,
        issues.table(),
        _all_counts(counts),
        tuple(skipped),
        table,
        predicted,
        found,
    )


def _count_separations(
    published: Published, verdicts: pd.Series, counts: dict[str, Any], skipped: list[str]
) -> None:
    """Count the verdicts of `recompute.separation_table`, and tell what has none."""
    for name, of in VERDICTS.items():
        counts[name] = int(verdicts.isin(of).sum())
    counts["n_separations"] = len(verdicts)
    if published.separations is None:
        skipped.append("the separations of clusters: there is no dis.txt")
    if undecided := counts["n_separations_undecided"]:
        skipped.append(f"{undecided} separations: whether the hulls meet could not be decided")


def _repredict(
    published: Published,
    clusters: NDArray[np.int64],
    names: dict[int, str],
    told: tuple[Issues, dict[str, Any], list[str]],
    slack: float,
    rtol: float,
    progress: Progress,
) -> pd.DataFrame | None:
    issues, counts, skipped = told
    test, train = published.test.vectors, published.train.vectors
    if published.predictions is None:
        return None
    if test is None:
        skipped.append("prediction.txt: no file of embeddings of the test examples was found")
        return None
    assert train is not None
    if test.shape[1] != train.shape[1]:
        why = f"{test.shape[1]} features in test, {train.shape[1]} in train"
        issues.add("count", str(published.test.embeddings), why)
        skipped.append(f"prediction.txt: {why}")
        return None
    slack = max(slack, recompute.rounding_of_vectors(test))
    found = predictions.predict(published, clusters, rtol=rtol, progress=progress)
    table = predictions.prediction_table(published, found, slack)
    predictions.judge_predictions(table, issues)
    counts["n_test"] = len(test)
    counts["n_distances"] = len(table)
    counts["n_distances_wrong"] = int((table["verdict"] == "prediction").sum())
    gold = published.test.labels
    if gold is not None and len(gold) == len(test):
        least, most = predictions.recomputed_accuracy(gold, found, names)
        counts |= {"accuracy_at_least": least, "accuracy_at_most": most}
        stated = counts["accuracy"]
        if stated is not None and not least - 1e-9 <= stated <= most + 1e-9:
            issues.add(
                "accuracy",
                "prediction.txt",
                f"the accuracy is {stated:.4f}; by the nearest hull it is {least:.4f}"
                + (f" to {most:.4f}" if most > least else ""),
                published=stated,
                lower=least,
                upper=most,
            )
    return table


VERDICTS = {
    "n_separations_right": [recompute.AGREES],
    "n_separations_wrong": ["zero", "distance"],
    "n_overlaps": ["overlap"],
    "n_separations_undecided": ["undecided"],
    "n_separations_unpublished": ["not published"],
}
"""Which verdicts on separations each count is of; together they are all."""
COUNTS = (
    "n_examples",
    "n_features",
    "n_labels",
    "n_clusters",
    "n_clusters_by_definition",
    "n_contradictory",
    "n_separations",
    *VERDICTS,
    "n_test",
    "n_distances",
    "n_distances_wrong",
    "accuracy",
    "accuracy_at_least",
    "accuracy_at_most",
)


def _all_counts(counts: dict[str, Any]) -> dict[str, Any]:
    return {name: counts.get(name) for name in COUNTS}
