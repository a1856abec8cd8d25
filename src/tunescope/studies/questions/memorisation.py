"""Does fine-tuning remember its examples? A probe on part of them, compared on the rest.

The encoder was fine-tuned on all training examples. The probe sees 80 % of them; its accuracy on
the other 20 %, which the encoder has seen, is compared with that on the test split, which it has
not. A gap that fine-tuning opens is memory of the encoder, not of the probe. The test is
from an earlier version of the paper.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tunescope.errors import InputError
from tunescope.probes import ClassifierProbe, Protocol

REST = 0.2
"""Share of the texts that the probe does not see."""

Part = tuple[np.ndarray, np.ndarray, np.ndarray]


def memorisation_table(
    train: Part, test: Part, *, protocol: Protocol, seed: int, device: str = "auto"
) -> pd.DataFrame:
    """Compare a probe's accuracy on unseen training examples and on the test split.

    Parameters
    ----------
    train, test : vectors (n, d), labels (n,) and groups (n,), the texts that examples belong to.
    protocol : of the probe.
    seed : of the division and of the probe.
    device : where the probe is trained.

    Returns
    -------
    DataFrame
        ``compared_on, restart, accuracy, lower, upper, n_examples, n_groups, reason``;
        `compared_on` is ``training rest`` or ``test``. Where the 80 % cannot train a probe, one row
        each without accuracy, with the reason.
    """
    X, y, groups = train
    texts = np.unique(groups)
    n_rest = max(1, round(REST * len(texts)))
    rest = np.isin(groups, np.random.default_rng(seed).permutation(texts)[:n_rest])
    compared = {"training rest": (X[rest], y[rest], groups[rest]), "test": test}
    probe = ClassifierProbe(protocol, random_state=seed, device=device)
    try:
        probe.fit(X[~rest], y[~rest], groups=groups[~rest])
    except InputError as error:  # a label may be in the texts that are set aside alone
        return _missing(compared, f"a probe on 80 % of the training texts: {error}")
    parts = []
    for name, (vectors, labels, of_text) in compared.items():
        rows = probe.evaluate(vectors, labels, groups=of_text).drop(columns="probe")
        rows.insert(0, "compared_on", name)
        parts.append(rows.assign(reason=""))
    return pd.concat(parts, ignore_index=True)


def _missing(compared: Mapping[str, Part], reason: str) -> pd.DataFrame:
    """Give the rows of a probe that could not be trained."""
    unknown = dict.fromkeys(("accuracy", "lower", "upper"), np.nan)
    rows = [
        {"compared_on": name, "restart": 0, **unknown, "n_examples": len(labels)}
        | {"n_groups": len(np.unique(groups)), "reason": reason}
        for name, (_, labels, groups) in compared.items()
    ]
    return pd.DataFrame(rows)
