"""Section 4.1: does fine-tuning help, and do training and test set diverge?"""

from __future__ import annotations

from functools import partial

import pandas as pd

from tunescope.paper.cases import Case, Finding
from tunescope.paper.judges.rows import LEVEL, before_and_after, case, percent, records, sign
from tunescope.tables import (
    ORIGINAL,
    TUNED,
    Tables,
    accuracy_changes,
    similarity_changes,
    train_test,
)
from tunescope.tables.accuracies import classifier_accuracies
from tunescope.tables.similarities import BEYOND_SIZES, PEARSON
from tunescope.tables.stages import CELL, at


def accuracy_improves(tables: Tables) -> list[Case]:
    """Accuracy before and after, and its change on the same test examples."""
    paired = {tuple(row[c] for c in CELL): row for row in records(accuracy_changes(tables))}
    found = []
    for where, ends in before_and_after(classifier_accuracies(tables)):
        change = paired.get(tuple(where[c] for c in CELL))
        if change is None:
            continue
        lower, upper = change["lower"], change["upper"]
        text = percent(ends[ORIGINAL]["accuracy"], ends[TUNED]["accuracy"])
        text += f" (change {100 * lower:+.1f} to {100 * upper:+.1f})"
        found.append(case(where, sign(lower, upper), text))
    return found


def train_test_diverge(tables: Tables, measure: str) -> list[Case]:
    """Similarity of training and test set before and after, over the same label pairs."""
    drawn = _permuted(tables)
    found = []
    for row in records(similarity_changes(tables, measure)):
        seen = bool(row["shift"] < 0) if row["p_value"] <= LEVEL else None
        text = f"r {row['before']:.2f} → {row['after']:.2f} over {row['n_pairs']:.0f} pairs "
        text += f"(p {row['p_value']:.2g})"
        if measure == PEARSON:
            text += drawn.get(tuple(row[c] for c in CELL), "")
        found.append(case(row, seen, text))
    return found


def _permuted(tables: Tables) -> dict[tuple[object, ...], str]:
    """Say what r is with permuted labels, where it was measured."""
    found = {}
    for where, ends in before_and_after(train_test(tables).dropna(subset=["permuted"])):
        both = (ends[stage]["permuted"] for stage in (ORIGINAL, TUNED))
        text = "; with labels permuted {:.2f} → {:.2f}".format(*both)
        found[tuple(where[c] for c in CELL)] = text
    return found


def hurt_where_most_divergent(tables: Tables) -> list[Case]:
    """Tasks whose accuracy falls, and how divergent their training and test sets are."""
    tuned = at(train_test(tables), TUNED)
    found = []
    for fallen in accuracy_improves(tables):
        if fallen.seen is not False:
            continue
        peers = tuned[(tuned["model"] == fallen.model) & (tuned["seed"] == fallen.seed)]
        mine: pd.Series = peers[peers["task"] == fallen.task]["similarity"]
        if len(mine) and len(peers) > 1:
            text = f"r {mine.iloc[0]:.2f}, the smallest is {peers['similarity'].min():.2f}"
            seen = bool(mine.iloc[0] == peers["similarity"].min())
            found.append(Case(fallen.model, fallen.task, fallen.seed, seen, text))
    return found


FINDINGS = (
    Finding(
        "4.1",
        "Fine-tuning improves the probe's accuracy, almost always.",
        "accuracy after is above accuracy before; undecided where the 95 % interval of the "
        "difference on the same test examples holds 0; in 24 of 25 cases, the paper's own share",
        24 / 25,
        accuracy_improves,
        "accuracies before and after fine-tuning on the same test examples",
    ),
    Finding(
        "4.1",
        "Fine-tuning makes training and test set diverge.",
        "their spatial similarity falls, by the paired test over labels at 5 %; undecided where "
        "that tells no change; in every case",
        1.0,
        partial(train_test_diverge, measure=PEARSON),
        "similarities of training and test split before and after",
    ),
    Finding(
        "4.1, asked anew",
        "They diverge also once what label sizes give is taken out.",
        "the same of the similarity beyond label sizes; in every case",
        1.0,
        partial(train_test_diverge, measure=BEYOND_SIZES),
        "similarities beyond label sizes of training and test split before and after",
    ),
    Finding(
        "4.1",
        "Where fine-tuning hurts accuracy, training and test set diverge most.",
        "of the model's tasks, the one whose accuracy falls has the smallest similarity of "
        "training and test set after; in every case",
        1.0,
        hurt_where_most_divergent,
        "a task whose accuracy falls beyond its interval, with others to compare it with",
    ),
)
"""In the paper's order; those asked anew are what it could not ask."""
