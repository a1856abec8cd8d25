"""Measure one snapshot: from its representations to the tables of every question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tunescope.encoders import Representation
from tunescope.geometry import Separations, cluster, separations
from tunescope.probes import Protocol
from tunescope.probes.registry import Also
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
from tunescope.studies.questions.structure import centroid_table, separation_tables, spread_table
from tunescope.studies.questions.suspects import suspect_tables
from tunescope.studies.study import Study
from tunescope.tables.collected import Collected
from tunescope.tasks import Task

SPLITS = ("train", "test")


def describe_probe(study: Study) -> dict[str, Any] | None:
    """Say what the classifier probe is, for the record; None where there is none."""
    if study.probing.protocol == "none":
        return None
    protocol = Protocol.named(study.probing.protocol)
    said = {"description": protocol.describe(), "protocol": protocol.record()}
    return {**said, "seed": PROBE_SEED, "also": list(study.probing.also)}


@dataclass(frozen=True)
class Wanted:
    """Which questions are asked of a snapshot."""

    separations: bool = True
    """Separations, minimum distances, nearest pairs, centroids, spread of the training split."""
    test: bool = False
    """Separations of the test split too, to compare it with the training split."""
    clusters: bool = False
    suspects: bool = False
    """Which training examples to look at again, by the last layer."""
    accuracy: bool = False
    """Classifier probes, trained on the training split and tested on the test split."""
    controls: bool = True
    """What the study wants beside the classifier probe, too."""
    predictions: bool = False
    """What the classifier probe of the last layer says of each example."""
    baseline: bool = False
    """Of random weights only numbers count: clusters are bounded and not explained."""
    transfer: bool = False
    """Only what is asked of a model that was tuned on another task."""


TRANSFERRED = ("minimum_distances", "accuracy", CORRECT, "linearity")
"""The tables that are kept of a task under a model tuned on another one."""


@dataclass(frozen=True)
class Measurement:
    """What is measured of every snapshot of one task."""

    study: Study
    task: Task
    advance: Callable[[float], None] = lambda _share: None
    """Hears how much of it is done, from 0 to 1."""

    def tables(
        self,
        representations: Mapping[str, Representation],
        wanted: Wanted,
        *,
        original: Mapping[str, Representation] | None = None,
    ) -> dict[str, pd.DataFrame]:
        """Measure a snapshot.

        Parameters
        ----------
        representations : of each split.
        wanted : which questions to ask.
        original : the same splits before fine-tuning, for comparisons example by example.
        """
        collected = Collected()
        train = representations["train"]
        probed = self._probed(representations, wanted)
        total = len(train.layers) + PROBE_COST * len(probed)
        drawn = sample(representations) if wanted.separations and not wanted.transfer else {}
        if drawn and wanted.test:
            collected.add({EXAMPLES: example_table(representations, self.task, drawn)})
        for done, layer in enumerate(train.layers, start=1):
            space = {"layer": layer, "split": "train"}
            vectors = train.layer(layer)
            found = None
            if wanted.separations:
                found = self._separations(train, vectors)
                collected.add(separation_tables(found, self._describe(train)), **space)
                collected.add({"centroid_vectors": centroid_table(vectors, train.labels)}, **space)
                collected.add({"spread": spread_table(vectors, train.labels)}, **space)
            if drawn:
                collected.add({SKETCHES: sketch_table(representations, layer, drawn)}, layer=layer)
            if wanted.clusters:
                clusters = self._clusters(train, layer, found, baseline=wanted.baseline)
                collected.add(clusters, **space)
            if wanted.suspects and layer == train.layers[-1]:
                collected.add(self._suspects(train, vectors, found), **space)
            if original is not None:
                before = original["train"].layer(layer)
                found_alike = example_similarities(before, vectors, every=wanted.test)
                collected.add({"similarity": found_alike}, **space)
            if wanted.test and "test" in representations:
                test = representations["test"]
                tables = separation_tables(
                    self._separations(test, test.layer(layer)), self._describe(test)
                )
                collected.add(tables, **{**space, "split": "test"})
            self.advance(done / total)
        also = self.study.probing.also if wanted.controls else ()
        for done, layer in enumerate(probed, start=1):
            predictions = wanted.predictions and layer == train.layers[-1]
            self._accuracy(collected, representations, also, layer, predictions=predictions)
            self.advance((len(train.layers) + PROBE_COST * done) / total)
        tables = collected.tables()
        if wanted.transfer:
            return {name: table for name, table in tables.items() if name in TRANSFERRED}
        return tables

    def _probed(
        self, representations: Mapping[str, Representation], wanted: Wanted
    ) -> tuple[int, ...]:
        """Name the layers that get a classifier probe."""
        probing = self.study.probing
        if not wanted.accuracy or probing.protocol == "none" or "test" not in representations:
            return ()
        layers = representations["train"].layers
        return layers if probing.layers == "all" else layers[-1:]

    def _separations(self, of: Representation, vectors: np.ndarray) -> Separations:
        return separations(vectors, of.labels, rtol=self.study.geometry.rtol)

    def _describe(self, of: Representation) -> Callable[[int], tuple[str, str]]:
        split = self.task.splits[of.split]
        rows = of.example_index  # some examples may have been dropped while encoding
        return lambda example: (split.text(int(rows[example])), split.place(int(rows[example])))

    def _suspects(
        self, of: Representation, vectors: np.ndarray, measured: Separations | None
    ) -> dict[str, pd.DataFrame]:
        describe = self._describe(of)
        return suspect_tables(
            np.asarray(vectors),
            of.labels,
            lambda row: (*describe(row), int(of.example_index[row])),
            groups=of.groups,
            measured=measured,
            rtol=self.study.geometry.rtol,
        )

    def _clusters(
        self, of: Representation, layer: int, measured: Separations | None, *, baseline: bool
    ) -> dict[str, pd.DataFrame]:
        vectors = of.layer(layer)
        whole = layer == of.layers[-1] and not baseline
        checks = None if whole else self.study.geometry.cluster_checks
        found = cluster(vectors, of.labels, separations=measured, checks=checks)
        tables = cluster_tables(found, of.labels, vectors.shape[1])
        if found.complete and not baseline:
            left = clusters_without_contradictions(found, vectors, of.labels)
            tables["linearity"]["n_clusters_without_contradictions"] = (
                np.nan if left is None else float(left)
            )
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


PROBE_SEED = 0
"""The same everywhere: what differs between representations is then owed to them."""
PROBE_COST = 8
"""The probes of a layer take about as long as the geometry of this many layers."""
