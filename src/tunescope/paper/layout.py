"""The paper's tables as a reader sees them: a row a representation, a column a quantity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tunescope.paper.latex import longtable

KEYS = {
    "model": "model",
    "task": "task",
    "stage": "stage",
    "tuned_on": "fine-tuned on",
    "protocol": "protocol",
}
"""Columns that name a row; that of protocols is only there where these differ."""
HEADINGS = {
    "parameters_millions": "parameters (M)",
    "train_test_similarity": "train–test r",
    "train_test_similarity_zhou2022": "r, authors' convention",
    "accuracy": "accuracy (%)",
    "accuracy_sd_over_restarts": "sd over starts",
    "is_linear": "linear",
    "clusters_without_contradictions": "without contradictions",
    "label_pairs": "pairs",
    "label_pairs_separable_by_chance": "by chance",
    "labels_increased": "grew",
    "labels_decreased": "shrank",
    "labels_unchanged": "unchanged",
    "labels_undecided": "undecided",
    "mean_minimum_distance_change": "mean change",
    "train_examples": "train",
    "dev_examples": "dev",
    "test_examples": "test",
}
DIGITS = {
    "accuracy": 2,
    "accuracy_sd_over_restarts": 2,
    "train_test_similarity": 2,
    "train_test_similarity_zhou2022": 2,
    "mean_minimum_distance_change": 2,
    "parameters_millions": 1,
    "label_pairs_separable_by_chance": 1,
}
CAPTIONS = {
    1: "The models.",
    2: "Accuracy of the classifier probe and spatial similarity of training and test set, "
    "original and fine-tuned, last layer.",
    3: "Linearity of the last layer: clusters and labels, clusters once contradictions are set "
    "aside, label pairs and how many random vectors of these counts and dimensions would be "
    "expected to leave separable, and accuracy.",
    4: "Linearity of the last layer on TREC-50.",
    5: "Labels whose certified minimum distance in the last layer grew and shrank when the model "
    "was fine-tuned on the same or on another task, the mean change (Euclidean), and accuracy.",
    6: "The tasks: labels and examples.",
    7: "Accuracy of the classifier probe for every model and task, with its standard deviation "
    "over the probe's starts, and spatial similarity of training and test set.",
}
SPREAD = " ± is the standard deviation over seeds of fine-tuning."
ORDER = (
    *("layers", "heads", "dim", "parameters_millions"),
    *("clusters", "labels", "is_linear", "clusters_without_contradictions"),
    *("label_pairs", "label_pairs_separable_by_chance"),
    *("labels_increased", "labels_decreased", "labels_unchanged", "labels_undecided"),
    *("mean_minimum_distance_change", "accuracy"),
)
"""Quantities from left to right, as in the paper; others follow."""
WIDEST = 7
"""Quantities that fit beside each other; the rest of a table's goes on below as its own table."""


@dataclass(frozen=True)
class Layout:
    """A table as text."""

    number: int
    caption: str
    head: list[str]
    rows: list[list[str]]
    n_keys: int

    def latex(self) -> str:
        """Write it as LaTeX; a wide table comes as several below each other."""
        parts = []
        quantities = list(range(self.n_keys, len(self.head)))
        for start in range(0, max(len(quantities), 1), WIDEST):
            chosen = [*range(self.n_keys), *quantities[start : start + WIDEST]]
            parts.append(
                longtable(
                    [self.head[i] for i in chosen],
                    [[row[i] for i in chosen] for row in self.rows],
                    caption=self.caption if not start else f"Table {self.number}, continued.",
                    align="l" * self.n_keys + "r" * (len(chosen) - self.n_keys),
                    number=None if start else self.number,
                )
            )
        return "\n".join(parts)


def layout(number: int, table: pd.DataFrame) -> Layout:
    """Lay a table of numbers out with ours, the spread, and theirs in each cell.

    Parameters
    ----------
    number : of the paper's table.
    table : as `tunescope.paper.paper_tables` gives it.
    """
    keys = [key for key in KEYS if key in table and (table[key] != "").any()]
    found = dict.fromkeys(map(str, table["quantity"]))
    quantities = [q for q in ORDER if q in found] + [q for q in found if q not in ORDER]
    rows: list[list[str]] = []
    for key, part in table.groupby(keys, sort=False):
        cells = {row["quantity"]: cell(row) for _, row in part.iterrows()}
        names = [str(name) or "–" for name in (key if isinstance(key, tuple) else (key,))]
        rows.append([*names, *(cells.get(quantity, "–") for quantity in quantities)])
    caption = CAPTIONS[number]
    caption += _brackets(table)
    caption += "".join(f" Of {task}, {note}." for task, note in _labels(table))
    caption += SPREAD if table["spread"].notna().any() else ""
    head = [*(KEYS[key] for key in keys), *(HEADINGS.get(q, q) for q in quantities)]
    return Layout(number, caption, head, rows, len(keys))


def _labels(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Give what the notes say of labels that are lacking, once a task."""
    if "note" not in table:
        return []
    noted = table[(table["quantity"] == "labels") & table["note"].str.contains("of the paper's")]
    notes = [str(note).partition(";")[0] for note in noted["note"]]
    return list(dict.fromkeys(zip(noted["task"], notes, strict=True)))


def _brackets(table: pd.DataFrame) -> str:
    """Say of which published models the numbers in brackets are."""
    known = table[table["theirs"].notna()]
    pairs = known[["model", "theirs_model"]].drop_duplicates().itertuples(index=False)
    others = [f"{theirs} beside {ours}" for ours, theirs in pairs if theirs != ours]
    if known.empty:
        return ""
    if not others:
        return " In brackets the published value of the same model."
    rest = ", and else of the same model" if (known["model"] == known["theirs_model"]).any() else ""
    return f" In brackets the published value of the nearest size: {', '.join(others)}{rest}."


def cell(row: pd.Series) -> str:
    """Write one number with its spread and the published value.

    Examples
    --------
    >>> cell(pd.Series({"quantity": "accuracy", "ours": 85.0, "spread": 1.4142, "theirs": 85.08}))
    '85.00 ± 1.41 (85.08)'
    >>> cell(pd.Series({"quantity": "is_linear", "ours": 0.5, "spread": 0.7, "theirs": 1.0}))
    '50 % of seeds (yes)'
    """
    quantity = str(row["quantity"])
    if quantity == "is_linear":
        text = {0.0: "no", 1.0: "yes"}.get(row["ours"], f"{100 * row['ours']:.0f} % of seeds")
        theirs = {0.0: " (no)", 1.0: " (yes)"}.get(row["theirs"], "")
        return text + theirs
    digits = DIGITS.get(quantity, 0)
    ours = row["ours"]
    if digits == 0 and not float(ours).is_integer():
        digits = 1  # a mean of counts over seeds
    text = f"{ours:.{digits}f}"
    if not np.isnan(row["spread"]):
        text += f" ± {row['spread']:.{max(digits, 1)}f}"
    if not np.isnan(row["theirs"]):
        text += f" ({row['theirs']:.{DIGITS.get(quantity, 0)}f})"
    return text
