"""Suspects of a watched training are the examples whose label its head did not learn."""

from __future__ import annotations

import pandas as pd

from tunescope.evidence import followed

COURSES = {
    3: ([0.9, 0.95, 0.99], "aaa"),
    4: ([0.2, 0.1, 0.05], "bbb"),
    5: ([0.6, 0.7, 0.3], "aab"),
    6: ([0.3, 0.4, 0.9], "caa"),
    7: ([0.4, 0.4, 0.4], "aaa"),
}
"""Confidence in the label `a` and what is predicted, by example."""


def dynamics() -> pd.DataFrame:
    rows = [
        {
            **{"update": 10 * (k + 1), "example": example, "label": "a"},
            **{"predicted": predicted[k], "confidence": sure[k], "correct": predicted[k] == "a"},
        }
        for example, (sure, predicted) in COURSES.items()
        for k in range(3)
    ]
    return pd.DataFrame(rows)


def test_what_was_never_learned_is_first_and_what_was_never_mistaken_is_absent() -> None:
    found = followed(dynamics())
    assert found["example"].tolist() == [4, 5]
    assert found["rank"].tolist() == [1, 2]
    assert found["suggested"].tolist() == ["b", "b"]
    assert found["forgotten"].tolist() == [0, 1]
    assert "12 % on average" in found["evidence"].iloc[0]


def test_the_order_of_rows_does_not_matter() -> None:
    mixed = dynamics().sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(followed(mixed), followed(dynamics()))


def test_a_training_that_learned_everything_has_no_suspects() -> None:
    easy = dynamics()
    assert followed(easy[easy["example"] == 3]).empty
