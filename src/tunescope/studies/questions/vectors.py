"""Vectors from anywhere: measure their geometry, and keep it as a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tunescope.geometry import Clustering, cluster, separations
from tunescope.runs import Run
from tunescope.studies.assemble import assemble
from tunescope.studies.questions.linearity import cluster_tables
from tunescope.studies.questions.structure import separation_tables
from tunescope.studies.steps import Origin
from tunescope.tables.stages import ORIGINAL
from tunescope.tasks.readers.vectors import LabelledVectors


def store_vectors(probed: ProbedVectors, folder: Path, *, source: str, labels: str) -> Run:
    """Keep what was found as a run, so that a report can be written of it.

    Parameters
    ----------
    probed : what was found.
    folder : of the run; new or empty.
    source, labels : what to call the vectors and their labels in the tables.
    """
    study = {"vectors": source, "labels": labels}
    tables = {name: table.assign(layer=0, split="train") for name, table in probed.tables.items()}
    with Run.start(folder, study, identity=study) as run:
        run.write_tables(assemble([(Origin(source, labels, 0, ORIGINAL, 0), tables)], [0]))
        run.note(complete=True, notes={labels: list(probed.notes)})
    return run


@dataclass(frozen=True)
class ProbedVectors:
    """What the geometry says about labelled vectors."""

    clustering: Clustering
    tables: dict[str, pd.DataFrame]
    """``separations``, ``minimum_distances``, ``nearest_pairs``, ``clusters``, ``linearity``."""
    notes: tuple[str, ...] = ()
    """What was guessed or left out while the vectors were read."""


def probe_vectors(data: LabelledVectors, *, source: str, rtol: float = 1e-6) -> ProbedVectors:
    """Count clusters and measure separations.

    Parameters
    ----------
    data : vectors with labels.
    source : what examples are called, with their row, where a text is not known.
    rtol : relative width to which separations are bounded.
    """
    found = separations(data.vectors, data.labels, rtol=rtol)
    clustering = cluster(data.vectors, data.labels, separations=found)
    tables = separation_tables(found, lambda row: (f"row {row}", f"{source}, row {row}"))
    tables |= cluster_tables(clustering, data.labels, data.vectors.shape[1])
    return ProbedVectors(clustering, tables, data.notes)
