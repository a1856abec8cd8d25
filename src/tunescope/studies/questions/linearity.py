"""The linearity of a representation (paper, section 4.2): clusters, and what chance would give.

Tables 3 and 4 are made from these tables.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunescope.geometry import Clustering, expected_separable_pairs


def cluster_tables(
    found: Clustering, labels: np.ndarray, n_features: int
) -> dict[str, pd.DataFrame]:
    """Count the clusters of one representation, with the capacity baseline beside them.

    Parameters
    ----------
    found : the clustering.
    labels : label names of the same examples, shape (n_examples,).
    n_features : dimensions of the vectors.

    Returns
    -------
    dict of DataFrame
        ``clusters`` (a row a label: examples, clusters, examples in contradictions) and
        ``linearity`` (one row; ``capacity_pairs`` is how many of the ``n_pairs`` label pairs would
        be linear if the vectors were random). Where the clustering was stopped
        early, the number of clusters is missing, with its bounds and a reason.
    """
    names, counts = np.unique(labels, return_counts=True)
    of_label = pd.Series(found.cluster_classes).value_counts()
    in_contradiction = np.zeros(len(labels), dtype=bool)
    for group in found.contradictions:
        in_contradiction[np.asarray(group)] = True
    clusters = pd.DataFrame(
        {
            "label": names,
            "n_examples": counts,
            "n_clusters": [
                float(of_label[name]) if found.complete or of_label[name] == 1 else np.nan
                for name in names
            ],
            "n_contradictions": [int(in_contradiction[labels == name].sum()) for name in names],
        }
    )
    linearity = pd.DataFrame(
        [
            {
                "n_examples": len(labels),
                "n_features": n_features,
                "n_labels": len(names),
                "n_clusters": float(found.n_clusters) if found.complete else np.nan,
                "least_clusters": found.least_clusters,
                "most_clusters": found.n_clusters,
                "is_linear": found.is_linear,
                "n_contradictions": int(in_contradiction.sum()),
                "n_pairs": len(names) * (len(names) - 1) // 2,
                "capacity_pairs": expected_separable_pairs(counts, n_features),
                "reason": "" if found.complete else f"stopped after {found.checks} hull checks",
            }
        ]
    )
    return {"clusters": clusters, "linearity": linearity}
