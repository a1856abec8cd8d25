import numpy as np
import pytest
from problems import rotation

from tunescope.geometry import separation
from tunescope.geometry.hulls.cloud import Cloud
from tunescope.geometry.hulls.whitening import whiten


def flat_sets(seed, thickness, gap):
    """Draw two sets that share a plane, are this thick, and this far apart across it."""
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(300, 12)), rng.normal(size=(400, 12))
    A[:, -1], B[:, -1] = np.abs(A[:, -1]), -np.abs(B[:, -1])
    A[:, -1] *= thickness
    B[:, -1] *= thickness
    A[:, -1] += gap
    return A, B, rotation(rng, 12)


@pytest.mark.parametrize("thickness", [1.0, 1e-4, 1e-9])
def test_all_directions_get_the_same_spread(thickness):
    A, B, turn = flat_sets(0, thickness, 0.0)
    moved = whiten(Cloud.of(A @ turn), Cloud.of(B @ turn))
    together = np.vstack([moved.near_a, moved.near_b, moved.shift])
    assert together.shape[1] == 12
    assert together.T @ together / len(together) == pytest.approx(np.eye(12), abs=1e-6)


def test_directions_without_spread_are_left_out():
    A, B, turn = flat_sets(1, 0.0, 0.0)
    moved = whiten(Cloud.of(A @ turn), Cloud.of(B @ turn))
    assert moved.near_a.shape[1] == moved.change.shape[1] == 11


def test_a_normal_there_is_one_here():
    A, B, turn = flat_sets(2, 1e-6, 1e-7)
    A, B = A @ turn, B @ turn
    moved = whiten(Cloud.of(A), Cloud.of(B))
    across = moved.change @ np.linalg.pinv(moved.change) @ turn[-1]
    assert across == pytest.approx(turn[-1], abs=1e-6)
    centre = A.mean(axis=0)
    there = (A - centre) @ moved.change
    assert moved.near_a == pytest.approx(there, abs=1e-6)


@pytest.mark.parametrize("gap", [1e-10, -1e-10])
def test_flat_sets_are_decided_by_what_little_there_is(gap):
    for seed in range(5):
        A, B, turn = flat_sets(seed, 1e-9, gap)
        for C, D in ((A, B), (A @ turn, B @ turn)):
            result = separation(C, D)
            assert result.verify(C, D)
            if gap > 0:
                assert result.status == "separable"
                assert gap * (1 - 1e-3) <= result.distance < 10 * gap  # the faces are not full
            else:
                assert result.status == "overlapping"
