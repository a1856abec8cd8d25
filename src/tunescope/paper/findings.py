"""The paper's findings, one line each: holds, does not hold, cannot tell, and by which numbers."""

from __future__ import annotations

import pandas as pd

from tunescope.paper import judges
from tunescope.paper.cases import Case, Finding, summarise, verdict
from tunescope.tables import Tables

FINDINGS = (
    Finding(
        "4.1",
        "Fine-tuning improves the probe's accuracy, almost always.",
        "accuracy after is above accuracy before; undecided where the 95 % interval of the "
        "difference on the same test examples holds 0; in 24 of 25 cases, the paper's own share",
        24 / 25,
        judges.accuracy_improves,
        "accuracies before and after fine-tuning on the same test examples",
    ),
    Finding(
        "4.1",
        "Fine-tuning makes training and test set diverge.",
        "their spatial similarity falls; undecided where each lies in the other's 95 % interval; "
        "in every case",
        1.0,
        judges.train_test_diverge,
        "similarities of training and test split",
    ),
    Finding(
        "4.1",
        "Where fine-tuning hurts accuracy, training and test set diverge most.",
        "of the model's tasks, the one whose accuracy falls has the smallest similarity of "
        "training and test set after; in every case",
        1.0,
        judges.hurt_where_most_divergent,
        "a task whose accuracy falls beyond its interval, with others to compare it with",
    ),
    Finding(
        "4.2",
        "Small models are not linear before fine-tuning for most tasks.",
        "the model with the fewest layers, two at most, has more clusters than labels in its last "
        "layer; in more than half of the tasks",
        0.5 + 1e-9,
        judges.small_is_not_linear,
        "clusters of a model of at most two layers",
    ),
    Finding(
        "4.2",
        "Fine-tuning makes the space simpler: fewer clusters where there were too many.",
        "where there were more clusters than labels before, there are fewer after; in 6 of 8 "
        "cases, the share in the paper's tables 3 and 4",
        6 / 8,
        judges.space_gets_simpler,
        "a task with more clusters than labels before fine-tuning",
    ),
    Finding(
        "4.2",
        "TREC-50 is not linear in any model, before or after.",
        "there are more clusters than labels; in every case",
        1.0,
        judges.trec_is_not_linear,
        "clusters of trec-50",
    ),
    Finding(
        "4.2, asked anew",
        "TREC-50 is not linear even once its contradictions are set aside.",
        "what is left without contradictory questions has more clusters than labels; in every case",
        1.0,
        judges.trec_without_contradictions,
        "clusters of trec-50",
    ),
    Finding(
        "4.3",
        "In the largest model every other task is linear already before fine-tuning.",
        "as many clusters as labels in the last layer at update 0; in every task but trec-50",
        1.0,
        judges.large_is_linear,
        "clusters of a model on a task other than trec-50",
    ),
    Finding(
        "4.3, asked anew",
        "That is more than dimension alone would give.",
        "linear, though Cover's count expects random vectors to leave at least one label pair "
        "inseparable, and the same encoder with random weights is not linear; in every task",
        1.0,
        judges.more_than_dimension,
        "clusters of the same encoder with random weights",
    ),
    Finding(
        "4.3",
        "Fine-tuning pushes every label away from the others.",
        "the certified minimum distance of every label in the last layer grows; in every task but "
        "trec-50",
        1.0,
        judges.every_label_moves_away,
        "minimum distances before and after fine-tuning",
    ),
    Finding(
        "4.3, asked anew",
        "The labels move apart by more than the whole space grows.",
        "the mean over labels of the minimum distance in the last layer grows by a larger factor "
        "than the root-mean-square distance of all examples from their mean; in every case",
        1.0,
        judges.more_than_scale,
        "minimum distances and spread before and after fine-tuning",
    ),
    Finding(
        "4.3",
        "The centroids of the three closest labels move apart.",
        "their mean distance from each other, in the plane of the last layer's centroids, grows; "
        "in every case",
        1.0,
        judges.closest_move_apart,
        "centroids and separations over the updates",
    ),
    Finding(
        "4.4",
        "A similar task pushes labels apart too, but less (ps-role for ps-fxn).",
        "the mean change of the minimum distances is above 0 and below that of the task itself",
        1.0,
        judges.similar_task_helps,
        "a transfer from ps-role to ps-fxn",
    ),
    Finding(
        "4.4",
        "An opposing task pulls labels together (pos for ps-fxn).",
        "the mean change of the minimum distances is below 0",
        1.0,
        judges.opposing_task_hurts,
        "a transfer from pos to ps-fxn",
    ),
    Finding(
        "4.4",
        "Labels further apart go with better accuracy, closer with worse.",
        "accuracy changes in the direction of the mean minimum distance; undecided where each "
        "accuracy lies in the other's 95 % interval; in every pair of tasks",
        1.0,
        judges.accuracy_follows_distance,
        "a transfer between two tasks",
    ),
    Finding(
        "4.5",
        "Higher layers change more than lower ones.",
        "the labels' centroids move further on average in the last layer than in the first block; "
        "in every case",
        1.0,
        judges.higher_layers_move_more,
        "centroids of several layers over the updates",
    ),
    Finding(
        "4.5",
        "Higher layers still remain close to their originals.",
        "in the upper half of the layers spatial similarity with the original stays above 0.5 at "
        "the end; undecided where 0.5 is inside the 95 % interval; in every task but trec-50",
        1.0,
        judges.higher_layers_stay_close,
        "similarities with the original",
    ),
    Finding(
        "4.5",
        "In lower layers labels move only in a small region.",
        "the movements' range along their first principal component is smaller in the first block "
        "than in the last; in every case",
        1.0,
        judges.lower_layers_reach_less,
        "centroids of several layers over the updates",
    ),
    Finding(
        "4.5",
        "In lower layers labels move almost in the same direction.",
        "the mean of the movements' unit vectors is longer in the first block than in the last; "
        "in every case",
        1.0,
        judges.lower_layers_move_together,
        "centroids of several layers over the updates",
    ),
)
"""The findings in the paper's order; those asked anew are what it could not ask."""


def findings(tables: Tables) -> pd.DataFrame:
    """Judge every finding of the paper by a run.

    Parameters
    ----------
    tables : of the run.

    Returns
    -------
    DataFrame
        ``section, finding, verdict, numbers, rule, n_cases, n_seen, n_undecided``. Each seed is
        judged by itself; where seeds disagree, the verdict is *cannot tell*.
    """
    rows = []
    for finding in FINDINGS:
        found = finding.judge(tables)
        numbers = summarise(found) if found else f"the run has no case: it lacks {finding.needs}"
        rows.append(
            {
                "section": finding.section,
                "finding": finding.claim,
                "verdict": verdict(found, finding.share),
                "numbers": numbers,
                "rule": finding.rule,
                "n_cases": len(found),
                "n_seen": sum(case.seen is True for case in found),
                "n_undecided": sum(case.seen is None for case in found),
            }
        )
    return pd.DataFrame(rows)


def cases(tables: Tables) -> pd.DataFrame:
    """List every case that the findings are judged by.

    Returns
    -------
    DataFrame
        ``finding, model, task, seed, seen, numbers``; `seen` is ``yes``, ``no`` or ``undecided``.
    """
    words = {True: "yes", False: "no", None: "undecided"}

    def row(finding: Finding, case: Case) -> dict[str, object]:
        where = {"model": case.model, "task": case.task, "seed": case.seed}
        return {
            "finding": finding.claim,
            **where,
            "seen": words[case.seen],
            "numbers": case.numbers,
        }

    found = [row(finding, case) for finding in FINDINGS for case in finding.judge(tables)]
    return pd.DataFrame(found, columns=["finding", "model", "task", "seed", "seen", "numbers"])
