from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from tunescope.errors import InputError
from tunescope.probes import ClassifierProbe, Protocol

TINY = Protocol.quick(hidden=((16,), (32,)), weights=(1e-4,), restarts=2, max_epochs=200)


def blobs(
    n_classes: int = 3, per_class: int = 30, apart: float = 6.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    centres = apart * np.eye(n_classes, 6)
    y = np.repeat(np.arange(n_classes), per_class)
    return (centres[y] + random.normal(size=(len(y), 6))).astype(np.float32), y


@parametrize_with_checks([ClassifierProbe(TINY)])
@pytest.mark.slow
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
def test_separable_labels_are_read():
    X, y = blobs()
    assert ClassifierProbe(TINY).fit(X, y).score(X, y) > 0.98


@pytest.mark.slow
def test_same_seed_same_numbers():
    X, y = blobs(apart=1.0)
    first, second = (ClassifierProbe(TINY, random_state=3).fit(X, y) for _ in range(2))
    assert first.search_.equals(second.search_)
    assert first.restarts_.equals(second.restarts_)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


@pytest.mark.slow
def test_restarts_differ():
    X, y = blobs(apart=0.5)
    losses = ClassifierProbe(TINY).fit(X, y).restarts_["loss"]
    assert losses.nunique() == 2


@pytest.mark.slow
def test_score_is_the_mean_of_the_rows():
    X, y = blobs(apart=1.0)
    probe = ClassifierProbe(TINY).fit(X, y)
    rows = probe.evaluate(X, y)
    assert probe.score(X, y) == pytest.approx(rows["accuracy"].mean())
    assert (rows["lower"] <= rows["accuracy"]).all()
    assert (rows["accuracy"] <= rows["upper"]).all()


@pytest.mark.slow
def test_label_not_in_training_counts_as_wrong():
    X, y = blobs()
    probe = ClassifierProbe(TINY).fit(X[y < 2], y[y < 2])
    assert probe.score(X[y == 2], y[y == 2]) == 0
    assert probe.evaluate(X, y)["n_examples"].eq(len(y)).all()


@pytest.mark.parametrize(("value", "said"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_values_that_are_not_finite_are_named(value, said):
    X, y = blobs()
    X[7, 2] = value
    with pytest.raises(InputError, match=f"{said} at row 7, column 2"):
        ClassifierProbe(TINY).fit(X, y)


@pytest.mark.slow
def test_vectors_beyond_float32_are_refused_also_by_what_is_fitted():
    X, y = blobs()
    probe = ClassifierProbe(TINY).fit(X, y)
    X = X.astype(np.float64)
    X[7, 2] = 1e39
    asked = (probe.predict, probe.predict_proba, probe.predictions, lambda X: probe.score(X, y))
    for ask in asked:
        with pytest.raises(InputError, match="X in float32 contains infinity at row 7, column 2"):
            ask(X)


def test_one_class_is_refused():
    X, _ = blobs()
    with pytest.raises(InputError, match="one class"):
        ClassifierProbe(TINY).fit(X, np.zeros(len(X)))


def test_fewer_examples_than_folds_are_refused():
    X, y = blobs(per_class=1)
    with pytest.raises(InputError, match="fewer than the protocol's 5 folds"):
        ClassifierProbe(Protocol.zhou2022(hidden=((4,),), weights=(0.1,))).fit(X, y)


@pytest.mark.slow
def test_constant_and_repeated_columns_are_accepted():
    X, y = blobs()
    X = np.hstack([X, np.ones((len(X), 1)), X[:, :1], np.zeros((len(X), 1))])
    assert ClassifierProbe(TINY).fit(X, y).score(X, y) > 0.98


def test_groups_must_fit():
    X, y = blobs()
    with pytest.raises(InputError, match="groups"):
        ClassifierProbe(TINY).fit(X, y, groups=np.zeros(3))


def test_unknown_protocol_names_the_nearest():
    X, y = blobs()
    with pytest.raises(InputError, match="did you mean 'quick'"):
        ClassifierProbe("quikc").fit(X, y)


@pytest.mark.slow
def test_vectors_may_be_memory_mapped(tmp_path, recwarn):
    X, y = blobs()
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    probe = ClassifierProbe(TINY).fit(mapped, y)
    assert probe.score(mapped, y) == ClassifierProbe(TINY).fit(X, y).score(X, y)
    assert not [w for w in recwarn if "writable" in str(w.message)]
