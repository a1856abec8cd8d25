"""What a network says of examples that it was not trained on, for every training example."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import softmax

from tunescope.errors import InputError
from tunescope.extras import needed_for
from tunescope.probes import checks
from tunescope.probes.folds import folds

if TYPE_CHECKING:
    from tunescope.probes.protocol import Protocol

FOLDS = 5


def out_of_fold(
    X: Any,
    y: Any,
    *,
    protocol: Protocol,
    groups: Any = None,
    seed: int = 0,
    device: str = "auto",
) -> tuple[np.ndarray, np.ndarray]:
    """Give each example's probabilities under a network that was trained without it.

    Parameters
    ----------
    X : (n_examples, n_features) array of finite numbers.
    y : (n_examples,) labels.
    protocol : its first setting is trained, once a fold; its search is not done.
    groups : (n_examples,) array, optional
        Examples of one group (the words of one sentence) are in one fold.
    seed : of the folds and the networks.
    device : where networks are trained.

    Returns
    -------
    classes : (n_classes,) the sorted labels.
    probabilities : (n_examples, n_classes); of five folds, or fewer where there are fewer groups,
        or examples of the most frequent label.

    Raises
    ------
    InputError
        With a single label, numbers that are not finite in float32, or where two folds cannot be
        made.

    Examples
    --------
    >>> from tunescope.probes import Protocol
    >>> random = np.random.default_rng(0)
    >>> y = np.repeat(["far", "near"], 40)
    >>> X = random.normal(size=(80, 4)) + 5 * (y == "far")[:, None]
    >>> y[0] = "near"  # one is labelled wrong
    >>> protocol = Protocol.quick(hidden=((8,),), learning_rate=1e-2)
    >>> classes, probabilities = out_of_fold(X, y, protocol=protocol)
    >>> str(classes[probabilities[0].argmax()])
    'far'
    """
    with needed_for("predictions out of fold", "classifier"):
        from tunescope.probes.engine.engine import Engine
    from tunescope.probes.engine.networks import Part, Training

    classes, codes = np.unique(np.asarray(y), return_inverse=True)
    codes = codes.reshape(-1)
    if len(classes) < 2:
        raise InputError(f"y: {len(classes)} label; expected at least 2")
    X = np.asarray(X)
    checks.refuse_not_finite(X, "X")
    X = checks.as_float32(X)
    groups = np.arange(len(X)) if groups is None else np.asarray(groups)
    n_folds = min(FOLDS, len(np.unique(groups)), int(np.bincount(codes).max()))
    if n_folds < 2:
        raise InputError("y: two folds cannot be made; give more examples of a label")
    divided = replace(protocol, validation="folds", folds=n_folds)
    parts = [
        Part(train, held, (seed, 4, fold))
        for fold, (train, held) in enumerate(folds(codes, divided, groups=groups, seed=seed))
    ]
    engine = Engine(X, codes, len(classes), parts, protocol, device=device)
    networks = [
        Training(protocol.settings[0], fold, (seed, 4, fold), keep=True) for fold in range(n_folds)
    ]
    engine.run(networks)
    probabilities = np.zeros((len(X), len(classes)))
    for part, training in zip(parts, networks, strict=True):
        assert training.network is not None
        scores = training.network.logits(X[part.held]).astype(float)
        probabilities[part.held] = softmax(scores, axis=1)
    return classes, probabilities
