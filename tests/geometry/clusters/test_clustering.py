"""The clusters are those of the greedy definition, written out slowly below."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from tunescope.errors import InputError
from tunescope.geometry import separations
from tunescope.geometry.clusters.clustering import Clustering, cluster

pytestmark = pytest.mark.slow

Points = list[tuple[int, ...]]


# --- The slow, obvious implementation -------------------------------------------------------


def apart_by_program(A: Points, B: Points) -> bool:
    """Maximise s with w·a ≥ t + s, w·b ≤ t − s, |w| ≤ 1: disjoint where s > 0."""
    d = len(A[0])
    rows = [[-x for x in a] + [1, 1] for a in A] + [[*list(b), -1, 1] for b in B]
    result = linprog(
        [0] * d + [0, -1],
        A_ub=rows,
        b_ub=[0] * len(rows),
        bounds=[(-1, 1)] * d + [(None, None), (None, 1)],
        method="highs",
    )
    assert result.status == 0
    return bool(-result.fun > 1e-7)


def apart_in_the_plane(A: Points, B: Points) -> bool:
    """Try, in whole numbers, every direction that two points span, and its normal."""
    if len(A[0]) == 1:
        return max(A) < min(B) or max(B) < min(A)
    for p, q in combinations([*A, *B], 2):
        x, y = p[0] - q[0], p[1] - q[1]
        for u, v in ((x, y), (-y, x)):
            of_a = [u * a[0] + v * a[1] for a in A]
            of_b = [u * b[0] + v * b[1] for b in B]
            if max(of_a) < min(of_b) or max(of_b) < min(of_a):
                return True
    return False


def obvious_clusters(X: Points, y: list[int]) -> tuple[set[frozenset[int]], set[tuple[int, int]]]:
    """Agglomerate by the definition, with fractions; returns clusters and refused pairs."""
    apart_points = apart_in_the_plane if len(X[0]) <= 2 else apart_by_program
    known: dict[frozenset[frozenset[int]], bool] = {}

    def apart(a: frozenset[int], b: frozenset[int]) -> bool:
        key = frozenset((a, b))
        if key not in known:
            known[key] = apart_points([X[i] for i in a], [X[i] for i in b])
        return known[key]

    def distance(a: frozenset[int], b: frozenset[int]) -> Fraction:
        return sum(
            (
                (
                    Fraction(sum(X[i][c] for i in a), len(a))
                    - Fraction(sum(X[i][c] for i in b), len(b))
                )
                ** 2
                for c in range(len(X[0]))
            ),
            start=Fraction(0),
        )

    n = len(X)
    contradictory = {i for i in range(n) if any(X[i] == X[j] and y[i] != y[j] for j in range(n))}
    aside = {
        frozenset(j for j in contradictory if (X[j], y[j]) == (X[i], y[i])) for i in contradictory
    }
    clusters = {frozenset([i]) for i in range(n) if i not in contradictory}
    refused: set[frozenset[frozenset[int]]] = set()
    listed: set[tuple[int, int]] = set()
    distances: dict[frozenset[frozenset[int]], Fraction] = {}
    while True:
        pairs = []
        for a, b in combinations(clusters, 2):
            pair = frozenset((a, b))
            if y[min(a)] == y[min(b)] and pair not in refused:
                if pair not in distances:
                    distances[pair] = distance(a, b)
                i, j = sorted((min(a), min(b)))
                pairs.append((distances[pair], i, j, a, b))
        if not pairs:
            return clusters | aside, listed
        _, i, j, a, b = min(pairs, key=lambda p: p[:3])
        others = [c for c in clusters | aside if y[min(c)] != y[i]]
        if all(apart(a | b, c) for c in others):
            clusters = (clusters - {a, b}) | {a | b}
            refused |= {
                frozenset((a | b, c))
                for c in clusters
                if frozenset((a, c)) in refused or frozenset((b, c)) in refused
            }
        else:
            refused.add(frozenset((a, b)))
            listed.add((i, j))


# --- Agreement with it ----------------------------------------------------------------------


def draw(rng: np.random.Generator, d: int, n: int, width: int, labels: int) -> tuple[Points, list]:
    X = [tuple(int(v) for v in row) for row in rng.integers(0, width, size=(n, d))]
    return X, [int(v) for v in rng.integers(0, labels, size=n)]


def as_sets(result: Clustering) -> set[frozenset[int]]:
    return {
        frozenset(np.flatnonzero(result.labels == k).tolist()) for k in range(result.n_clusters)
    }


def assert_obvious(X: Points, y: list[int]) -> bool:
    """Compare the two; say whether the problem is linear."""
    result = cluster(np.array(X, dtype=float), y)
    clusters, refused = obvious_clusters(X, y)
    assert as_sets(result) == clusters
    assert {(int(i), int(j)) for i, j, _ in result.refused_merges} == refused
    assert [y[min(c)] for c in sorted(clusters, key=lambda c: (y[min(c)], min(c)))] == list(
        result.cluster_classes
    )
    assert result.complete and result.least_clusters == result.n_clusters
    return result.is_linear


@pytest.mark.parametrize(
    ("d", "n", "width", "labels", "problems"),
    [
        (1, 8, 12, 2, 1000),  # intervals, many contradictions
        (1, 14, 60, 3, 800),
        (2, 8, 5, 2, 1500),  # a small grid: ties, duplicates, contradictions, touching
        (2, 10, 4, 3, 1000),  # a smaller one
        (2, 12, 40, 3, 800),
        (3, 8, 3, 2, 200),  # most of it collinear or coplanar
        (3, 10, 4, 2, 100),
        (3, 14, 100, 2, 60),
        (5, 16, 3, 3, 30),
    ],
)
def test_equals_the_obvious_implementation(d, n, width, labels, problems):
    rng = np.random.default_rng([d, n, width, labels])
    linear = sum(assert_obvious(*draw(rng, d, n, width, labels)) for _ in range(problems))
    assert linear < problems / 2  # what is linear needs no agglomeration


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(0, 2)),
        min_size=1,
        max_size=10,
    )
)
def test_equals_the_obvious_implementation_on_awkward_grids(rows):
    assert_obvious([(a, b) for a, b, _ in rows], [c for *_, c in rows])


def test_the_two_slow_checks_agree():
    rng = np.random.default_rng(0)
    for _ in range(300):
        X, _ = draw(rng, 2, 8, 6, 1)
        assert apart_by_program(X[:4], X[4:]) == apart_in_the_plane(X[:4], X[4:])


# --- Known answers --------------------------------------------------------------------------


@pytest.mark.parametrize("runs", [1, 2, 3, 7, 20])
def test_alternating_runs_on_a_line_are_as_many_clusters(runs):
    rng = np.random.default_rng(runs)
    x = np.sort(rng.normal(size=5 * runs))[:, None]
    y = np.repeat(np.arange(runs) % 2, 5)
    assert cluster(x, y).n_clusters == runs


def test_exclusive_or_is_three_clusters():
    X = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    result = cluster(X, ["a", "a", "b", "b"])
    assert result.labels.tolist() == [0, 0, 1, 2]
    assert result.refused_merges.tolist() == [[2, 3, 0]]
    assert not result.is_linear


def test_of_concentric_rings_only_the_inner_one_is_whole():
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    result = cluster(np.concatenate([ring, 2 * ring, 3 * ring]), np.repeat([0, 1, 2], 24))
    counts = np.bincount(result.cluster_classes)
    assert counts[0] == 1
    assert counts[1] > 1 and counts[2] > 1


def test_few_points_in_general_position_are_linear_whatever_their_labels():
    rng = np.random.default_rng(3)
    result = cluster(rng.normal(size=(11, 10)), rng.integers(0, 3, size=11))
    assert result.is_linear and len(result.refused_merges) == 0


def test_linear_exactly_where_all_label_pairs_are_apart():
    rng = np.random.default_rng(4)
    outcomes = set()
    for _ in range(150):
        X, y = draw(rng, 2, 9, 1000, 3)
        sets = [[p for p, label in zip(X, y, strict=True) if label == c] for c in sorted({*y})]
        linear = all(apart_in_the_plane(a, b) for a, b in combinations(sets, 2))
        result = cluster(np.array(X), y)
        assert result.is_linear == linear == (result.n_clusters == len(sets))
        outcomes.add(linear)
    assert outcomes == {True, False}


def test_touching_counts_as_meeting():
    X = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    assert cluster(X, [0, 0, 1, 1]).labels.tolist() == [0, 1, 2, 2]


def test_contradictions_are_set_aside_and_stand_in_the_way():
    X = np.array([[0.0], [1.0], [1.0], [2.0], [5.0], [1.0]])
    result = cluster(X, ["a", "a", "b", "a", "b", "a"])
    assert [group.tolist() for group in result.contradictions] == [[1, 2, 5]]
    assert result.labels.tolist() == [0, 1, 3, 2, 4, 1]
    assert result.refused_merges.tolist() == [[0, 3, 2]]


def test_a_contradiction_alone_is_not_linear():
    result = cluster(np.zeros((2, 3)), [0, 1])
    assert result.n_clusters == 2
    assert not result.is_linear


def test_minus_zero_is_zero():
    assert len(cluster(np.array([[0.0], [-0.0]]), [0, 1]).contradictions) == 1


# --- Invariances ----------------------------------------------------------------------------


def general(seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(60, 4)), rng.integers(0, 3, size=60)


def partition(labels: np.ndarray) -> np.ndarray:
    return labels[:, None] == labels[None, :]


def test_unchanged_by_motions_scale_padding_and_precision():
    X, y = general()
    X = X.astype(np.float32).astype(float)
    rotation, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    expected = cluster(X, y).labels
    assert expected.max() > 2
    for moved in (
        X @ rotation,
        X + 100.0,
        X * 1e-8,
        X * 1e8,
        np.pad(X, ((0, 0), (0, 7))),
        X.astype(np.float32),
    ):
        assert np.array_equal(cluster(moved, y).labels, expected)


def test_unchanged_by_permutation():
    X, y = general()
    shuffle = np.random.default_rng(1).permutation(len(X))
    result, shuffled = cluster(X, y), cluster(X[shuffle], y[shuffle])
    assert np.array_equal(
        partition(result.labels)[np.ix_(shuffle, shuffle)], partition(shuffled.labels)
    )


def test_a_copy_of_every_example_changes_nothing():
    X, y = general()
    twice = cluster(np.concatenate([X, X]), np.concatenate([y, y]))
    assert np.array_equal(twice.labels, np.tile(cluster(X, y).labels, 2))


# --- The rest of the contract ---------------------------------------------------------------


def test_an_exhausted_budget_is_said_and_bounded():
    X, y = general()
    whole, stopped = cluster(X, y), cluster(X, y, budget=0.0)
    assert not stopped.complete
    assert len(np.unique(y)) < stopped.least_clusters <= whole.n_clusters < stopped.n_clusters


def test_progress_counts_merges():
    X, y = general()
    seen: list[tuple[int, int]] = []
    result = cluster(X, y, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(X) - result.n_clusters, len(X) - 3)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros(3), [0, 0, 0], r"X has shape \(3,\)"),
        (np.zeros((3, 2)), [0, 0], r"y: expected 3 labels, one for each row of X, got \(2,\)"),
        (np.zeros((0, 2)), [], "no examples"),
        (np.array([[0.0], [np.nan]]), [0, 1], r"X\[1\]"),
        (np.array([["a"]]), [0], "dtype"),
    ],
)
def test_wrong_input_is_named(X, y, message):
    with pytest.raises(InputError, match=message):
        cluster(X, y)


def test_a_number_of_checks_bounds_what_it_leaves_open() -> None:
    random = np.random.default_rng(5)
    X, y = random.normal(size=(60, 2)), random.integers(0, 3, 60)
    whole = cluster(X, y)
    for checks in (0, 1, 5, 20):
        part, again = (cluster(X, y, checks=checks) for _ in range(2))
        assert not part.complete
        assert part.least_clusters <= whole.n_clusters <= part.n_clusters
        np.testing.assert_array_equal(part.labels, again.labels)
    assert cluster(X, y, checks=10**6).n_clusters == whole.n_clusters


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_separations_of_these_vectors_change_nothing(dtype: type) -> None:
    X, y = general()
    X = X.astype(dtype)
    alone = cluster(X, y)
    for pairs in (None, np.array([[0, 2]])):
        measured = separations(X, y, pairs=pairs)
        np.testing.assert_array_equal(cluster(X, y, separations=measured).labels, alone.labels)


def test_separations_of_others_are_refused() -> None:
    X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), ["a", "b", "a", "b"]
    apart = np.array([[0.0], [1.0], [10.0], [11.0]])
    others = {
        "expected Separations, got str": "measured",
        "the examples of 'a' are others than in y": separations(apart, ["a", "a", "b", "b"]),
        "of the labels .*expected those of y": separations(apart, ["a", "c", "a", "c"]),
        "of other vectors than X, by the nearest points": separations(X + 1e-6, y),
        "of other vectors than X": separations(np.hstack([X, X]), y),
    }
    for message, measured in others.items():
        with pytest.raises(InputError, match=f"^separations: {message}"):
            cluster(X, y, separations=measured)  # type: ignore[arg-type]
