"""Squared distances by products of matrices are as near as single precision allows."""

from __future__ import annotations

import numpy as np
import pytest

from tunescope.geometry.clusters.means import all_squared_distances

random = np.random.default_rng(0)
NEAR_COPIES = np.repeat(random.normal(size=(40, 10)), 20, axis=0) + 1e-6 * random.normal(
    size=(800, 10)
)
POINTS = {
    "general": random.normal(size=(700, 30)),
    "far from the origin": random.normal(size=(300, 30)) + 1e4,
    "many near copies": NEAR_COPIES,
    "copies": random.integers(0, 3, size=(500, 3)).astype(float),
    "scales apart": random.normal(size=(300, 5)) * 10.0 ** random.uniform(-12, 0, size=(300, 1)),
    "one": np.ones((1, 4)),
}


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.slow
def test_distances_are_those_of_the_differences(name: str) -> None:
    points = POINTS[name]
    found = all_squared_distances(points)
    exact = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
    # Half a unit of the last place for the rounding, and a quarter for the products.
    np.testing.assert_allclose(found, exact, rtol=1.5 * 2.0**-24, atol=0)
    assert (found[exact == 0] == 0).all()


@pytest.mark.parametrize("name", POINTS)
def test_the_matrix_is_symmetric_to_the_last_digit(name: str) -> None:
    found = all_squared_distances(POINTS[name])
    np.testing.assert_array_equal(found, found.T)
