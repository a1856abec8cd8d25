"""The spread of a space, all of it and inside the labels."""

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry import spread

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(300, 7))
Y = RANDOM.choice(list("abc"), 300)


def test_it_is_the_root_of_the_mean_square_distance() -> None:
    found = spread(X, Y)
    assert found.total == pytest.approx(np.sqrt(((X - X.mean(axis=0)) ** 2).sum(axis=1).mean()))
    own = np.stack([X[label == Y].mean(axis=0) for label in Y])
    assert found.within == pytest.approx(np.sqrt(((X - own) ** 2).sum(axis=1).mean()))


@pytest.mark.parametrize("factor", [1e-3, 7.0])
def test_it_scales_with_the_vectors_and_does_not_move_with_them(factor: float) -> None:
    here, there = spread(X, Y), spread(factor * X + 5, Y)
    assert there.total == pytest.approx(factor * here.total)
    assert there.share_within == pytest.approx(here.share_within)


def test_collapsed_labels_have_no_spread_inside() -> None:
    corners = 5 * np.eye(3)[np.searchsorted(list("abc"), Y)]
    assert spread(corners, Y).share_within == pytest.approx(0, abs=1e-15)


def test_labels_that_say_nothing_hold_all_of_it() -> None:
    doubled = np.concatenate([X, X])
    assert spread(doubled, np.repeat([0, 1], len(X))).share_within == pytest.approx(1)


def test_one_vector_has_no_share() -> None:
    assert np.isnan(spread(np.ones((4, 2)), [0, 0, 1, 1]).share_within)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="expected"):
        spread(X, Y[:5])
