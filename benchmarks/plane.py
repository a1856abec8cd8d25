"""How well planes made of sketches stand for planes made of all vectors.

    tunescope run --model minilm --task demo-questions --epochs 2 --snapshots 6 --keep all --out RUN
    python benchmarks/plane.py RUN

For each layer and number of kept directions: the share of variance of the plane that is fitted to
all vectors of all snapshots, of the one found from the sketches, and of the one among the same
number of principal components of the original alone; and how far the sketches' coordinates are
from the true ones in one plane, as a part of the picture's size.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tunescope.encoders import Representations
from tunescope.geometry import plane_of_variance, shared_plane, sketch
from tunescope.studies.questions.plane import sample

RANKS = 8, 16, 24, 32


def snapshots(run: Path) -> list[Representations]:
    """Open the original and the snapshots of the first seed, of the run's first model and task."""
    original = min(run.glob("vectors/*/*/original"))
    return [
        Representations.load(one) for one in (original, *sorted(original.parent.glob("*/update-*")))
    ]


def vectors(of: Representations, layer: int) -> np.ndarray:
    """Give the vectors of the sampled examples."""
    drawn = sample(of)
    return np.concatenate(
        [np.asarray(of[s].layer(layer)[rows], float) for s, rows in drawn.items()]
    )


def row(X: list[np.ndarray], rank: int) -> dict[str, float]:
    """Compare the three planes."""
    exact = shared_plane(X)
    sketches = [sketch(one, rank) for one in X]
    plane = plane_of_variance(sketches)
    shown = [one.project(plane) for one in sketches]
    true = [plane.project(one) for one in X]
    basis = np.linalg.svd(X[0] - X[0].mean(axis=0), full_matrices=False)[2][:rank]
    mean = np.concatenate(X).mean(axis=0)
    total = sum(float(((one - mean) ** 2).sum()) for one in X)
    inside = [(one - mean) @ basis.T for one in X]
    of_original = (
        shared_plane(inside).explained.sum() * sum(float((y**2).sum()) for y in inside) / total
    )
    wrong = max(float(np.sqrt(((a - b) ** 2).mean())) for a, b in zip(shown, true, strict=True))
    return {
        "all vectors": float(exact.explained.sum()),
        "sketches": float(plane.explained.sum()),
        "original's components": float(of_original),
        "error / size": wrong / float(np.concatenate(true).std(axis=0).max()),
    }


def main(run: Path) -> None:
    """Print a row for each layer and rank."""
    found = snapshots(run)
    layers = found[0]["train"].layers
    rows = [
        {"layer": layer, "rank": rank, **row([vectors(one, layer) for one in found], rank)}
        for layer in (layers[0], layers[len(layers) // 2], layers[-1])
        for rank in RANKS
    ]
    print(pd.DataFrame(rows).round(4).to_string(index=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
