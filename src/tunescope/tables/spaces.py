"""Clusters and nearest labels of each model, as every reader asks for them."""

from __future__ import annotations

import pandas as pd

from tunescope.tables.stages import (
    KEYS,
    ORIGINAL,
    RANDOM,
    TUNED,
    Tables,
    at,
    last_layer,
    on_split,
    own,
    trained,
)


def clusters(tables: Tables) -> pd.DataFrame:
    """Give the clusters of the last layer of the training split: rows of ``linearity``."""
    table = tables.get("linearity")
    if table is None:
        return pd.DataFrame(columns=[*KEYS, "layer", "n_clusters", "n_labels"])
    return at(last_layer(on_split(own(table))), ORIGINAL, TUNED, RANDOM)


def extra_clusters(tables: Tables) -> pd.DataFrame | None:
    """Give the explained examples of the extra clusters of each last layer.

    Returns
    -------
    DataFrame or None
        Rows of ``cluster_members``, those of the original once, under the first seed of its model
        and task. None where the run did not count clusters.
    """
    if "linearity" not in tables or tables["linearity"].empty:
        return None
    members = tables.get("cluster_members")
    if members is None or members.empty:
        return pd.DataFrame()
    last = last_layer(tables["linearity"])[["model", "task", "layer"]].drop_duplicates()
    rows = at(own(trained(members)), ORIGINAL, TUNED).merge(last, on=["model", "task", "layer"])
    first = rows.groupby(["model", "task"])["seed"].transform("min")
    once = (rows["stage"] == TUNED) | (rows["seed"] == first)
    found: pd.DataFrame = rows[once].reset_index(drop=True)
    return found


def closest_three(separations: pd.DataFrame, *, model: str, task: str, seed: int) -> list[str]:
    """Find the closest pair of labels of the original, and the label nearest to both.

    Parameters
    ----------
    separations : of a run; the last layer of the training split is looked at.
    model, task, seed : which rows.

    Returns
    -------
    list of str
        Sorted; two where no third label's separations from both are known, none where there are no
        separations.
    """
    table = separations[
        (separations["model"] == model)
        & (separations["task"] == task)
        & (separations["seed"] == seed)
        & (separations["split"] == "train")
    ]
    table = last_layer(at(table, ORIGINAL)).sort_values(
        ["separation", "label_a", "label_b"], kind="stable"
    )
    if table.empty:
        return []
    pair = {str(table["label_a"].iloc[0]), str(table["label_b"].iloc[0])}
    to_others: dict[str, list[float]] = {}
    for a, b, away in table[["label_a", "label_b", "separation"]].itertuples(index=False):
        if len(pair & {a, b}) == 1 and not pd.isna(away):
            (other,) = {a, b} - pair
            to_others.setdefault(other, []).append(float(away))
    sums = {label: sum(both) for label, both in to_others.items() if len(both) == len(pair)}
    third = sorted(sums, key=lambda label: (sums[label], label))[:1]
    return sorted([*pair, *third])
