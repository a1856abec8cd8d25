"""The space in motion: what the page's script draws it from, packed small.

Coordinates are whole numbers on a grid that is finer than the picture's pixels; of each update the
difference from the one before is stored, which is small and compresses well.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from tunescope.reports import numbers
from tunescope.reports.figures.base import PALETTE
from tunescope.reports.lists import final
from tunescope.reports.panels import Panel, each_row, which_seed
from tunescope.tables import suspected

GRID = 1024
"""Steps of the longer side of a layer's picture."""
PLANES = (("x", "y", "explained"), ("parting_x", "parting_y", "parting_explained"))
NAMES = ("most variance", "parts the labels best")
TEXT = 280
"""Characters of an example on the page."""
BUDGET = 4_200_000
"""Coordinates on one page, of all panels together: about 3 MB of it."""
EMPHASISED = len(PALETTE)
"""Labels that have a colour and a shape of their own at first."""


@dataclass(frozen=True)
class Space:
    """The examples of a panel, at every update, in the planes of its layers."""

    updates: tuple[int, ...]
    layers: tuple[int, ...]
    seeds: tuple[int, ...]
    examples: pd.DataFrame = field(repr=False)
    """number, split, example, label, text, place; and predicted, suspect where they are known."""
    rows: dict[tuple[int, int, int], Any] = field(repr=False)
    """(seed, layer, update) → row of the table `plane`."""
    picked: tuple[str, ...] = ()
    """Labels that are emphasised at first."""
    thinned: str = ""

    @cached_property
    def labels(self) -> list[str]:
        """All labels, sorted."""
        return sorted(set(self.examples["label"]))

    def points(self, seed: int, layer: int, plane: int) -> np.ndarray:
        """Coordinates of one layer at every update, (n_updates, n_examples, 2)."""
        x, y, _ = PLANES[plane]
        found = [
            np.stack(
                [getattr(self.rows[seed, layer, u], x), getattr(self.rows[seed, layer, u], y)], -1
            )
            for u in self.updates
        ]
        return np.stack(found).astype(np.float64)

    def box(self, points: np.ndarray) -> tuple[float, float, float]:
        """Left, bottom and side of the square that holds all points."""
        low, high = points.reshape(-1, 2).min(axis=0), points.reshape(-1, 2).max(axis=0)
        side = float((high - low).max()) or 1.0
        left, bottom = (low + high) / 2 - side / 2
        return float(left), float(bottom), side

    def explained(self, seed: int, layer: int, plane: int) -> float:
        """Share of the variance in a plane."""
        return float(getattr(self.rows[seed, layer, self.updates[0]], PLANES[plane][2]))

    @property
    def caption(self) -> str:
        """What is drawn, how many of how many, and what the plane hides."""
        n = self.examples["split"].value_counts()
        of = " and ".join(f"{numbers.count(n[s])} of the {s} split" for s in n.index)
        last = self.explained(self.seeds[0], self.layers[-1], 0)
        shared = "All updates share the plane of a layer. " if len(self.updates) > 1 else ""
        if len(self.layers) > 1:
            shared += "The planes of two layers cannot be compared by direction. "
        drawn = "" if self._all_drawn() else ", drawn once at random, rare labels first"
        text = (
            f"{numbers.counted(len(self.examples), 'example')} ({of}){drawn}. "
            f"In layer {self.layers[-1]} the plane of most variance holds "
            f"{100 * last:.0f} % of it; the rest is not seen. {shared}"
            "The plane that parts the labels best is chosen to do so: distances tell more."
        )
        return text + self.thinned

    def _all_drawn(self) -> bool:
        """Tell whether no row of a split is missing among the examples."""
        of_split = self.examples.groupby("split")["example"]
        return bool((of_split.max() + 1 == of_split.nunique()).all())

    @property
    def description(self) -> str:
        """The picture in words."""
        when = f" at {len(self.updates)} updates" if len(self.updates) > 1 else ""
        return (
            f"Scatter plot of {len(self.examples)} examples with {len(self.labels)} labels{when}. "
            "Arrow keys go from dot to dot, Enter chooses one; the chosen are listed below."
        )

    def header(self) -> dict[str, Any]:
        """What the script needs beside the coordinates."""
        place = {label: i for i, label in enumerate(self.labels)}
        examples = self.examples
        splits = list(dict.fromkeys(examples["split"]))
        head = {
            "updates": self.updates,
            "layers": self.layers,
            "seeds": self.seeds,
            "labels": self.labels,
            "picked": self.picked,
            "label": [place[label] for label in examples["label"]],
            "splits": splits,
            "split": [splits.index(split) for split in examples["split"]],
            "example": examples["example"].astype(int).tolist(),
            "text": [str(text)[:TEXT] for text in examples["text"]],
            "place": [str(where) for where in examples["place"]],
            "planes": [
                [self.explained(s, layer, p) for s in self.seeds for layer in self.layers]
                for p in range(len(PLANES))
            ],
            "grid": GRID,
        }
        for column in ("predicted", "suspect"):
            if column in examples:
                head[column] = [None if pd.isna(v) else v for v in examples[column]]
        return head

    def packed(self) -> bytes:
        """Coordinates of every seed, layer, plane and update, then the nearest labels.

        Low bytes first, then high bytes, of unsigned 16-bit differences between updates; then a
        16-bit number of a label for each seed, layer, update and example, in the same way.
        """
        parts, nearest = [], []
        place = {label: i for i, label in enumerate(self.labels)}
        for seed in self.seeds:
            for layer in self.layers:
                for plane in range(len(PLANES)):
                    points = self.points(seed, layer, plane)
                    left, bottom, side = self.box(points)
                    grid = np.rint((points - [left, bottom]) / side * (GRID - 1)).astype(np.int64)
                    parts.append(_differences(grid.transpose(0, 2, 1)))
                near = [self.rows[seed, layer, u].nearest_label for u in self.updates]
                codes = np.array([[place.get(str(v), 0xFFFF) for v in row] for row in near])
                nearest.append(_differences(codes))
        both = np.concatenate([*parts, *nearest])
        return (both & 0xFF).astype(np.uint8).tobytes() + (both >> 8).astype(np.uint8).tobytes()


def _differences(values: np.ndarray) -> np.ndarray:
    """Differences along the first axis, as 16 bits that wrap around, in one row."""
    first = values[:1]
    return (np.concatenate([first, np.diff(values, axis=0)]) & 0xFFFF).astype(np.uint16).ravel()


def compressed(content: bytes) -> str:
    """Compress and write as text, for a script element; the same bytes give the same text."""
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode("ascii")


def as_json(value: Any) -> bytes:
    """Write as JSON in UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def space(panel: Panel, emphasised: Sequence[str], budget: int = BUDGET) -> Space | None:
    """Take a panel's examples and planes out of its tables; None where it has none.

    Parameters
    ----------
    panel : where from.
    emphasised : labels in the order in which they deserve a colour.
    budget : so many coordinates may be drawn; more, and every second layer is left out.
    """
    table, examples = panel.geometry("plane"), panel.table("plane_examples")
    if table.empty or examples.empty:
        return None
    examples = examples.sort_values("number").reset_index(drop=True)
    updates = sorted({int(update) for update in table["update"]})
    layers = sorted({int(layer) for layer in table["layer"]})
    seeds = sorted({int(seed) for seed in table["seed"]})
    rows = {(int(r.seed), int(r.layer), int(r.update)): r for r in each_row(table)}
    seeds = [s for s in seeds if all((s, k, u) in rows for k in layers for u in updates)]
    if not seeds:
        return None
    every = len(layers), len(seeds)
    layers, seeds = _thinned(layers, seeds, 4 * len(updates) * len(examples), budget)
    note = ""
    if len(layers) < every[0]:
        note = f" To keep the page small it holds layers {', '.join(map(str, layers))} only."
    if len(seeds) < every[1]:
        shown = "seeds" if len(seeds) > 1 else "seed"
        note += f" Of {every[1]} seeds it holds {shown} {', '.join(map(str, seeds))}."
    if len(seeds) > 1 and (whose := _whose_evidence(panel)):
        note += f" What is predicted and what is suspect is that of one of them{whose}."
    labels = sorted(set(examples["label"]))
    order = [label for label in emphasised if label in labels]
    picked = (order + [label for label in labels if label not in order])[:EMPHASISED]
    return Space(
        tuple(updates),
        tuple(layers),
        tuple(seeds),
        _with_evidence(panel, examples),
        rows,
        tuple(picked),
        note,
    )


def _thinned(
    layers: list[int], seeds: list[int], each: int, budget: int
) -> tuple[list[int], list[int]]:
    """Keep the first seed, then every second layer from the last down, until it fits."""
    while len(seeds) > 1 and each * len(layers) * len(seeds) > budget:
        seeds = seeds[:-1]
    while len(layers) > 2 and each * len(layers) > budget:
        layers = layers[::-1][::2][::-1]
    return layers, seeds


def _whose_evidence(panel: Panel) -> str:
    """Name the seed whose predictions and suspects are shown, where there are several."""
    told = (which_seed(panel.table(name)) for name in ("predictions", "suspects"))
    return next(filter(None, told), "")


def _with_evidence(panel: Panel, examples: pd.DataFrame) -> pd.DataFrame:
    """Add what is predicted for each example, and the rank of those that are suspect."""
    found = examples
    predicted = final(panel.table("predictions"))
    if len(predicted):
        source = "head" if "head" in set(predicted["source"]) else "probe"
        part = predicted[predicted["source"] == source][["split", "example", "predicted"]]
        found = found.merge(
            part.drop_duplicates(["split", "example"]), "left", ["split", "example"]
        )
    suspects = suspected(final(panel.table("suspects")))
    if len(suspects):
        part = suspects[["split", "example", "rank"]].drop_duplicates(["split", "example"])
        part = part.rename(columns={"rank": "suspect"})
        found = found.merge(part[part["suspect"] <= 100], "left", ["split", "example"])
    return found.sort_values("number").reset_index(drop=True)
