"""Section 4.2, and where 4.3 begins: how many clusters there are, and what that is worth."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tunescope.paper.cases import Case, Finding
from tunescope.paper.judges.rows import (
    TREC,
    before_and_after,
    before_tuning,
    case,
    cluster_count,
    records,
    sizes,
    truth,
)
from tunescope.tables import ORIGINAL, RANDOM, TUNED, Tables, clusters
from tunescope.tables.accuracies import classifier_accuracies
from tunescope.tables.stages import at

SMALL = 128
"""Dimensions of BERT-tiny, of which the paper says that it is not linear."""
LARGE = 12, 768
"""Layers and dimensions of BERT-base, the paper's largest."""
ASIDE = "n_clusters_without_contradictions"
LABELS_ASIDE = "n_labels_without_contradictions"


def small_is_not_linear(tables: Tables) -> list[Case]:
    """Linearity before fine-tuning of models with as few dimensions as BERT-tiny."""
    models = sizes(tables)
    small = set(models.index[models["features"] <= SMALL])
    rows = before_tuning(tables)
    rows = rows[rows["model"].isin(small)]
    return [_count_case(row, _more_than_labels(row)) for row in records(rows)]


def small_needs_wider_probes(tables: Tables) -> list[Case]:
    """Hidden units of the chosen probes of the smallest and the largest model, task by task.

    Where all have the same layers, as where there was nothing to choose, there is no case.
    """
    models = sizes(tables)
    if models.empty or models["features"].iloc[0] == models["features"].iloc[-1]:
        return []
    ends = [str(models.index[0]), str(models.index[-1])]
    probed = at(classifier_accuracies(tables), ORIGINAL).drop_duplicates(["model", "task"])
    probed = probed.assign(seed=0, units=probed["setting"].map(_units)).dropna(subset=["units"])
    if classifier_accuracies(tables)["setting"].map(_layers).nunique() < 2:
        return []
    found = []
    for _, rows in probed.groupby("task", sort=True):
        of_model = {row["model"]: row for row in records(rows)}
        if set(ends) <= set(of_model):
            small, large = (of_model[model] for model in ends)
            text = f"{small['setting']}; {large['model']}: {large['setting']}"
            found.append(case(small, small["units"] > large["units"], text))
    return found


def _layers(setting: str) -> str:
    """Give the hidden layers of a setting, such as ``64x128, 0.001``."""
    return str(setting).partition(",")[0]


def _units(setting: str) -> float:
    """Count the hidden units of a setting."""
    layers = re.findall(r"\d+", _layers(setting))
    return float(sum(map(int, layers))) if layers else np.nan


def space_gets_simpler(tables: Tables) -> list[Case]:
    """Clusters before and after, where there were more than labels and they could come together.

    What a contradiction holds apart, no vectors can bring together: it is set aside.
    """
    found = []
    for where, ends in before_and_after(clusters(tables)):
        before, after = (_could_be_fewer(ends[stage]) for stage in (ORIGINAL, TUNED))
        labels = _labels_left(ends[ORIGINAL])
        if before is not None and after is not None and before > labels:
            text = f"{before} → {after} clusters of {labels} labels"
            found.append(case(where, after < before, text))
    return found


def _could_be_fewer(row: pd.Series) -> int | None:
    """Count the clusters without contradictions; None where they were not counted."""
    aside = row.get(ASIDE, np.nan)
    contradicted = row.get("n_contradictions", 0)
    if pd.isna(aside) and not pd.isna(contradicted) and contradicted > 0:
        return None
    count = row["n_clusters"] if pd.isna(aside) else aside
    return None if pd.isna(count) else int(count)


def _labels_left(row: Mapping[Any, Any] | pd.Series) -> int:
    """Count the labels that have an example without contradictions."""
    left = row.get(LABELS_ASIDE, np.nan)
    return int(row["n_labels"] if pd.isna(left) else left)


def trec_is_not_linear(tables: Tables) -> list[Case]:
    """Clusters of TREC-50 before and after."""
    return [_count_case(row, _more_than_labels(row)) for row in _trec(tables)]


def trec_without_contradictions(tables: Tables) -> list[Case]:
    """Clusters of TREC-50 before and after, contradictory questions set aside."""
    return [
        case(
            row,
            row[ASIDE] > _labels_left(row),
            _counted(row, f"{row[ASIDE]:.0f}", _labels_left(row)),
        )
        for row in _trec(tables)
        if not pd.isna(row.get(ASIDE, np.nan))
    ]


def large_is_linear(tables: Tables) -> list[Case]:
    """Linearity before fine-tuning of models of at least the size of BERT-base."""
    models = sizes(tables)
    large = models[(models["layers"] >= LARGE[0]) & (models["features"] >= LARGE[1])]
    rows = before_tuning(tables)
    rows = rows[rows["model"].isin(large.index) & (rows["task"] != TREC)]
    return [_count_case(row, truth(row["is_linear"])) for row in records(rows)]


def more_than_dimension(tables: Tables) -> list[Case]:
    """Linear representations beside chance and random weights."""
    random = at(clusters(tables), RANDOM)
    cases = []
    for row in records(before_tuning(tables)):
        same = random[(random["model"] == row["model"]) & (random["task"] == row["task"])]
        if same.empty or row["task"] == TREC or truth(row["is_linear"]) is not True:
            continue
        of_random = same.iloc[0]
        pairs, chance = int(row["n_pairs"]), float(row["capacity_pairs"])
        linear_anyway = True if chance > pairs - 1 else truth(of_random["is_linear"])
        text = (
            f"{cluster_count(of_random)} clusters of {int(row['n_labels'])} labels with "
            f"random weights; random vectors separate {chance:.1f} of {pairs} pairs"
        )
        cases.append(case(row, None if linear_anyway is None else not linear_anyway, text))
    return cases


def _trec(tables: Tables) -> list[dict[Any, Any]]:
    found = pd.concat([before_tuning(tables), at(clusters(tables), TUNED)], ignore_index=True)
    return records(found[found["task"] == TREC])


def _more_than_labels(row: Mapping[Any, Any]) -> bool | None:
    """Tell whether there are more clusters than labels, of a stopped count by its bounds."""
    if not pd.isna(row["n_clusters"]):
        return bool(row["n_clusters"] > row["n_labels"])
    if row.get("least_clusters", 0) > row["n_labels"]:
        return True
    return False if row.get("most_clusters", np.inf) <= row["n_labels"] else None


def _count_case(row: dict[Any, Any], seen: bool | None) -> Case:
    return case(row, seen, _counted(row, cluster_count(row), int(row["n_labels"])))


def _counted(row: dict[Any, Any], clusters: str, n_labels: int) -> str:
    return f"{row['stage']}: {clusters} clusters of {n_labels} labels"


FINDINGS = (
    Finding(
        "4.2",
        "Small models are not linear before fine-tuning for most tasks.",
        "a model of at most 128 dimensions, as BERT-tiny has, has more clusters than labels in its "
        "last layer; in more than half of the tasks",
        0.5 + 1e-9,
        small_is_not_linear,
        "clusters of a model of at most 128 dimensions",
    ),
    Finding(
        "4.2",
        "Smaller models need wider probes.",
        "before fine-tuning, the probe chosen for the model of the fewest dimensions has more "
        "hidden units than that chosen for the model of the most; in more than half of the tasks, "
        "unless all probes that were chosen are of one size",
        0.5 + 1e-9,
        small_needs_wider_probes,
        "probes, not all of one size, of models of different dimensions on one task",
    ),
    Finding(
        "4.2",
        "Fine-tuning makes the space simpler: fewer clusters where there were too many.",
        "where there were more clusters than labels before, contradictions set aside, there are "
        "fewer after; in 6 of 8 cases, the share in the paper's tables 3 and 4",
        6 / 8,
        space_gets_simpler,
        "a task with more clusters than labels, contradictions set aside, before fine-tuning",
    ),
    Finding(
        "4.2",
        "TREC-50 is not linear in any model, before or after.",
        "there are more clusters than labels; in every case. One question stands there with two "
        "labels, which decides it for every model",
        1.0,
        trec_is_not_linear,
        "clusters of trec-50",
    ),
    Finding(
        "4.2, asked anew",
        "TREC-50 is not linear even once its contradictions are set aside.",
        "what is left without contradictory questions has more clusters than labels; in every case",
        1.0,
        trec_without_contradictions,
        "clusters of trec-50",
    ),
    Finding(
        "4.3",
        "In the largest model every other task is linear already before fine-tuning.",
        "as many clusters as labels in the last layer at update 0, in models of at least 12 layers "
        "of 768 dimensions; in every task but trec-50",
        1.0,
        large_is_linear,
        "clusters of a model of BERT-base's size on a task other than trec-50",
    ),
    Finding(
        "4.3, asked anew",
        "Where a task is linear before fine-tuning, that is more than dimension alone gives.",
        "random vectors with labels of these sizes would leave at least one label pair "
        "inseparable, and the same encoder with random weights is not linear; in every task but "
        "trec-50",
        1.0,
        more_than_dimension,
        "a linear task, with clusters of the same encoder with random weights",
    ),
)
