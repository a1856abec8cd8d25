"""How far and in how many directions the labels of a layer move (paper, section 4.5, Figure 5)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunescope.geometry import shared_plane
from tunescope.tables.stages import ORIGINAL, TUNED, at


def motion(vectors: pd.DataFrame) -> pd.DataFrame:
    """Measure the movement of one layer's centroids from update 0 to the last.

    Parameters
    ----------
    vectors : rows ``stage, update, label, n_examples, vector`` of one model, task, seed, layer
        and split.

    Returns
    -------
    DataFrame
        One row: ``update`` (the last), ``n_labels``; ``displacement_mean`` and
        ``displacement_max`` (Euclidean); ``reach_x, reach_y``, the range of the movements along
        their first two principal components, and ``explained``, the share of their variance in
        that plane; ``same_direction``, the length of the mean of the movements' unit vectors
        (1: all labels move the same way; about 0: in all directions).
    """
    means = []
    for stage in (ORIGINAL, TUNED):
        part = at(vectors, stage).sort_values("label")
        means.append(np.stack(list(part["vector"])).astype(np.float64))
    moved = means[1] - means[0]
    lengths = np.linalg.norm(moved, axis=1)
    plane = shared_plane([moved])
    reach = np.ptp(moved @ plane.axes.T, axis=0)
    there = lengths > 0
    together = np.nan
    if there.any():
        together = float(np.linalg.norm((moved[there] / lengths[there, None]).mean(axis=0)))
    return pd.DataFrame(
        [
            {
                "update": int(at(vectors, TUNED)["update"].iloc[0]),
                "n_labels": len(lengths),
                "displacement_mean": float(lengths.mean()),
                "displacement_max": float(lengths.max()),
                "reach_x": float(reach[0]),
                "reach_y": float(reach[1]),
                "explained": float(plane.explained.sum()),
                "same_direction": together,
            }
        ]
    )
