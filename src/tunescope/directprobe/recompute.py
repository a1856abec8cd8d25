"""A published result computed anew from its vectors, each separation with its certificate."""

from __future__ import annotations

import time
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from sklearn.neighbors import NearestNeighbors

from tunescope.directprobe.folder import Published
from tunescope.directprobe.issues import Issues, named, pair_of, records, some
from tunescope.geometry import (
    Separations,
    cluster,
    contradictions,
    meet,
    separations,
)
from tunescope.progress import Progress

Floats = NDArray[np.floating[Any]]
AGREES = "as published"
MANY_CLUSTERS = 3000
"""Clusters of one label up to which all pairs of them are ordered: 4.5 million."""


def rounding_of_vectors(vectors: Floats) -> float:
    """Bound how far a distance moves when all vectors are rounded to float32.

    A vector moves by at most its length times 2^-24, and a distance of two hulls by the movements
    of both. Results that were computed before the vectors were written must not be called wrong
    for that.
    """
    longest = max(
        float(np.linalg.norm(vectors[start : start + 4096].astype(np.float64), axis=1).max())
        for start in range(0, len(vectors), 4096)
    )
    return 2 * longest * 2.0**-24


def cluster_separations(
    vectors: Floats,
    clusters: NDArray[np.int64],
    names: dict[int, str],
    *,
    rtol: float,
    progress: Progress,
) -> Separations:
    """Measure all pairs of clusters with different labels."""
    present = np.unique(clusters).tolist()
    pairs = [
        (i, j) for (i, a), (j, b) in combinations(enumerate(present), 2) if names[a] != names[b]
    ]
    progress.say(f"{len(pairs)} separations")
    progress.plan(len(pairs))
    return separations(
        vectors,
        clusters,
        pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2),
        rtol=rtol,
        progress=lambda _, __: progress.advance(1),
    )


def separation_table(
    found: Separations,
    vectors: Floats,
    names: dict[int, str],
    published: pd.DataFrame | None,
    slack: float,
) -> pd.DataFrame:
    """Put the published separations beside the proven bounds, with a verdict for each.

    Returns
    -------
    DataFrame
        ``cluster_a, label_a, cluster_b, label_b, line, published, precision, separation, lower,
        upper, status, verified, verdict``; ``separation`` is missing where it is open, its bounds
        being further apart than was asked. ``verified`` says that the certificate proves the bounds
        by itself; ``verdict`` is one of "as published", "zero", "distance", "overlap", "undecided"
        and "not published".
    """
    rows = []
    places: dict[tuple[int, int], dict[str, Any]] = {}
    for row in records(published) if published is not None else []:
        pair = min(row["cluster_a"], row["cluster_b"]), max(row["cluster_a"], row["cluster_b"])
        places.setdefault(pair, row)
    measured = zip(found.pairs.tolist(), found.results, found.known.tolist(), strict=True)
    for (i, j), result, known in measured:
        a, b = int(found.labels[i]), int(found.labels[j])
        stated = places.get((a, b))
        proven = result.verify(vectors[found.members[i]], vectors[found.members[j]])
        rows.append(
            {
                "cluster_a": a,
                "label_a": names[a],
                "cluster_b": b,
                "label_b": names[b],
                "line": stated["line"] if stated else None,
                "published": stated["separation"] if stated else None,
                "precision": stated["precision"] if stated else None,
                "separation": known,
                "lower": result.lower,
                "upper": result.upper,
                "status": result.status,
                "verified": bool(proven),
                "verdict": _verdict(stated, result.lower, result.upper, result.status, slack),
            }
        )
    columns = [
        *("cluster_a", "label_a", "cluster_b", "label_b", "line", "published", "precision"),
        *("separation", "lower", "upper", "status", "verified", "verdict"),
    ]
    table = pd.DataFrame(rows, columns=columns)
    numbers = {"published": "float64", "precision": "float64"}
    return table.astype({"line": "Int64", **numbers})


def _verdict(
    stated: dict[str, Any] | None, lower: float, upper: float, status: str, slack: float
) -> str:
    if status != "separable":
        return "overlap" if status == "overlapping" else "undecided"
    if stated is None or np.isnan(stated["separation"]):
        return "not published"
    value, allowed = stated["separation"], stated["precision"] + slack
    if lower - allowed <= value <= upper + allowed:
        return AGREES
    return "zero" if value == 0.0 else "distance"


def judge_separations(table: pd.DataFrame, issues: Issues) -> None:
    """Turn the verdicts on separations into issues."""
    for row in records(table[~table["verdict"].isin([AGREES, "not published"])]):
        said = "" if pd.isna(row["published"]) else f"; published is {row['published']:g}"
        proven = f"{row['separation']:.6g}"
        if pd.isna(row["separation"]):
            proven = f"{row['lower']:.6g} to {row['upper']:.6g}"
        message = {
            "zero": f"{named(row)} are {proven} apart, not 0",
            "distance": f"{named(row)} are {proven} apart{said}",
            "overlap": f"the hulls of {named(row)} meet{said}",
            "undecided": f"whether the hulls of {named(row)} meet could not be decided: they are "
            f"at most {row['upper']:.3g} apart{said}",
        }[row["verdict"]]
        issues.add(
            row["verdict"],
            "clusters.txt" if pd.isna(row["line"]) else "dis.txt",
            message,
            severity="note" if row["verdict"] == "undecided" else "wrong",
            line=None if pd.isna(row["line"]) else row["line"],
            published=row["published"],
            lower=row["lower"],
            upper=row["upper"],
            **pair_of(row),
        )


def find_contradictions(published: Published, issues: Issues) -> int:
    """Find identical vectors with different labels; give the number of examples among them."""
    vectors, labels = published.train.vectors, published.train.labels
    assert vectors is not None and labels is not None
    n_examples = 0
    for group in contradictions(vectors, labels):
        n_examples += len(group)
        told = some([f"{row + 1} ({labels[row]})" for row in group.tolist()])
        issues.add(
            "contradiction",
            str(published.train.entities),
            f"lines {told} have one vector and several labels; no clusters without overlaps exist",
            line=int(group[0]) + 1,
        )
    return n_examples


def find_merges(
    vectors: Floats,
    clusters: NDArray[np.int64],
    names: dict[int, str],
    issues: Issues,
    *,
    budget: float,
    progress: Progress,
) -> int:
    """Find clusters of one label whose merged hull meets no cluster of another label.

    None may be left: hulls only grow, so what was refused once would be refused at the end.

    Parameters
    ----------
    vectors, clusters, names : the examples, their clusters, and the clusters' labels.
    issues : gets one for each pair of clusters.
    budget : seconds after which no further pair is looked at.
    progress : hears of each pair.

    Returns
    -------
    int
        Pairs that were not looked at.
    """
    present = np.unique(clusters).tolist()
    rows = {k: np.flatnonzero(clusters == k) for k in present}
    means = {k: vectors[rows[k]].mean(axis=0, dtype=np.float64) for k in present}
    pairs, n_pairs = _pairs_of_one_label(means, names)
    progress.say("merges that were left")
    progress.plan(len(pairs))
    end = time.monotonic() + budget
    in_the_way: dict[str, list[int]] = {}
    for done, (a, b) in enumerate(pairs.tolist()):
        if time.monotonic() > end:
            return n_pairs - done
        progress.advance(1)
        merged = vectors[np.concatenate([rows[a], rows[b]])]
        others = [k for k in present if names[k] != names[a]]
        middle = merged.mean(axis=0, dtype=np.float64)
        recent = in_the_way.setdefault(names[a], [])
        others.sort(key=lambda k: float(np.linalg.norm(means[k] - middle)))
        others.sort(key=lambda k: recent.index(k) if k in recent else len(recent))
        blocking = next((k for k in others if not meet(merged, vectors[rows[k]]).separable), None)
        if blocking is None:
            issues.add(
                "merge",
                "clusters.txt",
                f"clusters {a} and {b} of {names[a]} could be one: together they meet no cluster "
                "of another label",
                line=int(rows[a][0]) + 1,
                cluster_a=a,
                label_a=names[a],
                cluster_b=b,
                label_b=names[b],
            )
        elif blocking not in recent:
            recent.insert(0, blocking)
    return n_pairs - len(pairs)


def _pairs_of_one_label(
    means: dict[int, NDArray[np.float64]], names: dict[int, str]
) -> tuple[NDArray[np.int64], int]:
    """Give pairs of clusters of one label, those with the closest means first, and how many are.

    Of a label with very many clusters, only each one's nearest.
    """
    parts, distances, n_pairs = [], [], 0
    for name in sorted({names[k] for k in means}):
        members = np.array([k for k in means if names[k] == name], dtype=np.int64)
        n_pairs += len(members) * (len(members) - 1) // 2
        points = (
            np.stack([means[k] for k in members.tolist()]) if len(members) else np.empty((0, 1))
        )
        if len(members) <= MANY_CLUSTERS:
            a, b = np.triu_indices(len(members), 1)
            distances.append(pdist(points))
        else:
            nearest = NearestNeighbors(n_neighbors=1).fit(points).kneighbors()
            a, b = np.arange(len(members)), nearest[1][:, 0]
            distances.append(nearest[0][:, 0])
        parts.append(members[np.stack([a, b], axis=1)].reshape(-1, 2))
    pairs = np.sort(np.concatenate(parts)[np.argsort(np.concatenate(distances))], axis=1)
    _, first = np.unique(pairs, axis=0, return_index=True)
    return pairs[np.sort(first)], n_pairs


def compare_clusters(
    vectors: Floats,
    labels: NDArray[np.str_],
    clusters: NDArray[np.int64],
    issues: Issues,
    *,
    budget: float,
    progress: Progress,
) -> tuple[int, bool]:
    """Cluster anew by the definition, and note where the result is another one.

    Returns
    -------
    n_clusters, complete
        By the definition; an upper bound where the budget was not enough.
    """
    progress.say("clusters by the definition")
    found = cluster(vectors, labels, budget=budget)
    published = len(np.unique(clusters))
    # one partition, if and only if joining the two splits neither
    joint = len(np.unique(np.stack([found.labels, clusters], axis=1), axis=0))
    same = joint == found.n_clusters == published
    if found.complete and not same:
        more = "" if published != found.n_clusters else ", but other ones"
        issues.add(
            "clusters",
            "clusters.txt",
            f"{published} clusters; by the definition there are {found.n_clusters}{more}",
            severity="note",
            published=float(published),
        )
    return found.n_clusters, found.complete
