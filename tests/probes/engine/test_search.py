"""Halving trains the exhaustive search's networks, only fewer of them to the end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunescope.probes import ClassifierProbe, Protocol, Setting
from tunescope.probes.engine.search import _by_weight

GRID = Protocol(
    name="test",
    hidden=((4,), (16,), (32,)),
    weights=(1e-4, 1.0, 100.0),
    folds=3,
    restarts=1,
    max_epochs=80,
    first_epochs=5,
    keep=0.3,
    finalists=2,
)
FOLDS = [f"fold_{k}" for k in range(3)]


def labelled(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    X = random.normal(size=(n, 5)).astype(np.float32)
    return X, (np.abs(X[:, 0]) + 0.3 * random.normal(size=n) > 0.7).astype(int) + (X[:, 1] > 0.5)


@pytest.fixture(scope="module")
def tables():
    X, y = labelled()
    return {
        search: ClassifierProbe(replace(GRID, search=search)).fit(X, y)
        for search in ("exhaustive", "halving")
    }


@pytest.mark.slow
def test_exhaustive_ends_with_every_setting_trained(tables):
    table = tables["exhaustive"].search_
    assert table["finished"].all()
    assert len(table) == 9
    best = table.loc[table["rank"] == 1].iloc[0]
    assert best["accuracy"] == table["accuracy"].max()
    assert best["setting"] == tables["exhaustive"].best_setting_.name
    np.testing.assert_allclose(table[FOLDS].mean(axis=1), table["accuracy"])


def test_finalists_are_the_networks_of_the_exhaustive_search(tables):
    half = tables["halving"].search_.set_index("setting")
    whole = tables["exhaustive"].search_.set_index("setting")
    finished = half.index[half["finished"]]
    assert GRID.finalists <= len(finished) < len(half)
    np.testing.assert_allclose(
        half.loc[finished, FOLDS].to_numpy(dtype=float),
        whole.loc[finished, FOLDS].to_numpy(dtype=float),
        atol=0.02,  # rounding differs with the stack a network is in
    )
    assert (half.loc[finished, "epochs"] == whole.loc[finished, "epochs"]).mean() >= 0.5


def test_what_goes_on_is_what_was_best(tables):
    table = tables["halving"].search_
    dropped = table[~table["finished"]]
    assert (dropped["epochs"] <= GRID.first_epochs / GRID.keep + 1).all()
    assert table.loc[table["finished"], "rank"].max() < dropped["rank"].min()
    assert sorted(table["rank"]) == list(range(1, 10))


def test_halving_trains_less(tables):
    assert tables["halving"].search_["epochs"].sum() < tables["exhaustive"].search_["epochs"].sum()


@pytest.mark.slow
def test_with_room_for_all_it_is_exhaustive():
    X, y = labelled(150)
    small = replace(GRID, hidden=((4,), (8,)), finalists=6, max_epochs=30)
    one = ClassifierProbe(replace(small, search="halving")).fit(X, y)
    other = ClassifierProbe(small).fit(X, y)
    assert one.search_.equals(other.search_)


def test_a_setting_that_learns_nothing_is_not_chosen(tables):
    for probe in tables.values():
        assert probe.best_setting_.weight < 100


def test_the_best_of_every_weight_goes_on_first():
    settings = tuple(Setting((size,), weight) for size in (8, 16, 32) for weight in (0.1, 1.0))
    # weight 0.1 is ahead throughout: indices 4, 2, 0; weight 1.0 has 5, 1, 3
    assert _by_weight(settings, [4, 2, 0, 5, 1, 3]) == [4, 5, 2, 1, 0, 3]


@pytest.mark.slow
def test_every_weight_is_among_those_that_go_on():
    X, y = labelled()
    protocol = replace(GRID, search="halving", finalists=3, keep=0.34)
    table = ClassifierProbe(protocol).fit(X, y).search_
    assert sorted(table.loc[table["finished"], "weight"]) == sorted(GRID.weights)
