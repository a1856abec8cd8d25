"""The closest pair is the closest in exact arithmetic, and refusals are inherited."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunescope.geometry.clusters.order import MergeOrder

pytestmark = pytest.mark.slow


def order_of(points, classes=None, weights=None, **options) -> MergeOrder:
    points = np.asarray(points, dtype=float)
    n = len(points)
    return MergeOrder(
        points,
        np.ones(n, dtype=np.int64) if weights is None else np.asarray(weights),
        np.zeros(n, dtype=np.int64) if classes is None else np.asarray(classes),
        **options,
    )


def exact_closest(points, weights, classes, members, refused):
    """Compare all pairs as fractions."""

    def mean(name):
        total = sum(weights[m] for m in members[name])
        columns = range(len(points[0]))
        return [
            sum(Fraction(points[m][c]) * weights[m] for m in members[name]) / total for c in columns
        ]

    best = None
    for i, j in combinations(sorted(members), 2):
        if classes[i] == classes[j] and (i, j) not in refused:
            square = sum((a - b) ** 2 for a, b in zip(mean(i), mean(j), strict=True))
            if best is None or (square, i, j) < best:
                best = (square, i, j)
    return None if best is None else best[1:]


@pytest.mark.parametrize("memory", [0, 2**30])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_follows_the_exact_order_through_merges_and_refusals(memory, data):
    n = data.draw(st.integers(2, 9))
    coordinate = data.draw(
        st.sampled_from(
            [
                st.integers(-2, 2).map(float),
                st.sampled_from([0.0, 0.1, 0.2, 0.3, 1e-9, 1e9]),
                st.floats(-1e6, 1e6, width=32),
            ]
        )
    )
    points = [[data.draw(coordinate) for _ in range(2)] for _ in range(n)]
    weights = [data.draw(st.integers(1, 3)) for _ in range(n)]
    classes = [data.draw(st.integers(0, 1)) for _ in range(n)]
    order = order_of(points, classes, weights, memory=memory)
    members = {i: [i] for i in range(n)}
    refused: set[tuple[int, int]] = set()
    while True:
        pair = order.closest()
        assert pair == exact_closest(points, weights, classes, members, refused)
        if pair is None:
            break
        i, j = pair
        if data.draw(st.booleans()):
            order.merge(i, j)
            members[i] += members.pop(j)
            for k in members:
                if {tuple(sorted((j, k))), tuple(sorted((i, k)))} & refused:
                    refused.add(tuple(sorted((i, k))))
        else:
            order.refuse(i, j)
            refused.add((i, j))
    assert {name: sorted(order.members(name)) for name in order.names()} == {
        name: sorted(those) for name, those in members.items()
    }


def test_ties_go_to_the_smallest_names():
    order = order_of([[3.0], [0.0], [1.0], [2.0]])
    assert order.closest() == (0, 3)


def test_weights_move_the_means():
    order = order_of([[0.0], [1.0], [2.0], [4.0]], weights=[3, 7, 1, 1])
    order.merge(0, 1)  # the mean is 7/10, closer to 2 than 2 is to 4
    assert order.closest() == (0, 2)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_no_scale_is_too_small_or_too_large(scale):
    order = order_of(np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 2.0], [9.0, 9.0]]) * scale)
    assert order.closest() == (1, 2)
    order.merge(1, 2)
    assert order.closest() == (0, 1)


@pytest.mark.parametrize("memory", [0, 2**30])
def test_agrees_with_plain_distances_on_many_points(memory):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(200, 5))
    classes = rng.integers(0, 3, size=200)
    order = order_of(points, classes, memory=memory)
    means = dict(enumerate(points))
    sizes = dict.fromkeys(range(200), 1)
    while (pair := order.closest()) is not None:
        names = sorted(means)
        _, i, j = min(
            (float(np.linalg.norm(means[a] - means[b])), a, b)
            for a, b in combinations(names, 2)
            if classes[a] == classes[b]
        )
        assert pair == (i, j)
        means[i] = (sizes[i] * means[i] + sizes[j] * means.pop(j)) / (sizes[i] + sizes[j])
        sizes[i] += sizes.pop(j)
        order.merge(i, j)
        if len(means) < 160:
            break
