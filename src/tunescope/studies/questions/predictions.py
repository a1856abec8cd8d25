"""What is predicted for each example, and which labels are taken for which.

The same tables whoever predicts: a probe on the vectors, or a model's own head.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tunescope.tasks import Task

PROBE, HEAD = "probe", "head"
"""Who predicts."""


def prediction_tables(
    source: str,
    examples: np.ndarray,
    given: np.ndarray,
    classes: np.ndarray,
    probabilities: np.ndarray,
) -> dict[str, pd.DataFrame]:
    """Turn the probabilities of one split's labels into tables.

    Parameters
    ----------
    source : `PROBE` or `HEAD`.
    examples : (n_examples,) their numbers in the split.
    given : (n_examples,) their labels.
    classes : (n_classes,) the labels that can be predicted.
    probabilities : (n_examples, n_classes).

    Returns
    -------
    dict of DataFrame
        ``predictions`` (a row an example), ``label_scores`` (a row a label) and ``confusions`` (a
        row a pair of given and predicted label that occurs), each with the column `source`.
    """
    best = probabilities.argmax(axis=1)
    column = {label: i for i, label in enumerate(classes.tolist())}
    own = np.array([column.get(label, -1) for label in given.tolist()])
    rows = np.arange(len(given))
    table = pd.DataFrame(
        {
            "source": source,
            "example": examples.astype(np.int64),
            "given": given.astype(object),
            "predicted": classes[best].astype(object),
            "confidence": probabilities[rows, best].astype(float),
            "given_confidence": np.where(own >= 0, probabilities[rows, own], np.nan),
        }
    )
    return {"predictions": table, "label_scores": _scores(table), "confusions": _confusions(table)}


def _scores(table: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for label in sorted({*table["given"], *table["predicted"]}):
        given, predicted = table["given"] == label, table["predicted"] == label
        n_given, n_predicted = int(given.sum()), int(predicted.sum())
        right = int((given & predicted).sum())
        rows.append(
            {
                "source": table["source"].iloc[0],
                "label": label,
                "n_given": n_given,
                "n_predicted": n_predicted,
                "n_right": right,
                "precision": right / n_predicted if n_predicted else np.nan,
                "recall": right / n_given if n_given else np.nan,
                "f1": 2 * right / (n_given + n_predicted),
            }
        )
    return pd.DataFrame(rows)


def _confusions(table: pd.DataFrame) -> pd.DataFrame:
    """Count the pairs of labels that occur, each with its examples, the surest first."""
    ordered = table.sort_values("confidence", ascending=False, kind="stable")
    sizes = {label: int(n) for label, n in table["given"].value_counts().items()}
    rows = [
        {
            "source": table["source"].iloc[0],
            "given": given,
            "predicted": predicted,
            "n_examples": len(part),
            "share": len(part) / sizes[given],
            "examples": part["example"].tolist(),
        }
        for (given, predicted), part in ordered.groupby(["given", "predicted"], sort=True)
    ]
    return pd.DataFrame(rows)


def example_table(tasks: Mapping[str, Task], splits: tuple[str, ...]) -> pd.DataFrame:
    """List the examples of tasks, by the numbers that other tables call them.

    Parameters
    ----------
    tasks : by name.
    splits : names of those that are listed, where a task has them.
    """
    parts = []
    for name, task in tasks.items():
        labels = np.array(task.label_names, dtype=object)
        for split in (task.splits[split] for split in splits if split in task.splits):
            numbers = range(len(split))
            parts.append(
                pd.DataFrame(
                    {
                        "task": name,
                        "split": split.name,
                        "example": np.arange(len(split)),
                        "label": labels[split.labels],
                        "text": [split.text(i) for i in numbers],
                        "place": [split.place(i) for i in numbers],
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
