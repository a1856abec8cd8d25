"""Sketches of snapshots give the plane that all their vectors would have given."""

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry import plane_of_labels, plane_of_variance, shared_plane, sketch


def snapshots(noise: float, d: int = 40, n: int = 60) -> tuple[list[np.ndarray], np.ndarray]:
    """Labels that move into directions which the first snapshot does not use."""
    random = np.random.default_rng(7)
    labels = np.repeat(np.arange(3), n // 3)
    start, drift = random.normal(size=(3, d)), 4 * random.normal(size=(3, d))
    vectors = [
        (start + share * drift)[labels] + noise * random.normal(size=(n, d))
        for share in (0.0, 0.5, 1.0)
    ]
    return vectors, labels


def test_of_full_rank_nothing_is_lost() -> None:
    vectors, _ = snapshots(0.3)
    sketches = [sketch(X, rank=40) for X in vectors]
    exact, found = shared_plane(vectors), plane_of_variance(sketches)
    np.testing.assert_allclose(found.axes, exact.axes, atol=1e-8)
    np.testing.assert_allclose(found.explained, exact.explained, atol=1e-8)
    for X, one in zip(vectors, sketches, strict=True):
        np.testing.assert_allclose(one.project(found), exact.project(X), atol=1e-8)
        assert one.left_out == 0


def test_of_low_rank_the_plane_explains_almost_as_much_and_the_error_is_bounded() -> None:
    vectors, _ = snapshots(0.3)
    sketches = [sketch(X, rank=4) for X in vectors]
    exact, found = shared_plane(vectors), plane_of_variance(sketches)
    assert found.explained.sum() <= exact.explained.sum() + 1e-12
    assert found.explained.sum() == pytest.approx(exact.explained.sum(), abs=0.01)
    for X, one in zip(vectors, sketches, strict=True):
        wrong = one.project(found) - found.project(X)
        assert (np.sqrt((wrong**2).mean(axis=0)) <= one.left_out + 1e-12).all()


@pytest.mark.parametrize(("n", "d"), [(30, 8), (8, 30)])
def test_a_sketch_keeps_the_largest_variances(n: int, d: int) -> None:
    X = np.random.default_rng(1).normal(size=(n, d)) * np.linspace(3, 1, d)
    found = sketch(X, rank=3)
    values = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    np.testing.assert_allclose((found.coordinates**2).sum(axis=0), values[:3] ** 2)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(3), atol=1e-9)
    assert found.left_out == pytest.approx(values[3] / np.sqrt(n))
    assert found.total == pytest.approx((values**2).sum())


def test_the_plane_of_labels_parts_what_variance_hides() -> None:
    random = np.random.default_rng(2)
    labels = np.repeat(np.arange(3), 40)
    loud = 20 * random.normal(size=(120, 2))
    quiet = np.array([[0.0, 0], [3, 0], [0, 3]])[labels] + 0.2 * random.normal(size=(120, 2))
    X = np.concatenate([loud, quiet], axis=1)
    plane = plane_of_labels([sketch(X, 4)], labels)
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-9)
    shown = plane.project(X)
    means = np.stack([shown[labels == label].mean(axis=0) for label in range(3)])
    inside = max(shown[labels == label].std(axis=0).max() for label in range(3))
    gaps = [np.linalg.norm(means[i] - means[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert min(gaps) > 5 * inside
    assert plane.explained.sum() < 0.1


def test_equal_vectors_that_move_together_are_not_parted() -> None:
    sketches = [sketch(np.full((5, 3), value), 2) for value in (1.0, 2.5)]
    assert not plane_of_labels(sketches, list("aabbb")).axes.any()
    assert np.ptp(sketches[1].project(plane_of_variance(sketches)), axis=0).tolist() == [0, 0]


def test_equal_vectors_lie_on_one_point() -> None:
    sketches = [sketch(np.ones((5, 3)), 2)] * 2
    for plane in (plane_of_variance(sketches), plane_of_labels(sketches, list("aabbb"))):
        assert not plane.axes.any()
        assert (sketches[0].project(plane) == 0).all()


def test_a_sketch_needs_vectors() -> None:
    with pytest.raises(InputError, match=r"X: expected shape .*got \(0, 3\)"):
        sketch(np.zeros((0, 3)), 2)
    with pytest.raises(InputError, match="at least one sketch"):
        plane_of_variance([])
