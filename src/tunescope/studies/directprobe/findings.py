"""What can be wrong in a published result, and the list of what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

KINDS = {
    "count": "numbers of examples, clusters or pairs that do not match",
    "log": "statements of the log that do not match the files",
    "name": "clusters named by a label that is not theirs",
    "mixed": "clusters of mixed labels",
    "contradiction": "identical vectors with different labels, passed unnoticed",
    "overlap": "clusters with different labels whose hulls meet",
    "merge": "clusters of one label that could be one",
    "clusters": "clusterings other than that of the definition",
    "zero": "separations of 0, which disjoint hulls cannot have",
    "distance": "separations that are off by more than their own precision",
    "undecided": "pairs of hulls of which it could not be decided whether they meet",
    "impossible": "separations larger than a way around through a test example",
    "order": "test examples whose clusters are not in ascending order of distance",
    "prediction": "distances of test examples that are off by more than their own precision",
    "accuracy": "accuracies that do not follow from the distances",
    "label distance": "separations of labels that are off by more than their own precision",
    "label value": "numbers of labels that are off by more than their own precision",
}
"""Kinds of findings, in the order in which they are told."""

SEVERITIES = ("wrong", "suspect", "note")
"""``wrong`` is proven; ``suspect`` is wrong or a sign of something wrong, which only the vectors
could tell; a ``note`` is no mistake."""

COLUMNS = {
    "kind": "str",
    "severity": "str",
    "file": "str",
    "line": "Int64",
    "cluster_a": "Int64",
    "label_a": "str",
    "cluster_b": "Int64",
    "label_b": "str",
    "published": "float64",
    "lower": "float64",
    "upper": "float64",
    "message": "str",
}
LISTED = 6
"""Lines or clusters named in a message before it says how many more there are."""


class Findings:
    """A list of findings that grows, and ends as a table."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def add(
        self,
        kind: str,
        file: str | Path,
        message: str,
        *,
        severity: str = "wrong",
        line: int | None = None,
        **columns: Any,
    ) -> None:
        """Add one: its kind, the file and line where it stands, and a sentence about it."""
        self._rows.append(
            {
                "kind": kind,
                "severity": severity,
                "file": Path(file).name,
                "line": line,
                "message": message,
                **columns,
            }
        )

    def table(self) -> pd.DataFrame:
        """Give one row a finding, kind by kind in the order of `KINDS`."""
        columns: dict[str, Any] = {}
        for name, dtype in COLUMNS.items():
            values = [row.get(name) for row in self._rows]
            columns[name] = pd.Series(values, dtype="object" if dtype == "str" else dtype)
        table = pd.DataFrame(columns)
        rank = table["kind"].map({kind: place for place, kind in enumerate(KINDS)})
        order = np.argsort(rank.to_numpy(dtype=np.int64), kind="stable")
        return table.iloc[order].reset_index(drop=True)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a table, each by its columns."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


PAIR = ("cluster_a", "label_a", "cluster_b", "label_b")


def pair_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Take the columns that name two clusters from a row."""
    return {name: row[name] for name in PAIR}


def named(row: Mapping[str, Any]) -> str:
    """Name two clusters in a sentence."""
    a, label_a, b, label_b = (row[name] for name in PAIR)
    return f"clusters {a} ({label_a}) and {b} ({label_b})"


def some(items: Sequence[Any]) -> str:
    """Name the first few of many.

    Examples
    --------
    >>> some([4, 8])
    '4, 8'
    >>> some(range(9))
    '0, 1, 2, 3, 4, 5 and 3 more'
    """
    shown = ", ".join(str(item) for item in list(items)[:LISTED])
    more = len(items) - LISTED
    return f"{shown} and {more} more" if more > 0 else shown
