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
from tunescope.extras import needed_for
from tunescope.probes import checks
from tunescope.probes.engine.networks import Part, Training
from tunescope.probes.intervals import accuracy_rows
from tunescope.probes.protocol import Protocol, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunescope.probes.engine.engine import Engine
    from tunescope.probes.engine.networks import Network
    from tunescope.probes.protocol import Setting

FRACTIONS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1.0)
"""Where the portions end, as shares of all examples (as in Voita and Titov 2020)."""

FEWEST = 20
"""Fewest examples a network is trained on; earlier portions join the first."""

HELD = 0.2
"""Share of the examples sent so far on which setting and temperature are chosen."""

LOG_TEMPERATURES = (-1.0, 9.0)
"""Logarithms of the temperatures that are tried: from probabilities taken to the third power to
ones that claim next to nothing, of logits of the usual sizes."""

CLAIMED = 0.05
"""Logits that still differ by more nats at the highest temperature are given higher ones."""


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
    """A row a portion: ``start, stop, bits, trained_on, accuracy, setting, temperature``. Its
    network was trained on the ``trained_on`` examples before it: all of them, 0 of the first."""


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
    by, are chosen before by networks trained on four fifths of what has been sent, by the
    log-loss on the other fifth, so that whoever receives can choose the same.

    Its limits: labels that have nothing to do with the vectors cost about n · log₂ K bits (the
    temperature rises until the networks claim nothing); labels that follow from them cost
    little more than the first portions. The number depends on the order; use several seeds.

    Parameters
    ----------
    X : (n_examples, n_features) array.
    y : (n_examples,) labels.
    protocol : its settings and its training are used; the other fields are not.
    groups : (n_examples,) array, optional
        Examples of one group (sentence) are sent in one portion, and are not divided between
        training and the held part. Where none ends between the first 20 examples and the last,
        they are divided.
    fractions : where the portions end, rising to 1; with groups, where the next one ends.
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
    # torch is loaded where networks are trained, not where other probes are imported
    with needed_for("a description length", "classifier"):
        from tunescope.probes.engine.engine import Engine

    X, codes, classes = checks.training_data(BaseEstimator(), X, y)
    X = checks.as_float32(X)
    n, n_classes = len(X), len(classes)
    clusters = checks.group_of(groups, n)
    stops = _stops(n, fractions)
    seed = checks.seed_of(seed, "seed")
    random = np.random.default_rng(seed)
    order = _shuffled(clusters, n, random)
    X, codes = X[order], codes[order]
    clusters = clusters[order] if clusters is not None else np.arange(n)
    stops = _between_groups(stops, clusters)
    parts = []
    for number, stop in enumerate(stops[:-1]):
        held = _held(clusters[:stop], random)
        parts.append(Part(np.flatnonzero(~held), np.flatnonzero(held), (seed, 0, number)))
    protocol = resolve(protocol)
    engine = Engine(X, codes, n_classes, parts, protocol, device=device, n_jobs=n_jobs)
    senders = _senders(engine, X, codes, stops[:-1], seed)

    portions, right = _sent(senders, X, codes, stops, n_classes)
    codelength, uniform = float(portions["bits"].sum()), float(n * np.log2(n_classes))
    accuracy = accuracy_rows("description length", right, groups=clusters[stops[0] :]).assign(
        codelength=codelength, uniform=uniform, compression=uniform / codelength
    )
    return DescriptionLength(codelength, uniform, uniform / codelength, accuracy, portions)


@dataclass(frozen=True)
class _Sender:
    """What a portion is sent by."""

    network: Network
    setting: Setting
    temperature: float


def _senders(
    engine: Engine, X: np.ndarray, codes: np.ndarray, starts: Sequence[int], seed: int
) -> list[_Sender]:
    """Choose setting and temperature of every portion, then train on all before it."""
    tried = [
        [
            Training(setting, part, (seed, 1, part, index), keep=True)
            for index, setting in enumerate(engine.protocol.settings)
        ]
        for part in range(len(engine.parts))
    ]
    engine.run([member for row in tried for member in row])
    chosen = []
    for part, row in zip(engine.parts, tried, strict=True):
        losses = [_best_temperature(member, X[part.held], codes[part.held]) for member in row]
        chosen.append((losses.index(min(losses)), min(losses)[1]))
    nothing = np.arange(0)
    engine.parts = [
        Part(np.arange(start), nothing, (seed, 2, part)) for part, start in enumerate(starts)
    ]
    finals = [
        Training(tried[part][index].setting, part, (seed, 3, part, index), keep=True)
        for part, (index, _) in enumerate(chosen)
    ]
    engine.run(finals)
    return [
        _Sender(member.network, member.setting, temperature)
        for member, (_, temperature) in zip(finals, chosen, strict=True)
        if member.network is not None
    ]


def _sent(
    senders: Sequence[_Sender],
    X: np.ndarray,
    codes: np.ndarray,
    stops: Sequence[int],
    n_classes: int,
) -> tuple[pd.DataFrame, np.ndarray]:
    """What every portion costs, and which labels after the first were the most probable."""
    rows: list[dict[str, Any]] = [
        {"start": 0, "stop": stops[0], "bits": stops[0] * np.log2(n_classes), "trained_on": 0}
    ]
    right = []
    for sender, start, stop in zip(senders, stops[:-1], stops[1:], strict=True):
        logits, truth = sender.network.logits(X[start:stop]), codes[start:stop]
        right.append(logits.argmax(axis=1) == truth)
        rows.append(
            {
                "start": start,
                "stop": stop,
                "bits": _nats(logits, truth, sender.temperature).sum() / np.log(2),
                "trained_on": start,
                "accuracy": float(right[-1].mean()),
                "setting": sender.setting.name,
                "temperature": sender.temperature,
            }
        )
    return pd.DataFrame(rows), np.concatenate(right)


def _stops(n: int, fractions: Sequence[float]) -> list[int]:
    """Where the portions end."""
    shares = np.asarray(fractions)
    if shares.dtype.kind not in "if" or shares.ndim != 1 or not np.all(np.diff(shares) >= 0):
        raise InputError(f"fractions: {fractions!r}; expected shares rising to 1")
    if len(shares) == 0 or not (shares[0] > 0 and shares[-1] == 1):
        raise InputError(f"fractions: {fractions!r}; expected shares rising to 1")
    if n < 2 * FEWEST:
        raise InputError(f"y: {n} examples; online coding needs at least {2 * FEWEST}")
    stops = sorted({max(FEWEST, round(share * n)) for share in fractions})
    return [stop for stop in stops if stop < n] + [n]


def _between_groups(stops: list[int], clusters: np.ndarray) -> list[int]:
    """Let each portion end where a group does: a network that saw a part of it would know more."""
    ends = np.append(np.flatnonzero(clusters[1:] != clusters[:-1]) + 1, len(clusters))
    moved = sorted(set(ends[np.searchsorted(ends, stops)].tolist()))
    return moved if len(moved) > 1 else stops


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


def _best_temperature(member: Training, X: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The smallest log-loss of a network on held examples, and the temperature that gives it."""
    if member.network is None:
        return float("inf"), 1.0
    logits = member.network.logits(X)

    def loss(log_temperature: float) -> float:
        return float(_nats(logits, truth, float(np.exp(log_temperature))).sum())

    found = minimize_scalar(loss, bounds=LOG_TEMPERATURES, method="bounded")
    spread = float(np.ptp(logits.astype(np.float64), axis=1).max())
    if found.x > LOG_TEMPERATURES[1] - 0.01 and spread > CLAIMED * np.exp(LOG_TEMPERATURES[1]):
        # logits of vectors of a large scale still claim much; the loss has one minimum, so that
        # it lies further up
        beyond = (LOG_TEMPERATURES[1], np.log(spread) + 5)
        found = minimize_scalar(loss, bounds=beyond, method="bounded")
    return float(found.fun), float(np.exp(found.x))


def _nats(logits: np.ndarray, truth: np.ndarray, temperature: float) -> np.ndarray:
    """Cost of each label in nats."""
    logs = log_softmax(logits.astype(np.float64) / temperature, axis=1)
    return np.asarray(-logs[np.arange(len(truth)), truth])
