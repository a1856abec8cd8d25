"""A question gives the same answer whatever was asked before."""

import numpy as np
import pytest
from problems import draw

from tunescope.geometry.clusters.solver import APART, MEET, Question
from tunescope.geometry.hulls.separation import separation


def sides(n: int, mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    of = np.full(n, 2, dtype=np.int8)
    of[mine], of[theirs] = 0, 1
    return of


def ask(question: Question, n: int, mine: np.ndarray, theirs: np.ndarray, touching: float = 0.0):
    return question.ask(mine, theirs, sides(n, mine, theirs), touching)


def prepared(A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put two sets of points into one array near the origin, and say which is whose."""
    points = np.ascontiguousarray(np.concatenate([A, B]))
    points = points - points.mean(axis=0)
    return points, np.arange(len(A)), np.arange(len(A), len(points))


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("family", ["random", "grid", "duplicates", "known distance", "touching"])
@pytest.mark.slow
def test_the_answer_is_that_of_the_separation(family, seed):
    points, mine, theirs = prepared(*draw(family, seed))
    radius = float(np.linalg.norm(points, axis=1).max())
    touching = 1e-9 * radius
    answer, normal = ask(Question(points), len(points), mine, theirs, touching)
    proven = separation(points[mine], points[theirs])
    if answer == APART:
        gap = (points[mine] @ normal).min() - (points[theirs] @ normal).max()
        assert gap > touching * np.linalg.norm(normal)
    if proven.lower > 1.01 * touching:
        assert answer == APART
    elif proven.upper < 0.99 * touching:
        assert answer == MEET


def test_touching_is_meeting():
    points, mine, theirs = prepared(np.array([[0.0, 0.1], [2.0, 0.3]]), np.array([[1.0, 0.2]]))
    assert ask(Question(points), 3, mine, theirs)[0] != APART
    assert ask(Question(points), 3, mine, theirs, 1e-12)[0] == MEET


def test_hulls_nearer_than_the_tolerance_meet():
    points, mine, theirs = prepared(np.array([[0.0], [1.0]]), np.array([[1.5], [2.0]]))
    assert ask(Question(points), 4, mine, theirs, 0.4)[0] == APART
    assert ask(Question(points), 4, mine, theirs, 0.6)[0] == MEET


def test_sets_that_grow_and_shrink_are_answered_as_if_asked_anew():
    random = np.random.default_rng(0)
    n = 80
    points = random.normal(size=(n, 5)) + np.repeat([[0.0], [1.2]], n // 2, axis=0)
    points -= points.mean(axis=0)
    kept = Question(points)
    answers = set()
    for _ in range(400):
        some = random.permutation(n)[: random.integers(2, n)]
        mine, theirs = np.sort(some[some < n // 2]), np.sort(some[some >= n // 2])
        if not len(mine) or not len(theirs):
            continue
        asked = kept.copy() if random.random() < 0.5 else kept
        answer = ask(asked, n, mine, theirs, 1e-9)[0]
        assert answer == ask(Question(points), n, mine, theirs, 1e-9)[0]
        answers.add(answer)
    assert answers == {MEET, APART}


def test_a_copy_leaves_the_original_as_it_was():
    random = np.random.default_rng(1)
    points, mine, theirs = prepared(random.normal(size=(20, 3)), random.normal(size=(20, 3)) + 5.0)
    question = Question(points)
    ask(question, 40, mine, theirs)
    of = sides(40, mine, theirs)
    before = question.overlap(of)
    assert before == (pytest.approx(1.0), question._k)
    assert ask(question.copy(), 40, theirs, mine)[0] == APART
    assert question.overlap(of) == before


def test_overlap_is_the_weight_and_the_points_that_are_still_on_their_side():
    points = np.array([[-1.0, 0.0], [-1.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    question = Question(points)
    of = np.array([0, 0, 1, 1], dtype=np.int8)
    assert question.overlap(of) == (0.0, 0)  # nothing asked yet
    ask(question, 4, np.array([0, 1]), np.array([2, 3]))
    assert question.overlap(of) == (pytest.approx(1.0), question._k)
    share, count = question.overlap(np.array([2, 2, 1, 1], dtype=np.int8))
    assert share == 0.0
    assert 0 < count < question._k
    assert question.overlap(1 - of) == (0.0, 0)
    assert question.nbytes > 0
