import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.encoders.batching import batches_by_length

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
