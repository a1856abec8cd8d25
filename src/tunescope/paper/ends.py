"""A run's tables before and after fine-tuning, in the last layer, as the paper's tables need."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

WHERE = ["model", "task", "seed"]
Tables = Mapping[str, pd.DataFrame]


def last_layer(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of each model's and task's last layer."""
    return table[table["layer"] == table.groupby(["model", "task"])["layer"].transform("max")]


def stages(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the ends and name them in a column `representation`: original, tuned, random."""
    found = table.assign(representation="")
    weights = found["weights"] if "weights" in found else pd.Series("pretrained", found.index)
    random = weights == "random"
    last = found[~random].groupby(WHERE)["update"].transform("max").reindex(found.index)
    found.loc[~random & (found["update"] == last) & (last > 0), "representation"] = "tuned"
    found.loc[~random & (found["update"] == 0), "representation"] = "original"
    found.loc[random, "representation"] = "random"
    return found[found["representation"] != ""]


def accuracies(tables: Tables) -> pd.DataFrame:
    """Mean accuracy over the probe's restarts with its interval, last layer, test split.

    Returns
    -------
    DataFrame
        ``model, task, seed, representation, accuracy, lower, upper, spread, setting``.
    """
    if "accuracy" not in tables:
        return pd.DataFrame(columns=[*WHERE, "representation", "accuracy"])
    table = tables["accuracy"]
    table = table[(table["probe"] == "classifier") & (table["split"] == "test")]
    grouped = stages(last_layer(table)).groupby([*WHERE, "representation"], as_index=False)
    return grouped.agg(
        accuracy=("accuracy", "mean"),
        lower=("lower", "mean"),
        upper=("upper", "mean"),
        spread=("accuracy", "std"),
        setting=("setting", "first"),
    )


def accuracy_changes(tables: Tables) -> pd.DataFrame:
    """Change of the classifier probe's accuracy on the same test examples, last layer.

    Returns
    -------
    DataFrame
        ``model, task, seed`` and the columns of the table ``accuracy_change``; empty where the
        run has none.
    """
    table = tables.get("accuracy_change", pd.DataFrame())
    if table.empty:
        return pd.DataFrame(columns=[*WHERE, "difference", "lower", "upper"])
    return last_layer(table[table["probe"] == "classifier"])


def train_test(tables: Tables, measure: str = "spatial_pearson") -> pd.DataFrame:
    """Spatial similarity of training and test split in the last layer, where it is known.

    Parameters
    ----------
    tables : of a run.
    measure : ``spatial_pearson``, or ``spatial_pearson_zhou2022`` by the authors' convention.

    Returns
    -------
    DataFrame
        ``model, task, seed, representation, similarity, lower, upper, n_pairs, convention``.
    """
    return _similarity(tables, "train_test", measure, last_layer)


def with_original(tables: Tables) -> pd.DataFrame:
    """Spatial similarity of every layer at the last update with its original.

    Returns
    -------
    DataFrame
        ``model, task, seed, layer, similarity, lower, upper, n_pairs, convention``.
    """
    table = _similarity(tables, "with_original", "spatial_pearson", lambda every: every)
    return table[table["representation"] == "tuned"]


def _similarity(
    tables: Tables,
    comparison: str,
    measure: str,
    choose: Callable[[pd.DataFrame], pd.DataFrame],
) -> pd.DataFrame:
    columns = ["similarity", "lower", "upper", "n_pairs", "convention"]
    if "similarity" not in tables:
        return pd.DataFrame(columns=[*WHERE, "layer", "representation", *columns])
    table = tables["similarity"]
    table = table[
        (table["comparison"] == comparison)
        & (table["measure"] == measure)
        & (table["split"] == "train")
    ]
    found = stages(choose(table)).dropna(subset=["similarity"])
    return found[[*WHERE, "layer", "representation", *columns]]


def clusters(tables: Tables) -> pd.DataFrame:
    """Clusters in the last layer of the training split.

    Returns
    -------
    DataFrame
        ``model, task, seed, representation`` and the columns of the table ``linearity``.
    """
    if "linearity" not in tables:
        return pd.DataFrame(columns=[*WHERE, "layer", "representation", "n_clusters", "n_labels"])
    return stages(last_layer(tables["linearity"]))
