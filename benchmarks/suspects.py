"""Measure how well suspects are ranked: labels are flipped, and looked for.

    TUNESCOPE_DATA=... python benchmarks/suspects.py --vectors FOLDER --out rows.csv
    TUNESCOPE_DATA=... python benchmarks/suspects.py --tuned --examples 500 --epochs 3 \\
        --vectors FOLDER --out docs/explanation/suspects-tuned.csv --seconds 300  # call it again
    python benchmarks/suspects.py --tuned --read docs/explanation/suspects-tuned.csv \\
        --page docs/explanation/suspects.md

Of each task some texts are drawn, and of their examples 1, 2 or 5 % get another label: drawn at
random, or that with which theirs is most often confused (by a probe, out of fold, on the true
labels). A row is a task, a way of flipping, a share, a draw and a way of ranking: average
precision, precision among as many as were flipped, and recall among twice as many. With
``--tuned`` the encoder is first fine-tuned on the labels as they are then. Rows that the file
``--out`` holds are not measured again, and ``--seconds`` ends the call between two cases.

`cleanlab` (extra `benchmarks`) ranks by the same out-of-fold probabilities; its default, by
self-confidence, is the ranking by `confidence`.  ``--vectors`` keeps the original vectors.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax
from scipy.stats import t as student

from manual import put
from tunescope.evidence import (
    Confidence,
    carried,
    learning,
    left_out_regression,
    nearest_neighbours,
    out_of_fold,
    scores,
)
from tunescope.evidence.finding import with_hulls
from tunescope.geometry import separations

TASKS = ("trec-6", "trec-50", "ps-fxn", "pos")
SHARES = (0.01, 0.02, 0.05)
WAYS = ("random", "confused")
NEIGHBOURS = 50
COMBINED, CONFIDENCE = "combined", "confidence"
SHOWN = {
    COMBINED: "combined",
    "combined head": "combined, with own head",
    CONFIDENCE: "confidence = cleanlab",
    "cleanlab normalized_margin": "cleanlab, margin",
    "cleanlab confidence_weighted_entropy": "cleanlab, entropy",
    "expected": "expected",
    "margin": "margin",
    "excess": "excess",
    "mean_confidence": "mean over snapshots",
    "head": "own head",
    "agreement": "10 neighbours",
    "agreement 50": "50 neighbours",
    "weight": "weight",
}
"""Ways of ranking, in the table's order; those that a run does not have are left out."""


@dataclass(frozen=True)
class Case:
    """Examples of which some have a wrong label."""

    vectors: np.ndarray
    given: np.ndarray
    flipped: np.ndarray
    groups: np.ndarray
    courses: dict[int, np.ndarray] | None = None
    """Of a fine-tuned model: update → vectors of each snapshot."""
    head: np.ndarray | None = None
    """Of a fine-tuned model: how sure its own head is of each given label."""


def vectors_of(task: str, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give vectors, labels and texts of a task's training split, encoded once."""
    path = folder / f"{task}.npz"
    if not path.exists():
        from tunescope.encoders import Encoder
        from tunescope.tasks import load_task

        train = Encoder("minilm").encode(load_task(task), splits=["train"], layers=[-1])["train"]
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(path, X=train.layer(-1), y=train.labels.astype(str), groups=train.groups)
    stored = np.load(path)
    return stored["X"], stored["y"], stored["groups"]


def drawn_texts(groups: np.ndarray, n_examples: int, random: np.random.Generator) -> np.ndarray:
    """Draw whole texts until there are as many examples; give the examples' rows, in order."""
    texts, counts = np.unique(groups, return_counts=True)
    order = random.permutation(len(texts))
    enough = int(np.searchsorted(np.cumsum(counts[order]), n_examples)) + 1
    return np.flatnonzero(np.isin(groups, texts[order[:enough]]))


def flip(
    codes: np.ndarray, share: float, confused: np.ndarray | None, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Give other labels to a share of the examples: at random, or the one theirs is taken for."""
    n_labels = int(codes.max()) + 1
    chosen = random.choice(len(codes), round(share * len(codes)), replace=False)
    given = codes.copy()
    if confused is None:
        given[chosen] = (codes[chosen] + random.integers(1, n_labels, len(chosen))) % n_labels
    else:
        given[chosen] = confused[codes[chosen]]
    flipped = np.zeros(len(codes), dtype=bool)
    flipped[chosen] = True
    return given, flipped


def most_confused(X: np.ndarray, codes: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Give for each label the one that a probe most often takes it for."""
    predicted = out_of_fold(X, codes, groups=groups).argmax(axis=1)
    n_labels = int(codes.max()) + 1
    counts = np.zeros((n_labels, n_labels))
    np.add.at(counts, (codes, predicted), 1)
    np.fill_diagonal(counts, -1)
    return counts.argmax(axis=1)


def rankings(case: Case, *, hulls: bool = True, weights: bool = True) -> dict[str, np.ndarray]:
    """Score the examples in every way; higher is more suspect."""
    X, codes, groups = case.vectors, case.given, case.groups
    probabilities = out_of_fold(X, codes, groups=groups)
    confidence = Confidence.of(probabilities, codes)
    expected = Confidence.of(left_out_regression(X, codes, groups=groups), codes)
    evidence = pd.DataFrame(
        {
            "confidence": confidence.given,
            "expected": expected.given,
            "margin": expected.excess,
        }
    )
    neighbours = nearest_neighbours(X, groups=groups, k=NEIGHBOURS)
    fifty = (codes[neighbours.examples] == codes[:, None]).mean(axis=1)
    ten = (codes[neighbours.examples[:, :10]] == codes[:, None]).mean(axis=1)
    found = {"agreement": -ten, "agreement 50": -fifty}
    if case.courses is not None:
        evidence = pd.concat([evidence, _learning(case)], axis=1)
        found["mean_confidence"] = -evidence["mean_confidence"].to_numpy()
    if case.head is not None:
        found["head"] = -case.head
    if hulls:
        evidence = with_hulls(evidence, X, codes)
        found["excess"] = evidence["excess"].fillna(-1.0).to_numpy()
    if weights:
        found["weight"] = carried(separations(X, codes))
    found[CONFIDENCE] = -confidence.given
    found["expected"] = -expected.given
    found["margin"] = expected.excess
    found[COMBINED] = scores(evidence)
    if case.head is not None:
        found["combined head"] = scores(evidence.assign(head_confidence=case.head))
    return found | dict(_cleanlab(codes, probabilities))


def _learning(case: Case) -> pd.DataFrame:
    """Follow the examples through the snapshots by probes out of fold."""
    assert case.courses is not None
    held = [out_of_fold(X, case.given, groups=case.groups) for X in case.courses.values()]
    confidence = np.stack([one[np.arange(len(one)), case.given] for one in held])
    right = np.stack([one.argmax(axis=1) == case.given for one in held])
    return learning(np.array(list(case.courses)), confidence, right)


def _cleanlab(codes: np.ndarray, probabilities: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    from cleanlab.rank import get_label_quality_scores

    sure = np.clip(probabilities, 1e-9, None)
    sure /= sure.sum(axis=1, keepdims=True)
    for method in ("normalized_margin", "confidence_weighted_entropy"):
        yield f"cleanlab {method}", -get_label_quality_scores(codes, sure, method=method)


def judged(ranking: np.ndarray, flipped: np.ndarray) -> dict[str, float]:
    """Say how well a ranking finds the flipped labels; ties in the order of the examples."""
    hits = flipped[np.argsort(-ranking, kind="stable")]
    n = int(flipped.sum())
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return {
        "average precision": float(precision[hits].mean()),
        "precision": float(hits[:n].mean()),
        "recall at twice": float(hits[: 2 * n].sum() / n),
    }


def cases(
    options: argparse.Namespace, done: set[tuple[Any, ...]]
) -> Iterator[tuple[dict[str, Any], Case]]:
    """Draw and spoil the examples of every row that is not done."""
    for draw in range(options.first, options.first + options.draws):
        for task in options.tasks:
            X, y, groups = vectors_of(task, options.vectors)
            rows = drawn_texts(groups, options.examples, np.random.default_rng([draw, 1]))
            names, codes = np.unique(y[rows], return_inverse=True)
            confused = most_confused(X[rows], codes, groups[rows])
            for way in options.ways:
                for share in options.shares:
                    if (task, way, share, draw) in done:
                        continue
                    random = np.random.default_rng([draw, 2, round(1000 * share)])
                    to = confused if way == "confused" else None
                    given, flipped = flip(codes, share, to, random)
                    about = {"task": task, "flipped": way, "share": share, "draw": draw}
                    about |= {"examples": len(rows), "labels": len(names)}
                    if options.tuned:
                        about |= {"epochs": options.epochs}
                        courses, head = fine_tuned(task, rows, given, options.epochs, draw)
                        last = courses[max(courses)]
                        yield about, Case(last, given, flipped, groups[rows], courses, head)
                    else:
                        yield about, Case(X[rows], given, flipped, groups[rows])


def fine_tuned(
    task_name: str, rows: np.ndarray, given: np.ndarray, epochs: float, seed: int
) -> tuple[dict[int, np.ndarray], np.ndarray]:
    """Fine-tune on the given labels; give each later snapshot's vectors, and the head's trust."""
    from tunescope.encoders import Encoder
    from tunescope.tasks import Split, Task, load_task
    from tunescope.tuning import finetune

    task = load_task(task_name)
    train = task["train"]
    texts, text_index = np.unique(train.text_index[rows], return_inverse=True)
    split = Split(
        *("train", [train.texts[text] for text in texts], text_index, train.positions[rows]),
        *(given, ("drawn",), np.zeros(len(rows), dtype=int), np.arange(1, len(rows) + 1)),
    )
    names = tuple(f"label {code}" for code in range(int(given.max()) + 1))
    own = Task(task.name, task.kind, names, {"train": split})
    found: dict[int, np.ndarray] = {}

    def keep(update: int, encoder: Encoder) -> None:
        if update:
            found[update] = encoder.encode(own, splits=["train"], layers=[-1])["train"].layer(-1)

    tuned = finetune(
        "minilm", own, epochs=epochs, snapshots=6, evaluate=[], on_snapshot=keep, seed=seed
    )
    weight, bias = (part.detach().cpu().numpy() for part in (tuned.head.weight, tuned.head.bias))
    probabilities = softmax(found[max(found)] @ weight.T + bias, axis=1)
    return found, probabilities[np.arange(len(given)), given]


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Rank the examples of every case in every way."""
    rows = read([options.out]) if options.out and options.out.exists() else []
    done = {tuple(row[key] for key in ("task", "flipped", "share", "draw")) for row in rows}
    end = time.monotonic() + options.seconds
    for about, case in cases(options, done):
        begin = time.process_time()
        for name, ranking in rankings(case).items():
            rows.append({**about, "ranking": name, **judged(ranking, case.flipped)})
        seconds = time.process_time() - begin
        print(about, f"{seconds:.1f} s", file=sys.stderr, flush=True)
        if options.out:
            pd.DataFrame(rows).round(4).to_csv(options.out, index=False)
        if time.monotonic() > end:
            break
    return rows


def read(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Read the rows of earlier calls."""
    found = [row for path in paths for row in pd.read_csv(path).to_dict("records")]
    return [{str(key): value for key, value in row.items()} for row in found]


def half_width(values: pd.Series) -> float:
    """Give half the width of the 95 % interval of a mean over draws; NaN for one draw."""
    n = len(values)
    if n < 2:
        return float("nan")
    return float(student.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))


def table(rows: pd.DataFrame, measure: str) -> str:
    """Show a measure as Markdown: a row a task, way and share, a column a ranking."""
    names = [name for name in SHOWN if name in set(rows["ranking"])]
    wide = rows.pivot_table(
        index=["task", "flipped", "share", "draw"], columns="ranking", values=measure
    )[names]
    single = [name for name in names if not name.startswith(COMBINED)]
    lines = [["task", "flipped", "share", *(SHOWN[name] for name in names), "combined − best"]]
    lines.append(["---"] * len(lines[0]))
    for (task, way, share), part in wide.groupby(level=["task", "flipped", "share"], sort=False):
        best = part[single].mean().idxmax()
        cells = [_cell(part[name], bold=name in (COMBINED, best)) for name in names]
        behind = _cell(part[COMBINED] - part[best], signed=True)
        lines.append([task, way, f"{share:.0%}".replace("%", " %"), *cells, behind])
    of_draw = wide.groupby(level="draw")
    means = of_draw.mean()[of_draw.size() == of_draw.size().max()]  # draws of all tasks
    best = means[single].mean().idxmax()
    cells = [_cell(means[name], bold=name in (COMBINED, best)) for name in names]
    behind = _cell(means[COMBINED] - means[best], signed=True)
    lines.append(["all", "", "", *cells, behind])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(values: pd.Series, *, bold: bool = False, signed: bool = False) -> str:
    mean, half = float(values.mean()), half_width(values)
    text = f"{mean:+.2f}" if signed else f"{mean:.2f}"
    text = text.replace("-", "−")
    text = f"**{text}**" if bold else text
    return text if np.isnan(half) else f"{text} ± {half:.2f}"


def write_page(page: Path, rows: pd.DataFrame, name: str) -> None:
    """Put the tables between the page's marks."""
    text = page.read_text(encoding="utf-8")
    for measure in ("average precision", "precision", "recall at twice"):
        if f"<!-- {name} {measure} -->" in text:
            put(page.resolve(), f"{name} {measure}", table(rows, measure))


def main() -> None:
    """Read the options, measure or read, print or write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--shares", nargs="+", type=float, default=list(SHARES))
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="number of the first draw")
    parser.add_argument("--examples", type=int, default=1000, help="of each draw, about")
    parser.add_argument("--tuned", action="store_true", help="fine-tune on the flipped labels")
    parser.add_argument("--epochs", type=float, default=5, help="of the fine-tuning")
    parser.add_argument("--vectors", type=Path, default=Path("vectors"), help="kept there")
    parser.add_argument("--out", type=Path, help="file for the rows, as CSV")
    parser.add_argument("--seconds", type=float, default=np.inf, help="after which it ends")
    parser.add_argument("--read", type=Path, nargs="+", help="rows that were measured before")
    parser.add_argument("--page", type=Path, help="page whose tables are written")
    options = parser.parse_args()
    found = read(options.read) if options.read else measure(options)
    rows = pd.DataFrame(found)
    if options.page:
        write_page(options.page, rows, "tuned" if options.tuned else "original")
    else:
        print(table(rows, "average precision"))


if __name__ == "__main__":
    main()
