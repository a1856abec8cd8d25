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
        ``model, task, seed, quantity, before, after``; a quantity that was not measured is left
        out, and one that is known of one model only is missing for the other. Means over labels are
        of those that are known of both. `after` is `before` for cells in which nothing was tuned.
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
    tuned = _tuned_cells(tables)
    for name, where, column, quantity in wanted:
        table = tables.get(name)
        if table is None or table.empty:
            continue
        for key, value in where.items():
            table = table[table[key] == value]
        rows = at(last_layer(own(trained(table))), ORIGINAL, TUNED)
        rows = _of_the_same_labels(rows, column) if "label" in rows else rows
        if rows.empty:
            continue
        means = rows.groupby([*CELL, "stage"])[column].mean().unstack()
        means = means.reindex(columns=[ORIGINAL, TUNED])
        before, after = means[ORIGINAL], means[TUNED]
        after = after.where(means.index.isin(tuned), before)
        found = pd.DataFrame({"quantity": quantity, "before": before, "after": after})
        parts.append(found.reset_index())
    columns = [*CELL, "quantity", "before", "after"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts).sort_values(CELL, kind="stable", ignore_index=True)[columns]


def _of_the_same_labels(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Take numbers out of labels that lack one at a stage where others have one."""
    known = rows[rows[column].notna()]
    stages = known.groupby(CELL)["stage"].transform("nunique")
    of_label = known.groupby([*CELL, "label"])["stage"].transform("nunique")
    return rows.assign(**{column: known.loc[of_label == stages, column]})


def _tuned_cells(tables: Tables) -> list[tuple[str, str, int]]:
    """Name the cells of which any table has the tuned model."""
    rows = [at(own(table), TUNED)[CELL] for table in tables.values() if "tuned_on" in table]
    cells = pd.concat(rows).drop_duplicates() if rows else pd.DataFrame(columns=CELL)
    return list(cells.itertuples(index=False, name=None))
