"""How well a classifier reads the labels off a representation (paper, section 4.1).

Tables 2 and 7 are made from these tables.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tunescope.probes import ClassifierProbe, Protocol


def accuracy_table(
    train: tuple[np.ndarray, np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    protocol: Protocol,
    seed: int,
) -> pd.DataFrame:
    """Train a probe on one split, test it on another; the majority label is its baseline.

    Parameters
    ----------
    train, test : vectors (n, d), labels (n,) and groups (n,), the texts that examples belong to,
        which neither validation nor the bootstrap divides.
    protocol : what is searched and how networks are trained.
    seed : of everything random in it.

    Returns
    -------
    DataFrame
        ``probe, setting, restart, accuracy, lower, upper, n_examples``: a row a restart, and one
        for the majority label; the bounds are a 95 % interval over test examples.
    """
    from tunescope.probes.intervals import accuracy_rows

    X, y, groups = train
    X_test, y_test, groups_test = test
    probe = ClassifierProbe(protocol, random_state=seed).fit(X, y, groups=groups)
    rows = probe.evaluate(X_test, y_test, groups=groups_test)
    rows.insert(1, "setting", probe.best_setting_.name)
    labels, counts = np.unique(y, return_counts=True)
    most = labels[counts.argmax()]
    baseline = accuracy_rows(
        "majority", (y_test == most)[None, :], groups=groups_test, seed=seed
    ).assign(setting=f"always {most}")
    return pd.concat([rows, baseline[rows.columns]], ignore_index=True)
