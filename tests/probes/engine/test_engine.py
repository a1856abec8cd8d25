"""The networks are those of MLPClassifier, and stacking them changes nothing."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.utils import shuffle

from tunescope.probes.engine.engine import Engine
from tunescope.probes.engine.networks import Part, Training
from tunescope.probes.protocol import Protocol, Setting


def examples(n: int, d: int, n_classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, d)).astype(np.float32)
    scores = X @ random.normal(size=(d, n_classes)) + 2 * random.gumbel(size=(n, n_classes))
    return X, scores.argmax(axis=1)


@dataclass(frozen=True)
class SklearnPart(Part):
    """Orders the examples as MLPClassifier would, from its own generator."""

    orders: tuple[np.ndarray, ...] = ()

    def order(self, epoch: int) -> np.ndarray:
        return self.train[self.orders[epoch]]


def sklearn_twin(setting: Setting, X, y, n_outputs: int, n_epochs: int):
    """First weights and orders that MLPClassifier(random_state=0) will use."""
    random = np.random.RandomState(0)
    weights, biases = [], []
    sizes = [X.shape[1], *setting.hidden, n_outputs]
    for inputs, outputs in pairwise(sizes):
        bound = np.sqrt(6 / (inputs + outputs))
        weights.append(random.uniform(-bound, bound, (inputs, outputs)).T.astype(np.float32))
        biases.append(random.uniform(-bound, bound, outputs).astype(np.float32))
    zeros = [[np.zeros_like(a) for a in arrays] for arrays in (weights, biases) * 2]
    order = np.arange(len(X))
    orders = []
    for _ in range(n_epochs):
        order = shuffle(order, random_state=random)
        orders.append(order)
    return [[np.ascontiguousarray(w) for w in weights], biases, *zeros], tuple(orders)


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize(("hidden", "weight"), [((16, 8), 1e-3), ((8,), 1.0), ((8, 12, 6), 0.1)])
@pytest.mark.slow
def test_same_start_and_order_give_the_network_of_mlpclassifier(n_classes, hidden, weight):
    X, y = examples(330, 7, n_classes)  # the last of two batches holds 130
    setting, n_epochs = Setting(hidden, weight), 40
    n_outputs = 1 if n_classes == 2 else n_classes
    state, orders = sklearn_twin(setting, X, y, n_outputs, n_epochs)
    ours = Training(setting, 0, (0,), keep=True, state=state)
    part = SklearnPart(np.arange(len(X)), np.arange(0), (0,), orders)
    Engine(X, y, n_classes, [part], Protocol(max_epochs=n_epochs), device="cpu").run([ours])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = MLPClassifier(hidden, alpha=weight, max_iter=n_epochs, random_state=0)
        theirs.fit(X.astype(np.float64), y)
    assert ours.epoch == theirs.n_iter_
    assert ours.loss == pytest.approx(theirs.loss_, rel=1e-4)
    assert ours.network is not None
    for mine, other in zip(ours.network.coefficients, theirs.coefs_, strict=True):
        np.testing.assert_allclose(mine.T, other, atol=2e-3)


@pytest.mark.slow
def test_training_stops_when_mlpclassifier_does():
    X, y = examples(300, 5, 3)
    setting = Setting((12,), 1e-2)
    theirs = MLPClassifier((12,), alpha=1e-2, max_iter=1000, tol=1e-3, random_state=0)
    theirs.fit(X.astype(np.float64), y)
    state, orders = sklearn_twin(setting, X, y, 3, theirs.n_iter_ + 20)
    ours = Training(setting, 0, (0,), state=state)
    part = SklearnPart(np.arange(len(X)), np.arange(0), (0,), orders)
    Engine(X, y, 3, [part], Protocol(tolerance=1e-3), device="cpu").run([ours])
    assert ours.converged
    assert abs(ours.epoch - theirs.n_iter_) <= 1  # rounding may move the loss across the tolerance


@pytest.mark.slow
def test_without_hidden_layers_it_is_logistic_regression():
    X, y = examples(200, 5, 3)
    weight = 1.0
    protocol = Protocol(
        hidden=((),), max_epochs=3000, tolerance=0, patience=3000, learning_rate=1e-2
    )
    member = Training(Setting((), weight), 0, (0,), keep=True)
    part = Part(np.arange(len(X)), np.arange(0), (0,))
    Engine(X, y, 3, [part], protocol, device="cpu").run([member])
    exact = LogisticRegression(C=1 / weight, tol=1e-8, max_iter=1000).fit(X.astype(float), y)
    assert member.network is not None
    ours = member.network.logits(X)
    theirs = exact.decision_function(X)
    centred = [scores - scores.mean(axis=1, keepdims=True) for scores in (ours, theirs)]
    np.testing.assert_allclose(*centred, atol=2e-3)


def run(members, X, y, n_classes, parts, **kwargs):
    Engine(X, y, n_classes, parts, Protocol(max_epochs=60), device="cpu", **kwargs).run(members)
    return members


def some_members(keep: bool = True) -> list[Training]:
    settings = [
        Setting(hidden, weight)
        for hidden in [(8, 8), (8, 16), (16, 8), (16,)]
        for weight in [1e-4, 10.0]
    ]
    return [
        Training(setting, part, (part, index), keep=keep)
        for index, setting in enumerate(settings)
        for part in range(3)
    ]


def uneven_parts(n: int) -> list[Part]:
    """Parts whose last batches differ in size, and one with more batches."""
    rows = np.arange(n)
    return [
        Part(rows[:230], rows[230:], (1, 0)),
        Part(rows[70:], rows[:70], (1, 1)),
        Part(rows[:150], rows[150:], (1, 2)),
    ]


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("how", ["one by one", "padded", "on a GPU"])
@pytest.mark.slow
def test_a_network_does_not_depend_on_its_stack(n_classes, how):
    X, y = examples(300, 6, n_classes)
    parts = uneven_parts(len(X))
    together = run(some_members(), X, y, n_classes, parts)
    apart = some_members()
    if how == "one by one":
        run(apart, X, y, n_classes, parts, stack_bytes=1)
    elif how == "on a GPU":
        if not torch.cuda.is_available():
            pytest.skip("there is no CUDA device")
        Engine(X, y, n_classes, parts, Protocol(max_epochs=60), device="cuda").run(apart)
    else:
        engine = Engine(X, y, n_classes, parts, Protocol(max_epochs=60), device="cpu")
        engine.pad = True
        engine.run(apart)
    for a, b in zip(together, apart, strict=True):
        assert a.epoch == b.epoch
        assert a.loss == pytest.approx(b.loss, abs=1e-4)
        assert a.accuracy == pytest.approx(b.accuracy, abs=0.03)
        for mine, other in zip(a.network.coefficients, b.network.coefficients, strict=True):
            assert mine.shape == other.shape
            np.testing.assert_allclose(mine, other, atol=5e-3)


@pytest.mark.slow
def test_a_pause_changes_nothing():
    X, y = examples(300, 6, 4)
    parts = uneven_parts(len(X))
    straight = run(some_members(), X, y, 4, parts)
    paused = some_members()
    engine = Engine(X, y, 4, parts, Protocol(max_epochs=60), device="cpu")
    for until in (5, 17, 60):
        engine.run(paused, until=until)
    assert [m.epoch for m in paused] == [m.epoch for m in straight]
    for a, b in zip(straight, paused, strict=True):
        np.testing.assert_allclose(a.network.coefficients[0], b.network.coefficients[0], atol=1e-5)


@pytest.mark.slow
def test_cores_do_not_change_the_numbers():
    X, y = examples(300, 6, 4)
    parts = uneven_parts(len(X))
    one = run(some_members(), X, y, 4, parts, n_jobs=1)
    two = run(some_members(), X, y, 4, parts, n_jobs=2)
    assert [m.loss for m in one] == [m.loss for m in two]


@pytest.mark.slow
def test_held_accuracy_is_that_of_the_network():
    X, y = examples(300, 6, 4)
    parts = uneven_parts(len(X))
    for member in run(some_members(), X, y, 4, parts):
        held = parts[member.part].held
        predicted = member.network.logits(X[held]).argmax(axis=1)
        assert member.accuracy == pytest.approx(np.mean(predicted == y[held]))


@dataclass(frozen=True)
class BrokenPart(Part):
    """Fails as an interrupt would, in the middle of the training."""

    def order(self, epoch: int) -> np.ndarray:
        if epoch == 3:
            raise KeyboardInterrupt
        return super().order(epoch)


def test_an_interrupt_ends_the_others_soon():
    X, y = examples(300, 6, 4)
    rows = np.arange(len(X))
    parts = [BrokenPart(rows, rows[:0], (1, 0)), Part(rows, rows[:0], (1, 1))]
    members = [Training(Setting((8,), 1e-4), part, (part,)) for part in (0, 1)]
    protocol = Protocol(max_epochs=100_000, patience=100_000)
    with pytest.raises(KeyboardInterrupt):
        Engine(X, y, 4, parts, protocol, device="cpu", n_jobs=2).run(members)
    assert members[1].epoch < 50_000


def test_few_examples_are_given_as_many_epochs_as_make_the_least_updates() -> None:
    X, y = examples(60, 5, 3)
    part = Part(np.arange(60), np.arange(0), (0,))
    ends = []
    for least in (0, 12, 100):
        protocol = Protocol(
            max_epochs=5, batch_size=20, tolerance=0, patience=1000, least_updates=least
        )
        member = Training(Setting((4,), 0.1), 0, (0,))
        Engine(X, y, int(y.max()) + 1, [part], protocol, device="cpu").run([member])
        ends.append(member.epoch)
    assert ends == [5, 5, 34]  # of three batches each
