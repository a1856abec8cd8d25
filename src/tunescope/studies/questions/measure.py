"""Measure one snapshot: from its representations to the tables of every question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tunescope.encoders import Representation
from tunescope.geometry import Clustering, Separations, by_label_sizes, cluster, separations
from tunescope.probes import Protocol
from tunescope.probes.registry import Also
from tunescope.studies.estimate import describing, probing
from tunescope.studies.questions.extra_clusters import (
    cluster_members,
    clusters_without_contradictions,
)
from tunescope.studies.questions.layers import example_similarities
from tunescope.studies.questions.linearity import cluster_tables
from tunescope.studies.questions.memorisation import memorisation_table
from tunescope.studies.questions.performance import CORRECT, Examples, accuracy_tables, word_types
from tunescope.studies.questions.plane import (
    EXAMPLES,
    SKETCHES,
    example_table,
    sample,
    sketch_table,
)
from tunescope.studies.questions.predictions import HEAD
from tunescope.studies.questions.structure import (
    PERMUTED,
    centroid_table,
    cluster_separations,
    distances_of_means,
    permuted_pairs,
    permuted_table,
    separation_tables,
    spread_table,
)
from tunescope.studies.questions.suspects import (
    HELD_OUT,
    Course,
    HeldOut,
    suspect_tables,
)
from tunescope.studies.questions.wanted import Wanted
from tunescope.studies.spending import CLUSTERS, PROBES, SEPARATIONS, SUSPECTS, Spending
from tunescope.studies.study import Settings
from tunescope.tables.collected import Collected
from tunescope.tasks import Task

SPLITS = ("train", "test")


def describe_probe(study: Settings) -> dict[str, Any] | None:
    """Say what the classifier probe is, for the record; None where there is none."""
    if study.probing.protocol == "none":
        return None
    protocol = Protocol.named(study.probing.protocol)
    said = {"description": protocol.describe(), "protocol": protocol.record()}
    return {**said, "seed": PROBE_SEED, "also": list(study.probing.also)}


TRANSFERRED = ("minimum_distances", "accuracy", CORRECT, "linearity")
"""The tables that are kept of a task under a model tuned on another one."""


@dataclass(frozen=True)
class Measurement:
    """What is measured of every snapshot of one task."""

    study: Settings
    task: Task
    advance: Callable[[float], None] = lambda _share: None
    """Hears how much of it is done, from 0 to 1."""
    spending: Spending = field(default_factory=Spending)
    """Counts what the processor time goes into."""

    def tables(
        self,
        representations: Mapping[str, Representation],
        wanted: Wanted,
        *,
        original: Mapping[str, Representation] | None = None,
        update: int = 0,
        earlier: Mapping[int, pd.DataFrame] | None = None,
        head: pd.DataFrame | None = None,
    ) -> dict[str, pd.DataFrame]:
        """Measure a snapshot.

        Parameters
        ----------
        representations : of each split.
        wanted : which questions to ask.
        original : the same splits before fine-tuning, for comparisons example by example.
        update : of the snapshot.
        earlier : update → the table `HELD_OUT` of an earlier snapshot of the same fine-tuning,
            where its suspects are wanted.
        head : the table `predictions` of the model's own head, where it was asked.
        """
        collected = Collected()
        train = representations["train"]
        probed = self._probed(representations, wanted)
        a_layer, a_probe = self._expected_seconds(train, wanted)
        total = a_layer * len(train.layers) + a_probe * len(probed)
        drawn = sample(representations) if wanted.separations and not wanted.transfer else {}
        if drawn and wanted.test:
            collected.add({EXAMPLES: example_table(representations, self.task, drawn)})
        for done, layer in enumerate(train.layers, start=1):
            found = self._layer(collected, representations, wanted, layer)
            if layer == train.layers[-1]:
                course = Course(update, earlier or {})
                said = None if head is None else confidence_of(head, train)
                with self.spending.on(SUSPECTS):
                    self._expected(collected, train, wanted, found, course, said)
            if drawn:
                collected.add({SKETCHES: sketch_table(representations, layer, drawn)}, layer=layer)
            if original is not None:
                before = original["train"].layer(layer)
                found_alike = example_similarities(before, train.layer(layer), every=wanted.test)
                collected.add({"similarity": found_alike}, layer=layer, split="train")
            self.advance(a_layer * done / total)
        also = self.study.probing.also if wanted.controls else ()
        for done, layer in enumerate(probed, start=1):
            predictions = wanted.predictions and layer == train.layers[-1]
            with self.spending.on(PROBES):
                self._accuracy(collected, representations, also, layer, predictions=predictions)
            self.advance((a_layer * len(train.layers) + a_probe * done) / total)
        tables = collected.tables()
        if wanted.transfer:
            return {name: table for name, table in tables.items() if name in TRANSFERRED}
        return tables

    def _expected_seconds(self, train: Representation, wanted: Wanted) -> tuple[float, float]:
        """Estimate how long a layer takes, and how long its probes do."""
        n, features = train.layer(train.layers[-1]).shape
        geometry = describing(n, features, len(train.label_names), wanted)
        probes = probing(self.study.probing, n, features, others=wanted.controls)
        return max(geometry, 1e-9), probes

    def _probed(
        self, representations: Mapping[str, Representation], wanted: Wanted
    ) -> tuple[int, ...]:
        """Name the layers that get a classifier probe."""
        probing = self.study.probing
        if not wanted.accuracy or probing.protocol == "none" or "test" not in representations:
            return ()
        layers = representations["train"].layers
        return layers if probing.layers == "all" else layers[-1:]

    def _layer(
        self,
        collected: Collected,
        representations: Mapping[str, Representation],
        wanted: Wanted,
        layer: int,
    ) -> Separations | None:
        """Measure a layer's separations, its clusters, and where labels lie; give the former."""
        train, test = representations["train"], dict(representations).get("test")
        last = layer == train.layers[-1]
        separated = wanted.separations or (wanted.baseline and last)
        found = self._separations(train, layer) if separated else None
        clusters = None
        if wanted.clusters:
            clusters = self._clusters(train, layer, found, baseline=wanted.baseline)
            tables = self._cluster_tables(train, layer, clusters, baseline=wanted.baseline)
            collected.add(tables, layer=layer, split="train")
        if found is not None:
            tables = self._separation_tables(train, layer, found, clusters)
            if wanted.baseline:
                tables = {"separations": tables["separations"]}
            else:
                vectors = train.layer(layer)
                tables["centroid_vectors"] = centroid_table(vectors, train.labels)
                tables["spread"] = spread_table(vectors, train.labels)
            collected.add(tables, layer=layer, split="train")
        if test is not None and separated and (wanted.test or wanted.baseline):
            of_test = self._separations(test, layer)
            meet = bool((of_test.lower <= 0.0).any())
            clusters = (
                self._clusters(test, layer, of_test, baseline=False) if meet and last else None
            )
            tables = self._separation_tables(test, layer, of_test, clusters)
            if wanted.baseline:
                tables = {"separations": tables["separations"]}
            collected.add(tables, layer=layer, split="test")
        if wanted.test and last:
            pairs = permuted_pairs(*(of.labels for of in representations.values()))
            for split, of in representations.items():
                with self.spending.on(SEPARATIONS):
                    permuted = permuted_table(of.layer(layer), of.labels, of.groups, pairs)
                collected.add({PERMUTED: permuted}, layer=layer, split=split)
        return found

    def _separations(self, of: Representation, layer: int) -> Separations:
        with self.spending.on(SEPARATIONS):
            return separations(of.layer(layer), of.labels, rtol=self.study.geometry.rtol)

    def _separation_tables(
        self, of: Representation, layer: int, found: Separations, clusters: Clustering | None
    ) -> dict[str, pd.DataFrame]:
        vectors = of.layer(layer)
        tables = separation_tables(found, self._describe(of))
        known = clusters is not None and clusters.complete and not clusters.is_linear
        of_example = clusters.labels if clusters is not None and known else None
        with self.spending.on(SEPARATIONS):
            tables["separations"] = tables["separations"].assign(
                between_means=distances_of_means(found, vectors),
                by_sizes=by_label_sizes(found, vectors),
                by_clusters=cluster_separations(found, vectors, of.labels, of_example),
            )
        return tables

    def _describe(self, of: Representation) -> Callable[[int], tuple[str, str]]:
        split = self.task.splits[of.split]
        rows = of.example_index  # some examples may have been dropped while encoding
        return lambda example: (split.text(int(rows[example])), split.place(int(rows[example])))

    def _expected(
        self,
        collected: Collected,
        of: Representation,
        wanted: Wanted,
        measured: Separations | None,
        course: Course,
        head: np.ndarray | None,
    ) -> None:
        """Say what is expected of each example in the last layer, and whose label is suspect."""
        if not self.study.probing.rank_suspects or not (wanted.held_out or wanted.suspects):
            return
        layer, describe = of.layers[-1], self._describe(of)
        vectors = np.asarray(of.layer(layer))
        held_out = HeldOut.of(vectors, of.labels, of.groups)
        if wanted.held_out:
            collected.add({HELD_OUT: held_out.table()}, layer=layer, split="train")
        if wanted.suspects:
            tables = suspect_tables(
                vectors,
                of.labels,
                lambda row: (*describe(row), int(of.example_index[row])),
                groups=of.groups,
                measured=measured,
                held_out=held_out,
                head=head,
                course=course,
                rtol=self.study.geometry.rtol,
            )
            collected.add(tables, layer=layer, split="train")

    def _clusters(
        self, of: Representation, layer: int, measured: Separations | None, *, baseline: bool
    ) -> Clustering:
        whole = layer == of.layers[-1] and not baseline
        checks = None if whole else self.study.geometry.cluster_checks
        with self.spending.on(CLUSTERS):
            return cluster(of.layer(layer), of.labels, separations=measured, checks=checks)

    def _cluster_tables(
        self, of: Representation, layer: int, found: Clustering, *, baseline: bool
    ) -> dict[str, pd.DataFrame]:
        vectors = of.layer(layer)
        tables = cluster_tables(found, of.labels, vectors.shape[1])
        if found.complete and not baseline:
            with self.spending.on(CLUSTERS):
                left = clusters_without_contradictions(found, vectors, of.labels)
            n_clusters, n_labels = left or (np.nan, 0)
            tables["linearity"]["n_clusters_without_contradictions"] = float(n_clusters)
            tables["linearity"]["n_labels_without_contradictions"] = float(n_labels)
            tables["cluster_members"] = cluster_members(
                found, vectors, of.labels, self._describe(of)
            )
        return tables

    def _accuracy(
        self,
        collected: Collected,
        representations: Mapping[str, Representation],
        also: Sequence[Also],
        layer: int,
        *,
        predictions: bool,
    ) -> None:
        train, test = (representations[split] for split in SPLITS)
        probing = self.study.probing
        protocol = Protocol.named(probing.protocol)
        found = accuracy_tables(
            self._examples(train, layer),
            self._examples(test, layer),
            protocol=protocol,
            also=also,
            predictions=predictions,
            seed=PROBE_SEED,
            device=self._device(),
        )
        for name, table in found.items():
            split = {"split": "train" if name == "description_length" else "test"}
            where = {} if "split" in table.columns else split
            collected.add({name: table}, layer=layer, **where)
        if probing.memorisation and layer == train.layers[-1]:
            memory = memorisation_table(
                (np.asarray(train.layer(layer)), train.labels, train.groups),
                (np.asarray(test.layer(layer)), test.labels, test.groups),
                protocol=protocol,
                seed=PROBE_SEED,
                device=self._device(),
            )
            collected.add({"memorisation": memory}, layer=layer)

    def _examples(self, of: Representation, layer: int) -> Examples:
        split = self.task.splits[of.split]
        words = word_types(split)
        return Examples(
            np.asarray(of.layer(layer)),
            of.labels,
            of.groups,
            None if words is None else words[of.example_index],
            of.example_index,
        )

    def _device(self) -> str:
        """Name where networks are trained: they know CPUs and CUDA."""
        device = self.study.device
        return device if device.startswith(("auto", "cpu", "cuda")) else "cpu"


def confidence_of(head: pd.DataFrame, of: Representation) -> np.ndarray:
    """Give how sure a head is of each example's label, (n_examples,); NaN where it was not asked.

    Parameters
    ----------
    head : the table `predictions` of all splits.
    of : the representation of one.
    """
    rows = head[(head["split"] == of.split) & (head["source"] == HEAD)].set_index("example")
    return rows["given_confidence"].reindex(of.example_index).to_numpy(dtype=np.float64)


PROBE_SEED = 0
"""The same everywhere: what differs between representations is then owed to them."""
