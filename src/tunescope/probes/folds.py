"""Which examples train and which judge, inside the grid."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from tunescope.errors import InputError

if TYPE_CHECKING:
    from tunescope.probes.protocol import Protocol

Fold = tuple[np.ndarray, np.ndarray]
"""Indices of the examples that train, and of those that judge."""


def folds(
    y: np.ndarray, protocol: Protocol, *, groups: np.ndarray | None = None, seed: int = 0
) -> list[Fold]:
    """Divide the examples as the protocol says.

    Parameters
    ----------
    y : (n_examples,) int array of labels.
    protocol : names the kind and the number of parts.
    groups : (n_examples,) array, optional
        Examples of one group, say the words of one sentence, stay together.
    seed : of the held-out part and of grouped folds. Folds without groups are
        ``StratifiedKFold`` without shuffling, as ``GridSearchCV`` makes them.

    Returns
    -------
    list of (train, held) index arrays, both sorted.

    Raises
    ------
    InputError
        With fewer examples or groups than folds, no label with as many examples as there are
        folds, or a held-out part that would be empty.

    Examples
    --------
    >>> from tunescope.probes import Protocol
    >>> parts = folds(np.array([0, 1] * 10), Protocol.zhou2022())
    >>> [len(held) for train, held in parts]
    [4, 4, 4, 4, 4]
    """
    n_units = len(y) if groups is None else len(np.unique(groups))
    what = "examples" if groups is None else "groups"
    if protocol.validation == "held-out":
        n_held = int(np.ceil(protocol.held_out * n_units))
        if not 1 <= n_held < n_units:
            raise InputError(
                f"y: {n_units} {what} cannot be divided into a training part and a "
                f"held-out part of {protocol.held_out:.0%}; give at least 2 {what}"
            )
        maker = ShuffleSplit if groups is None else GroupShuffleSplit
        splitter = maker(n_splits=1, test_size=protocol.held_out, random_state=seed)
    else:
        if n_units < protocol.folds:
            raise InputError(
                f"y: {n_units} {what} are fewer than the protocol's {protocol.folds} folds; "
                f"give more, or a Protocol with fewer folds"
            )
        largest = int(np.bincount(y).max())
        if largest < protocol.folds:
            raise InputError(
                f"y: no label has as many examples as the protocol has folds "
                f"({largest} against {protocol.folds}); give more examples, "
                f"or a Protocol with fewer folds"
            )
        if groups is None:
            splitter = StratifiedKFold(protocol.folds)
        else:
            splitter = StratifiedGroupKFold(protocol.folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Labels rarer than the number of folds are missing from some; that is the stated
        # behaviour (they count as wrong there), as in GridSearchCV.
        warnings.filterwarnings("ignore", message="The least populated class")
        parts = splitter.split(np.zeros((len(y), 1)), y, groups)
        return [(np.sort(train), np.sort(held)) for train, held in parts]
