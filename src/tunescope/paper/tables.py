"""The paper's tables 1 to 7 from a run: ours, theirs, and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tunescope.paper.protocols import by_protocol
from tunescope.paper.published import KEY, nearest_model, published
from tunescope.tables import ORIGINAL, STAGES, TUNED, Tables, clusters, distance_growth, train_test
from tunescope.tables.accuracies import classifier_accuracies
from tunescope.tables.similarities import AUTHORS
from tunescope.tables.stages import CELL, KEYS, at

TREC = "trec-50"
AUTHORS_SIMILARITY = "train_test_similarity_zhou2022"
"""By the convention of the authors' code, which the published similarities follow."""
LABELS = {"pos": 17, "dep": 46, "ps-fxn": 40, "ps-role": 46, TREC: 50}
"""Labels of the paper's tasks."""
VALUES = ["table", "model", "task", "stage", "tuned_on", "quantity", "seed", "value"]
COLUMNS = [
    *("model", "task", "stage", "tuned_on", "quantity"),
    *("ours", "spread", "n_seeds", "theirs", "difference", "theirs_model", "note"),
]
CLUSTERS = {
    "n_clusters": "clusters",
    "is_linear": "is_linear",
    "n_labels": "labels",
    "n_clusters_without_contradictions": "clusters_without_contradictions",
    "n_pairs": "label_pairs",
    "capacity_pairs": "label_pairs_separable_by_chance",
}
"""Columns of the table of linearity, as the paper's tables 3 and 4 call them."""


def paper_tables(tables: Tables, record: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Set a run's numbers beside the published ones.

    Parameters
    ----------
    tables, record : of the run.

    Returns
    -------
    dict of DataFrame
        ``table-1`` to ``table-7``, those for which the run has a number. Each row is one number:
        ``ours`` is the mean over the seeds and ``spread`` their standard deviation (missing with
        one seed, and before fine-tuning, which has no seed); ``theirs`` is the published number
        of ``theirs_model``: the same model, or, where the paper's table lacks it, the published
        model of the nearest size. Accuracies are in per cent. Runs of different protocols are
        not taken together: where a table has numbers of several, ``protocol`` names each.
    """
    protocols = by_protocol(tables, record)
    values = pd.concat(
        [
            part.assign(protocol=name)
            for name, measured in protocols.items()
            for part in (*_performance(measured), *_linearity(measured), _transfer(measured))
        ]
        + [part.assign(protocol="") for part in (_models(record), _tasks(record))],
        ignore_index=True,
    )
    named = [*VALUES, "protocol"]
    over_seeds = values.groupby([c for c in named if c not in ("seed", "value")], sort=False)
    ours = over_seeds["value"].agg(
        ours="mean", spread=lambda v: v.std(ddof=1) if len(v) > 1 else np.nan, n_seeds="size"
    )
    numbers = _beside(ours.reset_index(), record)
    settings = {name: _settings(measured) for name, measured in protocols.items()}
    made = {}
    for number, rows in numbers.groupby("table", sort=True):
        notes = [_note(row, settings.get(row["protocol"], {})) for row in rows.to_dict("records")]
        columns = ["protocol", *COLUMNS] if rows["protocol"].any() else COLUMNS
        made[f"table-{number}"] = rows.assign(note=notes)[columns].reset_index(drop=True)
    return made


def _beside(ours: pd.DataFrame, record: Mapping[str, Any]) -> pd.DataFrame:
    """Find for each of our numbers the published one of the same or the nearest model."""
    theirs = _everywhere(published())
    sizes = theirs[theirs["table"] == 1].pivot_table(
        index="model", columns="quantity", values="value", sort=False
    )
    sizes = sizes.rename(columns={"dim": "features"}).reset_index()
    described = record.get("models", {})
    stands_for = {}
    places = ours[["table", "task", "model"]]
    for table, task, model in places.drop_duplicates().itertuples(index=False):
        known = described.get(model)
        there = (theirs["table"] == table) & (theirs["task"] == task)
        among = sizes[sizes["model"].isin(set(theirs.loc[there, "model"]))]
        if known and len(among):
            other = nearest_model(model, known["layers"], known["features"], among)
            stands_for[table, task, model] = other
    keys = list(places.itertuples(index=False, name=None))
    ours = ours.assign(theirs_model=[stands_for.get(key, "") for key in keys])
    theirs = theirs.rename(columns={"model": "theirs_model", "value": "theirs"})
    both = ours.merge(theirs, on=[*KEY, "theirs_model"], how="left")
    both.loc[both["theirs"].isna(), "theirs_model"] = ""
    return both.assign(difference=both["ours"] - both["theirs"])


def _everywhere(theirs: pd.DataFrame) -> pd.DataFrame:
    """Let Table 7 show what Tables 2 to 5 hold, and similarities stand by either convention."""
    own = theirs["tuned_on"].isin([""]) | (theirs["tuned_on"] == theirs["task"])
    in_seven = theirs["quantity"].isin(["accuracy", "train_test_similarity"])
    again = theirs[theirs["table"].between(2, 5) & own & in_seven].assign(table=7)
    again = again.drop_duplicates([*KEY, "model"])
    theirs = pd.concat([theirs, again], ignore_index=True)
    similar = theirs[theirs["quantity"] == "train_test_similarity"]
    return pd.concat([theirs, similar.assign(quantity=AUTHORS_SIMILARITY)], ignore_index=True)


def _rows(table: int, rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Turn columns into rows, one a number; before fine-tuning there is no seed."""
    rows = rows.assign(table=table)
    names = ["table", "model", "task", "stage", "tuned_on", "seed"]
    present = [column for column in columns if column in rows]
    long = rows.melt(names, present, "quantity", "value").dropna(subset=["value"])
    long["quantity"] = long["quantity"].map(dict(columns))
    long["value"] = long["value"].astype(float)
    seedless = long["stage"] != TUNED
    long.loc[seedless, "seed"] = -1
    # the untuned model's rows stand under every seed in the run's tables
    long = long[VALUES].drop_duplicates([c for c in VALUES if c != "value"])
    rank = {task: place for place, task in enumerate(dict.fromkeys(rows["task"]))}
    stage = {name: place for place, name in enumerate(STAGES)}
    order = pd.DataFrame({"task": long["task"].map(rank), "stage": long["stage"].map(stage)})
    order["own"] = long["tuned_on"] != long["task"]
    order["tuned_on"] = long["tuned_on"]
    order["model"] = long["model"].map({m: i for i, m in enumerate(dict.fromkeys(rows["model"]))})
    by = ["model", "task", "stage", "own", "tuned_on"]
    return long.loc[order.sort_values(by, kind="stable").index]


def _models(record: Mapping[str, Any]) -> pd.DataFrame:
    rows = []
    for model, known in record.get("models", {}).items():
        found = {
            "layers": known.get("layers"),
            "heads": known.get("heads"),
            "dim": known.get("features"),
            "parameters_millions": known["parameters"] / 1e6 if "parameters" in known else None,
        }
        rows += [
            (1, model, "", "", "", quantity, -1, float(value))
            for quantity, value in found.items()
            if value is not None
        ]
    return pd.DataFrame(rows, columns=VALUES)


def _tasks(record: Mapping[str, Any]) -> pd.DataFrame:
    rows = []
    for task, sizes in record.get("tasks", {}).items():
        found = {"labels": sizes["labels"]}
        found |= {f"{split}_examples": n for split, n in sizes["examples"].items()}
        rows += [(6, "", task, "", "", name, -1, float(n)) for name, n in found.items()]
    return pd.DataFrame(rows, columns=VALUES)


def _performance(tables: Tables) -> list[pd.DataFrame]:
    accuracy = at(classifier_accuracies(tables), ORIGINAL, TUNED)
    for column in ("accuracy", "spread"):
        if column in accuracy:
            accuracy = accuracy.assign(**{column: 100 * accuracy[column]})
    measured = {
        "accuracy": "accuracy",
        "similarity": "train_test_similarity",
        "authors": AUTHORS_SIMILARITY,
    }
    both = accuracy.merge(train_test(tables), on=KEYS, how="outer")
    authors = train_test(tables, AUTHORS).rename(columns={"similarity": "authors"})
    both = both.merge(authors[[*KEYS, "authors"]], on=KEYS, how="outer")
    full = {**measured, "spread": "accuracy_sd_over_restarts"}
    return [_rows(2, both, measured), _rows(7, both, full)]


def _linearity(tables: Tables) -> list[pd.DataFrame]:
    found = clusters(tables)
    accuracy = classifier_accuracies(tables)
    accuracy = accuracy[[*CELL, "stage", "accuracy"]]
    accuracy = accuracy.assign(accuracy=100 * accuracy["accuracy"])
    both = found.merge(accuracy, on=[*CELL, "stage"], how="left")
    names = {**CLUSTERS, "accuracy": "accuracy"}
    return [_rows(3, both, names), _rows(4, both[both["task"] == TREC], names)]


def _transfer(tables: Tables) -> pd.DataFrame:
    table = distance_growth(tables)
    if table.empty:
        return pd.DataFrame(columns=VALUES)
    table = table.assign(accuracy=100 * table["accuracy"])
    changed = ["n_increased", "n_decreased", "n_unchanged", "n_undecided", "mean_change"]
    table[changed] = table[changed].astype(float)
    names = {
        "n_increased": "labels_increased",
        "n_decreased": "labels_decreased",
        "n_unchanged": "labels_unchanged",
        "n_undecided": "labels_undecided",
        "mean_change": "mean_minimum_distance_change",
        "accuracy": "accuracy",
        "n_clusters": "clusters",
    }
    return _rows(5, table, names)


def _settings(tables: Tables) -> dict[tuple[str, str, str], str]:
    """Name the settings that the grid search chose, for Table 7."""
    accuracy = classifier_accuracies(tables)
    grouped = accuracy.groupby(["model", "task", "stage"])["setting"]
    return {
        (str(model), str(task), str(stage)): "; ".join(dict.fromkeys(map(str, chosen)))
        for (model, task, stage), chosen in grouped
    }


def _note(row: Mapping[Any, Any], settings: Mapping[tuple[str, str, str], str]) -> str:
    notes = []
    if row["table"] == 7 and row["quantity"] == "accuracy":
        notes.append(settings.get((row["model"], row["task"], row["stage"]), ""))
    labels = LABELS.get(row["task"])
    if row["quantity"] == "labels" and labels is not None and row["ours"] != labels:
        where = "the task" if row["table"] == 6 else "the training split"
        notes.append(f"{where} has {row['ours']:.0f} of the paper's {labels} labels")
    if row["theirs_model"] and row["theirs_model"] != row["model"]:
        notes.append("theirs is another model, of the nearest size")
    return "; ".join(note for note in notes if note)
