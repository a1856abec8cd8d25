"""Arguments of the wrong kind are refused by name, before anything is computed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry import (
    DirectProbe,
    cluster,
    hull_distances,
    meet,
    separation,
    separations,
    size_corrected_similarity,
    spatial_similarity,
    spread,
)

X = np.random.default_rng(0).normal(size=(6, 3))
Y = ["a", "a", "b", "b", "c", "c"]
MIXED: list[Any] = ["a", "a", 1, 1, "c", "c"]
MISSING: list[Any] = ["a", "a", None, "b", "c", "c"]
WRONG: Any = "wrong"


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: separation(X[:3], X[3:], rtol=WRONG), "rtol"),
        (lambda: separation(X[:3], X[3:], rtol=float("nan")), "rtol"),
        (lambda: separation([[1.0, 2.0], [3.0]], X[3:]), "A"),  # type: ignore[arg-type]
        (lambda: meet(X[:3], None), "B"),  # type: ignore[arg-type]
        (lambda: separations(X, MIXED), r"y\[2\]"),  # type: ignore[arg-type]
        (lambda: separations(X, MISSING), r"y\[2\]"),  # type: ignore[arg-type]
        (lambda: separations(X, np.array(MISSING, dtype=object)), r"y\[2\]"),
        (lambda: separations(X, {"a": 1}), "y"),  # type: ignore[arg-type]
        (lambda: separations(X, [{}] * 6), r"y\[0\]"),  # type: ignore[arg-type]
        (lambda: separations(X, [["a"], ["b", "c"]]), "y"),  # type: ignore[arg-type]
        (lambda: separations(X, np.array([1.0, np.nan, 2, 2, 3, 3])), r"y\[1\]"),
        (lambda: separations(X, Y, n_jobs=WRONG), "n_jobs"),  # type: ignore[arg-type]
        (lambda: separations(X, Y, n_jobs=True), "n_jobs"),  # type: ignore[arg-type]
        (lambda: separations(X, Y, rtol=WRONG), "rtol"),  # type: ignore[arg-type]
        (lambda: hull_distances(X, X, np.arange(6), rtol=WRONG), "rtol"),
        (lambda: cluster(X, MISSING), r"y\[2\]"),
        (lambda: cluster(X, MIXED), r"y\[2\]"),
        (lambda: DirectProbe(n_jobs=WRONG).fit(X, Y), "n_jobs"),
        (lambda: DirectProbe(rtol=WRONG).fit(X, Y), "rtol"),
        (lambda: DirectProbe().fit(X, MIXED), r"y\[2\]"),
        (lambda: DirectProbe().fit(X, np.array(MISSING, dtype=object)), r"y: missing .* row 2"),
        (lambda: spatial_similarity(X, X), "cannot compare"),
        (lambda: size_corrected_similarity(X, MIXED, X, Y), r"y\[2\]"),
        (lambda: size_corrected_similarity(X, Y, X, Y, n_permutations=WRONG), "n_permutations"),
        (lambda: size_corrected_similarity(X, Y, X, Y, groups1=[1]), "groups"),
        (lambda: spread(X, Y[:2]), "expected"),
    ],
)
def test_it_is_named(call: Callable[[], Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        call()
