"""The spatial structure of labels (paper, section 4.3): how far apart, and where they went.

Figures 2, 3, 5 and 6 are drawn from these tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from tunescope.geometry import (
    Centroids,
    Separations,
    centroids,
    permuted_labels,
    separations,
    shared_plane,
    spread,
)

Describe = Callable[[int], tuple[str, str]]
"""From an example's index to its text and its place in a file."""

NEAREST = 12
"""Label pairs whose nearest examples are stored as text."""

PERMUTED = "permuted_separations"
"""The parts of `permuted_table`, until a run's tables are put together."""
DRAWS = 2
"""Permutations of the labels."""
PERMUTED_PAIRS = 60
"""Label pairs, at most, that are measured with them: each takes several times as long as one that
is far apart, and so many say the correlation to half a tenth."""
PERMUTED_RTOL = 1e-2
"""Separations of permuted labels vary by more than a tenth from draw to draw."""
LEAST_MEMBERS = 6
"""Examples of a cluster that the authors' analysis of fine-tuning does not leave out."""
CLUSTER_RTOL = 1e-3


def separation_tables(found: Separations, describe: Describe) -> dict[str, pd.DataFrame]:
    """Turn the separations of one representation into tables.

    Parameters
    ----------
    found : separations of all label pairs.
    describe : from an example's index to its text and place.

    Returns
    -------
    dict of DataFrame
        ``separations`` (a row a label pair), ``minimum_distances`` (a row a label) and
        ``nearest_pairs`` (the closest label pairs, with the example of each label that carries
        the most weight in the nearest points of the two hulls).
    """
    table = found.table()
    closest = table.loc[np.argsort(found.distance, kind="stable")[:NEAREST]]
    rows = []
    for pair in closest.to_dict("records"):
        text_a, place_a = describe(int(pair["example_a"]))
        text_b, place_b = describe(int(pair["example_b"]))
        rows.append(
            {
                **{key: pair[key] for key in PAIR_COLUMNS},
                "example_a": text_a,
                "example_b": text_b,
                "place_a": place_a,
                "place_b": place_b,
            }
        )
    counts = np.array([len(rows) for rows in found.members])
    first, second = found.pairs.T
    return {
        "separations": table.drop(columns=["example_a", "example_b"]).assign(
            n_a=counts[first], n_b=counts[second]
        ),
        "minimum_distances": found.minimum(),
        "nearest_pairs": pd.DataFrame(rows, columns=[*PAIR_COLUMNS, *EXAMPLE_COLUMNS]),
    }


PAIR_COLUMNS = ["label_a", "label_b", "separation", "lower", "upper", "status"]
EXAMPLE_COLUMNS = ["example_a", "example_b", "place_a", "place_b"]


def permuted_table(
    vectors: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray,
    pairs: Sequence[tuple[str, str]],
) -> pd.DataFrame:
    """Measure separations with labels that say nothing: those permuted over the texts.

    Parameters
    ----------
    vectors : shape (n_examples, n_features).
    labels, groups : label and text of each example, shape (n_examples,).
    pairs : the label pairs to measure.

    Returns
    -------
    DataFrame
        ``label_a, label_b, draw, separation`` of `DRAWS` permutations, the same in every space of
        these examples.
    """
    names = np.unique(labels)
    wanted = np.searchsorted(names, np.array(pairs, dtype=names.dtype).reshape(-1, 2))
    random = np.random.default_rng(0)
    parts = []
    for draw, shuffled in enumerate(permuted_labels(labels, groups, DRAWS, random)):
        found = separations(vectors, shuffled, pairs=wanted, rtol=PERMUTED_RTOL)
        parts.append(pd.DataFrame(pairs, columns=["label_a", "label_b"]))
        parts[-1] = parts[-1].assign(draw=draw, separation=found.known)
    return pd.concat(parts, ignore_index=True)


def permuted_pairs(*labels: np.ndarray) -> list[tuple[str, str]]:
    """Choose the label pairs that are measured with permuted labels, from those of all splits."""
    shared = sorted(set.intersection(*({str(label) for label in names} for names in labels)))
    pairs = list(combinations(shared, 2))
    if len(pairs) <= PERMUTED_PAIRS:
        return pairs
    chosen = np.random.default_rng(0).choice(len(pairs), PERMUTED_PAIRS, replace=False)
    return [pairs[index] for index in sorted(chosen)]


def distances_of_means(found: Separations, vectors: np.ndarray) -> np.ndarray:
    """Give the distance of the means of each label pair, in all dimensions, shape (n_pairs,)."""
    means = np.stack(
        [np.asarray(vectors[rows], dtype=float).mean(axis=0) for rows in found.members]
    )
    first, second = found.pairs.T
    return np.asarray(np.linalg.norm(means[first] - means[second], axis=1))


def cluster_separations(
    found: Separations, vectors: np.ndarray, labels: np.ndarray, clusters: np.ndarray | None
) -> np.ndarray:
    """Average the separations over the cluster pairs of each label pair, as the authors' code does.

    Parameters
    ----------
    found : separations of the labels.
    vectors, labels : of the examples.
    clusters : cluster of each example; None where the clusters are the labels, or are not known.

    Returns
    -------
    array of shape (n_pairs,)
        Missing where a label has no cluster of at least `LEAST_MEMBERS` examples, and everywhere
        where label hulls meet but the clusters are not known.
    """
    if clusters is None:
        known = (found.lower > 0.0).all()
        large = np.array([len(rows) >= LEAST_MEMBERS for rows in found.members])
        return np.where(known & large[found.pairs].all(axis=1), found.known, np.nan)
    kept = np.flatnonzero(np.bincount(clusters) >= LEAST_MEMBERS)
    chosen = np.isin(clusters, kept)
    if len(kept) < 2:
        return np.full(len(found), np.nan)
    of_cluster = {int(c): str(labels[chosen][clusters[chosen] == c][0]) for c in kept}
    between = separations(vectors[chosen], clusters[chosen], rtol=CLUSTER_RTOL)
    of_pair: dict[frozenset[str], list[float]] = {}
    named = between.labels[between.pairs].tolist()
    for pair, distance in zip(named, between.known.tolist(), strict=True):
        of_pair.setdefault(frozenset(of_cluster[c] for c in pair), []).append(distance)
    names = [frozenset(map(str, pair)) for pair in found.labels[found.pairs].tolist()]
    return np.array([np.mean(of_pair[name]) if name in of_pair else np.nan for name in names])


def centroid_table(vectors: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Average each label's vectors: a row a label, with the mean vector as a list.

    Parameters
    ----------
    vectors : shape (n_examples, n_features).
    labels : label names, shape (n_examples,).
    """
    found: Centroids = centroids(vectors, labels)
    return pd.DataFrame(
        {"label": found.labels, "n_examples": found.counts, "vector": list(found.vectors)}
    )


def spread_table(vectors: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Say in one row how large a space is, and how much of its variance lies inside the labels.

    Parameters
    ----------
    vectors : shape (n_examples, n_features).
    labels : label names, shape (n_examples,).
    """
    found = spread(vectors, labels)
    row = {"total": found.total, "within": found.within, "share_within": found.share_within}
    return pd.DataFrame([{"n_examples": len(labels), **row}])


def centroid_paths(vectors: pd.DataFrame) -> pd.DataFrame:
    """Draw the centroids of all updates of one layer in one PCA plane.

    Parameters
    ----------
    vectors : rows ``update, label, n_examples, vector`` of one model, task, seed, layer and split.

    Returns
    -------
    DataFrame
        ``update, label, n_examples, x, y, explained_x, explained_y, displacement, shift_x,
        shift_y``: coordinates in the plane that all updates share, the Euclidean distance from the
        same label's first centroid, and that movement in the plane fitted to the movements of the
        last update (Figure 5).
    """
    updates = sorted(vectors["update"].unique())
    matrices = {
        update: part.sort_values("label") for update, part in vectors.groupby("update", sort=True)
    }
    stacked = {update: np.stack(list(part["vector"])) for update, part in matrices.items()}
    plane = shared_plane(list(stacked.values()))
    first = stacked[updates[0]]
    moved = shared_plane([stacked[updates[-1]] - first])
    rows = []
    for update in updates:
        part = matrices[update]
        position = plane.project(stacked[update])
        movement = stacked[update] - first
        # measured from no movement, not from the mean movement
        shift = movement @ moved.axes.T
        rows.append(
            pd.DataFrame(
                {
                    "update": update,
                    "label": part["label"].to_numpy(),
                    "n_examples": part["n_examples"].to_numpy(),
                    "x": position[:, 0],
                    "y": position[:, 1],
                    "explained_x": plane.explained[0],
                    "explained_y": plane.explained[1],
                    "displacement": np.linalg.norm(movement, axis=1),
                    "shift_x": shift[:, 0],
                    "shift_y": shift[:, 1],
                }
            )
        )
    return pd.concat(rows, ignore_index=True)
