"""Measure the clustering: what it finds in real vectors, in what time and memory.

    TUNESCOPE_DATA=... python benchmarks/clustering.py                    # the last layer
    TUNESCOPE_DATA=... python benchmarks/clustering.py --layers 1 -1      # others, too
    TUNESCOPE_DATA=... python benchmarks/clustering.py --against OLD/src  # beside another version
    python benchmarks/clustering.py --authors RESULTS                     # beside the authors'

A row is one fit of `DirectProbe`: the separations of all label pairs, the clusters, and the
separations of all cluster pairs, with certificates.  It runs in a process of its own, after two
small calls that compile what is compiled; memory is the peak of the whole process.  ``--checks``
ends the merging after that many hull checks: the clusters are then a range. Layer 0, the
embeddings, ends in thousands of clusters, and the separations of their pairs take far longer.
``--vectors`` keeps the vectors in a folder for another time, ``--out`` the numbers as JSON.

``RESULTS`` is a folder that the authors' code has written (``clusters.txt``, ``dis.txt``) beside
the data that it read: the same vectors are clustered here, and the two results compared.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from measuring import clock, in_own_process, peak, show, widest_gap
from real_vectors import LAST, make_vectors, read
from tunescope.geometry import DirectProbe

CASES = {
    "functions": ("STREUSLE functions", 2.0, 400.0),
    "words-5000": ("UD English-PUD, first 5,000 words", 1.5, None),
    "questions": ("TREC questions, 50 labels", 8.0, None),
    "words": ("UD English-PUD, all words", 60.0, 2048.0),
}
"""By the vectors: a name, and the goals for the last layer, in wall seconds and MiB."""


def measure(X: np.ndarray, y: np.ndarray, checks: int | None) -> tuple[dict[str, Any], DirectProbe]:
    """Fit once, and say what was found at what cost."""
    DirectProbe().fit(np.asarray(X[:200]), y[:200])
    meeting = np.random.default_rng(0)
    DirectProbe().fit(meeting.normal(size=(200, 4)), meeting.integers(0, 3, 200))
    wall, processor, probe = clock(lambda: DirectProbe(checks=checks).fit(X, y))
    separable = probe.distances_lower_ > 0
    at_least = "" if probe.complete_ else f"{probe.least_clusters_} to "
    row = {
        "n": len(X),
        "d": X.shape[1],
        "labels": len(probe.classes_),
        "contradictions": len(probe.contradictions_),
        "meeting label pairs": int((probe.separations_.status != "separable").sum()),
        "refused merges": len(probe.refused_merges_),
        "clusters": f"{at_least}{probe.n_clusters_}",
        "checks": probe.n_checks_,
        "wall s": wall,
        "processor s": processor,
        "peak MiB": peak(),
        "widest gap": widest_gap(
            probe.distances_lower_[separable], probe.distances_upper_[separable]
        ),
    }
    return row, probe


def run_case(folder: Path, name: str, layer: int, checks: int | None) -> dict[str, Any]:
    """Measure one representation."""
    work, seconds, mib = CASES[name]
    row, _ = measure(*read(folder, name, layer), checks)
    row = {"work": work, "layer": "last" if layer == LAST else layer, **row}
    if layer == LAST and checks is None:
        reached = row["wall s"] <= seconds and row["peak MiB"] <= (mib or float("inf"))
        row |= {"goal s": seconds, "goal MiB": mib, "reached": reached}
    return row


def compare(folder: Path, checks: int | None) -> dict[str, Any]:
    """Cluster the vectors of a folder of the authors' results, and compare the two."""
    from tunescope.directprobe import read_folder

    published = read_folder(folder)
    X, y = published.train.vectors, published.train.labels
    if X is None or y is None or published.clusters is None:
        raise SystemExit(f"{folder}: expected clusters.txt and the data that it is of")
    row, probe = measure(X, y, checks)
    theirs, ours = published.clusters, probe.labels_
    together = len(np.unique(np.stack([theirs, ours], axis=1), axis=0))
    same = together == len(np.unique(theirs)) == len(np.unique(ours))
    row = {"work": folder.name, **row, "the authors' clusters": len(np.unique(theirs))}
    row["the same clusters"] = same
    if same and published.separations is not None:
        number = {int(their): int(our) for their, our in zip(theirs, ours, strict=True)}
        stated = published.separations
        a, b = ([number[c] for c in stated[f"cluster_{side}"]] for side in "ab")
        value, half = stated["separation"].to_numpy(), stated["precision"].to_numpy()
        wrong = (value < 0.99 * probe.distances_lower_[a, b] - half) | (
            value > 1.01 * probe.distances_upper_[a, b] + half
        )
        row["their distances"] = len(stated)
        row["of which 1 % off"] = int(wrong.sum())
        row["of which 0"] = int((wrong & (value == 0)).sum())
    return row


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--layers", type=int, nargs="+", default=[LAST], help="-1 is the last")
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--checks", type=int, help="hull checks after which merging ends")
    parser.add_argument("--against", type=Path, metavar="SRC", help="src/ of another version")
    parser.add_argument("--vectors", type=Path, help="folder that keeps the vectors")
    parser.add_argument("--authors", type=Path, help="folder of results of the authors' code")
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        name, layer = options.case
        print(json.dumps(run_case(options.vectors, name, int(layer), options.checks)))
        return
    if options.authors:
        rows = [compare(options.authors, options.checks)]
    else:
        if "TUNESCOPE_DATA" not in os.environ:
            parser.error("TUNESCOPE_DATA: the folder with the corpora has to be named there")
        with tempfile.TemporaryDirectory() as temporary:
            folder = options.vectors or Path(temporary)
            make_vectors(folder, options.only, options.layers)
            bound = [] if options.checks is None else ["--checks", str(options.checks)]
            sources = [None] if options.against is None else [options.against, None]
            rows = []
            for layer in options.layers:
                for name in options.only:
                    of = "--vectors", str(folder), "--case", name, str(layer), *bound
                    for source in sources:
                        row = in_own_process(__file__, *of, source=source)
                        if options.against is not None:
                            row = {"version": "this" if source is None else str(source), **row}
                        rows.append(row)
    show(rows)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
