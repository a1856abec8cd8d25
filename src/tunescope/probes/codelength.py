"""Description length by online coding: how many bits do the labels cost, given the vectors?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.base import BaseEstimator

from tunescope.errors import InputError
from tunescope.probes import checks
from tunescope.probes.engine.networks import Part, Training
from tunescope.probes.intervals import accuracy_rows
from tunescope.probes.protocol import Protocol, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunescope.probes.engine.networks import Network
    from tunescope.probes.protocol import Setting

FRACTIONS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1.0)
"""Where the portions end, as shares of all examples (as in Voita and Titov 2020)."""

FEWEST = 20
"""Fewest examples a network is trained on; earlier portions join the first."""

HELD = 0.2
"""Share of the examples seen so far on which setting and temperature are chosen."""


@dataclass(frozen=True)
class DescriptionLength:
    """The cost of sending the labels to somebody who has the vectors."""

    codelength: float
    """Bits that the online code takes for all labels."""

    uniform: float
    """Bits without a model, n · log₂ K."""

    compression: float
    """``uniform / codelength``; about 1 if the vectors say nothing about the labels."""

    rows: pd.DataFrame
    """One row of the accuracy table, with ``codelength, uniform, compression`` beside: the
    accuracy is the share of labels that were the most probable before they were sent (the
    first portion excluded), with its interval over examples."""

    portions: pd.DataFrame
    """A row a portion: ``start, stop, bits, accuracy, setting, temperature``."""


def description_length(
    X: Any,
    y: Any,
    *,
    protocol: Protocol | str = "quick",
    groups: Any = None,
    fractions: Sequence[float] = FRACTIONS,
    seed: int = 0,
    device: str = "auto",
    n_jobs: int | None = None,
) -> DescriptionLength:
    """Codelength of the labels by online (prequential) coding, after Voita and Titov (2020).

    The examples are put in random order and cut into portions. The first is sent at log₂ K
    bits a label; each next one under the probabilities of a network trained on all before
    it. Which of the protocol's settings, and the temperature its probabilities are divided
    by, are chosen by the log-loss on a held fifth of what has been sent, so that whoever
    receives can choose the same.

    Its limits: labels that have nothing to do with the vectors cost about n · log₂ K bits (the
    temperature rises until the networks claim nothing); labels that follow from them cost
    little more than the first portions. The number depends on the order; use several seeds.

    Parameters
    ----------
    X : (n_examples, n_features) array.
    y : (n_examples,) labels.
    protocol : its settings and its training are used; the other fields are not.
    groups : (n_examples,) array, optional
        Examples of one group (sentence) come one after another and are not divided between
        training and the held part.
    fractions : where the portions end, rising to 1.
    seed : of the order and the networks.
    device, n_jobs : as for `ClassifierProbe`.

    Raises
    ------
    InputError
        For vectors or labels that cannot be probed, or fewer than 40 examples.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> y = random.integers(0, 2, 400)
    >>> X = random.normal(size=(400, 3)) + 8 * y[:, None]
    >>> protocol = Protocol.quick(hidden=((16,),), weights=(1e-3,))
    >>> result = description_length(X, y, protocol=protocol)
    >>> result.uniform, result.compression > 4
    (400.0, True)
    """
    X, codes, classes = checks.training_data(BaseEstimator(), X, y)
    X = checks.as_float32(X)
    n, n_classes = len(X), len(classes)
    clusters = checks.group_of(groups, n)
    stops = _stops(n, fractions)
    random = np.random.default_rng(seed)
    order = _shuffled(clusters, n, random)
    X, codes = X[order], codes[order]
    clusters = clusters[order] if clusters is not None else np.arange(n)
    parts = []
    for number, stop in enumerate(stops[:-1]):
        held = _held(clusters[:stop], random)
        parts.append(Part(np.flatnonzero(~held), np.flatnonzero(held), (seed, 0, number)))
    members = _train(X, codes, n_classes, parts, resolve(protocol), seed, device, n_jobs)

    rows: list[dict[str, Any]] = [
        {"start": 0, "stop": stops[0], "bits": stops[0] * np.log2(n_classes)}
    ]
    right = []
    for part, row, start, stop in zip(parts, members, stops[:-1], stops[1:], strict=True):
        network, setting, temperature = _choose(row, X[part.held], codes[part.held])
        logits, truth = network.logits(X[start:stop]), codes[start:stop]
        right.append(logits.argmax(axis=1) == truth)
        rows.append(
            {
                "start": start,
                "stop": stop,
                "bits": _nats(logits, truth, temperature).sum() / np.log(2),
                "accuracy": float(right[-1].mean()),
                "setting": setting.name,
                "temperature": temperature,
            }
        )
    portions = pd.DataFrame(rows)
    codelength, uniform = float(portions["bits"].sum()), float(n * np.log2(n_classes))
    accuracy = accuracy_rows(
        "description length", np.concatenate(right), groups=clusters[stops[0] :]
    ).assign(codelength=codelength, uniform=uniform, compression=uniform / codelength)
    return DescriptionLength(codelength, uniform, uniform / codelength, accuracy, portions)


def _train(
    X: np.ndarray,
    codes: np.ndarray,
    n_classes: int,
    parts: Sequence[Part],
    protocol: Protocol,
    seed: int,
    device: str,
    n_jobs: int | None,
) -> list[list[Training]]:
    """Train every setting on every part; a row a part."""
    from tunescope.probes.engine.engine import Engine

    members = [
        [
            Training(setting, part, (seed, 1, part, index), keep=True)
            for index, setting in enumerate(protocol.settings)
        ]
        for part in range(len(parts))
    ]
    engine = Engine(X, codes, n_classes, parts, protocol, device=device, n_jobs=n_jobs)
    engine.run([member for row in members for member in row])
    return members


def _stops(n: int, fractions: Sequence[float]) -> list[int]:
    """Where the portions end."""
    if sorted(fractions) != list(fractions) or not fractions or fractions[-1] != 1:
        raise InputError(f"fractions: {tuple(fractions)}; expected shares rising to 1")
    if n < 2 * FEWEST:
        raise InputError(f"y: {n} examples; online coding needs at least {2 * FEWEST}")
    stops = sorted({max(FEWEST, round(share * n)) for share in fractions})
    return [stop for stop in stops if stop < n] + [n]


def _shuffled(clusters: np.ndarray | None, n: int, random: np.random.Generator) -> np.ndarray:
    """A random order in which the examples of a group stay together."""
    if clusters is None:
        return random.permutation(n)
    _, which = np.unique(clusters, return_inverse=True)
    place = random.permutation(which.max() + 1)
    return np.argsort(place[which], kind="stable")


def _held(clusters: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Mark about a fifth of the examples, whole groups at a time, never none nor all."""
    groups, which = np.unique(clusters, return_inverse=True)
    if len(groups) == 1:  # a single sentence has to be divided
        which, groups = np.arange(len(clusters)), np.arange(len(clusters))
    chosen = np.zeros(len(groups), dtype=bool)
    chosen[random.permutation(len(groups))[: max(1, round(HELD * len(groups)))]] = True
    return np.asarray(chosen[which])


def _choose(
    row: Sequence[Training], X: np.ndarray, truth: np.ndarray
) -> tuple[Network, Setting, float]:
    """The network and the temperature with the smallest log-loss on held examples."""
    best: tuple[float, Network, Setting, float] | None = None
    for member in row:
        if member.network is None:
            continue
        logits = member.network.logits(X)

        def loss(log_temperature: float, logits: np.ndarray = logits) -> float:
            return float(_nats(logits, truth, float(np.exp(log_temperature))).sum())

        # from probabilities taken to the third power to ones that claim next to nothing
        found = minimize_scalar(loss, bounds=(-1.0, 9.0), method="bounded")
        if best is None or found.fun < best[0]:
            best = (float(found.fun), member.network, member.setting, float(np.exp(found.x)))
    if best is None:
        raise InputError("protocol has no setting to train")
    return best[1:]


def _nats(logits: np.ndarray, truth: np.ndarray, temperature: float) -> np.ndarray:
    """Cost of each label in nats."""
    logs = log_softmax(logits.astype(np.float64) / temperature, axis=1)
    return np.asarray(-logs[np.arange(len(truth)), truth])
