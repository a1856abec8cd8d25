"""What has to be agglomerated: labels whose hulls meet, and the vectors inside them."""

import numpy as np
import pytest

from tunescope.geometry import meet, separations
from tunescope.geometry.clusters.overlaps import DistinctExamples, Overlaps
from tunescope.geometry.hulls.certificate import point_lower_bounds
from tunescope.geometry.hulls.cloud import Cloud


def with_contradictions(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw three labels, of which some hulls meet, and give some vectors two labels."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(40, 3)) + np.repeat([[0.0], [0.5], [4.0]], [15, 15, 10], axis=0)
    y = np.repeat([0, 1, 2], [15, 15, 10])
    shared = random.permutation(40)[:8]
    return np.concatenate([X, X[shared]]), np.concatenate([y, random.integers(0, 3, size=8)])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("measured", [False, True])
@pytest.mark.slow
def test_swallowed_vectors_are_those_that_no_plane_parts_from_the_hull(seed, measured):
    X, y = with_contradictions(seed)
    distinct = DistinctExamples.of(X, y)
    known = separations(X, y) if measured else None
    overlaps = Overlaps.of(X, distinct, 3, touching=1e-9, separations=known)
    for code in range(3):
        hull = X[distinct.first[distinct.free(code)]]
        others = np.flatnonzero(distinct.contradictory & (distinct.codes != code))
        points = {i: X[distinct.first[[i]]] for i in others}
        inside = [i for i in others if meet(hull, points[i], touching=1e-9).lower <= 1e-9]
        assert overlaps.contained[code].tolist() == inside


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.slow
def test_measured_separations_change_no_decision(seed):
    X, y = with_contradictions(seed)
    distinct = DistinctExamples.of(X, y)
    alone = Overlaps.of(X, distinct, 3, touching=1e-9)
    assert (
        alone.meeting
        == Overlaps.of(X, distinct, 3, touching=1e-9, separations=separations(X, y)).meeting
    )


def test_bounds_of_single_points_are_below_their_distances():
    random = np.random.default_rng(0)
    hull, points = random.normal(size=(30, 4)), 3.0 * random.normal(size=(50, 4))
    for normal in random.normal(size=(20, 4)):
        proven = point_lower_bounds(Cloud.of(hull), points, normal, 0.1)
        exact = (hull @ normal).min() - points @ normal
        np.testing.assert_allclose(
            proven, np.maximum(exact / np.linalg.norm(normal), 0.0), rtol=1e-9, atol=1e-12
        )
        assert (proven <= np.maximum(exact, 0.0) / np.linalg.norm(normal) + 1e-14).all()
