"""Spatial similarity: its invariances, its conventions, and when there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from tunescope.errors import InputError
from tunescope.geometry import (
    DirectProbe,
    Separations,
    Similarity,
    separations,
    spatial_similarity,
)


def space(seed: int, n_labels: int = 6, n_features: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Draw labelled vectors around centres far enough apart for the hulls to be disjoint."""
    random = np.random.default_rng(seed)
    labels = np.repeat([f"label {k}" for k in range(n_labels)], 7)
    centres = 10 * random.standard_normal((n_labels, n_features))
    return np.repeat(centres, 7, axis=0) + random.uniform(
        -0.5, 0.5, (len(labels), n_features)
    ), labels


def similarity(X: np.ndarray, Y: np.ndarray, y: np.ndarray, **options: object) -> Similarity:
    return spatial_similarity(separations(X, y), separations(Y, y), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("convention", ["shared", "zhou2022"])
def test_a_space_is_as_similar_as_can_be_to_itself(convention: str) -> None:
    X, y = space(0)
    found = similarity(X, X, y, convention=convention)
    assert found.value == pytest.approx(1)
    assert found.spearman == pytest.approx(1)
    assert found.lower == pytest.approx(1)
    assert found.upper == pytest.approx(1)
    assert found.n_pairs == 15
    assert found.convention == convention


def test_what_moves_turns_and_scales_a_space_is_not_seen() -> None:
    X, y = space(0)
    rotation, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((5, 5)))
    for Y in (X + 100, X * 1e-3, X @ rotation, np.hstack([X, np.zeros((len(X), 3))]), 7 - X):
        assert similarity(X, Y, y).value == pytest.approx(1, abs=1e-4)


def test_it_is_symmetric_and_the_order_of_examples_does_not_matter() -> None:
    (X, y), (Y, _) = space(0), space(1)
    there, back = similarity(X, Y, y), similarity(Y, X, y)
    assert there.value == pytest.approx(back.value)
    order = np.random.default_rng(2).permutation(len(y))
    shuffled = spatial_similarity(separations(X[order], y[order]), separations(Y, y))
    assert shuffled.value == pytest.approx(there.value, abs=1e-6)


def test_it_is_the_correlation_of_the_distance_vectors() -> None:
    (X, y), (Y, _) = space(3), space(4)
    u, v = separations(X, y).distance, separations(Y, y).distance
    found = similarity(X, Y, y)
    assert found.value == pytest.approx(pearsonr(u, v).statistic)
    assert found.spearman == pytest.approx(spearmanr(u, v).statistic)
    assert float(found) == found.value


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.slow
def test_the_interval_holds_the_value_and_is_the_same_each_time(seed: int) -> None:
    (X, y), (noise, _) = space(seed, 8), space(seed + 100, 8)
    found = similarity(X, X + 0.7 * noise, y)
    assert found.value is not None
    assert found.lower is not None
    assert found.upper is not None
    assert -1 <= found.lower <= found.value <= found.upper <= 1
    assert found == similarity(X, X + 0.7 * noise, y)
    assert found.lower != similarity(X, X + 0.7 * noise, y, seed=1).lower


@pytest.mark.slow
def test_more_labels_make_the_interval_narrower() -> None:
    widths = []
    for n_labels in (5, 10, 20):
        X, y = space(0, n_labels)
        noise, _ = space(1, n_labels)
        found = similarity(X, X + noise, y)
        assert found.upper is not None
        assert found.lower is not None
        widths.append(found.upper - found.lower)
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("n_labels", [1, 2])
def test_two_labels_are_refused_with_the_reason(n_labels: int) -> None:
    X, y = space(0, n_labels)
    found = similarity(X, X, y)
    assert found.value is None
    assert found.lower is None
    assert "at least 3" in found.reason
    assert found.n_pairs == n_labels - 1
    with pytest.raises(InputError, match="at least 3"):
        float(found)


def test_three_labels_are_enough() -> None:
    X, y = space(0, 3)
    found = similarity(X, X, y)
    assert found.value == pytest.approx(1)
    assert found.n_pairs == 3


def test_a_space_with_all_separations_equal_has_no_correlation() -> None:
    X, y = space(0, 4)
    found = spatial_similarity(separations(np.eye(4), np.unique(y)), separations(X, y))
    assert found.value is None
    assert found.reason == "all separations of the first side are equal"


def test_only_shared_pairs_are_compared_unless_the_authors_convention_is_asked_for() -> None:
    (X, y), (Y, _) = space(0), space(1)
    kept = y != "label 2"
    before, after = separations(X, y), separations(Y[kept], y[kept])
    shared = spatial_similarity(before, after)
    u = separations(X[kept], y[kept]).distance
    assert shared.n_pairs == 10
    assert shared.value == pytest.approx(pearsonr(u, after.distance).statistic, abs=1e-6)
    theirs = spatial_similarity(before, after, convention="zhou2022")
    assert theirs.n_pairs == 15
    zeros = np.array([0.0 if 2 in pair else np.nan for pair in combinations(range(6), 2)])
    v = zeros.copy()
    v[np.isnan(zeros)] = after.distance
    assert theirs.value == pytest.approx(pearsonr(before.distance, v).statistic, abs=1e-6)


def test_labels_that_both_sides_lack_count_as_zeros_for_the_authors() -> None:
    (X, y), (Y, _) = space(0), space(1)
    u, v = separations(X, y).distance, separations(Y, y).distance
    labels = [*np.unique(y), "nowhere"]
    found = similarity(X, Y, y, convention="zhou2022", labels=labels)
    assert found.n_pairs == 21
    zeros = np.zeros(6)
    expected = pearsonr(np.concatenate([u, zeros]), np.concatenate([v, zeros])).statistic
    assert found.value == pytest.approx(expected)


def line() -> tuple[np.ndarray, np.ndarray]:
    """Four labels on a line; the first has a cluster on either side of the second."""
    positions = [0, 1, 3, 4, 6, 7, 10, 11, 20, 22]
    return np.array(positions, dtype=float)[:, None], np.array(list("aabbaaccdd"))


def distances_of(labels: str, distances: Iterable[float]) -> pd.DataFrame:
    rows = [(*pair, float(d)) for pair, d in zip(combinations(labels, 2), distances, strict=True)]
    return pd.DataFrame(rows, columns=["label_a", "label_b", "separation"])


def test_cluster_pairs_of_a_label_pair_are_averaged_for_the_authors() -> None:
    X, y = line()
    probe = DirectProbe().fit(X, y)
    assert probe.n_clusters_ == 5
    table = distances_of("abcd", [2, 6, 16, 6, 16, 9])
    theirs = spatial_similarity(probe, table, convention="zhou2022")
    assert theirs.value == pytest.approx(1, abs=1e-9)
    assert theirs.n_pairs == 6
    whole = spatial_similarity(probe, table)
    assert whole.value is not None
    assert whole.value < 1 - 1e-3


def test_small_clusters_are_left_out_and_their_labels_become_zeros() -> None:
    X, y = line()
    X, y = np.vstack([X, [[30.0]]]), np.append(y, "e")
    probe = DirectProbe().fit(X, y)
    table = distances_of("abcde", range(1, 11))
    u = [2, 6, 16, 0, 6, 16, 0, 9, 0, 0]
    small = spatial_similarity(probe, _as_probe(table), convention="zhou2022", min_cluster_size=2)
    assert small.n_pairs == 10
    assert small.value == pytest.approx(pearsonr(u, range(1, 11)).statistic, abs=1e-6)


def _as_probe(table: pd.DataFrame) -> DirectProbe:
    """Make a probe whose clusters are whole labels at given distances."""
    labels = sorted({*table["label_a"], *table["label_b"]})
    y = np.repeat(labels, 2)
    probe = DirectProbe().fit(np.arange(len(y), dtype=float)[:, None], y)
    distances = np.full((len(labels), len(labels)), np.nan)
    for a, b, distance in table.itertuples(index=False):
        i, j = labels.index(a), labels.index(b)
        distances[i, j] = distances[j, i] = distance
    probe.distances_ = distances
    return probe


def test_small_labels_of_separations_are_left_out_too() -> None:
    (X, y), (Y, _) = space(0), space(1)
    kept = np.ones(len(y), dtype=bool)
    kept[np.flatnonzero(y == "label 4")[:3]] = False
    found = spatial_similarity(
        separations(X[kept], y[kept]),
        separations(Y, y),
        convention="zhou2022",
        min_cluster_size=6,
    )
    u = separations(X, y).distance
    u[[4 in pair for pair in combinations(range(6), 2)]] = 0
    assert found.value == pytest.approx(pearsonr(u, separations(Y, y).distance).statistic)


@dataclass
class Vectors:
    """What a representation looks like from here."""

    vectors: np.ndarray
    labels: np.ndarray

    def layer(self, index: int) -> np.ndarray:
        assert index == -1
        return self.vectors


def test_every_form_of_a_side_gives_the_same() -> None:
    (X, y), (Y, _) = space(0), space(1)
    other = separations(Y, y)
    expected = spatial_similarity(separations(X, y), other)
    table = separations(X, y).table()
    turned = table.rename(columns={"label_a": "label_b", "label_b": "label_a"})
    representation = Vectors(X, y)
    splits = {"train": representation, "test": Vectors(Y, y)}
    for side in (DirectProbe().fit(X, y), table, turned, representation, splits):
        found = spatial_similarity(side, other)
        assert found.value == pytest.approx(expected.value, abs=1e-9)
        assert found.n_pairs == expected.n_pairs


def test_numbers_are_labels_too() -> None:
    X, y = space(0, 12)
    numbers = np.array([int(label.split()[1]) for label in y])
    expected = similarity(X, X**3, y)
    found = similarity(X, X**3, numbers)
    assert found.value == pytest.approx(expected.value)
    assert found.n_pairs == 66


def test_a_pair_without_a_number_is_a_pair_that_is_lacking() -> None:
    X, y = space(0)
    table = separations(X, y).table()
    table.loc[3, "separation"] = np.nan
    assert spatial_similarity(table, separations(X, y)).n_pairs == 14


def _with_open(X: np.ndarray, y: np.ndarray, first: str, second: str) -> Separations:
    """Measure the labels, and leave open how far two of them are apart."""
    found = separations(X, y)
    wanted = [{*found.labels[pair]} == {first, second} for pair in found.pairs]
    results = [
        replace(result, lower=0.5 * result.upper) if is_open else result
        for result, is_open in zip(found.results, wanted, strict=True)
    ]
    return replace(found, results=results)


@pytest.mark.parametrize("form", ["probe", "separations", "table"])
def test_an_open_pair_is_left_out_and_is_no_zero_by_the_authors_convention(form: str) -> None:
    (X, y), (Y, _) = space(0), space(1)
    side: object = _with_open(X, y, "label 1", "label 4")
    if form == "table":
        side = _with_open(X, y, "label 1", "label 4").table()
    if form == "probe":
        side = DirectProbe().fit(X, y)
        side.distances_[1, 4] = side.distances_[4, 1] = np.nan
    other = separations(Y, y)
    found = spatial_similarity(side, other, convention="zhou2022", labels=[*np.unique(y), "gone"])
    kept = [pair for pair in combinations(range(6), 2) if pair != (1, 4)]
    u, v = (
        [*table.loc[[(f"label {a}", f"label {b}") for a, b in kept]], *[0.0] * 6]
        for table in (
            of.table().set_index(["label_a", "label_b"])["separation"]
            for of in (separations(X, y), other)
        )
    )
    assert (found.n_pairs, found.n_met, found.reason) == (20, 6, "")
    assert found.value == pytest.approx(pearsonr(u, v).statistic, abs=1e-6)
    assert found.lower is not None


def test_pairs_that_were_not_asked_for_are_no_zeros_either() -> None:
    X, y = space(0)
    some = separations(X, y, pairs=np.array([[0, 1], [0, 2], [1, 2], [4, 5]]))
    found = spatial_similarity(some, separations(X, y), convention="zhou2022")
    assert (found.n_pairs, found.n_met) == (4, 0)
    assert found.value == pytest.approx(1)


def test_too_few_known_pairs_are_said_with_those_that_are_open() -> None:
    X, y = space(0, 3)
    found = spatial_similarity(
        _with_open(X, y, "label 0", "label 2"), separations(X, y), convention="zhou2022"
    )
    assert (found.value, found.n_pairs) == (None, 2)
    assert found.reason.startswith("2 label pair(s) in common, and 1 more that are open or were")
    with pytest.raises(InputError, match="at least 3"):
        float(found)


def test_what_cannot_be_compared_is_refused() -> None:
    X, y = space(0)
    found = separations(X, y)
    table = found.table()
    wrong: list[tuple[object, dict[str, object], str]] = [
        (3, {}, "cannot compare a int"),
        ({"test": Vectors(X, y)}, {}, "no split 'train'"),
        (pd.concat([table, table]), {}, "twice; pass the rows of one representation"),
        (table.drop(columns="label_b"), {}, "no column 'label_b'"),
        (table.assign(separation=np.inf), {}, r"separation\[0\] is inf; expected finite numbers"),
        (table.assign(separation=-1.0), {}, r"separation\[0\] is -1.0; expected .* 0 or more"),
        (
            table.assign(separation="far"),
            {},
            "the table's separation: expected an array of numbers",
        ),
        (found, {"convention": "theirs"}, "expected 'shared' or 'zhou2022'"),
        (found, {"min_cluster_size": 6}, "only convention='zhou2022' uses them"),
        (found, {"labels": ["a"]}, "only convention='zhou2022' uses them"),
        (table, {"convention": "zhou2022", "min_cluster_size": 6}, "does not say how large"),
        (DirectProbe(distances=False).fit(X, y), {}, "has no separations"),
    ]
    for side, options, what in wrong:
        with pytest.raises(InputError, match=what):
            spatial_similarity(side, found, **options)  # type: ignore[arg-type]
