"""The few numbers of a run that a person wants first."""

from __future__ import annotations

import pandas as pd

from tunescope.tables.stages import (
    CELL,
    ORIGINAL,
    TUNED,
    Tables,
    at,
    last_layer,
    own,
    trained,
)


def overview(tables: Tables) -> pd.DataFrame:
    """Give a row for each model, task, seed and quantity, before and after, in the last layer.

    Parameters
    ----------
    tables : of a run.

    Returns
    -------
    DataFrame
        ``model, task, seed, quantity, before, after``; what was not measured is left out, and
        `after` is `before` where nothing was tuned.
    """
    wanted: tuple[tuple[str, dict[str, str], str, str], ...] = (
        ("accuracy", {"probe": "classifier", "split": "test"}, "accuracy", "probe accuracy (test)"),
        ("linearity", {}, "n_clusters", "clusters (train)"),
        ("linearity", {}, "n_labels", "labels"),
        (
            "minimum_distances",
            {"split": "train"},
            "minimum_distance",
            "mean minimum distance (train)",
        ),
        (
            "similarity",
            {"measure": "spatial_pearson", "comparison": "with_original", "split": "train"},
            "similarity",
            "spatial similarity with the original",
        ),
        (
            "similarity",
            {"measure": "spatial_pearson", "comparison": "train_test", "split": "train"},
            "similarity",
            "spatial similarity of train and test",
        ),
    )
    parts = []
    for name, where, column, quantity in wanted:
        table = tables.get(name)
        if table is None or table.empty:
            continue
        for key, value in where.items():
            table = table[table[key] == value]
        rows = at(last_layer(own(trained(table))), ORIGINAL, TUNED)
        if rows.empty:
            continue
        means = rows.groupby([*CELL, "stage"])[column].mean().unstack()
        before = means[ORIGINAL] if ORIGINAL in means else means[TUNED]
        after = means[TUNED].fillna(before) if TUNED in means else before
        found = pd.DataFrame({"quantity": quantity, "before": before, "after": after})
        parts.append(found.reset_index())
    columns = [*CELL, "quantity", "before", "after"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts).sort_values(CELL, kind="stable", ignore_index=True)[columns]
