"""The vectors that a run keeps, found by where the rows of its tables are from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tunescope.errors import DamagedError
from tunescope.reports.atlas import Vectors
from tunescope.runs import Run
from tunescope.runs.files import AGAIN
from tunescope.seals import folder_damage
from tunescope.storage import folder_name


def kept_vectors(run: Run) -> Vectors:
    """Give a function that looks a split's vectors up in a run's folder."""
    from tunescope.encoders import Representations  # slow to import

    whole: set[Path] = set()

    def vectors(
        model: str, task: str, seed: int, split: str, layer: int, update: int
    ) -> np.ndarray | None:
        cell = run.path("vectors", folder_name(model), folder_name(task))
        folder = cell / ("original" if update == 0 else f"seed-{seed}/update-{update:06d}")
        if not folder.is_dir():
            return None
        if folder not in whole:
            if damaged := folder_damage(folder):
                raise DamagedError(f"{damaged[0]}: damaged ({damaged[1]}); {AGAIN}")
            whole.add(folder)
        of = Representations.load(folder)[split]
        found = np.asarray(of.layer(layer))
        rows = np.full((int(of.example_index.max()) + 1, found.shape[1]), np.nan, dtype=np.float32)
        rows[of.example_index] = found
        return rows

    return vectors
