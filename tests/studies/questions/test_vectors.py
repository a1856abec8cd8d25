"""Vectors from anywhere: what the geometry says of them."""

from pathlib import Path

import numpy as np
import pytest

from tunescope.studies.questions.vectors import probe_vectors, store_vectors
from tunescope.tasks.readers.vectors import LabelledVectors

DATA = LabelledVectors(
    np.array([[0.0, 1], [0, 2], [3, 1], [3, 2]]), np.array(["a", "a", "b", "b"]), ("an index",)
)


def test_probing_counts_and_measures() -> None:
    found = probe_vectors(DATA, source="v.npy")
    assert found.tables["linearity"]["n_clusters"].iloc[0] == 2
    assert found.tables["separations"]["separation"].iloc[0] == pytest.approx(3)


def test_vectors_are_not_compared_with_themselves(tmp_path: Path) -> None:
    run = store_vectors(
        probe_vectors(DATA, source="v.npy"), tmp_path / "run", source="v.npy", labels="l.txt"
    )
    names = {"separations", "minimum_distances", "nearest_pairs", "clusters", "linearity"}
    assert set(run.tables) == names


def test_what_was_guessed_stays_with_what_was_found() -> None:
    assert probe_vectors(DATA, source="v.npy").notes == ("an index",)
