"""What can be wrong in a published result, and the list of what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

KINDS = {
    "count": "numbers of examples, clusters or pairs that do not match",
    "number": "distances that are NaN, which states none",
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
"""Kinds of issues, in the order in which they are told."""

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
    "off_by": "float64",
    "message": "str",
}
LISTED = 6
"""Lines or clusters named in a message before it says how many more there are."""


class Issues:
    """A list of issues that grows, and ends as a table."""

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
        """Add one: its kind, the file and line where it stands, and a sentence about it.

        With `published`, `lower` and `upper` among the columns, ``off_by`` is how far the published
        number is from what is right, relative to that.
        """
        self._rows.append(
            {
                "off_by": off_by(columns),
                "kind": kind,
                "severity": severity,
                "file": Path(file).name,
                "line": line,
                "message": message,
                **columns,
            }
        )

    def table(self) -> pd.DataFrame:
        """Give one row an issue, kind by kind in the order of `KINDS`, the worst ones first."""
        columns: dict[str, Any] = {}
        for name, dtype in COLUMNS.items():
            values = [row.get(name) for row in self._rows]
            columns[name] = pd.Series(values, dtype="object" if dtype == "str" else dtype)
        table = pd.DataFrame(columns)
        rank = table["kind"].map({kind: place for place, kind in enumerate(KINDS)})
        worst_first = -table["off_by"].fillna(0.0).to_numpy()
        order = np.lexsort((worst_first, rank.to_numpy(dtype=np.int64)))
        return table.iloc[order].reset_index(drop=True)


def off_by(row: Mapping[str, Any]) -> float | None:
    """Give how far a published number is outside its bounds, relative to the nearer one.

    None where that is 0, or there is nothing to compare.

    Examples
    --------
    >>> off_by({"published": 0.0, "lower": 2.0, "upper": 2.5})
    1.0
    >>> off_by({"published": 3.0, "lower": 2.0, "upper": 2.5})
    0.2
    """
    published, lower, upper = (row.get(name) for name in ("published", "lower", "upper"))
    if published is None or lower is None or upper is None or np.isnan(published):
        return None
    outside = max(lower - published, published - upper, 0.0)
    right = lower if published < lower else upper
    return float(outside / right) if right > 0.0 else None


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
