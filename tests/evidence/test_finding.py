"""Suspects are found in vectors from anywhere."""

from typing import Any

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.evidence import learning, suspects
from tunescope.geometry import separations


def flipped(n: int = 120, k: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three labels in twenty dimensions, of which a few examples got a wrong one."""
    random = np.random.default_rng(0)
    codes = np.arange(n) % 3
    X = random.normal(size=(n, 20)) + 8 * np.eye(20)[codes]
    wrong = random.choice(n, k, replace=False)
    given = codes.copy()
    given[wrong] = (codes[wrong] + 1) % 3
    names = np.array(["one", "two", "three"])
    return X, names[given], wrong


def test_flipped_labels_are_first_and_their_true_label_is_suggested() -> None:
    X, y, wrong = flipped()
    first = suspects(X, y).head(6)
    assert set(first["example"]) == set(wrong)
    true = {"two": "one", "three": "two", "one": "three"}
    assert first["suggested"].tolist() == [true[label] for label in first["given"]]
    assert first["evidence"].str.contains("a probe gives").all()


@pytest.mark.slow
def test_a_head_that_doubts_a_label_counts_as_one_more_evidence() -> None:
    X, y, wrong = flipped()
    plain = suspects(X, y).set_index("example")["score"]
    sure = np.full(len(y), 0.9)
    doubted = int(np.setdiff1d(np.arange(len(y)), wrong)[0])
    sure[doubted] = 0.1
    found = suspects(X, y, head=sure).set_index("example")
    assert found.loc[doubted, "score"] > plain[doubted]
    assert found["head_confidence"].to_dict() == dict(enumerate(sure))
    asked_of_some = np.where(np.arange(len(y)) < 60, sure, np.nan)
    assert np.isfinite(suspects(X, y, head=asked_of_some)["score"]).all()
    with pytest.raises(InputError, match="head: expected shape"):
        suspects(X, y, head=sure[1:])


def test_every_example_has_a_rank_and_its_evidence() -> None:
    X, y, _ = flipped()
    table = suspects(X, y)
    assert table["rank"].tolist() == list(range(1, 121))
    assert sorted(table["example"]) == list(range(120))
    assert table["score"].is_monotonic_decreasing
    assert (table["given"].to_numpy() == y[table["example"]]).all()
    assert (table["given"] != table["suggested"]).all()


def test_neighbours_are_of_other_texts() -> None:
    X, y, _ = flipped()
    groups = np.arange(120) // 2
    for row in suspects(X, y, groups).to_dict("records"):
        assert all(groups[i] != groups[row["example"]] for i in row["neighbours"])
        assert row["neighbour_labels"] == y[row["neighbours"]].tolist()


def test_labels_may_be_numbers() -> None:
    X, y, wrong = flipped()
    numbers = np.unique(y, return_inverse=True)[1]
    assert set(suspects(X, numbers).head(6)["example"]) == set(wrong)


def even(n: int = 120) -> np.ndarray:
    return np.full((n, 3), 1 / 3)


NEAR_ONE = np.where(np.arange(120)[:, None] == 7, [1 + 1e-7, 0.0, -1e-8], even())


def changed(array: np.ndarray, value: float) -> np.ndarray:
    """Put another number in one place."""
    other = array.copy()
    other.reshape(-1)[4] = value
    return other


LEARNED = learning(np.array([1, 2]), np.full((2, 120), 0.5), np.ones((2, 120), dtype=bool))
TEXTS = np.arange(120.0) // 2
BAD_ARGUMENTS: list[tuple[str, Any, str]] = [
    ("probabilities", changed(even(), np.nan), r"probabilities\[1, 1\] is nan"),
    ("probabilities", changed(even(), np.inf), r"probabilities\[1, 1\] is inf"),
    ("probabilities", changed(even(), 7.0), r"probabilities\[1, 1\] is 7.0"),
    ("probabilities", changed(even(), -0.5), r"probabilities\[1, 1\] is -0.5"),
    ("probabilities", even()[:, :2], r"probabilities: expected shape \(120, 3\)"),
    ("probabilities", even().T, r"probabilities: expected shape \(120, 3\)"),
    ("probabilities", even().astype(str), "probabilities: expected an array of numbers"),
    ("head", changed(TEXTS / 60, 7.0), r"head\[4\] is 7.0"),
    ("head", changed(TEXTS / 60, np.inf), r"head\[4\] is inf"),
    ("head", "sure", "head: expected an array of numbers"),
    ("groups", [None, *range(119)], r"groups: missing \(None\) at row 0"),
    ("groups", changed(TEXTS, np.nan), r"groups: missing \(nan\) at row 4"),
    ("groups", ["a", *range(119)], "groups: texts and values"),
    ("groups", [[0], *[[0, 1]] * 119], "groups: rows of different lengths"),
    ("groups", TEXTS[:, None], "groups: expected 120"),
    ("groups", "text", "groups: expected 120"),
    ("learned", LEARNED[1:], "learned: 119 rows"),
    ("learned", LEARNED.drop(columns="forgotten"), "learned: .*forgotten"),
    ("learned", "all", "learned: expected a data frame"),
    ("measured", "all", "measured: expected Separations, got str"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD_ARGUMENTS)
def test_what_is_given_beside_the_vectors_is_refused_by_name(
    name: str, value: Any, message: str
) -> None:
    X, y, _ = flipped()
    with pytest.raises(InputError, match=f"^{message}"):
        suspects(X, y, **{name: value})


def test_separations_are_taken_only_of_these_vectors_and_labels() -> None:
    X, y, _ = flipped()
    y = np.where(y == "one", "two", y)
    own = separations(X, y)
    found = suspects(X, y, measured=own, probabilities=even()[:, :2], learned=LEARNED)
    assert found.equals(suspects(X, y, probabilities=even()[:, :2], learned=LEARNED))
    half = X.astype(np.float16)
    assert len(suspects(half, y, measured=own)) == 120  # measured of the same, more exactly
    others = {
        "of other vectors": separations(X[::-1], y),
        "of other vectors than": separations(1.01 * X, y),
        "of other vectors than X": separations(X[:, 1:], y),
        "of the labels": separations(X, np.where(y == "two", "2", y)),
        "of the labels .*three": separations(X, np.repeat(["two", "three", "four"], 40)),
        "the examples of": separations(X, np.roll(y, 1)),
        "the examples of 'three'": separations(X[:100], y[:100]),
        "0 label pairs": separations(X, y, pairs=np.zeros((0, 2), dtype=int)),
    }
    for message, measured in others.items():
        with pytest.raises(InputError, match=f"^measured: {message}"):
            suspects(X, y, measured=measured)


@pytest.mark.slow
def test_means_of_probabilities_may_be_off_by_their_rounding() -> None:
    X, y, _ = flipped()
    assert np.isfinite(suspects(X, y, probabilities=NEAR_ONE)["score"]).all()


@pytest.mark.parametrize(
    ("X", "y", "groups", "message"),
    [
        (np.zeros((3, 1)), ["a", "b"], None, "y: expected 3 labels"),
        (np.zeros((2, 1)), ["a", "a"], None, "y: one label, 'a'"),
        (np.zeros((2, 1)), ["a", "b"], [0], "groups: expected 2"),
        (np.full((2, 1), np.nan), ["a", "b"], None, "X: row 0, column 0 is nan"),
    ],
)
def test_what_cannot_be_used_is_named(
    X: np.ndarray, y: list[str], groups: list[int] | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        suspects(X, y, groups)
