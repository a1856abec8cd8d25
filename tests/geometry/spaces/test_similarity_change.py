"""A similarity is said to have changed where it has, and rarely where it has not."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry import similarity_change


def distances(
    random: np.random.Generator, n_labels: int, noise: tuple[float, float]
) -> tuple[list[tuple[int, int]], list[tuple[np.ndarray, np.ndarray]]]:
    """Training and test distances before and after; the test's differ by each label's noise."""
    i, j = np.triu_indices(n_labels, 1)
    centres = random.normal(size=(n_labels, 6))
    train = np.log(np.linalg.norm(centres[i] - centres[j], axis=1))
    sides = []
    for scale in noise:
        own = random.normal(size=n_labels)
        test = train + scale * (own[i] + own[j]) + 0.3 * scale * random.normal(size=len(i))
        sides.append((np.exp(train), np.exp(test)))
    return list(combinations(range(n_labels), 2)), sides


@pytest.mark.parametrize("n_labels", [6, 12])
@pytest.mark.slow
def test_where_nothing_changed_it_rarely_says_so(n_labels: int) -> None:
    random = np.random.default_rng(0)
    p_values = []
    for _ in range(200):
        pairs, (before, after) = distances(random, n_labels, (0.2, 0.2))
        p_values.append(similarity_change(pairs, before, after).p_value)
    assert np.mean(np.array(p_values, dtype=float) <= 0.05) <= 0.08


def test_a_clear_change_is_found() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        pairs, (before, after) = distances(random, 30, (0.02, 0.6))
        found = similarity_change(pairs, before, after)
        assert found.after < found.before
        assert found.p_value is not None
        assert found.p_value < 0.01
        assert found.upper is not None
        assert found.upper < 0


def test_it_does_not_depend_on_order_names_or_scale_and_turns_with_time() -> None:
    random = np.random.default_rng(2)
    pairs, (before, after) = distances(random, 9, (0.1, 0.3))
    found = similarity_change(pairs, before, after)
    order = random.permutation(len(pairs))
    named = [(f"l{b}", f"l{a}") for a, b in (pairs[k] for k in order)]
    other = similarity_change(
        named, [7 * before[0][order], before[1][order]], [after[0][order], 3 * after[1][order]]
    )
    assert other.p_value == pytest.approx(found.p_value)
    assert (found.n_labels, found.n_pairs) == (9, 36)
    back = similarity_change(pairs, after, before)
    assert found.shift is not None
    assert back.shift == pytest.approx(-found.shift)
    assert back.p_value == pytest.approx(found.p_value)


def test_too_few_labels_and_equal_distances_have_a_reason() -> None:
    pairs, (before, after) = distances(np.random.default_rng(3), 4, (0.1, 0.1))
    assert "4 label(s)" in similarity_change(pairs, before, after).reason
    pairs, (before, _) = distances(np.random.default_rng(3), 6, (0.1, 0.1))
    flat = similarity_change(pairs, before, (before[0], np.ones(15)))
    assert flat.shift is None
    assert "equal" in flat.reason


def test_what_does_not_fit_is_refused_by_name() -> None:
    pairs, (before, after) = distances(np.random.default_rng(4), 6, (0.1, 0.1))
    with pytest.raises(InputError, match="after: expected an array"):
        similarity_change(pairs, before, (after[0], after[1][:-1]))
    with pytest.raises(InputError, match=r"before\[1, 0\] .*finite"):
        similarity_change(pairs, (before[0], before[1] * np.nan), after)
    with pytest.raises(InputError, match="pairs: a pair of labels comes twice"):
        similarity_change([*pairs[:-1], (1, 0)], before, after)
    with pytest.raises(InputError, match="pairs: expected two different"):
        similarity_change([*pairs[:-1], (1, 1)], before, after)
    with pytest.raises(InputError, match="level"):
        similarity_change(pairs, before, after, level=95)
