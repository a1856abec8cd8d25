"""Measure one look at a training: from its vectors to tables, and to the few numbers of a log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tunescope.arguments import as_tuple
from tunescope.errors import InputError, nearest
from tunescope.geometry import (
    Clustering,
    Separations,
    cluster,
    nearest_hulls,
    separations,
    spatial_similarity,
)
from tunescope.probes.intervals import accuracy_rows
from tunescope.studies.questions.layers import example_similarities
from tunescope.studies.questions.linearity import cluster_tables
from tunescope.studies.questions.structure import centroid_table, separation_tables, spread_table
from tunescope.tables.collected import Collected

if TYPE_CHECKING:
    from tunescope.encoders import Representation
    from tunescope.tasks import Task

MEASURES = ("distances", "clusters", "similarity", "spread", "hulls", "head")
"""What a look can ask. The similarity of two splits, or with the start, is of their distances,
which are then measured, kept and logged as well."""
NEAREST_HULL = "nearest hull"
CHECKS = 300
"""Hull checks after which clusters are only bounded, as in a study's lower layers."""
ASKED = 500
"""Held-out examples, at most, of which the nearest hull is found."""
MOST_LABELS = 30
"""Beyond so many labels their distances stand in the tables, and not each in the log."""


def check_measures(measures: Iterable[str] | None) -> tuple[str, ...]:
    """Give the measures that are meant, by default all, and refuse names that are none."""
    if measures is None:
        return MEASURES
    names = (measures,) if isinstance(measures, str) else as_tuple("measures", measures)
    for name in names:
        if name not in MEASURES:
            raise InputError(f"measures: {name!r} is none; {nearest(str(name), MEASURES)}")
    if not names:
        raise InputError(f"measures: none is named; {', '.join(MEASURES)}")
    return tuple(name for name in MEASURES if name in names)


@dataclass
class Geometry:
    """What is measured at every look of one training.

    Parameters
    ----------
    task : the labelled examples.
    splits : the first is measured; a second is held out and compared with it.
    measures : of `MEASURES`.
    """

    task: Task
    splits: Sequence[str]
    measures: Sequence[str]
    start: Mapping[str, Representation] | None = None
    """The vectors before the training, to compare with; None: they are not known."""
    _earlier: dict[tuple[int, str], Separations] = field(default_factory=dict)
    _first: dict[int, Separations] = field(default_factory=dict)

    def look(
        self, vectors: Mapping[str, Representation]
    ) -> tuple[dict[str, pd.DataFrame], dict[str, float]]:
        """Measure a snapshot.

        Parameters
        ----------
        vectors : of each split.

        Returns
        -------
        tables, values
            Parts of a run's tables; and numbers by name, those of layers below the model's last
            with the layer before their name.
        """
        collected = Collected()
        values: dict[str, float] = {}
        main = vectors[self.splits[0]]
        for layer in main.layers:
            found = self._layer(collected, vectors, layer)
            prefix = "" if layer == main.n_layers - 1 else f"layer_{layer}/"
            values |= {prefix + name: value for name, value in found.items()}
        return collected.tables(), {name: v for name, v in values.items() if np.isfinite(v)}

    def _layer(
        self, collected: Collected, vectors: Mapping[str, Representation], layer: int
    ) -> dict[str, float]:
        """Ask one layer everything that is asked, and give its numbers."""
        values: dict[str, float] = {}
        main = vectors[self.splits[0]]
        here, space = main.layer(layer), {"layer": layer, "split": self.splits[0]}
        found = None
        if "distances" in self.measures or "similarity" in self.measures:
            found = self._separations(collected, main, layer)
            minimum = found.minimum()
            values |= over_labels(minimum["minimum_distance"])
            if len(minimum) <= MOST_LABELS:
                distances = minimum["minimum_distance"]
                labels = zip(plain_names(minimum["label"]), distances, strict=True)
                values |= {f"min_distance/{label}": float(value) for label, value in labels}
            collected.add({"centroid_vectors": centroid_table(here, main.labels)}, **space)
        if "spread" in self.measures:
            table = spread_table(here, main.labels)
            collected.add({"spread": table}, **space)
            values["spread"] = float(table["total"].iloc[0])
            values["spread_within_labels"] = float(table["share_within"].iloc[0])
        if "similarity" in self.measures and found is not None:
            values |= self._similarities(collected, vectors, layer, found)
        clustering = None
        if "clusters" in self.measures:
            clustering = cluster(here, main.labels, separations=found, checks=CHECKS)
            tables = cluster_tables(clustering, main.labels, here.shape[1])
            collected.add(tables, **space)
            row = tables["linearity"].iloc[0]
            values["clusters"] = float(row["n_clusters"])
            values["clusters_at_most"] = float(row["most_clusters"])
            values["labels"] = float(row["n_labels"])
        if "hulls" in self.measures and len(self.splits) > 1:
            values["hull_accuracy"] = self._hulls(collected, vectors, layer, clustering)
        return values

    def _separations(
        self, collected: Collected, of: Representation, layer: int, *, keep: bool = True
    ) -> Separations:
        """Measure all label pairs, from where they were at the look before."""
        earlier = self._earlier.get((layer, of.split))
        found = separations(of.layer(layer), of.labels, start=earlier)
        self._earlier[layer, of.split] = found
        if keep:
            tables = separation_tables(found, self._describe(of))
            collected.add(tables, layer=layer, split=of.split)
        return found

    def _similarities(
        self,
        collected: Collected,
        vectors: Mapping[str, Representation],
        layer: int,
        found: Separations,
    ) -> dict[str, float]:
        """Compare the splits, and the first one with itself at the start."""
        values: dict[str, float] = {}
        if len(self.splits) > 1:
            other = self._separations(collected, vectors[self.splits[1]], layer)
            values["similarity_train_test"] = _value(spatial_similarity(found, other).value)
        if self.start is None:
            return values
        if vectors is self.start:
            self._first[layer] = found
            return values
        before = self.start[self.splits[0]]
        if layer not in self._first:
            self._first[layer] = separations(before.layer(layer), before.labels)
        alike = spatial_similarity(self._first[layer], found)
        values["similarity_with_start"] = _value(alike.value)
        here = vectors[self.splits[0]].layer(layer)
        rows = example_similarities(before.layer(layer), here, every=False)
        collected.add({"similarity": rows}, layer=layer, split=self.splits[0])
        values["cka_with_start"] = float(rows["similarity"].iloc[0])
        return values

    def _hulls(
        self,
        collected: Collected,
        vectors: Mapping[str, Representation],
        layer: int,
        clustering: Clustering | None,
    ) -> float:
        """Classify held-out examples by the nearest hull: of a cluster, or of a whole label."""
        main, other = (vectors[split] for split in self.splits[:2])
        rows = np.arange(len(other))
        if len(rows) > ASKED:
            rows = np.sort(np.random.default_rng(0).choice(rows, ASKED, replace=False))
        if clustering is None:
            classes, of_row = np.unique(main.labels, return_inverse=True)
        else:
            classes, of_row = clustering.cluster_classes, clustering.labels
        found = nearest_hulls(other.layer(layer)[rows], main.layer(layer), of_row)
        right = np.asarray(classes)[found.hulls] == other.labels[rows]
        table = accuracy_rows(NEAREST_HULL, right[None], groups=other.groups[rows])
        table.insert(1, "setting", "")
        collected.add({"accuracy": table}, layer=layer, split=other.split)
        return float(right.mean())

    def _describe(self, of: Representation) -> Any:
        split, rows = self.task[of.split], of.example_index
        return lambda i: (split.text(int(rows[i])), split.place(int(rows[i])))


def plain_names(labels: Iterable[str]) -> list[str]:
    """Write labels so that every tracker takes them, each in its own way.

    Examples
    --------
    >>> plain_names(["NUM:date", "$", "€"])
    ['NUM_date', '_', '_ 2']
    """
    names: list[str] = []
    for label in labels:
        plain = name = re.sub(r"[^A-Za-z0-9_. -]", "_", label)
        number = 2
        while name in names:
            name, number = f"{plain} {number}", number + 1
        names.append(name)
    return names


def _value(value: float | None) -> float:
    return np.nan if value is None else value


def over_labels(distances: pd.Series) -> dict[str, float]:
    """Sum up the labels' minimum distances; where one is open, nothing that later looks can match.

    Examples
    --------
    >>> over_labels(pd.Series([2.0, 4.0]))
    {'min_distance_smallest': 2.0, 'min_distance_mean': 3.0}
    >>> over_labels(pd.Series([2.0, float("nan")]))
    {'min_distance_smallest': nan, 'min_distance_mean': nan}
    """
    return {
        "min_distance_smallest": float(distances.min(skipna=False)),
        "min_distance_mean": float(distances.mean(skipna=False)),
    }
