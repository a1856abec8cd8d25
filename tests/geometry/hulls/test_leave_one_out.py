"""Without it, is an example nearer to another label's hull than to its own?"""

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry import leave_one_out, separation


def drawn() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [30, 20, 10])
    X = random.normal(size=(60, 5)) + 3 * np.eye(5)[np.repeat([0, 1, 2], [30, 20, 10])]
    return X, y


def test_equals_one_separation_for_each_hull() -> None:
    X, y = drawn()
    found = leave_one_out(X, y, rtol=1e-6)
    for row in range(60):
        rest = np.arange(60) != row
        hulls = {label: X[rest & (y == label)] for label in ("a", "b", "c")}
        apart = {label: separation(X[[row]], hull).distance for label, hull in hulls.items()}
        own = apart.pop(str(y[row]))
        assert found.own[row] == pytest.approx(own, rel=1e-5, abs=1e-12)
        assert found.other[row] == pytest.approx(min(apart.values()), rel=1e-5, abs=1e-12)
        assert min(apart.values()) == 0 or found.nearest[row] == min(apart, key=apart.__getitem__)


def test_a_coarse_distance_is_near_the_fine_one() -> None:
    X, y = drawn()
    fine, coarse = leave_one_out(X, y, rtol=1e-6), leave_one_out(X, y, rtol=1e-2)
    assert coarse.own == pytest.approx(fine.own, rel=1e-2)
    assert coarse.other == pytest.approx(fine.other, rel=1e-2)


def test_some_examples_are_measured_as_among_all() -> None:
    X, y = drawn()
    some = np.array([50, 3, 31])
    assert leave_one_out(X, y, some).excess == pytest.approx(leave_one_out(X, y).excess[some])


def test_a_flipped_label_is_nearer_to_its_true_one() -> None:
    X, y = drawn()
    X = X + 10 * np.eye(5)[np.repeat([0, 1, 2], [30, 20, 10])]
    y[4], true = "b", y[4]
    found = leave_one_out(X, y)
    assert np.flatnonzero(found.excess > 0).tolist() == [4]
    assert found.nearest[4] == true


def test_what_cannot_be_measured_is_infinite() -> None:
    alone = leave_one_out(np.array([[0.0], [1.0], [5.0]]), np.array(["a", "a", "b"]))
    assert alone.own[2] == np.inf and alone.excess[2] == 1
    single = leave_one_out(np.array([[0.0], [1.0]]), np.array(["a", "a"]))
    assert (single.other == np.inf).all() and (single.excess == -1).all()


@pytest.mark.parametrize("examples", [[3], [-1], [0.5], [[0]]])
def test_examples_that_are_not_there_are_refused(examples: list[float]) -> None:
    with pytest.raises(InputError, match="examples: expected indices"):
        leave_one_out(np.zeros((3, 1)), np.array([0, 0, 1]), np.array(examples))
