"""Suspects are found in vectors from anywhere."""

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.evidence import suspects


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
