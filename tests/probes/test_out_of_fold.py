"""Every example is judged by a network that was trained without it, and without its group."""

from __future__ import annotations

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.probes import Protocol
from tunescope.probes.out_of_fold import out_of_fold

SMALL = Protocol.quick(hidden=((16,),), weights=(1e-3,), max_epochs=200, learning_rate=1e-2)


def points(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three labels, each around a corner of its own."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return random.normal(size=(n, 6)) + 6 * np.eye(3, 6)[y], np.array(["a", "b", "c"])[y]


@pytest.mark.slow
def test_a_flipped_label_is_found_out() -> None:
    X, y = points(90)
    wrong = y.copy()
    wrong[:5] = np.roll(np.array(["a", "b", "c"]), 1)[np.arange(5) % 3]
    classes, probabilities = out_of_fold(X, wrong, protocol=SMALL)
    assert (classes[probabilities.argmax(axis=1)] == y).mean() > 0.95
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


@pytest.mark.slow
def test_what_stands_in_the_group_alone_is_not_known() -> None:
    """Labels drawn by group follow from the vector, and no other group says so."""
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 5)
    centres = random.normal(size=(40, 8))
    X, y = centres[groups] + 0.01 * random.normal(size=(200, 8)), np.arange(40)[groups] % 2
    alone, with_group = (
        out_of_fold(X, y, protocol=SMALL, groups=given)[1].argmax(axis=1)
        for given in (None, groups)
    )
    assert (alone == y).mean() > (with_group == y).mean() + 0.2


@pytest.mark.parametrize(("value", "where"), [(np.nan, "X"), (1e39, "X in float32")])
def test_numbers_that_are_not_finite_in_float32_are_refused(value: float, where: str) -> None:
    X, y = points(30)
    X[3, 1] = value
    with pytest.raises(InputError, match=f"^{where} contains .* at row 3, column 1"):
        out_of_fold(X, y, protocol=SMALL)


@pytest.mark.slow
def test_the_same_seed_gives_the_same() -> None:
    X, y = points(60)
    first, again = (out_of_fold(X, y, protocol=SMALL, seed=3)[1] for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("y", [["a"] * 6, ["a", "b", "c", "d", "e", "f"]])
def test_where_two_folds_cannot_be_made_it_is_said(y: list[str]) -> None:
    with pytest.raises(InputError, match="y: "):
        out_of_fold(np.random.default_rng(0).normal(size=(6, 2)), y, protocol=SMALL)
