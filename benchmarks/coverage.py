"""Measure how often intervals hold the truth, and how often tests speak where there is nothing.

    python benchmarks/coverage.py            # prints the tables, in about a minute
    python benchmarks/coverage.py --write    # and puts them into docs/explanation/probes.md
    python benchmarks/coverage.py --only _interval --write    # the other rows stay as they are

Truth is known because the data is drawn: sentences of about eight words, each sentence with a
chance of its own that a word in it is right (intra-class correlation 0.1, or almost 1), or single
examples.
For similarities labels are drawn, each with a place and a size of its own. Every figure has a
standard error of about one point at 400 trials.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial.distance import pdist, squareform

from manual import between, put
from tunescope.geometry import similarity_change, spatial_similarity
from tunescope.probes import (
    corrected,
    difference_interval,
    paired_comparison,
    restart_interval,
    share_interval,
)
from tunescope.tables.distances import mean_change

PAGE = "explanation/probes.md"
GROUPS = (10, 20, 50, 200)
RESTARTS = (3, 5, 10, 25)
LABELS = (5, 10, 20, 50)
WORDS, ALIKE, ALL_ALIKE = 8, 0.1, 0.99

Trial = Callable[[np.random.Generator, int], bool]


def sentences(random: np.random.Generator, n_groups: int, words: int) -> np.ndarray:
    """The sentence of each word; no sentence is empty."""
    sizes = 1 + random.poisson(words - 1, n_groups)
    return np.repeat(np.arange(n_groups), sizes)


def right(
    random: np.random.Generator,
    n_groups: int,
    accuracy: float,
    words: int = WORDS,
    alike: float = ALIKE,
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each word is right, and its sentence."""
    groups = sentences(random, n_groups, words)
    spread = 1 / alike - 1
    chance = random.beta(accuracy * spread, (1 - accuracy) * spread, n_groups)
    return (random.random(len(groups)) < chance[groups]).astype(float), groups


def moved(
    random: np.random.Generator, n_groups: int, gained: float, lost: float
) -> tuple[np.ndarray, np.ndarray]:
    """What each word gained or lost, and its sentence."""
    groups = sentences(random, n_groups, WORDS)
    shares = np.array([gained, lost, 1 - gained - lost]) * (1 / ALIKE - 1)
    chance = random.dirichlet(shares, n_groups)[groups]
    drawn = random.random(len(groups))
    return np.select([drawn < chance[:, 0], drawn < chance[:, :2].sum(axis=1)], [1.0, -1.0]), groups


def of_accuracy(accuracy: float, words: int = WORDS, alike: float = ALIKE) -> Trial:
    """Whether the interval of an accuracy holds it."""

    def trial(random: np.random.Generator, n_groups: int) -> bool:
        values, groups = right(random, n_groups, accuracy, words, alike)
        found = share_interval(values, groups=groups)
        return found.lower <= accuracy <= found.upper

    return trial


def of_percentiles(accuracy: float) -> Trial:
    """Whether the percentiles of resampled sentences hold it: the usual way, for comparison."""

    def trial(random: np.random.Generator, n_groups: int) -> bool:
        values, groups = right(random, n_groups, accuracy)
        sums, sizes = np.bincount(groups, weights=values), np.bincount(groups)
        drawn = random.multinomial(n_groups, np.full(n_groups, 1 / n_groups), 400)
        lower, upper = np.quantile((drawn @ sums) / (drawn @ sizes), [0.025, 0.975])
        return bool(lower <= accuracy <= upper)

    return trial


def of_difference(gained: float, lost: float) -> Trial:
    """Whether the interval of a difference holds it."""

    def trial(random: np.random.Generator, n_groups: int) -> bool:
        values, groups = moved(random, n_groups, gained, lost)
        found = difference_interval(values, groups=groups)
        return found.lower <= gained - lost <= found.upper

    return trial


def of_restarts(skewed: bool) -> Trial:
    """Whether the interval of the mean over restarts holds it."""

    def trial(random: np.random.Generator, n_restarts: int) -> bool:
        noise = (
            random.exponential(size=n_restarts) - 1 if skewed else random.normal(size=n_restarts)
        )
        found = restart_interval(np.clip(0.8 - 0.01 * noise, 0, 1))
        return found.lower <= 0.8 <= found.upper

    return trial


def of_test(kind: str) -> Trial:
    """Whether the paired test claims a change at 5 % where there is none."""

    def trial(random: np.random.Generator, n_groups: int) -> bool:
        if kind == "exchangeable":
            values, groups = moved(random, n_groups, 0.1, 0.1)
        else:  # half of the sentences gain a little, few lose much; on average nothing
            groups = sentences(random, n_groups, WORDS)
            chance = np.where(random.random(n_groups) < 0.2, -0.4, 0.1)[groups]
            values = np.sign(chance) * (random.random(len(groups)) < np.abs(chance))
        before = np.where(values < 0, 1.0, 0.0)
        return paired_comparison(before, before + values, groups=groups).p_value <= 0.05

    return trial


def of_family(n_comparisons: int) -> Trial:
    """Whether, after Holm's correction, any of several comparisons claims a change."""

    def trial(random: np.random.Generator, n_groups: int) -> bool:
        p_values = []
        for _ in range(n_comparisons):
            values, groups = moved(random, n_groups, 0.1, 0.1)
            before = np.where(values < 0, 1.0, 0.0)
            p_values.append(paired_comparison(before, before + values, groups=groups).p_value)
        return bool(corrected(p_values).min() <= 0.05)

    return trial


def space(random: np.random.Generator, n_labels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logarithms of the distances of labels with places and sizes of their own, and the pairs."""
    first, second = np.triu_indices(n_labels, 1)
    places, sizes = random.normal(size=(n_labels, 8)), 0.3 * random.normal(size=n_labels)
    apart = np.log(np.linalg.norm(places[first] - places[second], axis=1))
    return apart + sizes[first] + sizes[second], first, second


def seen_again(random: np.random.Generator, of: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The same distances in another sample: each label's off by a bit of its own."""
    off = 0.2 * random.normal(size=pairs.max() + 1)
    return of + off[pairs[0]] + off[pairs[1]] + 0.06 * random.normal(size=len(of))


def of_similarity() -> Trial:
    """Whether the interval of a spatial similarity holds that of all labels there could be."""
    random = np.random.default_rng(5)
    everything, *ends = space(random, 1500)
    again = seen_again(random, everything, np.array(ends))
    truth = np.corrcoef(np.exp(everything), np.exp(again))[0, 1]

    def trial(random: np.random.Generator, n_labels: int) -> bool:
        once, *ends = space(random, n_labels)
        twice = seen_again(random, once, np.array(ends))
        tables = [
            pd.DataFrame({"label_a": ends[0], "label_b": ends[1], "separation": np.exp(values)})
            for values in (once, twice)
        ]
        found = spatial_similarity(*tables, n_resamples=400)
        lower = -1.0 if found.lower is None else found.lower
        upper = 1.0 if found.upper is None else found.upper
        return bool(lower <= truth <= upper)

    return trial


def of_similarity_change() -> Trial:
    """Whether the test of two similarities claims a change at 5 % where there is none."""

    def trial(random: np.random.Generator, n_labels: int) -> bool:
        before, *ends = space(random, n_labels)
        other, *_ = space(random, n_labels)
        pairs = np.array(ends)
        sides = [
            (np.exp(train), np.exp(seen_again(random, train, pairs)))
            for train in (before, 0.7 * before + 0.7 * other)
        ]
        found = similarity_change(pairs.T, *sides)
        return found.p_value is not None and found.p_value <= 0.05

    return trial


def minima(random: np.random.Generator, n_labels: int, n_features: int) -> pd.DataFrame:
    """Draw a place for each label: its nearest label, how far that is, and the next."""
    apart = squareform(pdist(random.normal(size=(n_labels, n_features))))
    np.fill_diagonal(apart, np.inf)
    each, order = np.arange(n_labels), np.argsort(apart, axis=1)
    return pd.DataFrame(
        {
            "label": each,
            "nearest_label": order[:, 0],
            "minimum_distance": apart[each, order[:, 0]],
            "second_distance": apart[each, order[:, 1]],
        }
    )


def of_mean_change(n_features: int, *, student: bool = False) -> Trial:
    """Whether the interval of the mean change of minimum distances leaves out 0, which it is."""

    def trial(random: np.random.Generator, n_labels: int) -> bool:
        before, after = (minima(random, n_labels, n_features) for _ in range(2))
        change = after["minimum_distance"] - before["minimum_distance"]
        if student:
            return bool(stats.ttest_1samp(change, 0.0).pvalue < 0.05)
        _, lower, upper = mean_change(before, after)
        return lower > 0 or upper < 0

    return trial


TABLES: tuple[tuple[str, str, tuple[int, ...], dict[str, Trial]], ...] = (
    (
        "95 % intervals over sentences: how often the truth is inside",
        "sentences",
        GROUPS,
        {
            "`share_interval`, accuracy 70 %": of_accuracy(0.7),
            "`share_interval`, accuracy 90 %": of_accuracy(0.9),
            "`share_interval`, accuracy 97 %": of_accuracy(0.97),
            "`share_interval`, accuracy 90 %, single examples": of_accuracy(0.9, words=1),
            "`share_interval`, accuracy 90 %, words of a sentence all alike": of_accuracy(
                0.9, alike=ALL_ALIKE
            ),
            "`share_interval`, accuracy 97 %, words of a sentence all alike": of_accuracy(
                0.97, alike=ALL_ALIKE
            ),
            "`difference_interval`, 5 % gained, 5 % lost": of_difference(0.05, 0.05),
            "`difference_interval`, 5 % gained, 0.1 % lost": of_difference(0.05, 0.001),
            "`difference_interval`, 30 % gained, 5 % lost": of_difference(0.3, 0.05),
            "for comparison: percentiles of resampled sentences, 70 %": of_percentiles(0.7),
            "for comparison: percentiles of resampled sentences, 97 %": of_percentiles(0.97),
        },
    ),
    (
        "Tests at 5 %: how often they claim a change where there is none",
        "sentences",
        GROUPS,
        {
            "`paired_comparison`": of_test("exchangeable"),
            "`paired_comparison`, many small gains and few large losses": of_test("skewed"),
            "any of 20 comparisons after Holm's correction": of_family(20),
        },
    ),
    (
        "95 % intervals over restarts: how often the truth is inside",
        "restarts",
        RESTARTS,
        {
            "`restart_interval`, normal": of_restarts(skewed=False),
            "`restart_interval`, skewed": of_restarts(skewed=True),
        },
    ),
    (
        "Spatial similarities",
        "labels",
        LABELS,
        {
            "`spatial_similarity`: how often its 95 % interval holds the truth": of_similarity(),
            "`similarity_change` at 5 %: how often it claims a change where there is none": (
                of_similarity_change()
            ),
        },
    ),
    (
        "Mean change of the labels' minimum distances: how often its 95 % interval claims one "
        "where there is none",
        "labels",
        LABELS,
        {
            "by a jackknife, 2 dimensions": of_mean_change(2),
            "by a jackknife, 10 dimensions": of_mean_change(10),
            "by a jackknife, 100 dimensions": of_mean_change(100),
            "for comparison: Student's t over labels, 2 dimensions": of_mean_change(
                2, student=True
            ),
            "for comparison: Student's t over labels, 100 dimensions": of_mean_change(
                100, student=True
            ),
        },
    ),
)


def measured(trial: Trial, size: int, n_trials: int) -> float:
    """The share of trials in which something happened; the same seeds every time."""
    random = np.random.default_rng(size)
    return float(np.mean([trial(random, size) for _ in range(n_trials)]))


def known(only: str) -> dict[str, str]:
    """The manual's rows whose names do not hold a text, by their names; none if it is empty."""
    lines = between(PAGE, "coverage.py").splitlines() if only else []
    rows = {line.split("|")[1].strip(): line for line in lines if line.startswith("|")}
    return {name: line for name, line in rows.items() if only not in name}


def page(n_trials: int, only: str = "") -> str:
    """All tables, as the manual shows them; rows whose names do not hold `only` as they are."""
    parts, kept = [], known(only)
    for title, unit, sizes, rows in TABLES:
        head = ["in per cent", *(f"{size} {unit}" for size in sizes)]
        lines = [f"**{title}.**", "", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
        for name, trial in rows.items():
            if name in kept:
                lines.append(kept[name])
                continue
            # the family's trials are of twenty comparisons each
            n = max(1, n_trials // 2) if name.startswith("any of") else n_trials
            values = [f"{100 * measured(trial, size, n):.1f}" for size in sizes]
            lines.append(f"| {name} | {' | '.join(values)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--only", default="", help="measure the rows whose names hold this text")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    found = page(args.trials, args.only)
    print(found)
    if args.write:
        put(PAGE, "coverage.py", found)


if __name__ == "__main__":
    main()
