"""Nearly flat sets: the distance that rounding alone makes is measured, and proven."""

from collections.abc import Callable

import numpy as np
import pytest

from tunescope.geometry import Separation, meet, separation, separations

Cast = Callable[[np.ndarray], np.ndarray]


def to_float32(X: np.ndarray) -> np.ndarray:
    return X.astype(np.float32)


def to_float16(X: np.ndarray) -> np.ndarray:
    return X.astype(np.float16)


def to_bfloat16(X: np.ndarray) -> np.ndarray:
    """Round to bfloat16, kept in float32."""
    bits = X.astype(np.float32).view(np.uint32)
    nearest = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (nearest & np.uint32(0xFFFF0000)).view(np.float32)


def normalised(X: np.ndarray) -> np.ndarray:
    """Normalise as a layer does, and store in float32."""
    X = X - X.mean(axis=1, keepdims=True)
    return to_float32(X / X.std(axis=1, keepdims=True))


def low_rank(
    seed: int, rank: int, d: int, n: int, cast: Cast, offset: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    basis, away = random.normal(size=(rank, d)), offset * random.normal(size=d)
    return (
        cast(random.normal(size=(n, rank)) @ basis + away),
        cast(random.normal(size=(n, rank)) @ basis + away),
    )


def assert_closed(result: Separation, A: np.ndarray, B: np.ndarray) -> None:
    assert result.verify(A, B), result.verify(A, B).reason
    assert result.status in ("separable", "overlapping")
    if result.separable:
        assert result.upper - result.lower <= 1.01e-6 * result.upper
        assert result.distance < 1e-2 * np.abs(A).max()


@pytest.mark.parametrize(
    ("rank", "d", "n", "cast", "offset"),
    [
        (2, 64, 30, to_float32, 0.0),
        (8, 384, 60, to_float32, 0.0),
        (16, 128, 50, to_float32, 0.0),
        (8, 96, 40, to_float16, 0.0),
        (8, 96, 40, to_bfloat16, 0.0),
        (6, 96, 40, normalised, 0.0),
        (8, 96, 40, to_float32, 100.0),
        (4, 96, 40, to_float16, 20.0),
        (8, 96, 60, to_float32, 1e4),
    ],
)
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.slow
def test_low_rank_and_rounding_have_closed_bounds(
    seed: int, rank: int, d: int, n: int, cast: Cast, offset: float
) -> None:
    A, B = low_rank(seed, rank, d, n, cast, offset)
    assert_closed(separation(A, B), A, B)


@pytest.mark.slow
def test_as_the_case_of_rank_8_in_384_dimensions() -> None:
    A, B = low_rank(19, 8, 384, 100, to_float32)
    result = separation(A, B)
    assert_closed(result, A, B)
    assert 0.0 < result.distance < 1e-6
    X, y = np.vstack([A, B]), np.repeat(["a", "b"], len(A))
    assert separations(X, y).distance[0] == pytest.approx(result.distance, rel=1e-5)
    assert meet(A, B, touching=1e-5).upper <= 1e-5


def test_the_distance_is_that_of_the_thin_directions() -> None:
    """Known answer: thick parts that can agree, and a gap of 1e-8 across them."""
    random = np.random.default_rng(0)
    for seed in range(5):
        turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(20, 20)))[0]
        thick = random.normal(size=(2, 200, 3))
        thin = np.abs(random.normal(size=(2, 200, 17))) * 1e-8
        thin[0, :, 0] += 1e-8
        thin[1, :, 0] *= -1.0
        A, B = (np.concatenate(part, axis=1) @ turn for part in zip(thick, thin, strict=True))
        result = separation(A, B)
        assert_closed(result, A, B)
        assert result.lower >= 1e-8 * (1 - 1e-5)
