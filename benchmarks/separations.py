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
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tunescope.geometry import DirectProbe, Separations, separations

MIB = 1 << 20


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


def make_vectors(folder: Path) -> None:
    """Encode what is not in the folder yet."""
    from tunescope.encoders import Encoder
    from tunescope.tasks import load_task

    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "nearby.labels.npy").exists():
        return
    encoder = Encoder("minilm")

    def save(name: str, vectors: np.ndarray, labels: np.ndarray) -> None:
        np.save(folder / f"{name}.vectors.npy", vectors.astype(np.float32))
        np.save(folder / f"{name}.labels.npy", labels.astype(str))

    for name, task_name in (("functions", "ps-fxn"), ("questions", "trec-50")):
        train = encoder.encode(load_task(task_name), splits=["train"], layers=[-1])["train"]
        save(name, train.layer(-1), train.labels)
    task = load_task("pos")
    encoded = encoder.encode(task, layers=[-1])
    lines = np.concatenate([task[s].lines[encoded[s].example_index] for s in encoded])
    order = np.argsort(lines, kind="stable")  # the order of the file
    words = np.concatenate([encoded[s].layer(-1) for s in encoded])[order]
    labels = np.concatenate([encoded[s].labels for s in encoded]).astype(str)[order]
    save("words", words, labels)
    save("words-5000", words[:5000], labels[:5000])

    first = np.repeat(np.arange(len(words)), 8)
    second = first + np.tile(np.arange(1, 9), len(words))
    first, second = first[second < len(words)], second[second < len(words)]
    kinds = np.char.add(np.char.add(labels[first], "-"), labels[second])
    names, counts = np.unique(kinds, return_counts=True)
    common = np.flatnonzero(np.isin(kinds, names[np.argsort(-counts, kind="stable")[:50]]))
    kept = np.sort(np.random.default_rng(0).choice(common, 100_000, replace=False))
    save("nearby", np.hstack([words[first[kept]], words[second[kept]]]), kinds[kept])


def read(folder: Path, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Open vectors memory-mapped, and their labels."""
    return (
        np.load(folder / f"{name}.vectors.npy", mmap_mode="r"),
        np.load(folder / f"{name}.labels.npy"),
    )


def clock(work: Any, repeats: int) -> tuple[float, Any]:
    """Time a call, the median of some repeats, and return what it gave."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return median(times), result


def peak() -> float:
    """Return the most memory this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB


def quality(found: Separations) -> dict[str, Any]:
    """Say what was proven."""
    apart = found.status == "separable"
    gaps = (found.upper - found.lower)[apart] / found.upper[apart]
    return {
        "pairs": len(found),
        "separable": int(apart.sum()),
        "undecided": int((found.status == "undecided").sum()),
        "widest gap": float(gaps.max(initial=0.0)),
    }


def run_case(folder: Path, case: Case) -> dict[str, Any]:
    """Measure one row of the table."""
    X, y = read(folder, case.vectors)
    separations(np.asarray(X[:200]), y[:200])
    if case.clusters:
        DirectProbe().fit(np.asarray(X[:200]), y[:200])
    seconds, found = clock(lambda: separations(X, y), case.repeats)
    row = {
        "work": case.name,
        "n": len(X),
        "d": X.shape[1],
        "labels": len(found.labels),
        "separations s": seconds,
        **quality(found),
    }
    if case.clusters:
        seconds, probe = clock(lambda: DirectProbe().fit(X, y), case.repeats)
        row |= {"with clusters s": seconds, "clusters": probe.n_clusters_}
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
        start, cpu = time.perf_counter(), time.process_time()
        found = separations(vectors, labels)
        rows.append(
            {
                "growth in": what,
                "n": len(vectors),
                "d": vectors.shape[1],
                "labels": len(found.labels),
                "separations s": time.perf_counter() - start,
                "processor s": time.process_time() - cpu,
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


def run_snapshots() -> list[dict[str, Any]]:
    """Fine-tune as the paper does, and measure every snapshot from nothing and from the last."""
    from tunescope.tasks import load_task
    from tunescope.tuning import finetune

    task = load_task("pos")
    rows: list[dict[str, Any]] = []
    before: list[Separations] = []

    def measure(update: int, encoder: Any) -> None:
        train = encoder.encode(task, splits=["train"], layers=[-1])["train"]
        X, y = np.asarray(train.layer(-1)), np.asarray(train.labels)
        cold, found = clock(lambda: separations(X, y), 1)
        row = {"update": update, "from nothing s": cold, **quality(found)}
        if before:
            warm, again = clock(lambda: separations(X, y, start=before[-1]), 1)
            row |= {"from the one before s": warm, "times faster": cold / warm}
            assert np.allclose(again.distance, found.distance, rtol=1e-6, atol=1e-9)
        before.append(found)
        rows.append(row)

    finetune("minilm", task, snapshots=20, on_snapshot=measure, evaluate=[])
    later = [row for row in rows if "times faster" in row]
    cold = sum(row["from nothing s"] for row in later)
    warm = sum(row["from the one before s"] for row in later)
    total = {"from nothing s": cold, "from the one before s": warm, "times faster": cold / warm}
    return [*rows, {"update": "all later ones", **total}]


def show(rows: list[dict[str, Any]]) -> None:
    """Print rows as a table."""

    def cell(value: Any) -> str:
        return f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)

    columns = list(dict.fromkeys(name for row in rows for name in row))
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(cell(row.get(name)) for name in columns) + " |")


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
            rows = run_snapshots()
        else:
            make_vectors(folder)
            rows = run_growth(folder) if options.growth else []
            for case in () if options.growth else CASES:
                command = [sys.executable, __file__, "--vectors", str(folder)]
                done = subprocess.run(
                    [*command, "--case", case.vectors],
                    check=True,
                    stdout=subprocess.PIPE,
                    text=True,
                )
                rows.append(json.loads(done.stdout.splitlines()[-1]))
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    show(rows)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
