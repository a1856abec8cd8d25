"""The rule of the ranking."""

import math

import numpy as np
import pandas as pd
import pytest

from tunescope.evidence import scores
from tunescope.evidence.ranking import COUNTED


def drawn(n: int = 50) -> pd.DataFrame:
    random = np.random.default_rng(0)
    evidence = pd.DataFrame({name: random.normal(size=n) for name in COUNTED})
    evidence.loc[random.random(n) < 0.5, "excess"] = np.nan
    return evidence


def obvious(evidence: pd.DataFrame, example: int) -> float:
    """Count, for each evidence, how many it speaks against at least as strongly."""
    total = 0.0
    for name, (sign, weight) in COUNTED.items():
        against = [-math.inf if math.isnan(v) else sign * v for v in evidence[name]]
        above = sum(value > against[example] for value in against)
        ties = sum(value == against[example] for value in against)
        total -= weight * math.log((above + (ties + 1) / 2) / len(against))
    return total / sum(weight for _, weight in COUNTED.values()) / math.log(len(evidence))


def test_scores_are_the_mean_logarithms_of_shares() -> None:
    evidence = drawn()
    assert scores(evidence) == pytest.approx([obvious(evidence, i) for i in range(50)])


def test_scores_do_not_depend_on_the_unit_of_an_evidence() -> None:
    evidence = drawn()
    other = evidence.assign(excess=evidence["excess"] ** 3, margin=5 * evidence["margin"] - 2)
    assert scores(other) == pytest.approx(scores(evidence))


def test_first_by_every_evidence_is_1() -> None:
    evidence = drawn()
    evidence.loc[7] = {name: 100 * sign for name, (sign, _) in COUNTED.items()}
    assert scores(evidence)[7] == pytest.approx(1)
    assert np.delete(scores(evidence), 7).max() < 1


def test_what_the_rule_does_not_count_changes_nothing() -> None:
    evidence = drawn()
    assert scores(evidence.assign(weight=1.0)).tolist() == scores(evidence).tolist()


def test_evidence_that_nobody_has_is_left_out() -> None:
    evidence = drawn()
    absent = evidence.assign(mean_confidence=np.nan)
    assert scores(absent).tolist() == scores(evidence.drop(columns="mean_confidence")).tolist()


def test_without_any_evidence_there_is_no_score() -> None:
    assert np.isnan(scores(pd.DataFrame({"text": ["a", "b"]}))).all()
