"""Where a hull check begins: at an earlier one that is near, whatever that one found."""

from __future__ import annotations

import numpy as np
import pytest

from tunescope.geometry.clusters.checks import HullChecks
from tunescope.geometry.clusters.solver import MEET, UNKNOWN, Question


def _checks() -> HullChecks:
    """Make three points of one label around a single one of another."""
    points = np.array([[0.0, 1.0], [1.01, -0.98], [-0.99, -1.02], [0.0, 0.0]])
    classes = np.array([0, 0, 0, 1])
    return HullChecks(points, classes, opposing={0: [1], 1: [0]}, fixed={}, touching=1e-9)


def test_a_check_begins_where_one_that_met_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = _checks()
    begun: list[int] = []
    ask = Question.ask
    monkeypatch.setattr(Question, "ask", lambda q, *x: begun.append(q._k) or ask(q, *x))
    checks.merge(0, 1)
    assert checks.obstacle(0, 2) == 3
    assert checks.obstacle(0, 2) == 3
    assert begun[0] == 0
    assert begun[1] > 1


def test_a_check_that_was_given_up_is_not_where_others_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = _checks()
    ask = Question.ask
    answers: list[int] = []

    def unsure(question: Question, *sets: object) -> tuple[int, np.ndarray]:
        answer, normal = ask(question, *sets)  # type: ignore[arg-type]
        answers.append(answer)
        return UNKNOWN, normal

    monkeypatch.setattr(Question, "ask", unsure)
    checks.merge(0, 1)
    assert checks.obstacle(0, 2) == 3
    assert answers == [MEET]
    assert len(checks._starts) == 0


def test_what_has_refused_a_cluster_before_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    around = np.array([[0.0, 2.0], [2.0, -1.0], [-2.0, -1.0], [-1.9, -1.1]])
    others = np.array([[0.0, 0.0], [0.3, 0.0], [0.1, -0.2]])
    points = np.concatenate([around, others])
    classes = np.array([0] * 4 + [1] * 3)
    checks = HullChecks(points, classes, opposing={0: [1], 1: [0]}, fixed={}, touching=1e-9)
    asked: list[list[int]] = []
    ask = Question.ask
    monkeypatch.setattr(
        Question, "ask", lambda q, *x: asked.append(list(map(len, x[:2]))) or ask(q, *x)
    )
    checks.merge(0, 1)
    assert checks.obstacle(0, 2) is not None
    before = len(asked)
    assert before > 1  # first all that is in the way together, then one of it
    checks.merge(4, 5)
    assert checks.obstacle(0, 3) == 4
    assert len(asked) == before + 1
    assert sorted(asked[-1]) == [2, 3]
