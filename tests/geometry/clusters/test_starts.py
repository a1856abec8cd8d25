"""Which earlier check a new one begins with."""

from __future__ import annotations

import numpy as np

from tunescope.geometry.clusters import starts
from tunescope.geometry.clusters.solver import MEET, Question
from tunescope.geometry.clusters.starts import Starts


def _asked(points: np.ndarray, mine: list[int], theirs: list[int]) -> tuple[Question, np.ndarray]:
    of = np.full(len(points), 2, dtype=np.int8)
    of[mine], of[theirs] = 0, 1
    question = Question(points)
    question.ask(np.array(mine), np.array(theirs), of, 1e-9)
    return question, of


def test_of_two_earlier_checks_the_one_with_more_points_is_begun_with():
    random = np.random.default_rng(0)
    points = random.normal(size=(40, 6))
    few, _ = _asked(points, [0], [20])
    many, of = _asked(points, list(range(20)), list(range(20, 40)))
    assert many.ask(np.arange(20), np.arange(20, 40), of, 1e-9)[0] == MEET
    assert few.overlap(of) == (1.0, 2)
    assert many.overlap(of)[1] > 2
    kept = Starts()
    kept.keep(many)
    kept.keep(few)
    assert kept.nearest(of) is many


def test_a_check_of_other_points_is_not_begun_with():
    points = np.random.default_rng(0).normal(size=(40, 6))
    other, _ = _asked(points, [0, 1], [2, 3])
    _, of = _asked(points, [10, 11], [12, 13])
    kept = Starts()
    assert kept.nearest(of) is None
    kept.keep(other)
    assert kept.nearest(of) is None


def test_the_oldest_makes_room_and_what_grew_takes_its_own_place(monkeypatch):
    points = np.random.default_rng(0).normal(size=(40, 6))
    monkeypatch.setattr(starts, "_MOST", 2)
    first, _ = _asked(points, [0], [1])
    second, _ = _asked(points, [2], [3])
    third, of_third = _asked(points, [4], [5])
    kept = Starts()
    kept.keep(first)
    kept.keep(second)
    grown = second.copy()
    kept.keep(grown, instead=second)
    assert len(kept) == 2
    kept.keep(third)
    assert len(kept) == 2
    assert kept.nearest(of_third) is third
    assert kept.nearest(_asked(points, [0], [1])[1]) is None
