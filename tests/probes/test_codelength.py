from __future__ import annotations

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.probes import Protocol, description_length

SMALL = Protocol.quick(hidden=((32, 32),), weights=(1e-3, 1.0), max_epochs=150)


def vectors(n: int, d: int = 10, n_classes: int = 4, seed: int = 0):
    random = np.random.default_rng(seed)
    y = random.integers(0, n_classes, n)
    return random.normal(size=(n, d)) + 6 * np.eye(n_classes, d)[y], y


def test_random_labels_cost_as_much_as_without_a_model():
    X, y = vectors(1500)
    y = np.random.default_rng(9).permutation(y)
    result = description_length(X, y, protocol=SMALL)
    assert result.uniform == pytest.approx(1500 * 2)
    assert result.codelength == pytest.approx(result.uniform, rel=0.03)
    assert result.compression == pytest.approx(1, abs=0.03)


def test_labels_that_follow_from_the_vectors_cost_little():
    X, y = vectors(1500)
    result = description_length(X, y, protocol=SMALL)
    assert result.compression > 8
    assert result.rows["accuracy"].item() > 0.95
    assert result.rows["compression"].item() == result.compression


def test_portions_make_up_the_whole():
    X, y = vectors(600)
    portions = description_length(X, y, protocol=SMALL).portions
    assert portions["start"].tolist()[1:] == portions["stop"].tolist()[:-1]
    assert portions["stop"].iloc[-1] == 600
    assert portions["bits"].iloc[0] == pytest.approx(2 * portions["stop"].iloc[0])


def test_same_seed_same_code():
    X, y = vectors(300)
    first, second = (description_length(X, y, protocol=SMALL, seed=4) for _ in range(2))
    assert first.codelength == second.codelength


def test_groups_stay_whole_and_a_single_one_is_divided():
    X, y = vectors(120)
    for groups in (np.repeat(np.arange(30), 4), np.zeros(120)):
        assert description_length(X, y, protocol=SMALL, groups=groups).codelength > 0


@pytest.mark.parametrize("fractions", [(), (0.5,), (0.5, 0.1, 1.0)])
def test_fractions_must_rise_to_one(fractions):
    X, y = vectors(100)
    with pytest.raises(InputError, match="fractions"):
        description_length(X, y, protocol=SMALL, fractions=fractions)


def test_too_few_examples_are_refused():
    X, y = vectors(39)
    with pytest.raises(InputError, match="39 examples"):
        description_length(X, y, protocol=SMALL)
