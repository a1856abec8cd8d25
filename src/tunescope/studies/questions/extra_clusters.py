"""Why a label has more than one cluster (paper, section 4.2, Table 4): every one is explained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tunescope.geometry import Clustering, cluster

Describe = Callable[[int], tuple[str, str]]
"""From an example's index to its text and its place in a file."""

SHOWN = 10
"""Examples of a cluster that are stored as text: those nearest its mean."""
NEIGHBOURS = 5
ROWS = 4096
"""Vectors that are made float64 at a time."""
SMALL = 3
"""A suspected labelling error has at most so many examples, and each of them so many nearest
neighbours that all carry one and the same other label."""

CONTRADICTION, SUSPECTED, REGION = "contradiction", "suspected labelling error", "region"
COLUMNS = [
    *("label", "cluster", "cluster_size", "kind", "collides_with"),
    *("text", "place", "collides_text", "collides_place"),
]


def cluster_members(
    found: Clustering, vectors: np.ndarray, labels: np.ndarray, describe: Describe
) -> pd.DataFrame:
    """Explain each extra cluster: every contradiction, and of the others all but a label's largest.

    Parameters
    ----------
    found : the clustering.
    vectors : shape (n_examples, n_features).
    labels : label names, shape (n_examples,).
    describe : from an example's index to its text and place.

    Returns
    -------
    DataFrame
        A row an example, at most `SHOWN` a cluster: ``label, cluster, cluster_size, kind,
        collides_with, text, place, collides_text, collides_place``. `collides_with` names the
        labels into whose clusters the refused merges of this one would have run (for a
        contradiction: the labels of the identical vectors), the most frequent first, and
        `collides_text` one example of the first. The kind is

        - ``contradiction``: the cluster's vector stands under another label too;
        - ``suspected labelling error``: at most three examples, each of whose five nearest
          examples outside the cluster carry one and the same other label;
        - ``region``: anything else, a part of the space that belongs to the label.
    """
    sizes = np.bincount(found.labels, minlength=found.n_clusters)
    contradictory = {int(i): group for group in found.contradictions for i in np.asarray(group)}
    firsts = np.unique(found.labels, return_index=True)[1]
    own = np.array([int(first) not in contradictory for first in firsts])
    rows = []
    for number in range(found.n_clusters):
        members = np.flatnonzero(found.labels == number)
        label = str(found.cluster_classes[number])
        same = np.flatnonzero(own & (found.cluster_classes == found.cluster_classes[number]))
        if own[number] and number == same[sizes[same].argmax()]:
            continue
        first = int(members[0])
        if first in contradictory:
            kind = CONTRADICTION
            group = np.asarray(contradictory[first])
            obstacles = [int(i) for i in group if str(labels[i]) != label]
        else:
            suspected = _suspected(members, vectors, labels)
            kind = SUSPECTED if suspected else REGION
            obstacles = _obstacles(found, number)
        names, against = _collisions(obstacles, labels)
        other = describe(against) if against is not None else ("", "")
        for member in _central(members, vectors)[:SHOWN]:
            shown = describe(int(member))
            values = (label, number, len(members), kind, ", ".join(names), *shown, *other)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return pd.DataFrame(rows, columns=COLUMNS)


def clusters_without_contradictions(
    found: Clustering, vectors: np.ndarray, labels: np.ndarray
) -> tuple[int, int] | None:
    """Count the clusters, and the labels, of what is left without contradictory examples.

    Returns
    -------
    (int, int) or None
        None where nothing is left.

    Notes
    -----
    A contradictory example is never merged; it can only refuse a merge. Where it refused none,
    the others' clusters are what they would be without it, and nothing is computed again.
    """
    if not found.contradictions:
        return found.n_clusters, len(np.unique(labels))
    excluded = np.zeros(len(labels), dtype=bool)
    excluded[np.concatenate([np.asarray(group) for group in found.contradictions])] = True
    if excluded.all():
        return None
    refused, left = found.refused_merges, len(np.unique(labels[~excluded]))
    if not excluded[refused[:, 2]].any():
        return len(np.unique(found.labels[~excluded])), left
    return cluster(np.asarray(vectors)[~excluded], labels[~excluded]).n_clusters, left


def _obstacles(found: Clustering, number: int) -> list[int]:
    """Name the examples whose clusters stood in the way of this one's merges."""
    refused = found.refused_merges
    if not len(refused):
        return []
    of_cluster = found.labels[refused[:, :2]]
    mine = (of_cluster == number).any(axis=1)
    return [int(i) for i in refused[mine, 2]]


def _collisions(obstacles: list[int], labels: np.ndarray) -> tuple[list[str], int | None]:
    if not obstacles:
        return [], None
    counts = pd.Series([str(labels[i]) for i in obstacles]).value_counts()
    names = sorted(counts.index, key=lambda name: (-counts[name], name))
    return names, next(i for i in obstacles if str(labels[i]) == names[0])


def _central(members: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Order a cluster's examples by their distance from its mean."""
    inside = np.asarray(vectors[members], dtype=np.float64)
    away = np.linalg.norm(inside - inside.mean(axis=0), axis=1)
    return members[np.argsort(away, kind="stable")]


def _suspected(members: np.ndarray, vectors: np.ndarray, labels: np.ndarray) -> bool:
    if len(members) > SMALL or len(labels) < len(members) + NEIGHBOURS:
        return False
    around: set[str] = set()
    for member in members:
        away = _away(vectors, int(member))
        away[members] = np.inf
        nearest = np.argsort(away, kind="stable")[:NEIGHBOURS]
        around |= {str(labels[i]) for i in nearest}
    return len(around) == 1 and around != {str(labels[members[0]])}


def _away(vectors: np.ndarray, example: int) -> np.ndarray:
    """Measure how far all examples are from one; float16 holds no squares beyond 65504."""
    here = np.asarray(vectors[example], dtype=np.float64)
    blocks = (vectors[start : start + ROWS] for start in range(0, len(vectors), ROWS))
    return np.concatenate([np.linalg.norm(block - here, axis=1) for block in blocks])
