"""Choosing the setting of a probe by its accuracy on held examples.

*Exhaustive*: every setting is trained to its end on every fold.

*Halving* (after successive halving; Jamieson and Talwalkar 2016): all settings are trained for
``first_epochs`` on every fold, then the share ``keep`` of them goes on, to ``1 / keep`` times as
many epochs in all, and so on until at most ``finalists`` are left, which are trained to their
end. Who goes on is decided by the mean accuracy on held examples so far, *within each L2 weight
first*: the best hidden layers of every weight go before the second best of any. For how wide a
network should be shows early, but what a weight is good for shows late, when the networks with
too small a one have begun to overfit.

Networks are paused, not started again, so those that go on are the networks of the exhaustive
search. What can go wrong is only that the setting that would have won is dropped early;
``benchmarks/classifier_probe.py`` measures how far below it the one chosen is.
"""

from __future__ import annotations

import logging
from collections import Counter
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tunescope.probes.engine.networks import Training

if TYPE_CHECKING:
    from tunescope.probes.engine.engine import Engine
    from tunescope.probes.protocol import Protocol, Setting

logger = logging.getLogger(__name__)


def search(engine: Engine, protocol: Protocol, *, seed: int) -> tuple[Setting, pd.DataFrame]:
    """Find the setting with the highest mean accuracy on held examples.

    Ties go to the setting that comes first in the protocol.

    Parameters
    ----------
    engine : knows the vectors and the parts.
    protocol : the settings and the kind of search.
    seed : of the networks' first weights.

    Returns
    -------
    best : the setting chosen.
    table : a row a setting, in the protocol's order
        ``setting, layers, weight, accuracy, std, fold_0 …, epochs, finished, rank``: the mean
        accuracy over folds and its standard deviation, each fold's, the mean number of epochs,
        whether training went to its end, and the rank, where what was dropped later ranks
        before what was dropped earlier.
    """
    settings = protocol.settings
    members = [
        [Training(setting, part, (seed, 0, part, index)) for part in range(len(engine.parts))]
        for index, setting in enumerate(settings)
    ]
    running = list(range(len(settings)))
    dropped: list[int] = []
    if protocol.search == "halving":
        epochs = protocol.first_epochs
        while len(running) > protocol.finalists and epochs < protocol.max_epochs:
            engine.run([m for index in running for m in members[index]], until=epochs)
            order = _by_weight(settings, _ranked(members, running))
            n_left = max(protocol.finalists, ceil(len(running) * protocol.keep))
            dropped = order[n_left:] + dropped
            for index in order[n_left:]:
                for member in members[index]:
                    member.state = None
            running = sorted(order[:n_left])
            logger.info("after %d epochs %d settings are left", epochs, len(running))
            epochs = round(epochs / protocol.keep)
    engine.run([m for index in running for m in members[index]])
    order = _ranked(members, running) + dropped
    return settings[order[0]], _table(settings, members, order)


def _ranked(members: list[list[Training]], which: list[int]) -> list[int]:
    """Settings from the highest to the lowest mean accuracy, ties in their own order."""
    return sorted(which, key=lambda index: (-_accuracies(members[index]).mean(), index))


def _by_weight(settings: tuple[Setting, ...], ranked: list[int]) -> list[int]:
    """The best of every L2 weight first, then the second best of every weight, and so on."""
    seen: Counter[float] = Counter()
    place = {}
    for position, index in enumerate(ranked):
        weight = settings[index].weight
        place[index] = (seen[weight], position)
        seen[weight] += 1
    return sorted(ranked, key=place.__getitem__)


def _accuracies(row: list[Training]) -> np.ndarray:
    return np.array([member.accuracy for member in row])


def _table(
    settings: tuple[Setting, ...], members: list[list[Training]], order: list[int]
) -> pd.DataFrame:
    accuracy = np.array([_accuracies(row) for row in members])
    n_parts = accuracy.shape[1]
    rank = np.empty(len(order), dtype=int)
    rank[order] = np.arange(1, len(order) + 1)
    return pd.DataFrame(
        {
            "setting": [setting.name for setting in settings],
            "layers": [setting.layers for setting in settings],
            "weight": [setting.weight for setting in settings],
            "accuracy": accuracy.mean(axis=1),
            "std": accuracy.std(axis=1, ddof=1) if n_parts > 1 else np.nan,
            **{f"fold_{part}": accuracy[:, part] for part in range(n_parts)},
            "epochs": [float(np.mean([m.epoch for m in row])) for row in members],
            "finished": [all(m.finished for m in row) for row in members],
            "rank": rank,
        }
    )
