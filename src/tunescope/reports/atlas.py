"""Hand-off to Embedding Atlas: one Parquet file a layer, with texts, labels, plane and vectors.

``embedding-atlas FILE --text text --x x --y y`` opens one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from tunescope.reports.panels import Panel
from tunescope.reports.space import Space
from tunescope.storage import replacing

Vectors = Callable[[str, str, int, str, int, int], np.ndarray | None]
"""From model, task, seed, split, layer and update to the vectors of the split's examples, by their
row in it, or None where they are not kept."""

FIRST = ("text", "label", "predicted", "nearest_label", "suspect", "split", "place")
"""Columns in the order in which Embedding Atlas shows them: what is asked about first, first."""


def export(panel: Panel, space: Space, folder: Path, stem: str, vectors: Vectors) -> list[Path]:
    """Write the examples of a panel, a file a layer.

    Parameters
    ----------
    panel, space : what to write.
    folder : where; created if it is missing.
    stem : of the files' names.
    vectors : where the vectors are.

    Returns
    -------
    list of Path
        ``STEM_layer-NN.parquet``: a row an example, with the columns of `FIRST` that are known,
        its place ``x, y`` after and ``x_before, y_before``, where it is from, and ``vector`` where
        the run keeps them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seed, last = space.seeds[0], space.updates[-1]

    def at(layer: int, split: str) -> np.ndarray | None:
        return vectors(panel.model, panel.task, seed, split, layer, last)

    made = []
    for layer in space.layers:
        points = space.points(seed, layer, 0).astype(np.float32)
        table = space.examples.drop(columns=["run", "model", "task", "number"], errors="ignore")
        table = table.assign(
            nearest_label=list(space.rows[seed, layer, last].nearest_label),
            x=points[-1][:, 0],
            y=points[-1][:, 1],
            x_before=points[0][:, 0],
            y_before=points[0][:, 1],
            model=panel.model,
            task=panel.task,
            layer=layer,
            update=last,
        )
        if "suspect" in table:
            table["suspect"] = table["suspect"].astype("Int64")
        first = [column for column in FIRST if column in table]
        table = table[[*first, *table.columns.difference(first, sort=False)]]
        found = _vectors(space, partial(at, layer))
        if found is not None:
            table["vector"] = found
        path = folder / f"{stem}_layer-{layer:02d}.parquet"
        with replacing(path) as part:
            table.to_parquet(part, index=False)
        made.append(path)
    return made


def _vectors(space: Space, vectors: Callable[[str], np.ndarray | None]) -> pd.Series | None:
    """The vectors of the examples in their order; None where those of any split are not kept."""
    parts = []
    for split, part in space.examples.groupby("split", sort=False):
        found = vectors(str(split))
        if found is None:
            return None
        rows = found[part["example"].to_numpy(dtype=int)]
        parts.append(pd.Series(list(np.asarray(rows, dtype=np.float32)), index=part.index))
    return pd.concat(parts).sort_index()
