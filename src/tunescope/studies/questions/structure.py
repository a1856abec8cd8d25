"""The spatial structure of labels (paper, section 4.3): how far apart, and where they went.

Figures 2, 3, 5 and 6 are drawn from these tables.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from tunescope.geometry import Centroids, Separations, centroids, shared_plane, spread

Describe = Callable[[int], tuple[str, str]]
"""From an example's index to its text and its place in a file."""

NEAREST = 12
"""Label pairs whose nearest examples are stored as text."""


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
    closest = table.nsmallest(NEAREST, "separation", keep="first")
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
    return {
        "separations": table.drop(columns=["example_a", "example_b"]),
        "minimum_distances": found.minimum(),
        "nearest_pairs": pd.DataFrame(rows, columns=[*PAIR_COLUMNS, *EXAMPLE_COLUMNS]),
    }


PAIR_COLUMNS = ["label_a", "label_b", "separation", "lower", "upper", "status"]
EXAMPLE_COLUMNS = ["example_a", "example_b", "place_a", "place_b"]


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
