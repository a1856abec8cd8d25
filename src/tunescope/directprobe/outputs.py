"""What DirectProbe writes: ``clusters.txt``, ``dis.txt``, ``prediction.txt`` and their kin.

::

    clusters.txt      one number a training example: its cluster
    dis.txt           (0-A, 1-B): 6.2522        the separation of clusters 0 and 1, labels A and B
    prediction.txt    A <tab> 0-A,1.2345 <tab> 1-B,6.7890 ...
                      the label of a test example, and its distance from every cluster, ascending
    vec.txt           A---B,6.2522              the separation of two labels (fine-tuning analysis)
    outside_min.txt, inside_mean.txt, inside_max.txt
                      A,6.2522                  one number a label (fine-tuning analysis)

Numbers are written with four decimals. What is read keeps how precise it was written:
``precision`` is half a unit of the last digit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tunescope.directprobe.lines import SHOWN, WHOLE, numbered_lines, whole_number, write_lines
from tunescope.errors import InputError, place

NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]{1,4})?|nan|inf)"
NAMED_CLUSTER = re.compile(rf"([0-9]{{1,9}})-(.*),({NUMBER})", re.DOTALL)
DISTANCE = re.compile(rf"\((.*)\):\s*({NUMBER})", re.DOTALL)
SECOND_CLUSTER = re.compile(r", ?([0-9]{1,9})-")
OF_LABEL = re.compile(rf"(.*),\s*({NUMBER})", re.DOTALL)
BETWEEN_LABELS = "---"


def precision(number: str) -> float:
    """Give half a unit of the last digit that a number is written with; 0 for NaN and infinity.

    Examples
    --------
    >>> precision("6.2522"), precision("12"), precision("1.5e-07"), precision("1e400")
    (5e-05, 0.5, 5e-09, 0.0)
    """
    value = float(number)
    if not math.isfinite(value):  # also of a number that is too large for one
        return 0.0
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    shift = int(exponent or 0)
    shift = min(shift, 0) if value == 0 else shift  # no power of ten makes 0 less exact
    return float(f"5e{shift - decimals - 1}")


def read_clusters(path: Path) -> NDArray[np.int64]:
    """Read the cluster of every training example.

    Raises
    ------
    InputError
        If a line is not a whole number of at least 0, of nine digits at most.
    """
    clusters = []
    for number, line in numbered_lines(path):
        clusters.append(whole_number(line, path, number, "a cluster's number"))
    return np.array(clusters, dtype=np.int64)


def write_clusters(path: Path, clusters: Iterable[int]) -> None:
    """Write the cluster of every training example."""
    write_lines(path, (str(int(cluster)) for cluster in clusters))


def read_separations(path: Path, labels: Collection[str] = ()) -> pd.DataFrame:
    """Read the separations of clusters (``dis.txt``).

    Parameters
    ----------
    path : of the file.
    labels : that may occur; tells where a name ends that holds the format's own punctuation.

    Returns
    -------
    DataFrame
        ``line, cluster_a, label_a, cluster_b, label_b, separation, precision``.

    Raises
    ------
    InputError
        If a line is not ``(NUMBER-LABEL, NUMBER-LABEL): DISTANCE``.
    """
    rows = []
    for number, line in numbered_lines(path):
        found = DISTANCE.fullmatch(line)
        pair = _two_clusters(found[1], labels) if found else None
        if found is None or pair is None:
            raise InputError(
                f"{place(path, number)}: {_shown(line)}; expected a pair of clusters and their "
                "distance, e.g. (0-NOUN, 1-VERB): 6.2522"
            )
        rows.append((number, *pair, float(found[2]), precision(found[2])))
    columns = ["line", "cluster_a", "label_a", "cluster_b", "label_b", "separation", "precision"]
    return pd.DataFrame(rows, columns=columns)


def _two_clusters(text: str, labels: Collection[str]) -> tuple[int, str, int, str] | None:
    """Split ``0-A, 1-B``; where a label holds such punctuation, so that both labels are known."""
    first, dash, rest = text.partition("-")
    if not (dash and WHOLE.fullmatch(first)):
        return None
    commas = [
        (comma.start(), comma.end(), int(comma[1])) for comma in SECOND_CLUSTER.finditer(rest)
    ]
    found = _known_split(rest, [(start, end) for start, end, _ in commas], labels)
    if found is None:
        return None
    second = next(number for start, _, number in commas if start == found[0])
    return int(first), rest[: found[0]], second, rest[found[1] :]


def can_be_read(pair: tuple[int, str, int, str], labels: Collection[str]) -> bool:
    """Tell whether two named clusters are read as themselves by who knows these labels.

    Examples
    --------
    >>> can_be_read((0, "a, 1-b", 1, "b"), ()), can_be_read((0, "a, 1-b", 1, "b"), ("a, 1-b", "b"))
    (False, True)
    """
    a, label_a, b, label_b = pair
    if not (SECOND_CLUSTER.search(label_a) or SECOND_CLUSTER.search(label_b)):
        return True
    return _two_clusters(f"{a}-{label_a}, {b}-{label_b}", labels) == pair


def _known_split(
    text: str, places: Sequence[tuple[int, int]], labels: Collection[str]
) -> tuple[int, int] | None:
    """Choose where a text of two labels is split: where both are known, else at the first place."""
    lengths = {len(label) for label in labels}
    for start, end in places:
        fits = start in lengths and len(text) - end in lengths
        if fits and text[:start] in labels and text[end:] in labels:
            return start, end
    return next(iter(places), None)


def write_separations(path: Path, table: pd.DataFrame, *, decimals: int = 4) -> None:
    """Write separations of clusters (``dis.txt``).

    Parameters
    ----------
    path : of the file.
    table : with the columns ``cluster_a, label_a, cluster_b, label_b, separation``.
    decimals : digits after the point; the authors' code writes 4.
    """
    names = ["cluster_a", "label_a", "cluster_b", "label_b", "separation"]
    write_lines(
        path,
        (
            f"({a}-{label_a}, {b}-{label_b}): {separation:.{decimals}f}"
            for a, label_a, b, label_b, separation in table[names].itertuples(index=False)
        ),
    )


def read_predictions(path: Path) -> pd.DataFrame:
    """Read the distances of test examples from all clusters (``prediction.txt``).

    Returns
    -------
    DataFrame
        One row an example and cluster, as they stand: ``line, gold, rank, cluster, label,
        distance, precision``; ``gold`` is the example's own label, ``rank`` 0 the nearest cluster.

    Raises
    ------
    InputError
        If a line is not a label and then ``NUMBER-LABEL,DISTANCE`` with tabs between them.
    """
    rows = []
    for number, line in numbered_lines(path):
        gold, *fields = line.split("\t")
        if not fields:
            raise InputError(f"{place(path, number)}: {_shown(line)}; expected clusters after it")
        for rank, field in enumerate(fields):
            found = NAMED_CLUSTER.fullmatch(field)
            if found is None:
                raise InputError(
                    f"{place(path, number)}: {_shown(field)}; expected a cluster and its distance, "
                    "e.g. 0-NOUN,1.2345"
                )
            distance = float(found[3]), precision(found[3])
            rows.append((number, gold, rank, int(found[1]), found[2], *distance))
    columns = ["line", "gold", "rank", "cluster", "label", "distance", "precision"]
    return pd.DataFrame(rows, columns=columns)


def write_predictions(
    path: Path,
    gold: Iterable[Any],
    distances: NDArray[np.float64],
    cluster_labels: Iterable[Any],
    *,
    decimals: int = 4,
) -> None:
    """Write the distances of test examples from all clusters (``prediction.txt``).

    Parameters
    ----------
    path : of the file.
    gold : the examples' own labels.
    distances : of shape (n_examples, n_clusters).
    cluster_labels : of the clusters.
    decimals : digits after the point; the authors' code writes 4.
    """
    names = [f"{number}-{label}" for number, label in enumerate(cluster_labels)]
    order = np.argsort(distances, axis=1, kind="stable")
    write_lines(
        path,
        (
            "\t".join([str(label), *(f"{names[k]},{row[k]:.{decimals}f}" for k in nearest)])
            for label, row, nearest in zip(gold, distances, order, strict=True)
        ),
    )


def read_label_separations(path: Path, labels: Collection[str] = ()) -> pd.DataFrame:
    """Read the separations of labels (``vec.txt``): ``line, label_a, label_b, separation, …``.

    The last column is ``precision``. `labels` are as in `read_separations`.
    """
    rows = []
    for number, line in numbered_lines(path):
        found = OF_LABEL.fullmatch(line)
        pair = _two_labels(found[1], labels) if found else None
        if found is None or pair is None:
            raise InputError(
                f"{place(path, number)}: {_shown(line)}; expected two labels and their distance, "
                "e.g. NOUN---VERB,6.2522"
            )
        rows.append((number, *pair, float(found[2]), precision(found[2])))
    return pd.DataFrame(rows, columns=["line", "label_a", "label_b", "separation", "precision"])


def _two_labels(text: str, labels: Collection[str]) -> tuple[str, str] | None:
    """Split ``A---B``; where a label holds dashes, so that both labels are known."""
    width = len(BETWEEN_LABELS)
    cuts = (cut for cut in range(1, len(text) - width) if text.startswith(BETWEEN_LABELS, cut))
    found = _known_split(text, [(cut, cut + width) for cut in cuts], labels)
    return None if found is None else (text[: found[0]], text[found[1] :])


def write_label_separations(path: Path, table: pd.DataFrame, *, decimals: int = 4) -> None:
    """Write the separations of labels (``vec.txt``): ``label_a, label_b, separation``."""
    rows = table[["label_a", "label_b", "separation"]].itertuples(index=False)
    write_lines(path, (f"{a}{BETWEEN_LABELS}{b},{value:.{decimals}f}" for a, b, value in rows))


def read_label_values(path: Path) -> pd.DataFrame:
    """Read one number a label (``outside_min.txt``, …): ``line, label, value, precision``."""
    rows = []
    for number, line in numbered_lines(path):
        found = OF_LABEL.fullmatch(line)
        if found is None:
            raise InputError(
                f"{place(path, number)}: {_shown(line)}; expected a label and a number, "
                "e.g. NOUN,6.2522"
            )
        rows.append((number, found[1], float(found[2]), precision(found[2])))
    return pd.DataFrame(rows, columns=["line", "label", "value", "precision"])


def write_label_values(path: Path, values: pd.Series[float], *, decimals: int = 4) -> None:
    """Write one number a label (``outside_min.txt``, …); the index holds the labels."""
    write_lines(path, (f"{label},{value:.{decimals}f}" for label, value in values.items()))


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
