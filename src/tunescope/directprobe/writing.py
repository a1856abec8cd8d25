"""Folders that the authors' code can read, and results in the form that it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tunescope.directprobe import inputs, outputs
from tunescope.directprobe.lines import write_lines
from tunescope.errors import InputError
from tunescope.geometry import DirectProbe

CONFIG = """\
[run]
output_path = results/

[data]
common = .
label_set_path = ${common}/labels/tags.txt
entities_path = ${common}/entities/train.txt
embeddings_path = ${common}/embeddings/train.txt
test_entities_path = ${common}/entities/test.txt
test_embeddings_path = ${common}/embeddings/test.txt

[clustering]
enable_cuda = False
rate = 0.01
mode = probing
probing_cluster_path = clusters.txt
"""


def write_data(
    folder: Path,
    train: tuple[ArrayLike, ArrayLike],
    test: tuple[ArrayLike, ArrayLike] | None = None,
    *,
    texts: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write labelled vectors the way DirectProbe reads them, with a ``config.ini``.

    The authors' ``main.py``, started in the folder, then probes it.

    Parameters
    ----------
    folder : is made if it is not there.
    train : vectors (n_examples, n_features) and their labels.
    test : the same for the examples that are predicted.
    texts : what the examples are, by split, ``train`` and ``test``; numbered by default.

    Raises
    ------
    InputError
        If something cannot be said in the format, or the counts do not match.
    """
    parts = {"train": train} | ({} if test is None else {"test": test})
    labels: set[str] = set()
    for split, (X, y) in parts.items():
        vectors, names = np.asarray(X), [str(label) for label in np.asarray(y)]
        shown = (texts or {}).get(split) or [f"{split}-{row}" for row in range(len(names))]
        if len(vectors) != len(names):
            raise InputError(f"{split}: {len(vectors)} vectors for {len(names)} labels")
        inputs.write_entities(folder / "entities" / f"{split}.txt", shown, names)
        inputs.write_embeddings(folder / "embeddings" / f"{split}.txt", vectors)
        labels.update(names)
    inputs.write_label_set(folder / "labels" / "tags.txt", labels)
    write_lines(folder / "config.ini", _config(test is not None))


def _config(has_test: bool) -> Iterator[str]:
    return (line for line in CONFIG.splitlines() if has_test or not line.startswith("test_"))


def write_results(
    folder: Path,
    probe: DirectProbe,
    test: tuple[ArrayLike, ArrayLike] | None = None,
    *,
    decimals: int = 4,
) -> None:
    """Write a fitted probe the way DirectProbe writes its results.

    Parameters
    ----------
    folder : is made if it is not there.
    probe : fitted, with its distances.
    test : vectors and labels whose distances from the clusters are written too.
    decimals : digits after the point; the authors' code writes 4.
    """
    if not hasattr(probe, "distances_"):
        raise InputError("probe: has no distances; expected a DirectProbe(distances=True), fitted")
    names = [str(label) for label in probe.cluster_classes_]
    rows = [
        (a, names[a], b, names[b], probe.distances_[a, b])
        for a, b in combinations(range(len(names)), 2)
        if names[a] != names[b]
    ]
    columns = ["cluster_a", "label_a", "cluster_b", "label_b", "separation"]
    table = pd.DataFrame(rows, columns=columns)
    outputs.write_clusters(folder / "clusters.txt", probe.labels_)
    outputs.write_separations(folder / "dis.txt", table, decimals=decimals)
    if test is not None:
        X, y = test
        path = folder / "prediction.txt"
        outputs.write_predictions(path, np.asarray(y), probe.transform(X), names, decimals=decimals)
