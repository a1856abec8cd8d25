from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from tunescope.errors import InputError
from tunescope.probes import (
    LinearProbe,
    MajorityProbe,
    NearestNeighbourProbe,
    Protocol,
    WordMajority,
)
from tunescope.probes.engine.engine import Engine
from tunescope.probes.engine.networks import Part, Training
from tunescope.probes.protocol import Setting

LINEAR = LinearProbe(Protocol.quick(weights=(1e-2, 1.0)))


@parametrize_with_checks([LINEAR, MajorityProbe(), NearestNeighbourProbe()])
@pytest.mark.slow
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def labelled(n: int = 300, d: int = 6, n_classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    X = random.normal(size=(n, d))
    scores = X @ random.normal(size=(d, n_classes)) + random.gumbel(size=(n, n_classes))
    return X.astype(np.float32), scores.argmax(axis=1)


@pytest.mark.slow
def test_linear_probe_is_a_network_without_hidden_layers_at_its_optimum():
    X, y = labelled()
    protocol = Protocol.quick(
        weights=(0.5,),
        batch_size=len(X),
        learning_rate=1e-2,
        max_epochs=3000,
        patience=3000,
        tolerance=0,
    )
    network = Training(Setting((), 0.5), 0, (0,), keep=True)
    part = Part(np.arange(len(X)), np.arange(0), (0,))
    Engine(X, y, 3, [part], protocol, device="cpu").run([network])
    linear = LinearProbe(protocol).fit(X, y)
    logits = network.network.logits(X)
    odds = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(linear.predict_proba(X), odds, atol=2e-3)


def test_linear_probe_cannot_read_xor():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 40, dtype=float)
    y = (corners[:, 0] != corners[:, 1]).astype(int)
    assert LINEAR.fit(corners, y).score(corners, y) <= 0.75
    assert NearestNeighbourProbe().fit(corners, y).score(corners, y) == 1


@pytest.mark.parametrize("shift", [0.0, 1e4])
def test_linear_probe_is_logistic_regression_wherever_the_vectors_are(shift):
    X, y = labelled()
    X = X.astype(float)
    weight = 1e-2
    protocol = Protocol.quick(weights=(weight,))
    exact = LogisticRegression(C=min(200, len(X)) / (weight * len(X)), tol=1e-8, max_iter=5000)
    expected = exact.fit(X, y).predict_proba(X)
    found = LinearProbe(protocol).fit(X + shift, y).predict_proba(X + shift)
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.slow
def test_linear_probe_chooses_by_validation():
    X, y = labelled()
    probe = LinearProbe(Protocol.zhou2022()).fit(X, y)
    best = probe.search_.sort_values("rank").iloc[0]
    assert best["weight"] == probe.best_setting_.weight
    assert best["accuracy"] == probe.search_["accuracy"].max()
    assert probe.converged_


def test_majority_is_the_share_of_the_most_frequent_label():
    X, y = labelled()
    assert MajorityProbe().fit(X, y).score(X, y) == np.bincount(y).max() / len(y)


def test_nearest_neighbour_remembers_any_labels():
    X, _ = labelled()
    y = np.random.default_rng(1).integers(0, 9, len(X))
    probe = NearestNeighbourProbe().fit(X, y)
    assert probe.score(X, y) == 1


def test_word_majority_counts_by_hand():
    words = np.array(["in", "in", "in", "at", "at", "of"])
    y = np.array(["Time", "Time", "Locus", "Locus", "Locus", "Whole"])
    baseline = WordMajority().fit(words, y)
    assert baseline.predict(["in", "at", "of", "new"]).tolist() == [
        "Time",
        "Locus",
        "Whole",
        "Locus",
    ]
    rows = baseline.evaluate(words, y)
    assert rows["accuracy"].item() == pytest.approx(5 / 6)
    assert rows["probe"].item() == "word majority"


def test_word_majority_refuses_what_does_not_fit():
    with pytest.raises(InputError, match="3 and 2"):
        WordMajority().fit(["a", "b", "c"], [0, 1])


@pytest.mark.parametrize("probe", [LINEAR, NearestNeighbourProbe(), MajorityProbe()])
def test_not_finite_is_refused(probe):
    X, y = labelled()
    X[3, 1] = np.inf
    with pytest.raises(InputError, match="infinity at row 3, column 1"):
        probe.fit(X, y)


def test_a_fold_with_one_label_always_says_it():
    X = np.arange(12.0)[:, None]
    groups = np.repeat(np.arange(6), 2)
    y = (groups == 5).astype(int)  # one sentence has all of the second label
    probe = LinearProbe(Protocol.zhou2022(weights=(1.0,), folds=6)).fit(X, y, groups=groups)
    each = probe.search_.filter(like="fold_").to_numpy().ravel()
    assert each.min() == 0  # where that sentence is held, it is not in training
    assert set(probe.predict(X)) == {0, 1}
