import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.encoders.batching import batches_by_length, parts_by_length

LENGTHS = st.lists(st.integers(1, 50), max_size=60).map(lambda x: np.array(x, dtype=np.int64))


@given(lengths=LENGTHS, budget=st.integers(1, 300))
@pytest.mark.slow
def test_every_sequence_is_in_one_batch_within_the_budget(lengths, budget):
    batches = list(batches_by_length(lengths, budget))
    together = np.concatenate(batches) if batches else np.array([], dtype=int)
    assert sorted(together.tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * lengths[batch].max() <= budget


@given(lengths=LENGTHS, budget=st.integers(1, 300))
def test_the_longest_come_first(lengths, budget):
    order = [lengths[i] for batch in batches_by_length(lengths, budget) for i in batch]
    assert order == sorted(order, reverse=True)


def _cost(parts, lengths, overhead):
    return sum(len(part) * lengths[part].max() + overhead for part in parts)


@given(lengths=LENGTHS.filter(len), overhead=st.integers(0, 100))
def test_parts_hold_every_sequence_once(lengths, overhead):
    parts = parts_by_length(lengths, overhead)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(lengths)))
    for shorter, longer in itertools.pairwise(parts):
        assert lengths[shorter].max() < lengths[longer].min()


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=9).map(np.array),
    overhead=st.integers(0, 60),
)
def test_no_other_division_into_parts_costs_less(lengths, overhead):
    order = np.argsort(lengths)
    others = (
        np.split(order, cuts)
        for n_cuts in range(len(order))
        for cuts in itertools.combinations(range(1, len(order)), n_cuts)
    )
    least = min(_cost(parts, lengths, overhead) for parts in others)
    assert _cost(parts_by_length(lengths, overhead), lengths, overhead) == least


def test_without_overhead_every_length_is_apart():
    parts = parts_by_length(np.array([3, 5, 4, 3]), 0)
    assert [part.tolist() for part in parts] == [[0, 3], [2], [1]]
