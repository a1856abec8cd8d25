"""Centroids and the shared plane."""

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry.spaces.centroids import centroids, shared_plane


def test_centroids_are_the_means_of_each_label() -> None:
    random = np.random.default_rng(1)
    X, y = random.normal(size=(200, 7)).astype(np.float32), random.choice(list("abc"), 200)
    found = centroids(X, y)
    for label, count, vector in zip(found.labels, found.counts, found.vectors, strict=True):
        assert count == (y == label).sum()
        np.testing.assert_allclose(vector, X[y == label].astype(float).mean(axis=0))


def test_a_plane_through_planar_points_loses_nothing() -> None:
    random = np.random.default_rng(2)
    flat = random.normal(size=(30, 2)) @ np.linalg.qr(random.normal(size=(9, 2)))[0].T + 5
    plane = shared_plane([flat[:10], flat[10:]])
    assert plane.explained.sum() == pytest.approx(1)
    back = plane.project(flat) @ plane.axes + plane.origin
    np.testing.assert_allclose(back, flat, atol=1e-12)


def test_the_plane_does_not_turn_with_the_order_of_its_snapshots() -> None:
    random = np.random.default_rng(3)
    parts = [random.normal(size=(5, 4)) for _ in range(3)]
    one, other = shared_plane(parts), shared_plane(parts[::-1])
    np.testing.assert_allclose(one.axes, other.axes, atol=1e-12)


def test_points_on_a_line_leave_the_second_axis_empty() -> None:
    plane = shared_plane([np.outer(np.arange(4.0), [1.0, 2.0, 2.0])])
    assert plane.explained.tolist() == pytest.approx([1, 0])
    assert not plane.axes[1].any()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="y: expected 3 labels"):
        centroids(np.zeros((3, 2)), ["a", "b"])
    with pytest.raises(InputError, match="shapes"):
        shared_plane([np.zeros((2, 3)), np.zeros((2, 4))])
