"""What every probe makes of awkward vectors and labels: a clear error or a stated behaviour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone

from tunescope.errors import InputError
from tunescope.probes import (
    ClassifierProbe,
    LinearProbe,
    MajorityProbe,
    NearestNeighbourProbe,
    Probe,
    Protocol,
    selectivity,
)

TINY = Protocol.quick(hidden=((16, 16),), weights=(1e-4, 1e-2), restarts=2, max_epochs=100)
LEARN = [ClassifierProbe(TINY), LinearProbe(TINY)]
PROBES = [*LEARN, NearestNeighbourProbe(), MajorityProbe()]


def name(probe) -> str:
    return probe.probe_name


def vectors(seed: int = 0, n: int = 90) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    y = np.repeat(["a", "b", "c"], n // 3)
    centres = {"a": 0.0, "b": 4.0, "c": 8.0}
    X = random.normal(size=(n, 5)) + np.array([centres[label] for label in y])[:, None]
    return X.astype(np.float32), y


@pytest.mark.parametrize("probe", PROBES, ids=name)
@pytest.mark.parametrize(("value", "said"), [(np.nan, "NaN"), (-np.inf, "infinity")])
@pytest.mark.slow
def test_values_that_are_not_finite_are_named_when_asked_too(probe, value, said):
    X, y = vectors()
    fitted = clone(probe).fit(X, y)
    X[5, 3] = value
    with pytest.raises(InputError, match=f"{said} at row 5, column 3"):
        fitted.predict(X)


WRONG_Y: dict[str, tuple[object, str]] = {
    "None": (None, "y"),
    "a missing label": ([None, *"abab"], r"y: missing \(None\) at row 0 and in 1 of 5 rows"),
    "NA": (pd.array(["a", pd.NA, "b", "a", "b"], dtype="string"), r"y: missing \(<NA>\) at row 1"),
    "NA among numbers": (pd.array([1, 0, 1, 0, pd.NA], dtype="Int64"), "y: missing .* at row 4"),
    "NaN": (np.array([0, 1, 0, np.nan, 1]), r"y: missing \(nan\) at row 3"),
    "texts and numbers": (["a", 1, "a", 1, "a"], "y: texts and values of type int"),
    "a text": ("ababa", "y: "),
    "a number": (3, "y: "),
    "two columns": (np.zeros((5, 2)), "y: "),
    "bytes": (np.array([b"a", b"b", b"a", b"b", b"a"]), "y: .*bytes"),
    "no classes": (np.arange(5) / 7, "y: Unknown label type"),
    "too few": (["a", "b"], "X and y: 5 and 2 examples"),
}


@pytest.mark.parametrize("probe", PROBES, ids=name)
@pytest.mark.parametrize("what", WRONG_Y)
def test_labels_that_are_none_are_refused_by_name(probe: Probe, what: str) -> None:
    y, said = WRONG_Y[what]
    with pytest.raises(InputError, match=said):
        clone(probe).fit(np.arange(10.0).reshape(5, 2), y)


WRONG_X: dict[str, object] = {
    "None": None,
    "texts": np.full((5, 2), "q"),
    "rows of different lengths": [[1.0], [1.0, 2.0]] * 2 + [[1.0]],
    "one row": np.arange(5.0),
    "three dimensions": np.zeros((1, 5, 2)),
    "sparse": sparse.csr_matrix(np.eye(5)),
    "complex": np.eye(5) * 1j,
    "a mapping": {"a": 1},
    "missing": pd.DataFrame({"a": [1.0, 2.0, None, 3.0, 4.0]}).astype("Float64"),
    "no features": np.zeros((5, 0)),
}


@pytest.mark.parametrize("probe", PROBES, ids=name)
@pytest.mark.parametrize("what", WRONG_X)
def test_vectors_that_are_none_are_refused_by_name(probe: Probe, what: str) -> None:
    with pytest.raises(InputError, match=r"^X"):
        clone(probe).fit(WRONG_X[what], list("ababa"))


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([1, 2], "shape"),
        ([None, 1, 1, 2, 2], "groups: missing .* at row 0"),
        (["a", 1, "b", 2, "c"], "groups: texts and values of type int"),
        ("abcde", "shape"),
    ],
)
def test_groups_that_are_none_are_refused_by_name(groups: object, said: str) -> None:
    X, y = np.arange(10.0).reshape(5, 2), list("ababa")
    for probe in LEARN:
        with pytest.raises(InputError, match=f"groups.*{said}|{said}"):
            clone(probe).fit(X, y, groups=groups)
    with pytest.raises(InputError, match="groups"):
        MajorityProbe().fit(X, y).evaluate(X, y, groups=groups)


@pytest.mark.parametrize(
    "wrong",
    [
        {"protocol": 3},
        {"random_state": -1},
        {"random_state": "a"},
        {"random_state": 2**40},
        {"random_state": True},
        {"device": "quantum"},
        {"n_jobs": "a"},
        {"n_jobs": 0},
        {"n_jobs": 1.5},
    ],
    ids=str,
)
def test_what_a_probe_is_told_is_refused_by_name(wrong: dict[str, object]) -> None:
    X, y = vectors()
    with pytest.raises(InputError, match=next(iter(wrong))):
        ClassifierProbe(TINY).set_params(**wrong).fit(X, y)


@pytest.mark.parametrize("probe", PROBES, ids=name)
@pytest.mark.slow
def test_constant_and_repeated_columns_are_columns_like_any_other(probe):
    X, y = vectors()
    more = np.hstack([X, np.full((len(X), 2), 7.0, np.float32), X[:, :2]])
    plain, fitted = clone(probe).fit(X, y), clone(probe).fit(more, y)
    assert fitted.n_features_in_ == 9
    assert fitted.score(more, y) >= plain.score(X, y) - 0.05


@pytest.mark.parametrize("probe", PROBES, ids=name)
def test_vectors_that_are_all_the_same_leave_one_answer(probe):
    y = np.repeat(["a", "b"], [40, 20])
    X = np.ones((60, 3), np.float32)
    assert len(set(clone(probe).fit(X, y).predict(X))) == 1


@pytest.mark.parametrize("probe", [ClassifierProbe(TINY), LinearProbe(TINY)], ids=name)
def test_one_label_is_refused_by_what_learns(probe):
    X, _ = vectors()
    with pytest.raises(InputError, match="one class, 'a'"):
        clone(probe).fit(X, np.full(len(X), "a"))


@pytest.mark.parametrize("probe", [NearestNeighbourProbe(), MajorityProbe()], ids=name)
def test_one_label_is_always_said_by_what_only_remembers(probe):
    X, _ = vectors()
    y = np.full(len(X), "a")
    assert clone(probe).fit(X, y).score(X, y) == 1


@pytest.mark.parametrize("probe", PROBES, ids=name)
@pytest.mark.slow
def test_a_label_that_was_not_in_training_is_never_right(probe):
    X, y = vectors()
    known = y != "c"
    fitted = clone(probe).fit(X[known], y[known])
    assert fitted.score(X[~known], y[~known]) == 0
    both = fitted.correct(X, y).mean(axis=0)
    assert (both[~known] == 0).all()
    assert fitted.evaluate(X, y)["n_examples"].eq(len(y)).all()


@pytest.mark.parametrize("probe", LEARN, ids=name)
def test_fewer_examples_or_sentences_than_folds_are_refused(probe):
    X, y = vectors()
    five = clone(probe).set_params(protocol=Protocol.zhou2022(hidden=((4,),), weights=(0.1,)))
    with pytest.raises(InputError, match="3 examples are fewer than the protocol's 5 folds"):
        five.fit(X[::30], y[::30])
    with pytest.raises(InputError, match="2 groups are fewer than the protocol's 5 folds"):
        five.fit(X, y, groups=np.arange(len(X)) % 2)


@pytest.mark.parametrize("probe", PROBES, ids=name)
@pytest.mark.slow
def test_two_calls_with_one_seed_give_the_same_numbers(probe):
    X, y = vectors()
    y = np.random.default_rng(1).permutation(y)
    first, second = (clone(probe).fit(X[::2], y[::2]).evaluate(X, y) for _ in range(2))
    assert first.equals(second)


@pytest.mark.slow
def test_a_network_large_enough_to_memorise_has_no_selectivity():
    random = np.random.default_rng(0)
    words = np.tile(np.arange(40), 8)
    of_word = random.normal(size=(40, 20))
    X = (of_word[words] + 0.05 * random.normal(size=(len(words), 20))).astype(np.float32)
    y = random.integers(0, 4, 40)[words]  # the word alone decides the label
    half = len(words) // 2
    protocol = Protocol.quick(hidden=((128, 128),), weights=(1e-5,), restarts=2)
    found = selectivity(
        ClassifierProbe(protocol),
        (X[:half], y[:half], words[:half]),
        (X[half:], y[half:], words[half:]),
    )
    assert found.accuracy > 0.97
    assert abs(found.selectivity.value) < 0.03
