"""Which labels are taken for which, before and after fine-tuning."""

from __future__ import annotations

import pandas as pd

from tunescope.tables.stages import CELL, ORIGINAL, TUNED, Tables, at, own

COLUMNS = [*CELL, "source", "split", "given", "predicted", "before", "after"]


def confused(tables: Tables, *, split: str = "test", source: str | None = None) -> pd.DataFrame:
    """Count the examples of each label that are taken for another, before and after.

    Parameters
    ----------
    tables : of a run.
    split : which examples; of training examples, a probe has not seen those that it predicts.
    source : ``probe`` or ``head``; by default both.

    Returns
    -------
    DataFrame
        ``model, task, seed, source, split, given, predicted, before, after``, the most frequent
        after (or before, where nothing was tuned) first. A count is missing where nobody
        predicted, and 0 where it did not happen.
    """
    table = tables.get("confusions")
    if table is None or table.empty:
        return pd.DataFrame(columns=COLUMNS)
    table = at(own(table), ORIGINAL, TUNED)
    table = table[table["split"] == split]
    table = table if source is None else table[table["source"] == source]
    key = [*CELL, "source", "split"]
    wrong = table[table["given"] != table["predicted"]]
    if wrong.empty:
        return pd.DataFrame(columns=COLUMNS)
    wide = wrong.pivot_table(
        index=[*key, "given", "predicted"], columns="stage", values="n_examples", aggfunc="sum"
    ).reindex(columns=[ORIGINAL, TUNED])
    predicted = table.groupby([*key, "stage"]).size().unstack().reindex(columns=[ORIGINAL, TUNED])
    found = wide.reset_index().merge(
        predicted.notna().reset_index(), on=key, suffixes=("", "_there")
    )
    for stage, column in ((ORIGINAL, "before"), (TUNED, "after")):
        counts = found[stage].fillna(0).where(found[f"{stage}_there"])
        found[column] = counts.astype("Int64")
    order = found["after"].fillna(found["before"])
    ranked = found.assign(order=order).sort_values("order", ascending=False, kind="stable")
    return ranked[COLUMNS].reset_index(drop=True)
