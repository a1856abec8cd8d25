"""The bank of planes says only what it can prove, whatever has been merged."""

from __future__ import annotations

import numpy as np
import pytest

from tunescope.geometry.clusters.planes import PlaneBank

pytestmark = pytest.mark.slow

ALL = np.arange


def bank_of(points: np.ndarray, **options: float) -> PlaneBank:
    return PlaneBank(np.ascontiguousarray(points, dtype=float), **options)


def test_an_empty_bank_settles_nothing():
    bank = bank_of([[0.0], [1.0], [2.0]])
    assert len(bank) == 0
    assert bank.unsettled(0, 1, np.array([2])).tolist() == [2]


def test_a_plane_is_kept_only_if_it_parts_the_sets():
    bank = bank_of([[0.0, 0.0], [1.0, 5.0], [3.0, 0.0]])
    assert not bank.add(np.array([0.0, 1.0]), ALL(2), np.array([2]))
    assert not bank.add(np.array([1.0, 0.0]), ALL(2), np.array([2]))  # the wrong way round
    assert not bank.add(np.zeros(2), ALL(2), np.array([2]))
    assert len(bank) == 0
    assert bank.add(np.array([-1.0, 0.0]), ALL(2), np.array([2]))
    assert len(bank) == 1
    assert bank.unsettled(0, 1, np.array([2])).tolist() == []


def test_a_plane_settles_both_directions():
    bank = bank_of([[0.0], [1.0], [5.0], [6.0]])
    bank.add(np.array([1.0]), np.array([2, 3]), np.array([0, 1]))
    assert bank.unsettled(0, 1, np.array([2, 3])).size == 0
    assert bank.unsettled(2, 3, np.array([0, 1])).size == 0
    assert bank.unsettled(0, 2, np.array([1, 3])).tolist() == [1]


def test_merged_clusters_have_the_ends_of_both():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(30, 4))
    bank = bank_of(points)
    members = {i: [i] for i in range(30)}
    for step in range(20):
        normal = rng.normal(size=4)
        order = np.argsort(points @ normal)
        bank.add(normal, order[20:], order[:5])
        i, j = sorted(rng.choice(sorted(members), size=2, replace=False).tolist())
        bank.merge(i, j)
        members[i] += members.pop(j)
        if step == 10:
            late = rng.normal(size=4)
            order = np.argsort(points @ late)
            bank.add(late, order[29:], order[:29])  # a plane that comes after merges
    # What the bank calls settled is parted by one of its normals, on all members.
    names = sorted(members)
    for a in names:
        for b in names:
            others = np.array([c for c in names if c not in (a, b)])
            settled = set(others) - set(bank.unsettled(a, b, others).tolist())
            for c in settled:
                mine, theirs = points[members[a] + members[b]], points[members[c]]
                assert apart_by_program(mine, theirs)


def apart_by_program(A: np.ndarray, B: np.ndarray) -> bool:
    from scipy.optimize import linprog

    d = A.shape[1]
    rows = np.block([[-A, np.ones((len(A), 2))], [B, -np.ones((len(B), 1)), np.ones((len(B), 1))]])
    cost = np.zeros(d + 2)
    cost[-1] = -1
    bounds = [(-1, 1)] * d + [(None, None), (None, 1)]
    return bool(-linprog(cost, A_ub=rows, b_ub=np.zeros(len(rows)), bounds=bounds).fun > 1e-9)


def test_touching_widens_what_must_be_apart():
    points = [[0.0], [1.0]]
    assert bank_of(points, touching=0.9).add(np.array([1.0]), np.array([1]), np.array([0]))
    assert not bank_of(points, touching=1.0).add(np.array([1.0]), np.array([1]), np.array([0]))


@pytest.mark.parametrize("gap", [1e-17, 1e-16])
def test_a_gap_within_the_rounding_error_proves_nothing(gap):
    rng = np.random.default_rng(1)
    normal = rng.normal(size=300)
    point = rng.normal(size=300)
    other = point + gap * normal
    assert not bank_of([other, point]).add(normal, np.array([0]), np.array([1]))


def test_a_full_bank_forgets_the_least_helpful_plane_and_stays_right():
    rng = np.random.default_rng(2)
    points = rng.normal(size=(40, 2))
    bank = bank_of(points, memory=1)  # the least there is: 16 planes
    for _ in range(50):
        normal = rng.normal(size=2)
        order = np.argsort(points @ normal)
        bank.add(normal, order[39:], order[:39])
    assert len(bank) == 16
    for a in range(39):
        for c in (
            set(range(40))
            - {a, a + 1}
            - set(bank.unsettled(a, a + 1, np.setdiff1d(np.arange(40), [a, a + 1])).tolist())
        ):
            assert apart_by_program(points[[a, a + 1]], points[[c]])
