"""How accurate each probe is on each model, its restarts averaged (paper, Tables 2 and 7)."""

from __future__ import annotations

import pandas as pd

from tunescope.tables.stages import (
    CELL,
    KEYS,
    Tables,
    last_layer,
    on_split,
    own,
    transferred,
)

COLUMNS = [
    *(*KEYS, "layer", "probe", "setting", "accuracy", "lower", "upper", "spread"),
    *("n_restarts", "n_examples"),
]


def accuracies(tables: Tables, *, probe: str | None = None) -> pd.DataFrame:
    """Average accuracies over a probe's restarts.

    Parameters
    ----------
    tables : of a run.
    probe : one probe's name; by default all.

    Returns
    -------
    DataFrame
        ``model, task, seed, tuned_on, stage, layer, probe, setting, accuracy, lower, upper, spread,
        n_restarts, n_examples`` on the test split: ``lower, upper`` are means of the restarts'
        intervals over test examples, ``spread`` is the restarts' standard deviation.
    """
    table = tables.get("accuracy")
    if table is None or table.empty:
        return pd.DataFrame(columns=COLUMNS)
    table = on_split(table, "test")
    table = table if probe is None else table[table["probe"] == probe]
    table = table.assign(layer=table["layer"].fillna(0), setting=table["setting"].fillna(""))
    found = table.groupby([*KEYS, "layer", "probe"], sort=True, as_index=False).agg(
        setting=("setting", "first"),
        accuracy=("accuracy", "mean"),
        lower=("lower", "mean"),
        upper=("upper", "mean"),
        spread=("accuracy", "std"),
        n_restarts=("accuracy", "size"),
        n_examples=("n_examples", "max"),
    )
    return found[COLUMNS]


def accuracy_changes(
    tables: Tables, probe: str = "classifier", *, transfers: bool = False
) -> pd.DataFrame:
    """Give the paired change of a probe's accuracy in the last layer.

    Parameters
    ----------
    tables : of a run.
    probe : whose.
    transfers : of tasks under models tuned on others, instead of each task's own tuning.

    Returns
    -------
    DataFrame
        Rows of the table ``accuracy_change``; empty where the run has none.
    """
    table = tables.get("accuracy_change")
    if table is None or table.empty:
        return pd.DataFrame(columns=[*CELL, "tuned_on", "difference", "lower", "upper"])
    chosen = transferred if transfers else own
    return last_layer(chosen(table[table["probe"] == probe]))


def classifier_accuracies(tables: Tables) -> pd.DataFrame:
    """Give `accuracies` of the classifier probe in the last layer, each task's own tuning."""
    return last_layer(own(accuracies(tables, probe="classifier")))
