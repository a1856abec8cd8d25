"""The separations of all label pairs of one representation."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tunescope.arrays import as_array
from tunescope.errors import InputError
from tunescope.geometry.hulls.budgeted import check_budget, within
from tunescope.geometry.hulls.cloud import as_points
from tunescope.geometry.hulls.prepared import PreparedClouds
from tunescope.geometry.hulls.result import Separation
from tunescope.geometry.hulls.separation import check_rtol
from tunescope.geometry.hulls.solve import solve
from tunescope.geometry.hulls.spread_out import on_workers
from tunescope.geometry.hulls.warm_start import bytes_for_warm_start, solve_from
from tunescope.geometry.threads import threads

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from distributed import Client

_MEMORY = 1 << 30  # bytes used on top of X unless told otherwise


@dataclass(frozen=True, eq=False)
class Separations:
    """The separations of pairs of labelled sets of points."""

    labels: np.ndarray
    """(k,) the labels, sorted."""
    pairs: np.ndarray
    """(p, 2) indices into `labels`, the smaller first."""
    results: list[Separation]
    """The p separations; their supports are rows of ``X[y == label]``."""
    members: list[np.ndarray]
    """For each label the rows of X that carry it, in increasing order."""
    rtol: float = 1e-6
    """The relative gap between the bounds that was asked for."""

    def __repr__(self) -> str:
        """Show counts on one line."""
        separable = sum(result.separable for result in self.results)
        return (
            f"<Separations: {len(self)} pairs of {len(self.labels)} labels, {separable} separable>"
        )

    @property
    def distance(self) -> np.ndarray:
        """(p,) estimated distances: the distance vector."""
        return np.array([r.distance for r in self.results], dtype=np.float64)

    @property
    def lower(self) -> np.ndarray:
        """(p,) proven lower bounds."""
        return np.array([r.lower for r in self.results], dtype=np.float64)

    @property
    def upper(self) -> np.ndarray:
        """(p,) proven upper bounds."""
        return np.array([r.upper for r in self.results], dtype=np.float64)

    @property
    def status(self) -> np.ndarray:
        """(p,) ``separable``, ``overlapping`` or ``undecided``."""
        return np.array([r.status for r in self.results], dtype="<U11")

    @property
    def known(self) -> np.ndarray:
        """(p,) distances; missing where open, their bounds being further apart than was asked."""
        is_open = (self.upper - self.lower > self.rtol * self.upper) & (self.distance > 0.0)
        return np.where(is_open | (self.status == "undecided"), np.nan, self.distance)

    def __len__(self) -> int:
        return len(self.results)

    def table(self) -> pd.DataFrame:
        """Give one row a pair: labels, separation, bounds, status, and the most weighted examples.

        ``example_a`` and ``example_b`` are rows of X. The separation is missing where it is open;
        its bounds are there.
        """
        first, second = self.pairs[:, 0], self.pairs[:, 1]
        return pd.DataFrame(
            {
                "label_a": self.labels[first],
                "label_b": self.labels[second],
                "separation": self.known,
                "lower": self.lower,
                "upper": self.upper,
                "status": self.status,
                "example_a": [
                    int(self.members[a][r.support_a[0]])
                    for a, r in zip(first, self.results, strict=True)
                ],
                "example_b": [
                    int(self.members[b][r.support_b[0]])
                    for b, r in zip(second, self.results, strict=True)
                ],
            }
        )

    def matrix(self, what: str = "separation") -> pd.DataFrame:
        """Give a symmetric (k, k) frame of ``separation``, ``lower`` or ``upper``.

        The diagonal is 0; pairs that were not asked for are missing, and separations that are
        open, as in the table.
        """
        columns = {"separation": self.known, "lower": self.lower, "upper": self.upper}
        if what not in columns:
            raise InputError(f"what: expected one of {', '.join(columns)}, got {what!r}")
        values = np.full((len(self.labels), len(self.labels)), np.nan)
        np.fill_diagonal(values, 0.0)
        values[self.pairs[:, 0], self.pairs[:, 1]] = columns[what]
        values[self.pairs[:, 1], self.pairs[:, 0]] = columns[what]
        return pd.DataFrame(values, index=self.labels, columns=self.labels)

    def minimum(self) -> pd.DataFrame:
        """Give each label's smallest separation from any other: one row a label.

        The bounds are of the minimum: the least lower and the least upper bound. It is missing
        where they are further apart than was asked. ``second_distance`` is the separation from the
        label that is nearest but one: the minimum where the nearest label is left out.
        """
        distance, met = self.distance, self.status == "overlapping"
        own = self.pairs.ravel()
        other = self.pairs[:, ::-1].ravel()
        # Grouped by label, nearest first; of equal distances the first pair.
        order = np.lexsort((np.repeat(distance, 2), own))
        label, first = np.unique(own[order], return_index=True)
        nearest = order[first]
        least = np.full((2, len(self.labels)), np.inf)
        for bounds, values in zip(least, (self.lower, self.upper), strict=True):
            np.minimum.at(bounds, own, np.repeat(values, 2))
        lower, upper = least[:, label]
        second = self._second(order, label, first)
        is_known = met[nearest // 2] | (upper - lower <= self.rtol * upper)
        return pd.DataFrame(
            {
                "label": self.labels[label],
                "nearest_label": self.labels[other[nearest]],
                "minimum_distance": np.where(is_known, distance[nearest // 2], np.nan),
                "lower": lower,
                "upper": upper,
                "second_distance": second,
            }
        )

    def _second(self, order: np.ndarray, label: np.ndarray, first: np.ndarray) -> np.ndarray:
        """Give the separations from the labels that are nearest but one; missing where open.

        Parameters
        ----------
        order : twice the pairs, by label and then by distance; an even and an odd place a pair.
        label, first : the labels that have pairs, and where each begins in `order`.
        """
        known, least = self.known, np.full(len(self.labels), np.inf)
        is_there = np.diff(np.append(first, len(order))) > 1
        found = known[order[np.where(is_there, first + 1, first)] // 2]
        could_be = np.where(np.isnan(known), self.lower, np.inf)
        np.minimum.at(least, self.pairs.ravel(), np.repeat(could_be, 2))
        second: np.ndarray = np.where(is_there & (found <= least[label]), found, np.nan)
        return second


def _chosen(pairs: np.ndarray | None, n_labels: int) -> np.ndarray:
    if pairs is None:
        return np.array(list(combinations(range(n_labels), 2)), dtype=np.int64).reshape(-1, 2)
    chosen = np.asarray(pairs)
    if chosen.ndim != 2 or chosen.shape[1] != 2 or chosen.dtype.kind not in "iu":
        raise InputError(f"pairs: expected whole numbers of shape (n_pairs, 2), got {chosen.shape}")
    if chosen.size and (chosen.min() < 0 or chosen.max() >= n_labels):
        wrong = chosen.min() if chosen.min() < 0 else chosen.max()
        raise InputError(f"pairs: expected indices of the {n_labels} labels, got {wrong}")
    if (chosen[:, 0] == chosen[:, 1]).any():
        raise InputError("pairs: expected two different labels in each pair")
    return np.sort(chosen.astype(np.int64), axis=1)


def as_labels(y: Any, n_examples: int) -> np.ndarray:
    """Check that an argument holds one label for each example, of one kind.

    Raises
    ------
    InputError
        Naming the argument, and the first label that is missing or of another kind.
    """
    y = as_array(y, "y")
    try:
        labels: np.ndarray = np.asarray(y)
    except ValueError:
        raise InputError("y: expected one label for each row of X, got lists of labels") from None
    if labels.shape != (n_examples,):
        shape = type(y).__name__ if labels.ndim == 0 else labels.shape
        raise InputError(f"y: expected {n_examples} labels, one for each row of X, got {shape}")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise InputError(f"y[{int(np.argmax(np.isnan(labels)))}]: NaN is no label")
    given = labels.tolist() if labels.dtype.kind == "O" else [] if isinstance(y, np.ndarray) else y
    kinds = [_kind(label) for label in given]
    for index, kind in enumerate(kinds):
        if kind == "" or kind != kinds[0]:
            expected = "text or numbers" if kind == "" else f"{kinds[0]}, as y[0] is"
            raise InputError(f"y[{index}]: expected {expected}, got {given[index]!r}")
    return labels


def _kind(label: object) -> str:
    if isinstance(label, str):
        return "text"
    if isinstance(label, float | np.floating):
        return "" if np.isnan(label) else "a number"
    return "a number" if isinstance(label, int | np.number | np.bool_) else ""


def separations(
    X: np.ndarray,
    y: np.ndarray,
    *,
    pairs: np.ndarray | None = None,
    rtol: float = 1e-6,
    start: Separations | None = None,
    n_jobs: int | None = None,
    memory: int | None = None,
    budget: float | None = None,
    client: Client | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Separations:
    """Measure the separations of all pairs of labels.

    Parameters
    ----------
    X : (n, d) points, of any float type; may be memory-mapped.
    y : (n,) labels (or clusters).
    pairs : (p, 2) indices into the sorted labels; all pairs by default.
    rtol : the relative gap between the bounds that is aimed at.
    start : the separations of the same examples in another snapshot or layer;
        their supports are tried first.
    n_jobs : threads; as many as there are processors by default (or for -1).
    memory : bytes that may be used on top of X and the result, 1 GiB by default. The
        vectors are kept in float64 if they fit, and converted for each pair if not. The pages of
        a mapped file do not count: the system takes them back when memory is short.
    budget : seconds after which nothing new is begun. Every pair has bounds that hold; they may
        be wider than `rtol`, and then `lower` and `upper` say how wide. The first, coarse pass
        over the pairs is always ended.
    client : a `distributed.Client`, whose workers share the pairs; X is then a whole
        memory-mapped file that all of them see, `n_jobs` and `memory` are for each of them, and
        only labels and results are sent.
    progress : called with the number of pairs done and their total.

    Returns
    -------
    Separations

    Raises
    ------
    InputError
        If the shapes do not fit, a number is not finite, a pair does not fit in `memory`, or
        the workers of a client cannot map X.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [3.0], [7.0]])
    >>> separations(X, np.array(["a", "a", "b", "c"])).distance
    array([2., 6., 4.])
    """
    given, X = X, as_points(X, "X")
    y = as_labels(y, len(X))
    check_rtol(rtol)
    check_budget(budget)
    if client is not None and not (budget is None and start is None):
        raise InputError("client: start and budget are for one process; leave them out")
    labels, of_row = np.unique(y, return_inverse=True)
    members = [np.flatnonzero(of_row == index) for index in range(len(labels))]
    chosen = _chosen(pairs, len(labels))
    order = _largest_first(chosen, members)
    results: dict[int, Separation] = {}

    def finish(index: int, result: Separation) -> None:
        results[index] = result
        if progress is not None:
            progress(len(results), len(chosen))

    if client is not None:
        work = partial(_results, rtol=rtol, n_jobs=n_jobs, memory=memory)
        for index, result in on_workers(client, given, of_row, chosen, order, work):
            finish(index, result)
    else:
        before = _hints(start, labels, members, chosen)
        clouds = PreparedClouds(X, members, chosen, _MEMORY if memory is None else memory)
        with threads(n_jobs) as pool:
            try:
                _measure(clouds, chosen, order, before, pool, finish, rtol=rtol, budget=budget)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    found = [results[i] for i in range(len(chosen))]
    return Separations(labels, chosen, found, members, rtol)


def _measure(
    clouds: PreparedClouds,
    chosen: np.ndarray,
    order: list[int],
    before: dict[int, Separation],
    pool: ThreadPoolExecutor,
    finish: Callable[[int, Separation], None],
    *,
    rtol: float,
    budget: float | None,
) -> None:
    """Measure the chosen pairs on the threads of a pool."""
    solved: set[int] = set()

    def done(index: int, result: Separation) -> None:
        solved.add(index)
        finish(index, result)

    def measure(index: int, gap: float, earlier: Separation | None) -> Separation:
        a, b = (int(i) for i in chosen[index])
        with clouds.lend(a, b) as (cloud_a, cloud_b):
            return solve(cloud_a, cloud_b, rtol=gap, start=earlier or before.get(index))

    if budget is not None:
        for index, result in within(budget, rtol, order, measure, pool):
            finish(index, result)
        return
    kept = clouds.all_kept(bytes_for_warm_start(before, clouds.n_features)) if before else None
    if kept is not None:
        before = solve_from(kept, chosen, before, rtol=rtol, pool=pool, done=done)
    futures = {pool.submit(measure, i, rtol, None): i for i in order if i not in solved}
    for future in as_completed(futures):
        finish(futures[future], future.result())


def _results(X: np.ndarray, y: np.ndarray, pairs: np.ndarray, **options: Any) -> list[Separation]:
    return separations(X, y, pairs=pairs, **options).results


def _largest_first(chosen: np.ndarray, members: list[np.ndarray]) -> list[int]:
    """Order the pairs by their number of points, so that no long one is left for the end."""
    counts = np.array([len(rows) for rows in members], dtype=np.int64)
    return [int(i) for i in np.argsort(-counts[chosen].sum(axis=1), kind="stable")]


def _hints(
    start: Separations | None, labels: np.ndarray, members: list[np.ndarray], chosen: np.ndarray
) -> dict[int, Separation]:
    """Give the earlier separations of the chosen pairs whose examples are the same ones."""
    if start is None:
        return {}
    now = dict(zip(labels.tolist(), members, strict=True))
    same = [
        label in now and np.array_equal(now[label], rows)
        for label, rows in zip(start.labels.tolist(), start.members, strict=True)
    ]
    earlier = {
        (start.labels[a], start.labels[b]): result
        for (a, b), result in zip(start.pairs.tolist(), start.results, strict=True)
        if same[a] and same[b]
    }
    pairs = [(labels[a], labels[b]) for a, b in chosen.tolist()]
    return {index: earlier[pair] for index, pair in enumerate(pairs) if pair in earlier}
