import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from problems import FAMILIES, draw, known_distance, rotation
from scipy.optimize import linprog

from tunescope.errors import InputError
from tunescope.geometry import meet, separation


def check(result, A, B):
    """What holds of every separation, whatever its status."""
    assert result.lower <= result.distance <= result.upper
    assert np.isfinite([result.lower, result.distance, result.upper]).all()
    assert result.separable == (result.lower > 0.0) == (result.status == "separable")
    verification = result.verify(A, B)
    assert verification, verification.reason
    assert (result.weights_a >= 0).all() and math.fsum(result.weights_a) == pytest.approx(1.0)
    assert (result.weights_b >= 0).all() and math.fsum(result.weights_b) == pytest.approx(1.0)
    assert len(result.support_a) + len(result.support_b) <= A.shape[1] + 2
    if result.separable:
        assert (A @ result.normal).min() > (B @ result.normal).max()


RECTANGLES = (
    np.array([[1.0, 6.0], [1.0, 3.0], [15.0, 3.0], [15.0, 6.0]]),
    np.array([[1.0, -3.0], [1.0, -1.0], [2.0, -3.0], [2.0, -1.0]]),
)


@pytest.mark.parametrize(
    ("A", "B", "distance"),
    [
        (*RECTANGLES, 4.0),
        ([[5, 10], [0, 5], [10, 5], [5, 0]], [[10, -5]], math.sqrt(50)),
        ([[0.0]], [[3.0]], 3.0),
        ([[0.0, 0.0], [2.0, 2.0]], [[2.0, 0.0]], math.sqrt(2)),  # a point beside a segment
        ([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]], [[0.0, -1.0, 1.0], [0.0, 1.0, 1.0]], 1.0),  # skew
        ([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], [[4.0, 4.0], [9.0, 9.0]], math.sqrt(8)),  # collinear
    ],
)
def test_knows_the_distances_of_simple_figures(A, B, distance):
    A, B = np.array(A, dtype=float), np.array(B, dtype=float)
    result = separation(A, B)
    check(result, A, B)
    assert result.distance == pytest.approx(distance, rel=1e-12)
    assert result.lower >= distance * (1 - 1e-6)
    assert result.upper <= distance * (1 + 1e-6)
    assert np.linalg.norm(result.point_a - result.point_b) == pytest.approx(distance)


@pytest.mark.parametrize(("p", "q"), [(1, 1), (4, 4), (3, 50), (200, 300), (1, 1000)])
@pytest.mark.slow
def test_knows_the_distance_of_two_faces_of_a_simplex(p, q):
    corners = np.eye(p + q)
    result = separation(corners[:p], corners[p:])
    check(result, corners[:p], corners[p:])
    assert result.distance == pytest.approx(math.sqrt(1 / p + 1 / q), rel=1e-9)
    assert result.weights_a == pytest.approx(np.full(p, 1 / p), rel=1e-6)


def test_approaches_the_distance_of_two_balls():
    rng = np.random.default_rng(0)
    sphere = rng.normal(size=(4000, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    A, B = 2.0 * sphere, 1.0 * sphere + [5.0, 0.0, 0.0]
    distance = separation(A, B).distance
    assert 2.0 <= distance < 2.01


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.slow
def test_bounds_hold_and_can_be_verified(family):
    for seed in range(120):
        A, B = draw(family, seed)
        result = separation(A, B)
        check(result, A, B)
        assert result.status != "undecided"
        quick = meet(A, B)
        check(quick, A, B)
        assert quick.separable == result.separable


@pytest.mark.parametrize("gap", [1.0, 1e-3, 1e-6, 1e-9, 1e-12])
@pytest.mark.slow
def test_finds_a_distance_known_by_construction(gap):
    for seed in range(60):
        rng = np.random.default_rng(seed)
        d = int(rng.integers(2, 40))
        A, B = known_distance(rng, d, 30, 40, gap)
        result = separation(A, B)
        rounding = 1e-14 * max(np.abs(A).max(), np.abs(B).max())  # of constructing A and B
        assert result.status == "separable"
        assert result.lower - rounding <= gap <= result.upper + rounding
        if gap >= 1e-9:
            assert result.upper - result.lower <= 1e-6 * result.upper + rounding


def exact_lp_says_disjoint(A, B):
    """Ask HiGHS for a plane with a margin, on points scaled to order one."""
    centre = A.mean(axis=0)
    scale = max(np.abs(A - centre).max(), np.abs(B - centre).max())
    A, B = (A - centre) / scale, (B - centre) / scale
    d = A.shape[1]
    # w·a - t >= 1 and w·b - t <= -1
    above = np.c_[-A, np.ones(len(A))]
    below = np.c_[B, -np.ones(len(B))]
    answer = linprog(
        np.zeros(d + 1),
        A_ub=np.vstack([above, below]),
        b_ub=-np.ones(len(A) + len(B)),
        bounds=(None, None),
        method="highs",
    )
    return answer.status == 0


@pytest.mark.slow
def test_agrees_with_linear_programming_on_what_is_separable():
    both = set()
    for seed in range(400):
        rng = np.random.default_rng(seed)
        d, n_a, n_b = (int(n) for n in rng.integers(1, [8, 15, 15]))
        A, B = rng.normal(size=(n_a, d)), rng.normal(size=(n_b, d))
        B[:, 0] += rng.uniform(0, 3)
        separable = separation(A, B).separable
        assert separable == exact_lp_says_disjoint(A, B)
        both.add(separable)
    assert both == {True, False}


@given(
    st.integers(1, 3).flatmap(
        lambda d: st.tuples(
            *[
                arrays(
                    np.int64, st.tuples(st.integers(1, 6), st.just(d)), elements=st.integers(0, 3)
                )
                for _ in range(2)
            ]
        )
    )
)
@settings(max_examples=300, deadline=None)
@pytest.mark.slow
def test_small_whole_numbers_are_decided_as_exact_arithmetic_does(sets):
    A, B = (Z.astype(np.float64) for Z in sets)
    result = separation(A, B)
    check(result, A, B)
    assert result.status != "undecided"
    if result.separable:  # the distance of two lattice polytopes is not arbitrarily small
        assert result.distance > 1e-2
        normal = [Fraction(float(x)) for x in result.normal]
        above = min(sum(w * int(x) for w, x in zip(normal, row, strict=True)) for row in sets[0])
        below = max(sum(w * int(x) for w, x in zip(normal, row, strict=True)) for row in sets[1])
        length = math.sqrt(sum(w * w for w in normal))
        assert above > below
        assert result.lower <= float(above - below) / length * (1 + 1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_does_not_depend_on_order_place_turn_size_or_repetition(seed):
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(60, 10)), rng.normal(size=(50, 10)) + 1.2
    distance = separation(A, B).distance
    assert distance > 0
    turn, move = rotation(rng, 10), rng.normal(size=10) * 100
    variants = {
        "permuted": (A[rng.permutation(60)], B[rng.permutation(50)], 1.0),
        "rotated": (A @ turn, B @ turn, 1.0),
        "translated": (A + move, B + move, 1.0),
        "repeated": (np.vstack([A, A[:20]]), np.vstack([B, B, B]), 1.0),
        "padded": (np.pad(A, ((0, 0), (0, 7))), np.pad(B, ((0, 0), (0, 7))), 1.0),
        "swapped": (B, A, 1.0),
        "small": (A * 1e-8, B * 1e-8, 1e-8),
        "large": (A * 1e8, B * 1e8, 1e8),
        "very small": (A * 2.0**-200, B * 2.0**-200, 2.0**-200),
        "very large": (A * 2.0**200, B * 2.0**200, 2.0**200),
    }
    for name, (C, D, factor) in variants.items():
        result = separation(C, D)
        assert result.verify(C, D), name
        assert result.distance == pytest.approx(factor * distance, rel=1e-9), name


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, bool])
def test_takes_every_type_of_number_at_its_exact_value(dtype):
    rng = np.random.default_rng(1)
    A = (rng.normal(size=(20, 5)) * 3).astype(dtype)
    B = (rng.normal(size=(20, 5)) * 3 + 9).astype(dtype)
    result = separation(A, B)
    exact = separation(A.astype(np.float64), B.astype(np.float64))
    assert result.status == exact.status
    assert result.distance == exact.distance
    assert result.verify(A, B)


@pytest.mark.parametrize("d", [1, 2, 4096])
def test_takes_one_point_against_many_in_any_dimension(d):
    rng = np.random.default_rng(d)
    A, B = rng.normal(size=(1, d)) + 4.0, rng.normal(size=(30, d))
    for first, second in ((A, B), (B, A)):
        result = separation(first, second)
        check(result, first, second)
        assert result.separable


def test_nested_and_equal_hulls_overlap():
    rng = np.random.default_rng(3)
    A = rng.normal(size=(40, 6))
    for B in (A, A[::-1], 0.1 * A, A[:1], A.mean(axis=0, keepdims=True), 10 * A):
        result = separation(A, B)
        assert result.status == "overlapping"
        assert result.distance == result.lower == 0.0
        check(result, A, B)


def test_lengths_whose_squares_vanish_are_not_taken_for_an_overlap():
    A, B = np.array([[0.0, 1e-200]]), np.array([[0.0, -1e-200]])
    result = separation(A, B)
    assert result.status == "undecided"
    assert result.lower == 0.0
    assert result.upper >= 2e-200


def test_a_start_changes_nothing_but_the_work():
    rng = np.random.default_rng(4)
    A, B = rng.normal(size=(200, 30)), rng.normal(size=(150, 30)) + 0.8
    plain = separation(A, B)
    moved = separation(A + 0.01 * rng.normal(size=A.shape), B, start=plain)
    again = separation(A, B, start=moved)
    assert again.distance == pytest.approx(plain.distance, rel=1e-9)
    fewer = separation(A[:20], B[:20], start=plain)  # some supports are gone
    assert fewer.distance == pytest.approx(separation(A[:20], B[:20]).distance, rel=1e-9)


class TestVerify:
    A = np.random.default_rng(5).normal(size=(30, 10)) + 1.0
    B = np.random.default_rng(6).normal(size=(40, 10)) - 1.0

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda r: {"lower": r.lower * 1.001, "distance": r.upper}, "lower bound"),
            (lambda r: {"upper": r.upper * 0.999, "distance": r.lower}, "upper bound"),
            (lambda r: {"distance": r.upper * 2}, "distance"),
            (lambda r: {"status": "overlapping"}, "status"),
            (lambda r: {"normal": -r.normal}, "lower bound"),
            (lambda r: {"normal": np.roll(r.normal, 1)}, "lower bound"),
            (lambda r: {"normal": r.normal * np.nan}, "not finite"),
            (lambda r: {"normal": r.normal[:2]}, "features"),
            (lambda r: {"support_a": r.support_a + 100}, "rows that A does not have"),
            (lambda r: {"support_b": r.support_b[:1], "weights_b": np.ones(1)}, "upper bound"),
            (lambda r: {"weights_a": -r.weights_a}, "convex"),
            (lambda r: {"weights_a": r.weights_a[:-1]}, "do not match"),
        ],
    )
    def test_catches_a_wrong_certificate(self, change, reason):
        result = separation(self.A, self.B)
        assert result.verify(self.A, self.B)
        wrong = replace(result, **change(result))
        verification = wrong.verify(self.A, self.B)
        assert not verification
        assert reason in verification.reason

    def test_catches_points_that_have_changed(self):
        result = separation(self.A, self.B)
        intruder = self.A.copy()
        intruder[result.support_a[0]] -= 0.01 * result.normal
        assert not result.verify(intruder, self.B)
        assert not result.verify(self.B, self.A)

    def test_catches_a_false_overlap(self):
        overlapping = separation(self.A, np.vstack([self.B, self.A[:5]]))
        assert overlapping.status == "overlapping"
        assert not overlapping.verify(self.A, np.vstack([self.B, self.A[:5] + 1e-9]))


@pytest.mark.parametrize(
    ("A", "message"),
    [
        (np.empty((0, 2)), r"A: expected shape .* got \(0, 2\)"),
        (np.ones(3), r"A: expected shape .* got \(3,\)"),
        (np.array([[1.0, np.nan]]), "A: row 0, column 1 is nan"),
        (np.array([[1.0, 2.0], [np.inf, 0.0]]), "A: row 1, column 0 is inf"),
        (np.array([[1.0, 1e150]]), "A: row 0, column 1 is 1e.150; expected finite numbers up to"),
        (np.array([["a", "b"]]), "A: expected float16"),
        (np.ones((2, 3)), "B: expected 3 features"),
    ],
)
def test_refuses_what_is_not_a_set_of_points(A, message):
    with pytest.raises(InputError, match=message):
        separation(A, np.ones((2, 2)))


@pytest.mark.parametrize("rtol", [0.0, 1.0, -1e-3, math.nan])
def test_refuses_a_tolerance_that_is_none(rtol):
    with pytest.raises(InputError, match="rtol"):
        separation(*RECTANGLES, rtol=rtol)
