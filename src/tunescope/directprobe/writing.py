"""Folders that the authors' code can read, and results in the form that it writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tunescope.directprobe import inputs, outputs
from tunescope.directprobe.folder import RESULTS
from tunescope.directprobe.lines import write_lines
from tunescope.errors import InputError
from tunescope.geometry import DirectProbe
from tunescope.geometry.hulls.cloud import as_points
from tunescope.geometry.hulls.pairs import as_labels

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
        If something cannot be said in the format, the counts do not match, or the folder holds
        test examples and none are given. Nothing is written then.
    """
    parts = {"train": _examples("train", train)}
    if test is None:
        _refuse_left(folder, ["entities/test.txt", "embeddings/test.txt"])
    else:
        parts["test"] = _examples("test", test)
    named = {split: _names(y, parts["train"][1]) for split, (_, y) in parts.items()}
    shown = {
        split: (texts or {}).get(split) or [f"{split}-{row}" for row in range(len(names))]
        for split, names in named.items()
    }
    for split, names in named.items():
        inputs.check_entities(shown[split], names)
    for split, (vectors, _) in parts.items():
        inputs.write_entities(folder / "entities" / f"{split}.txt", shown[split], named[split])
        inputs.write_embeddings(folder / "embeddings" / f"{split}.txt", vectors)
    inputs.write_label_set(folder / "labels" / "tags.txt", set().union(*named.values()))
    write_lines(folder / "config.ini", _config(test is not None))


def _examples(
    split: str, examples: tuple[ArrayLike, ArrayLike]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Check vectors and labels before anything is written."""
    X, y = examples
    vectors = as_points(X, f"{split}: X")
    try:
        return vectors, as_labels(y, len(vectors))
    except InputError as error:
        raise InputError(f"{split}: {error}") from None


def _names(labels: NDArray[Any], classes: NDArray[Any]) -> list[str]:
    """Give labels as text, each as the one of some classes that it equals: 1.0 as 1."""
    spelled = {value: str(label) for value, label in zip(classes.tolist(), classes, strict=True)}
    values = zip(labels.tolist(), labels, strict=True)
    return [spelled.get(value, str(label)) for value, label in values]


def _refuse_left(folder: Path, names: Iterable[str]) -> None:
    """Refuse a folder that holds files which would be taken for part of what is written."""
    if there := [name for name in names if (folder / name).exists()]:
        raise InputError(
            f"{folder}: holds {', '.join(there)} already, which would be read as of what is "
            "written now; expected a folder without"
        )


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

    Raises
    ------
    InputError
        If something cannot be said in the format (an open distance, say), the counts do not match,
        or the folder holds results that this call does not write. Nothing is written then.
    """
    if not hasattr(probe, "distances_"):
        raise InputError("probe: has no distances; expected a DirectProbe(distances=True), fitted")
    names = _names(probe.cluster_classes_, probe.cluster_classes_)
    for number, name in enumerate(names):
        inputs.check_field(name, f"probe: the label of cluster {number}")
    predicted = None if test is None else _predicted(probe, test)
    known = set() if predicted is None else {*names, *predicted[0]}
    table = _separations(probe, names, known)
    written = {"clusters.txt", "dis.txt"} | (set() if predicted is None else {"prediction.txt"})
    _refuse_left(folder, [name for name in (*RESULTS, "log.txt") if name not in written])
    outputs.write_clusters(folder / "clusters.txt", probe.labels_)
    outputs.write_separations(folder / "dis.txt", table, decimals=decimals)
    if predicted is not None:
        path = folder / "prediction.txt"
        outputs.write_predictions(path, *predicted, names, decimals=decimals)


def _predicted(
    probe: DirectProbe, test: tuple[ArrayLike, ArrayLike]
) -> tuple[list[str], NDArray[np.float64]]:
    """Give test examples' own labels, as text, and their distances from all clusters."""
    _, labels = _examples("test", test)
    gold = _names(labels, probe.classes_)
    for row, name in enumerate(gold):
        inputs.check_field(name, f"test: y[{row}]")
    return gold, probe.transform(test[0])


def _separations(probe: DirectProbe, names: list[str], known: Collection[str]) -> pd.DataFrame:
    """Give the separations of clusters with different labels, where the format can say them.

    Parameters
    ----------
    probe : with distances.
    names : of the clusters' labels.
    known : labels that who reads the file will know.
    """
    rows = []
    for a, b in combinations(range(len(names)), 2):
        if names[a] == names[b]:
            continue
        pair, distance = (a, names[a], b, names[b]), float(probe.distances_[a, b])
        if np.isnan(distance):
            lower, upper = probe.distances_lower_[a, b], probe.distances_upper_[a, b]
            raise InputError(
                f"probe: clusters {a} ({names[a]}) and {b} ({names[b]}) are {lower:.6g} to "
                f"{upper:.6g} apart, which the format has no way to say; expected known distances, "
                "say by a larger rtol"
            )
        if not outputs.can_be_read(pair, known):
            raise InputError(
                f"probe: clusters {a} ({names[a]}) and {b} ({names[b]}) would be read as another "
                "pair; expected other labels, or test examples, whose file names the clusters"
            )
        rows.append((*pair, distance))
    columns = ["cluster_a", "label_a", "cluster_b", "label_b", "separation"]
    return pd.DataFrame(rows, columns=columns)
