"""Spatial similarities, with what sizes give beside them, as every reader asks for them."""

from __future__ import annotations

import pandas as pd

from tunescope.tables.stages import (
    CELL,
    KEYS,
    ORIGINAL,
    RANDOM,
    TUNED,
    Tables,
    at,
    last_layer,
    on_split,
    own,
)

PEARSON, SPEARMAN = "spatial_pearson", "spatial_spearman"
BEYOND_SIZES = "spatial_beyond_sizes"
"""Partial correlation, given what label sizes alone give in each space."""
AUTHORS = "spatial_pearson_zhou2022"
"""Pearson's correlation by the convention of the authors' code."""

SIMILARITY = [*KEYS, "layer", "similarity", "lower", "upper", "p_value", "n_pairs"]
SIMILARITY += ["n_met", "by_sizes", "permuted", "convention"]
CHANGE = [*CELL, "layer", "measure", "before", "after", "shift", "lower", "upper", "p_value"]
CHANGE += ["p_corrected", "n_labels", "n_pairs"]


def train_test(tables: Tables, measure: str = PEARSON, *, random: bool = False) -> pd.DataFrame:
    """Give the similarity of training and test split in the last layer, where it is known.

    Parameters
    ----------
    tables : of a run.
    measure : ``spatial_pearson``; ``spatial_beyond_sizes``, without what label sizes give; or
        ``spatial_pearson_zhou2022`` by the authors' convention.
    random : also of random weights.

    Returns
    -------
    DataFrame
        ``model, task, seed, tuned_on, stage, layer, similarity, lower, upper, p_value, n_pairs,
        n_met, by_sizes, permuted, convention``.
    """
    stages = (ORIGINAL, TUNED, RANDOM) if random else (ORIGINAL, TUNED)
    every = last_layer(_similarity(tables, "train_test", measure, unknown=True))
    return at(every.dropna(subset=["similarity"]), *stages)


def with_original(
    tables: Tables, measure: str = PEARSON, *, random: bool = False, unknown: bool = False
) -> pd.DataFrame:
    """Give the similarity of every layer of the tuned model with its original.

    Parameters
    ----------
    tables : of a run.
    measure : as for `train_test`.
    random : also that of random weights with the original, in the last layer.
    unknown : also rows of layers whose similarity is missing.

    Returns
    -------
    DataFrame
        As of `train_test`.
    """
    stages = (TUNED, RANDOM) if random else (TUNED,)
    found = _similarity(tables, "with_original", measure, unknown=unknown)
    return at(found, *stages)


def similarity_changes(tables: Tables, measure: str = PEARSON) -> pd.DataFrame:
    """Say whether training and test split became more or less alike, in the last layer.

    Returns
    -------
    DataFrame
        Rows of the table ``similarity_change`` where the test could be made: ``model, task, seed,
        layer, measure, before, after, shift, lower, upper, p_value, p_corrected, n_labels,
        n_pairs``.
    """
    table = tables.get("similarity_change")
    if table is None or table.empty:
        return pd.DataFrame(columns=CHANGE)
    return last_layer(own(table[table["measure"] == measure])).dropna(subset=["shift"])[CHANGE]


def _similarity(
    tables: Tables, comparison: str, measure: str, *, unknown: bool = False
) -> pd.DataFrame:
    table = tables.get("similarity")
    if table is None or table.empty:
        return pd.DataFrame(columns=SIMILARITY)
    table = table[(table["comparison"] == comparison) & (table["measure"] == measure)]
    table = on_split(own(table)).reindex(columns=SIMILARITY)
    return table if unknown else table.dropna(subset=["similarity"])
