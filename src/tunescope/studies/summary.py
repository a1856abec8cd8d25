"""The few numbers of a run that a person wants first."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

WHERE = ["model", "task", "seed"]


def summary(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Give a row for each model, task and seed, before and after, in the last layer.

    Parameters
    ----------
    tables : of a run.

    Returns
    -------
    DataFrame
        ``model, task, seed, quantity, before, after``; quantities that were not measured are
        left out.
    """
    rows = []
    accuracy = tables.get("accuracy")
    if accuracy is not None:
        chosen = accuracy[(accuracy["probe"] == "classifier") & (accuracy["split"] == "test")]
        rows.append(_ends(chosen, "accuracy", "probe accuracy (test)"))
    linearity = tables.get("linearity")
    if linearity is not None:
        rows.append(_ends(linearity, "n_clusters", "clusters (train)"))
        rows.append(_ends(linearity, "n_labels", "labels"))
    distances = tables.get("minimum_distances")
    if distances is not None:
        train = distances[distances["split"] == "train"]
        rows.append(_ends(train, "minimum_distance", "mean minimum distance (train)"))
    similarity = tables.get("similarity")
    if similarity is not None:
        pearson = similarity[similarity["measure"] == "spatial_pearson"]
        for comparison, name in (
            ("with_original", "spatial similarity with the original"),
            ("train_test", "spatial similarity of train and test"),
        ):
            chosen = pearson[(pearson["comparison"] == comparison) & (pearson["split"] == "train")]
            rows.append(_ends(chosen, "similarity", name))
    kept = [part for part in rows if len(part)]
    columns = [*WHERE, "quantity", "before", "after"]
    if not kept:
        return pd.DataFrame(columns=columns)
    return pd.concat(kept).sort_values(WHERE, kind="stable", ignore_index=True)[columns]


def _ends(table: pd.DataFrame, column: str, name: str) -> pd.DataFrame:
    """Take the mean of a column at the first and the last update in the last layer."""
    rows = []
    pretrained = table[table["weights"] == "pretrained"]
    for key, part in pretrained.groupby(WHERE, sort=True):
        last = part[part["layer"] == part["layer"].max()]
        means = last.groupby("update")[column].mean()
        rows.append(
            {
                **dict(zip(WHERE, key, strict=True)),
                "quantity": name,
                "before": float(means.iloc[0]),
                "after": float(means.iloc[-1]),
            }
        )
    return pd.DataFrame(rows)
