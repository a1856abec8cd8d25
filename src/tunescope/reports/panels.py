"""The tables of a run, checked once and cut into one panel for each task and model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pandas as pd

from tunescope.errors import InputError

KEYS = ("run", "task", "model")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "training": ("update",),
    "evaluations": ("update", "accuracy"),
    "clusters": ("update", "layer", "label", "n_clusters"),
    "linearity": ("update", "layer", "n_labels", "n_clusters"),
    "separations": ("update", "layer", "label_a", "label_b", "separation"),
    "minimum_distances": ("update", "layer", "label", "minimum_distance"),
    "nearest_pairs": ("update", "layer", "label_a", "label_b", "separation"),
    "centroids": ("update", "layer", "label", "x", "y"),
    "accuracy": ("update", "probe", "accuracy"),
    "accuracy_change": ("update", "probe", "difference", "p_corrected"),
    "selectivity": ("update", "selectivity"),
    "description_length": ("update", "compression"),
    "similarity": ("update", "layer", "comparison", "similarity"),
    "spread": ("update", "layer", "total", "share_within"),
    "cluster_members": ("update", "layer", "label", "cluster", "kind"),
    "transfer": ("tuned_on", "n_increased", "n_decreased", "mean_change"),
}
"""The tables that the page shows, with the columns it cannot do without."""

PAGE_ROWS = 120_000
"""So many rows all panels' figures of one kind may draw together: about 3 MB of the page."""

_DEFAULTS: Mapping[str, Any] = {
    "run": "",
    "model": "",
    "task": "",
    "seed": 0,
    "split": "",
    "weights": "pretrained",
}
_OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "training": ("epoch", "loss", "learning_rate", "accuracy"),
    "evaluations": ("n_examples",),
    "clusters": ("n_examples", "n_contradictions"),
    "linearity": (
        "n_examples",
        "n_features",
        "is_linear",
        "n_contradictions",
        "n_pairs",
        "capacity_pairs",
        "least_clusters",
        "most_clusters",
    ),
    "separations": ("lower", "upper", "status"),
    "minimum_distances": ("nearest_label", "lower", "upper"),
    "nearest_pairs": ("lower", "upper", "example_a", "example_b", "place_a", "place_b"),
    "centroids": (
        *("n_examples", "explained_x", "explained_y", "displacement", "shift_x", "shift_y"),
    ),
    "accuracy": ("restart", "lower", "upper", "n_examples", "layer", "setting"),
    "accuracy_change": ("lower", "upper", "n_examples", "n_groups", "layer"),
    "selectivity": ("lower", "upper", "n_examples", "layer", "probe", "reason"),
    "description_length": ("codelength", "uniform", "n_examples", "layer", "setting", "reason"),
    "similarity": ("measure", "lower", "upper", "n_pairs", "convention", "reason"),
    "spread": ("within", "n_examples"),
    "cluster_members": (
        *("cluster_size", "collides_with", "text", "place", "collides_text", "collides_place"),
    ),
    "transfer": (
        *("layer", "n_unchanged", "n_undecided", "n_clusters", "accuracy", "lower", "upper"),
    ),
}
_TEXT = {
    *KEYS,
    *("label", "label_a", "label_b", "nearest_label", "split", "weights", "probe", "comparison"),
    *("measure", "convention", "reason", "status", "example_a", "example_b", "place_a", "place_b"),
    *("setting", "tuned_on", "kind", "collides_with", "collides_text", "collides_place"),
    *("text", "place"),
}

_BLANK = {
    "reason",
    "convention",
    "collides_with",
    "collides_text",
    "collides_place",
}  # in these an empty text says nothing


@dataclass(frozen=True)
class Panel:
    """What one run holds about one task and model.

    Parameters
    ----------
    run, task, model : the names; `run` is empty where the page shows one run.
    tables : the rows of each table that belong here.
    most_rows : so many rows a figure may draw.
    """

    run: str
    task: str
    model: str
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    most_rows: int = 40_000
    """So many rows a figure may draw; more make the page heavy and no picture clearer."""

    @property
    def title(self) -> str:
        """The names in one line."""
        return " · ".join(name for name in (self.task, self.model, self.run) if name)

    def table(self, name: str) -> pd.DataFrame:
        """Rows of a table; an empty frame with the table's columns where it is absent."""
        return self.tables[name]

    def geometry(self, name: str) -> pd.DataFrame:
        """Rows of a table about the encoder that was fine-tuned, without random weights."""
        table = self.table(name)
        return table[table["weights"] != "random"]


def settle(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Check a table's columns and add the optional ones that it lacks.

    Parameters
    ----------
    name : the table's name, a key of `COLUMNS`.
    table : its rows.

    Raises
    ------
    InputError : if a column is absent that the page cannot do without.

    Examples
    --------
    >>> frame = pd.DataFrame({"update": [0], "loss": [0.5]})
    >>> list(settle("training", frame)["seed"])
    [0]
    """
    missing = [column for column in COLUMNS[name] if column not in table.columns]
    if missing:
        raise InputError(
            f"table {name}: column {', '.join(map(repr, missing))} is missing; "
            f"expected at least {', '.join(COLUMNS[name])}"
        )
    settled = table.copy()
    for column, default in _DEFAULTS.items():
        if column not in settled.columns:
            settled[column] = default
        else:
            settled[column] = (
                settled[column].astype("object").where(settled[column].notna(), default)
            )
    for column in _OPTIONAL[name]:
        if column not in settled.columns:
            settled[column] = None
    for column in settled.columns:
        if column in _TEXT:
            text = settled[column].astype("object")
            there = text.notna() & ((text != "") if column in _BLANK else True)
            settled[column] = text.map(str).astype("object").where(there, None)
        elif column in COLUMNS[name] or column in _OPTIONAL[name] or column == "seed":
            settled[column] = pd.to_numeric(settled[column], errors="coerce")
    for column in ("update", "layer", "seed"):
        if column in settled.columns and settled[column].notna().all():
            settled[column] = settled[column].astype("int64")
    return settled


def panels(tables: Mapping[str, pd.DataFrame]) -> list[Panel]:
    """Cut the tables into panels, in the order in which tasks and models appear.

    Parameters
    ----------
    tables : name -> rows; names that are not in `COLUMNS` are left to the CSV folder.

    Returns
    -------
    panels : one for each run, task and model that any table mentions.

    Raises
    ------
    InputError : if a table lacks a column, or no table has a row.
    """
    settled = {
        name: settle(name, tables[name])
        if name in tables
        else settle(name, pd.DataFrame(columns=list(COLUMNS[name])))
        for name in COLUMNS
    }
    found = dict.fromkeys(key for table in settled.values() for key in _keys(table))
    if not found:
        raise InputError(
            "no table of this run has a row; run the study first, then write its report"
        )
    return [
        Panel(
            *key,
            tables={
                name: table[(table[list(KEYS)] == list(key)).all(axis=1)].reset_index(drop=True)
                for name, table in settled.items()
            },
            most_rows=min(Panel.most_rows, PAGE_ROWS // len(found)),
        )
        for key in found
    ]


def thin_layers(table: pd.DataFrame, most_rows: int) -> tuple[pd.DataFrame, str]:
    """Keep every second layer, from the last down, until the rows are few enough.

    Returns
    -------
    table : the kept rows.
    note : a sentence that says which layers are drawn; empty if all are.
    """
    layers = sorted(table["layer"].unique(), reverse=True)
    kept = layers
    while len(table) > most_rows and len(kept) > 2:
        kept = kept[::2]
        table = table[table["layer"].isin(kept)]
    if len(kept) == len(layers):
        return table, ""
    names = ", ".join(str(layer) for layer in reversed(kept))
    return table, f" To keep the page small it holds layers {names} only."


def each_row(table: pd.DataFrame) -> Iterator[Any]:
    """Go through the rows as named tuples."""
    yield from table.itertuples(index=False)


def ends(table: pd.DataFrame) -> tuple[int, int] | None:
    """First and last update of a table; None where there are not two.

    Examples
    --------
    >>> ends(pd.DataFrame({"update": [0, 7, 30]}))
    (0, 30)
    """
    if table.empty:
        return None
    first, last = int(table["update"].min()), int(table["update"].max())
    return (first, last) if first < last else None


def one_split(table: pd.DataFrame, prefer: str = "train") -> str:
    """Name the split to show first: the preferred one, else the first there is."""
    splits = list(dict.fromkeys(table["split"]))
    return prefer if prefer in splits or not splits else str(splits[0])


def _keys(table: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for key in table[list(KEYS)].drop_duplicates().itertuples(index=False, name=None):
        yield cast("tuple[str, str, str]", key)
