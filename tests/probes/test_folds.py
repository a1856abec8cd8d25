from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from tunescope.errors import InputError
from tunescope.probes import Protocol
from tunescope.probes.folds import folds

FIVE = Protocol.zhou2022()
HELD_OUT = Protocol.zhou2022(validation="held-out", held_out=0.25)


def test_without_groups_they_are_those_of_gridsearchcv():
    y = np.random.default_rng(0).integers(0, 4, 103)
    theirs = StratifiedKFold(5).split(y, y)
    for (train, held), (other_train, other_held) in zip(folds(y, FIVE), theirs, strict=True):
        np.testing.assert_array_equal(train, other_train)
        np.testing.assert_array_equal(held, other_held)


@settings(max_examples=25, deadline=None)
@given(st.integers(6, 20), st.integers(0, 3), st.sampled_from([FIVE, HELD_OUT]))
def test_groups_stay_together(n_groups, seed, protocol):
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), random.integers(1, 6, n_groups))
    y = random.integers(0, 2, len(groups))
    for train, held in folds(y, protocol, groups=groups, seed=seed):
        assert not set(groups[train]) & set(groups[held])
        np.testing.assert_array_equal(np.sort(np.r_[train, held]), np.arange(len(y)))


def test_every_example_is_held_once():
    y = np.arange(50) % 3
    held = np.concatenate([held for _, held in folds(y, FIVE)])
    np.testing.assert_array_equal(np.sort(held), np.arange(50))


def test_a_held_out_part_has_its_size():
    [(train, held)] = folds(np.arange(80) % 2, HELD_OUT)
    assert (len(train), len(held)) == (60, 20)


@pytest.mark.parametrize(
    ("y", "groups", "said"),
    [
        ([0, 1, 0, 1], None, "4 examples are fewer than the protocol's 5 folds"),
        ([0, 1] * 10, [0, 1, 2, 3] * 5, "4 groups are fewer"),
        ([0, 1, 2, 3, 4, 5], None, "no label has as many examples"),
        ([0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5], "no label has as many examples"),
        ([0, 1, 2, 0, 1, 2, 3], [0, 0, 1, 2, 3, 4, 4], "no label has as many examples"),
    ],
)
def test_too_few_are_refused(y, groups, said):
    with pytest.raises(InputError, match=said):
        folds(np.array(y), FIVE, groups=None if groups is None else np.array(groups))


def test_a_part_that_would_be_empty_is_refused():
    with pytest.raises(InputError, match="1 groups cannot be divided"):
        folds(np.array([0, 1]), HELD_OUT, groups=np.array([3, 3]))
