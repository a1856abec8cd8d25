"""Section 4.5: what changes in which layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from tunescope.paper.cases import Case, Finding
from tunescope.paper.judges.rows import POS, TREC, case
from tunescope.tables import ORIGINAL, RANDOM, TUNED, Tables, with_original
from tunescope.tables.similarities import BEYOND_SIZES, PEARSON
from tunescope.tables.stages import CELL, at, first_block, last_layer, on_split, own, upper_half

CLOSE = 0.5
"""Pearson's r above which the paper calls a layer close to its original."""
DISTINCTIVE = {"INTJ", "SYM"}
"""Labels of which the paper says that they have directions of their own in lower layers."""
TURNED = 4
"""So many labels count as those that turn furthest from the others."""


def higher_layers_move_more(tables: Tables) -> list[Case]:
    """Mean displacement in the first block and the last, each relative to its own spread."""
    return _first_and_last(tables, "displacement_mean", lambda low, high: high > low, relative=True)


def higher_layers_stay_close(tables: Tables, measure: str) -> list[Case]:
    """The smallest similarity with the original in the upper half of the layers."""
    table = with_original(tables, measure, random=True, unknown=True)
    random = at(table, RANDOM).dropna(subset=["similarity"])
    of_random = random.set_index(["model", "task"])["similarity"].to_dict()
    found = []
    for key, rows in at(table, TUNED).groupby(CELL, sort=True):
        where = dict(zip(CELL, key, strict=True))
        upper = upper_half(rows)
        if where["task"] == TREC or upper["similarity"].isna().all():
            continue
        lowest = upper.sort_values("similarity", kind="stable").iloc[0]
        text = f"r at least {lowest['similarity']:.2f} (layer {int(lowest['layer'])}"
        text += f", p {lowest['p_value']:.2g})" if measure == BEYOND_SIZES else ")"
        text += _lacking(upper, "similarity", "not known")
        text += _lacking(upper.dropna(subset=["similarity"]), "lower", "no interval")
        drawn = rows["permuted"].dropna()
        if len(drawn):
            text += f"; with labels permuted {drawn.iloc[-1]:.2f}"
        other = of_random.get((where["model"], where["task"]))
        text += f"; random weights {other:.2f}" if other is not None else ""
        found.append(case(where, _all_close(upper), text))
    return found


def _all_close(rows: pd.DataFrame) -> bool | None:
    """Tell by intervals whether all layers are close; None where one may be or not."""
    if (rows["upper"] < CLOSE).any():
        return False
    return True if (rows["lower"] > CLOSE).all() else None


def _lacking(rows: pd.DataFrame, column: str, words: str) -> str:
    """Name the layers in which a number is missing."""
    layers = rows.loc[rows[column].isna(), "layer"]
    return f"; {words} in layer {', '.join(map(str, layers))}" if len(layers) else ""


def lower_layers_reach_less(tables: Tables) -> list[Case]:
    """The range of the movements in the first block and the last, relative to each spread."""
    return _first_and_last(tables, "reach_x", lambda low, high: low < high, relative=True)


def lower_layers_move_together(tables: Tables) -> list[Case]:
    """How much one direction the movements share in the first block and the last."""
    return _first_and_last(tables, "same_direction", lambda low, high: low > high)


def lower_layers_move_in_few_directions(tables: Tables) -> list[Case]:
    """How much of the movements' variance two directions hold in the first block and the last."""
    return _first_and_last(tables, "explained", lambda low, high: low > high)


def interjections_and_symbols(tables: Tables) -> list[Case]:
    """How far INTJ and SYM turn from the other labels in the first block."""
    table = tables.get("centroids")
    if table is None or table.empty:
        return []
    rows = at(on_split(own(table[table["task"] == POS])), TUNED)
    found = []
    for key, part in rows.groupby(CELL, sort=True):
        lowest = first_block(part).dropna(subset=["shift_x", "shift_y"])
        if not set(lowest["label"]) >= DISTINCTIVE or lowest["layer"].iloc[0] == 0:
            continue
        moved = lowest.set_index("label")[["shift_x", "shift_y"]]
        length = np.linalg.norm(moved.to_numpy(), axis=1)
        unit = moved[length > 0].div(length[length > 0], axis=0)
        others = (unit.sum() - unit) / max(len(unit) - 1, 1)
        shared = (unit * others).sum(axis=1) / np.linalg.norm(others.to_numpy(), axis=1)
        ranks = shared.rank(method="min")
        if not set(ranks.index) >= DISTINCTIVE:
            continue
        places = {label: int(ranks[label]) for label in sorted(DISTINCTIVE)}
        text = ", ".join(f"{label} is number {place}" for label, place in places.items())
        text += f" of {len(ranks)} labels in layer {int(lowest['layer'].iloc[0])}"
        seen = max(places.values()) <= TURNED
        found.append(case(dict(zip(CELL, key, strict=True)), seen, text))
    return found


def _first_and_last(
    tables: Tables,
    column: str,
    expected: Callable[[float, float], bool],
    *,
    relative: bool = False,
) -> list[Case]:
    """Compare a number of the first block and the last; `relative` to each layer's own spread."""
    table, spread = tables.get("motion"), tables.get("spread")
    if table is None or table.empty or (relative and (spread is None or spread.empty)):
        return []
    if relative and spread is not None:
        original = at(on_split(own(spread)), ORIGINAL)[[*CELL, "layer", "total"]]
        table = table.merge(original[original["total"] > 0], on=[*CELL, "layer"], how="left")
        table = table.assign(**{column: table[column] / table["total"]})
    found = []
    for key, rows in table.groupby(CELL, sort=True):
        lowest, highest = first_block(rows), last_layer(rows)
        if lowest["layer"].tolist() == highest["layer"].tolist() or rows[column].isna().all():
            continue
        low, high = (float(part[column].iloc[0]) for part in (lowest, highest))
        text = f"{_known(low)} in layer {lowest['layer'].iloc[0]}, {_known(high)} in layer "
        text += str(highest["layer"].iloc[0])
        seen = None if np.isnan(low) or np.isnan(high) else expected(low, high)
        found.append(case(dict(zip(CELL, key, strict=True)), seen, text))
    return found


def _known(value: float) -> str:
    return "not known" if np.isnan(value) else f"{value:.2f}"


FINDINGS = (
    Finding(
        "4.5",
        "Higher layers change more than lower ones.",
        "the labels' centroids move further on average in the last layer than in the first block, "
        "each measured in its own spread (root mean square distance of the examples from their "
        "mean, before); in every case",
        1.0,
        higher_layers_move_more,
        "centroids and spread of several layers over the updates",
    ),
    Finding(
        "4.5",
        "Higher layers still remain close to their originals.",
        "in the upper half of the layers spatial similarity with the original stays above 0.5 at "
        "the end; undecided where 0.5 is inside the 95 % interval; in every task but trec-50",
        1.0,
        partial(higher_layers_stay_close, measure=PEARSON),
        "similarities with the original",
    ),
    Finding(
        "4.5, asked anew",
        "They remain close also once what label sizes give is taken out.",
        "the same of the similarity beyond label sizes; in every task but trec-50",
        1.0,
        partial(higher_layers_stay_close, measure=BEYOND_SIZES),
        "similarities beyond label sizes with the original",
    ),
    Finding(
        "4.5",
        "In lower layers labels move only in a small region.",
        "the movements' range along their first principal component is smaller in the first block "
        "than in the last, each measured in its own spread; in every case",
        1.0,
        lower_layers_reach_less,
        "centroids and spread of several layers over the updates",
    ),
    Finding(
        "4.5",
        "In lower layers labels move in few directions.",
        "the plane of the movements holds more of their variance in the first block than in the "
        "last layer; in every case",
        1.0,
        lower_layers_move_in_few_directions,
        "centroids of several layers over the updates",
    ),
    Finding(
        "4.5",
        "In lower layers labels move almost in the same direction.",
        "the mean of the movements' unit vectors is longer in the first block than in the last; "
        "in every case",
        1.0,
        lower_layers_move_together,
        "centroids of several layers over the updates",
    ),
    Finding(
        "4.5",
        "INTJ and SYM go their own ways in the lower layers.",
        "in the first block, in the plane of the movements, both are among the four labels whose "
        "direction is furthest from that of the others; in every case",
        1.0,
        interjections_and_symbols,
        "centroids of pos with several layers over the updates",
    ),
)
