"""The rule of the ranking."""

import numpy as np
import pandas as pd
import pytest

from tunescope.evidence import scores


def test_what_speaks_against_a_label_in_every_way_is_first() -> None:
    evidence = pd.DataFrame({"confidence": [0.9, 0.1, 0.5], "excess": [0.1, 0.9, 0.2]})
    assert np.argsort(-scores(evidence)).tolist() == [1, 2, 0]


def test_scores_do_not_depend_on_the_unit_of_an_evidence() -> None:
    evidence = pd.DataFrame({"confidence": [0.9, 0.1, 0.5], "excess": [0.1, 0.9, 0.2]})
    other = evidence.assign(excess=evidence["excess"] ** 3)
    assert scores(other) == pytest.approx(scores(evidence))


def test_without_any_evidence_there_is_no_score() -> None:
    assert np.isnan(scores(pd.DataFrame({"text": ["a", "b"]}))).all()
