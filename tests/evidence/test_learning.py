"""How examples are learned, against a look at each one's course."""

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.evidence.learning import learning


def obvious(updates: list[int], right: list[bool]) -> tuple[float, int]:
    """Walk through one example's snapshots."""
    learned, forgotten = np.nan, 0
    for place, (update, now) in enumerate(zip(updates, right, strict=True)):
        if place and right[place - 1] and not now:
            forgotten += 1
        if not now:
            learned = np.nan
        elif np.isnan(learned):
            learned = update
    return learned, forgotten


def test_each_example_is_followed_through_the_snapshots() -> None:
    random = np.random.default_rng(0)
    updates = [5, 10, 20, 40]
    confidence = random.random((4, 64))
    found = learning(np.array(updates), confidence, confidence > 0.5)
    for example in range(64):
        learned, forgotten = obvious(updates, (confidence[:, example] > 0.5).tolist())
        assert found["learned"][example] == pytest.approx(learned, nan_ok=True)
        assert found["forgotten"][example] == forgotten
        course = confidence[:, example].tolist()
        mean = sum(course) / 4
        assert found["mean_confidence"][example] == pytest.approx(mean)
        spread = (sum((one - mean) ** 2 for one in course) / 4) ** 0.5
        assert found["variability"][example] == pytest.approx(spread)


@pytest.mark.parametrize(("n_updates", "shape"), [(3, (2, 5)), (2, (2,)), (0, (0, 5))])
def test_as_many_rows_as_updates_are_asked_for(n_updates: int, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="updates"):
        learning(np.arange(n_updates), np.zeros(shape), np.zeros(shape, dtype=bool))
