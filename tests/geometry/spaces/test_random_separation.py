"""What sizes alone give, against the separations of random draws."""

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry import expected_separation, separation


@pytest.mark.parametrize(
    ("a", "b", "d"),
    [(1, 20, 64), (10, 10, 200), (5, 5, 20), (3, 30, 20), (40, 40, 60), (2, 150, 96)],
)
@pytest.mark.slow
def test_it_is_within_a_twentieth_of_the_mean_of_random_draws(a: int, b: int, d: int) -> None:
    random = np.random.default_rng(a * b * d)
    measured = [
        separation(random.normal(size=(a, d)), random.normal(size=(b, d)), rtol=1e-3).distance
        for _ in range(150)
    ]
    error = np.std(measured) / np.sqrt(len(measured))
    assert (
        abs(expected_separation(a, b, d) - np.mean(measured)) < 0.05 * np.mean(measured) + 3 * error
    )


def test_two_points_are_as_far_apart_as_a_chi_variable() -> None:
    assert expected_separation(1, 1, 5000) == pytest.approx(np.sqrt(2 * 5000), rel=1e-3)


def test_it_falls_with_the_sizes_and_grows_with_the_dimensions() -> None:
    of_sizes = [expected_separation(5, n, 64) for n in (5, 10, 50, 100, 1000, 10**6)]
    assert of_sizes == sorted(of_sizes, reverse=True)
    assert of_sizes[-1] == 0.0
    of_features = [expected_separation(50, 500, d) for d in (10, 100, 200, 768, 4096)]
    assert of_features == sorted(of_features)
    assert of_features[0] == 0.0 < of_features[-1]


def test_it_is_symmetric_and_refuses_empty_sets() -> None:
    assert expected_separation(3, 70, 40) == expected_separation(70, 3, 40)
    with pytest.raises(InputError, match="at least 1"):
        expected_separation(0, 3, 3)
