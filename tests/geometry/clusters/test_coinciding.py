"""Vectors that are all the same, as `[CLS]` is in the embedding layer of BERT."""

import numpy as np
import pytest

from tunescope.geometry import cluster, separation, separations


@pytest.mark.parametrize("value", [0.0, 0.1, 1e8])
@pytest.mark.parametrize("count", [1, 5, 50])
def test_two_sets_of_one_and_the_same_point_overlap(value: float, count: int) -> None:
    points = np.full((count, 384), value, dtype=np.float32)
    found = separation(points, points[:3])
    assert found.status == "overlapping"
    assert found.lower == 0
    assert found.verify(points, points[:3])


def test_all_labels_in_one_point_are_a_contradiction() -> None:
    X, y = np.ones((6, 4)), np.array(list("aabbcc"))
    assert (separations(X, y).status == "overlapping").all()
    found = cluster(X, y)
    assert found.n_clusters == 3
    assert not found.is_linear
    assert [group.tolist() for group in found.contradictions] == [[0, 1, 2, 3, 4, 5]]
