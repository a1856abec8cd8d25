"""Within a budget every pair has bounds that hold, and the more time there is the narrower."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from tunescope.errors import InputError
from tunescope.geometry import separations

RNG = np.random.default_rng(3)
Y = RNG.integers(0, 6, 900)
X: NDArray[np.float64] = RNG.normal(size=(900, 40)) + RNG.normal(size=(6, 40))[Y] * 1.5


def test_bounds_hold_though_no_time_is_left() -> None:
    exact = separations(X, Y, rtol=1e-9)
    found = separations(X, Y, budget=1e-9)
    assert (found.lower <= exact.upper).all()
    assert (found.upper >= exact.lower).all()
    assert (found.upper - found.lower > 1e-6 * found.upper).any()
    for (a, b), result in zip(found.pairs, found.results, strict=True):
        assert result.verify(X[a == Y], X[b == Y])


def test_with_time_enough_it_is_as_exact_as_without_a_budget() -> None:
    found = separations(X, Y, budget=600)
    assert (found.upper - found.lower <= 1e-6 * found.upper).all()
    np.testing.assert_allclose(found.distance, separations(X, Y).distance, rtol=2e-6)


def test_progress_ends_at_all_pairs() -> None:
    heard: list[tuple[int, int]] = []
    separations(X, Y, budget=600, progress=lambda done, total: heard.append((done, total)))
    assert heard[-1] == (15, 15)


def test_an_interruption_begins_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []

    def interrupted(*_: object, **__: object) -> None:
        begun.append(1)
        time.sleep(0.05)  # so that what waits can be taken back
        raise KeyboardInterrupt

    monkeypatch.setattr("tunescope.geometry.hulls.pairs.solve", interrupted)
    with pytest.raises(KeyboardInterrupt):
        separations(X, Y, budget=600, n_jobs=1)
    assert len(begun) < 15  # of as many pairs


@pytest.mark.parametrize("budget", [0, -1.0, float("nan"), "1 s", True])
def test_what_is_no_time_is_refused(budget: object) -> None:
    with pytest.raises(InputError, match="budget: expected a positive number of seconds"):
        separations(X, Y, budget=budget)  # type: ignore[arg-type]
