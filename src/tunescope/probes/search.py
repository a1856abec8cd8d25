"""Choosing the setting of a probe by its accuracy on held examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tunescope.probes.networks import Job, train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunescope.probes.folds import Fold
    from tunescope.probes.protocol import Protocol, Setting


def search(
    X: np.ndarray,
    y: np.ndarray,
    folds: Sequence[Fold],
    protocol: Protocol,
    *,
    seed: int,
) -> tuple[Setting, pd.DataFrame]:
    """Find the setting with the highest mean validation accuracy.

    Ties go to the setting that comes first in the protocol.

    Returns
    -------
    best : the setting chosen.
    table : a row a setting: ``setting, layers, weight, accuracy, std, fold_0 …, epochs, rank``.
    """
    settings = protocol.settings
    jobs = [
        Job(setting, part, (seed, 0, part, index))
        for index, setting in enumerate(settings)
        for part in range(len(folds))
    ]
    networks = train(X, y, [train_rows for train_rows, _ in folds], jobs, protocol)
    accuracy = np.empty((len(settings), len(folds)))
    epochs = np.empty((len(settings), len(folds)), dtype=int)
    for position, (job, network) in enumerate(zip(jobs, networks, strict=True)):
        index, part = divmod(position, len(folds))
        held = folds[job.part][1]
        accuracy[index, part] = np.mean(network.logits(X[held]).argmax(axis=1) == y[held])
        epochs[index, part] = network.n_epochs
    table = pd.DataFrame(
        {
            "setting": [setting.name for setting in settings],
            "layers": ["x".join(map(str, setting.hidden)) for setting in settings],
            "weight": [setting.weight for setting in settings],
            "accuracy": accuracy.mean(axis=1),
            "std": accuracy.std(axis=1, ddof=1) if len(folds) > 1 else np.nan,
            **{f"fold_{part}": accuracy[:, part] for part in range(len(folds))},
            "epochs": epochs.mean(axis=1),
        }
    )
    table["rank"] = table["accuracy"].rank(method="first", ascending=False).astype(int)
    return settings[int(table["rank"].to_numpy().argmin())], table
