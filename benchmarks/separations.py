"""Measure the geometry engine: time, memory and certificates on real vectors.

    TUNESCOPE_DATA=... python benchmarks/separations.py                # the table
    TUNESCOPE_DATA=... python benchmarks/separations.py --growth       # growth in n, d and labels
    TUNESCOPE_DATA=... python benchmarks/separations.py --snapshots    # a start from the one before

The vectors are those of the last layer of ``minilm``; the 100,000 × 768 are pairs of nearby
words of UD English-PUD, labelled by their two parts of speech, and stay on disk.  ``--vectors``
keeps them in a folder for another time.  Each case runs in a process of its own: one small
call first, which compiles what is compiled, then the median of three (one where it takes
long); memory is the peak of the whole process, Python and its libraries included.
``--out`` keeps the numbers as JSON.

``--snapshots`` fine-tunes ``minilm`` on parts of speech as the paper does, looks at its last layer
at 20 updates, measures on one thread, and counts the passes over all points of a pair, those of
the certificate included: they say what a start can save at most, and "from itself" measures it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from measuring import clock, in_own_process, peak, quality, show
from real_vectors import NAMES, make_snapshots, make_vectors, read, read_snapshot
from tunescope.geometry import DirectProbe, Separations, separations
from tunescope.geometry.hulls import certificate, solve, warm_start


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    vectors: str
    goal_seconds: float
    goal_mib: float | None = None
    clusters: bool = True
    repeats: int = 3


CASES = (
    Case("STREUSLE functions", "functions", 2.0, 400),
    Case("UD English-PUD, first 5,000 words", "words-5000", 1.5),
    Case("TREC questions, 50 labels", "questions", 8.0),
    Case("UD English-PUD, all words", "words", 60.0, 2048),
    Case("pairs of nearby words, on disk", "nearby", 600.0, 4096, clusters=False, repeats=1),
)


def run_case(folder: Path, case: Case) -> dict[str, Any]:
    """Measure one row of the table."""
    X, y = read(folder, case.vectors)
    separations(np.asarray(X[:200]), y[:200])
    if case.clusters:
        DirectProbe().fit(np.asarray(X[:200]), y[:200])
    seconds, processor, found = clock(lambda: separations(X, y), case.repeats)
    row = {
        "work": case.name,
        "n": len(X),
        "d": X.shape[1],
        "labels": len(found.labels),
        "separations s": seconds,
        "processor s": processor,
        **quality(found),
    }
    if case.clusters:
        seconds, processor, probe = clock(lambda: DirectProbe().fit(X, y), case.repeats)
        row |= {
            "with clusters s": seconds,
            "with clusters processor s": processor,
            "clusters": probe.n_clusters_,
        }
    reached = seconds <= case.goal_seconds and peak() <= (case.goal_mib or float("inf"))
    return row | {
        "peak MiB": peak(),
        "goal s": case.goal_seconds,
        "goal MiB": case.goal_mib,
        "reached": reached,
    }


def run_growth(folder: Path) -> list[dict[str, Any]]:
    """Measure how the time grows in the number of examples, of features, and of labels."""
    X, y = (np.asarray(a) for a in read(folder, "words"))
    rng = np.random.default_rng(0)
    separations(X[:200], y[:200])
    rows = []

    def add(what: str, vectors: np.ndarray, labels: np.ndarray) -> None:
        wall, processor, found = clock(lambda: separations(vectors, labels))
        rows.append(
            {
                "growth in": what,
                "n": len(vectors),
                "d": vectors.shape[1],
                "labels": len(found.labels),
                "separations s": wall,
                "processor s": processor,
                **quality(found),
                "mean support": float(
                    np.mean([len(r.support_a) + len(r.support_b) for r in found.results])
                ),
            }
        )

    order = rng.permutation(len(X))
    for n in (1250, 2500, 5000, 10000, 20000):
        add("examples", X[order[:n]], y[order[:n]])
    wide, kinds = read(folder, "nearby")
    some = np.sort(rng.permutation(len(wide))[:20000])
    axes = np.linalg.svd(wide[some[::10]] - wide[some].mean(axis=0), full_matrices=False)[2]
    turned = np.asarray(wide[some]) @ axes.T  # the main directions first
    for d in (48, 96, 192, 384, 768):
        add("features", turned[:, :d], kinds[some])
    names, counts = np.unique(kinds, return_counts=True)
    names = names[np.argsort(-counts, kind="stable")]
    for k in (5, 10, 20, 40):
        mine = some[np.isin(kinds[some], names[:k])]
        add("labels", np.asarray(wide[mine]), kinds[mine])
    return rows


class Passes:
    """Counts how often the solver and the certificates look at all points of a pair.

    A look at a part of them counts as that part.
    """

    def __init__(self, found: Separations) -> None:
        self._points = 0
        self._whole = sum(len(found.members[a]) + len(found.members[b]) for a, b in found.pairs)

    def __enter__(self) -> Passes:
        self._kept = [
            (module, name, getattr(module, name))
            for module, name in (
                (solve, "nearest_points"),
                (warm_start, "nearest_points"),
                (certificate, "least"),
                (warm_start, "least"),
            )
        ]
        for module, name, function in self._kept:
            setattr(module, name, self._counting(name, function))
        return self

    def __exit__(self, *_: object) -> None:
        for module, name, function in self._kept:
            setattr(module, name, function)

    def _counting(self, name: str, function: Any) -> Any:
        def counted(*arguments: Any) -> Any:
            result = function(*arguments)
            if name == "least":
                self._points += len(arguments[0])
            else:
                self._points += result.passes * (len(arguments[0]) + len(arguments[1]))
            return result

        return counted

    @property
    def a_pair(self) -> float:
        """Passes over all points, the mean of the pairs (larger ones count more)."""
        return self._points / self._whole


def compare_starts(X: np.ndarray, y: np.ndarray, before: Separations | None) -> tuple[Any, ...]:
    """Measure a snapshot from nothing, from the one before, and from its own solution.

    The last one is a bound on what any start can bring.
    """
    wall, processor, found = clock(lambda: separations(X, y, n_jobs=1), 3)
    row = {"from nothing s": wall, "processor s": processor, **quality(found)}
    with Passes(found) as passes:
        separations(X, y, n_jobs=1)
    row["passes"] = passes.a_pair
    row["mean support"] = float(
        np.mean([r.support_a.size + r.support_b.size for r in found.results])
    )
    if before is None:
        return row, found
    for name, start in (("from the one before", before), ("from itself", found)):
        again = partial(separations, X, y, n_jobs=1, start=start)
        wall, processor, warm = clock(again, 3)
        with Passes(found) as passes:
            again()
        row |= {
            f"{name} s": wall,
            f"{name}, processor s": processor,
            f"{name}, passes": passes.a_pair,
            f"{name}, times faster": row["processor s"] / processor,
        }
        assert np.allclose(warm.distance, found.distance, rtol=2e-6, atol=1e-9)
    return row, found


def run_snapshots(folder: Path) -> list[dict[str, Any]]:
    """Measure every snapshot of a fine-tuning from nothing and from the one before."""
    rows: list[dict[str, Any]] = []
    before: Separations | None = None
    for update in make_snapshots(folder):
        X, y = read_snapshot(folder, update)
        row, before = compare_starts(X, y, before)
        rows.append({"update": update, **row})
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return [*rows, total_of(rows)]


def total_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up the snapshots after the first."""
    later = [row for row in rows if "from the one before s" in row]
    names = [name for name in later[0] if name.endswith(" s")]
    total = {name: sum(row[name] for row in later) for name in names}
    for start in ("from the one before", "from itself"):
        ratio = total["processor s"] / total[f"{start}, processor s"]
        total[f"{start}, times faster"] = ratio
    return {"update": "all later ones", **total}


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--vectors", type=Path, help="folder that keeps the vectors")
    parser.add_argument("--growth", action="store_true", help="growth in n, d and labels")
    parser.add_argument("--snapshots", action="store_true", help="a start from the one before")
    parser.add_argument("--out", type=Path, help="file for the numbers, as JSON")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        case = next(case for case in CASES if case.vectors == options.case)
        print(json.dumps(run_case(options.vectors, case)))
        return
    if "TUNESCOPE_DATA" not in os.environ:
        parser.error("TUNESCOPE_DATA: the folder with the corpora has to be named there")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.vectors or Path(temporary)
        if options.snapshots:
            rows = run_snapshots(folder)
        else:
            make_vectors(folder, ["words", "nearby"] if options.growth else NAMES)
            rows = run_growth(folder) if options.growth else []
            for case in () if options.growth else CASES:
                rows.append(
                    in_own_process(__file__, "--vectors", str(folder), "--case", case.vectors)
                )
    show(rows)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
