"""How a wrong name is answered, however many and however long the right ones are."""

import numpy as np

from tunescope.errors import LONGEST, MANY, InputError, nearest


def test_the_nearest_of_the_known_names_is_meant() -> None:
    assert nearest("trec50", ["pos", "trec-50"]) == "did you mean 'trec-50'? known: pos, trec-50"


def test_names_beyond_all_use_are_cut() -> None:
    said = nearest("x", [*(f"column {number:04d}" for number in range(1000)), "y" * 10_000])
    assert said.endswith(f"and {1001 - MANY} more")
    assert len(nearest("y" * 10_000, ["y" * 10_000])) < 2 * LONGEST


def test_a_message_is_one_line_whatever_it_shows() -> None:
    error = InputError(f"X={np.zeros((2, 2))!r}")
    assert str(error) == "X=array([[0., 0.], [0., 0.]])"
