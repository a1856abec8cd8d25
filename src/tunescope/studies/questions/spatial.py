"""Spatial similarity: each update with the original (paper, section 4.5), train with test (4.1).

Figures 4 and 8, and the last column of Table 2, are drawn from these tables. What label sizes alone
give stands beside every value (docs/explanation/similarity.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tunescope.geometry import (
    Similarity,
    SimilarityChange,
    similarity_beyond_sizes,
    similarity_change,
    spatial_similarity,
)
from tunescope.geometry.spaces.beyond_sizes import (
    LEAST_PAIRS,
    SIZES_UNKNOWN,
    comparable,
    without_sizes,
)
from tunescope.probes import corrected
from tunescope.studies.questions.structure import LEAST_MEMBERS
from tunescope.tables.similarities import AUTHORS, BEYOND_SIZES, PEARSON, SPEARMAN
from tunescope.tables.stages import CELL, ORIGINAL, TUNED

OF_ONE_SPACE = [*CELL, "tuned_on", "stage", "update", "layer"]
PAIR = ["label_a", "label_b"]
NOT_MEASURED = "distances by the authors' convention were not measured in a space"
TOO_SMALL = (
    f"in a space no two labels have a cluster of {LEAST_MEMBERS} examples at a known distance"
)
MEANINGLESS = f"label hulls meet in a space, and its clusters were not counted; or {TOO_SMALL}"


@dataclass(frozen=True)
class _Comparison:
    """Two spaces over the labels of one task."""

    where: dict[str, Any]
    name: str
    first: pd.DataFrame
    second: pd.DataFrame
    permuted: tuple[pd.DataFrame | None, pd.DataFrame | None]

    @property
    def shared(self) -> pd.DataFrame:
        """The label pairs of both, with ``separation`` and ``by_sizes`` of each."""
        columns = [*PAIR, "separation", "by_sizes"]
        given = (side.reindex(columns=columns) for side in (self.first, self.second))
        first, second = given
        return first.merge(second, on=PAIR, suffixes=("_first", "_second"))


def similarity_table(
    separations: pd.DataFrame, permuted: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Correlate distance vectors: each update with the original, and train with test.

    Parameters
    ----------
    separations : rows ``model, task, seed, tuned_on, stage, update, layer, split, label_a,
        label_b, separation, lower, by_sizes, by_clusters`` of any number of spaces; the last two
        are absent where they were not measured.
    permuted : the same with labels permuted, rows ``…, draw, label_a, label_b, separation`` of
        some of these spaces.

    Returns
    -------
    DataFrame
        ``comparison`` is ``with_original`` (the same split) or ``train_test``; ``measure`` is
        ``spatial_pearson``, ``spatial_spearman`` or ``spatial_beyond_sizes``, and for
        ``train_test`` also ``spatial_pearson_zhou2022``, by the authors' convention; a missing
        ``similarity`` has its ``reason``. Empty where there is one space alone.
    """
    rows: list[dict[str, Any]] = []
    for compared in _comparisons(separations, permuted):
        found = spatial_similarity(compared.first, compared.second)
        null = {"by_sizes": _by_sizes(compared.shared), "permuted": _permuted(compared.permuted)}
        rows.append(_row(compared, PEARSON, found, found.value) | null)
        spearman = _row(compared, SPEARMAN, found, found.spearman)
        rows.append(spearman | {"lower": np.nan, "upper": np.nan})
        rows.append(_beyond_sizes(compared))
        if compared.name == "train_test":
            rows.append(_authors(compared))
    return pd.DataFrame(rows)


def change_table(separations: pd.DataFrame) -> pd.DataFrame:
    """Ask whether fine-tuning changed the similarity of training and test split.

    Parameters
    ----------
    separations : as for `similarity_table`.

    Returns
    -------
    DataFrame
        A row a layer and measure (``spatial_pearson``, ``spatial_beyond_sizes``), under the tuned
        model: ``before, after, shift, lower, upper, p_value, p_corrected, n_labels, n_pairs,
        reason``. Empty where nothing was tuned.
    """
    compared = [c for c in _comparisons(separations, None) if c.name == "train_test"]
    originals = {_cell(c): c for c in compared if c.where["stage"] == ORIGINAL}
    rows = []
    for after in compared:
        before = originals.get(_cell(after))
        if after.where["stage"] != TUNED or before is None:
            continue
        both = before.shared.merge(after.shared, on=PAIR, suffixes=("_before", "_after"))
        both = both.dropna(subset=[c for c in both.columns if c.startswith("separation_")])
        for measure, sides in _vectors(both).items():
            found = similarity_change(sides["pairs"], sides["before"], sides["after"])
            if sides["reason"]:
                found = replace(found, reason=sides["reason"])
            rows.append(after.where | {"measure": measure} | _changed(found))
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows)
    table["p_corrected"] = table.groupby("measure")["p_value"].transform(corrected)
    return table


def _comparisons(separations: pd.DataFrame, permuted: pd.DataFrame | None) -> Iterator[_Comparison]:
    """Pair each space with its original, and each training split with its test split."""
    key = [*OF_ONE_SPACE, "split"]

    def by_space(table: pd.DataFrame) -> dict[tuple[Any, ...], pd.DataFrame]:
        return {tuple(k): t for k, t in table.groupby(key, sort=True, dropna=False)}

    spaces = by_space(separations)
    if len(spaces) < 2:  # one alone is only like itself
        return
    draws = {} if permuted is None or permuted.empty else by_space(permuted)
    originals = {(*k[:3], k[6], k[7]): k for k in spaces if k[4] == ORIGINAL}
    for at, table in spaces.items():
        *space, split = at
        where = {**dict(zip(OF_ONE_SPACE, space, strict=True)), "split": split}
        first = originals.get((*space[:3], space[6], split))
        if first is not None:
            both = draws.get(first), draws.get(at)
            yield _Comparison(where, "with_original", spaces[first], table, both)
        test = (*space, "test")
        if split == "train" and test in spaces:
            both = draws.get(at), draws.get(test)
            yield _Comparison(where, "train_test", table, spaces[test], both)


def _cell(compared: _Comparison) -> tuple[Any, ...]:
    return tuple(compared.where[column] for column in (*CELL, "layer"))


def _row(
    compared: _Comparison, measure: str, found: Similarity, value: float | None
) -> dict[str, Any]:
    return compared.where | {
        "comparison": compared.name,
        "measure": measure,
        "similarity": _number(value),
        "lower": _number(found.lower),
        "upper": _number(found.upper),
        "n_pairs": found.n_pairs,
        "n_met": found.n_met,
        "convention": found.convention,
        "reason": found.reason,
    }


def _beyond_sizes(compared: _Comparison) -> dict[str, Any]:
    table = compared.shared.dropna(subset=["separation_first", "separation_second"])
    distances, by_sizes = (
        table[[f"{column}_first", f"{column}_second"]].to_numpy(dtype=np.float64).T
        for column in ("separation", "by_sizes")
    )
    pairs = list(table[PAIR].itertuples(index=False, name=None))
    found = similarity_beyond_sizes(pairs, distances, by_sizes)
    return compared.where | {
        "comparison": compared.name,
        "measure": BEYOND_SIZES,
        "similarity": _number(found.value),
        "lower": _number(found.lower),
        "upper": _number(found.upper),
        "p_value": _number(found.p_value),
        "n_pairs": found.n_pairs,
        "n_met": found.n_met,
        "convention": "shared",
        "reason": found.reason,
    }


def _authors(compared: _Comparison) -> dict[str, Any]:
    """Correlate as the authors' code: means over cluster pairs, 0 for a label that is lacking."""
    both = (compared.first, compared.second)
    if any("by_clusters" not in side.columns for side in both):
        nothing = Similarity(None, None, None, None, 0, "zhou2022", NOT_MEASURED)
        return _row(compared, AUTHORS, nothing, nothing.value)
    labels = {label for side in both for column in PAIR for label in side[column]}
    sides = []
    for side in both:
        known = side.reindex(columns=[*PAIR, "by_clusters"]).dropna(subset=["by_clusters"])
        sides.append(known.rename(columns={"by_clusters": "separation"}))
    found = spatial_similarity(*sides, convention="zhou2022", labels=labels)
    if reasons := [_not_by_clusters(side) for side in both if _not_by_clusters(side)]:
        found = replace(found, value=None, lower=None, upper=None, reason=reasons[0])
    return _row(compared, AUTHORS, found, found.value)


def _not_by_clusters(side: pd.DataFrame) -> str:
    """Say why a space has no distances by the authors' convention; empty where it has some."""
    if side["by_clusters"].notna().any():
        return ""
    return MEANINGLESS if (side["lower"] <= 0.0).any() else TOO_SMALL


def _by_sizes(shared: pd.DataFrame) -> float:
    return _correlation(shared["by_sizes_first"], shared["by_sizes_second"])


def _permuted(sides: tuple[pd.DataFrame | None, pd.DataFrame | None]) -> float:
    """Average r over all pairs of permuted labellings, one of each space."""
    if sides[0] is None or sides[1] is None:
        return np.nan
    both = sides[0].merge(sides[1], on=PAIR, suffixes=("_first", "_second"))
    values = [
        _correlation(drawn["separation_first"], drawn["separation_second"])
        for (one, other), drawn in both.groupby(["draw_first", "draw_second"])
        if one != other
    ]
    return float(np.mean(values)) if values else np.nan


def _correlation(first: pd.Series, second: pd.Series) -> float:
    u, v = (side.to_numpy(dtype=np.float64) for side in (first, second))
    known = np.isfinite(u) & np.isfinite(v)
    if known.sum() < 3 or min(np.ptp(u[known]), np.ptp(v[known])) <= 0.0:
        return np.nan
    return float(np.corrcoef(u[known], v[known])[0, 1])


def _vectors(both: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Give the four distance vectors as they are, and with the sizes taken out, or why not."""
    names = [f"{side}_{when}" for when in ("before", "after") for side in ("first", "second")]
    distances = both[[f"separation_{name}" for name in names]].to_numpy(dtype=np.float64).T
    by_sizes = both[[f"by_sizes_{name}" for name in names]].to_numpy(dtype=np.float64).T
    pairs = list(both[PAIR].itertuples(index=False, name=None))
    apart, reason = comparable(distances, by_sizes), ""
    if len(apart) < LEAST_PAIRS:
        reason = (
            f"{len(apart)} label pair(s) are separate in all four spaces, also by their sizes "
            f"alone; expected at least {LEAST_PAIRS}"
        )
        apart = apart[:0]
    if len(both) and np.isnan(by_sizes).all(axis=1).any():
        reason = SIZES_UNKNOWN
    left = np.zeros((4, len(apart)))
    if left.size:
        measured = zip(distances[:, apart], by_sizes[:, apart], strict=True)
        left = np.array([without_sizes(own, sizes) for own, sizes in measured])
    kept = [pairs[index] for index in apart]
    return {
        PEARSON: {"pairs": pairs, "before": distances[:2], "after": distances[2:], "reason": ""},
        BEYOND_SIZES: {"pairs": kept, "before": left[:2], "after": left[2:], "reason": reason},
    }


def _changed(found: SimilarityChange) -> dict[str, Any]:
    return {
        "before": _number(found.before),
        "after": _number(found.after),
        "shift": _number(found.shift),
        "lower": _number(found.lower),
        "upper": _number(found.upper),
        "p_value": _number(found.p_value),
        "n_labels": found.n_labels,
        "n_pairs": found.n_pairs,
        "reason": found.reason,
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else value
