"""Arguments of the wrong kind are refused by name, before anything is computed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tunescope.errors import InputError
from tunescope.geometry import (
    DirectProbe,
    cluster,
    expected_separation,
    hull_distances,
    meet,
    principal_variances,
    separation,
    separations,
    separations_by_sizes,
    similarity_beyond_sizes,
    similarity_change,
    size_corrected_similarity,
    spatial_similarity,
    spread,
)

X = np.random.default_rng(0).normal(size=(6, 3))
Y = ["a", "a", "b", "b", "c", "c"]
MIXED: list[Any] = ["a", "a", 1, 1, "c", "c"]
MISSING: list[Any] = ["a", "a", None, "b", "c", "c"]
WRONG: Any = "wrong"
PAIRS = [(i, j) for i in range(6) for j in range(i)]
APART = np.random.default_rng(1).random((2, 15)) + 1
ONE_IS = {
    "NaN": np.where(np.arange(15) == 3, np.nan, APART),
    "infinite": np.where(np.arange(15) == 3, np.inf, APART),
    "below 0": np.where(np.arange(15) == 3, -1.0, APART),
}
UNFIT: dict[str, Any] = {
    "turned": APART.T,
    "flat": APART.ravel(),
    "one row": APART[0],
    "too few": APART[:, 1:],
    "three": np.stack([APART] * 2),
    "ragged": [APART[0], APART[1, 1:]],
    "texts": APART.astype(str),
    "a text": "wrong",
    "None": None,
    **ONE_IS,
}
"""What is no two vectors of fifteen distances."""
UNFIT_PAIRS: dict[str, Any] = {
    "twice": [*PAIRS[:-1], PAIRS[0]],
    "turned twice": [*PAIRS[:-1], PAIRS[0][::-1]],
    "of one label": [*PAIRS[:-1], (0, 0)],
    "of three": [*PAIRS[:-1], (0, 1, 2)],
    "numbers": range(15),
    "lists in them": [*PAIRS[:-1], ([0], [1])],
    "None": None,
}
CHANGED: Any = similarity_change
BEYOND: Any = similarity_beyond_sizes
BY_SIZES: Any = separations_by_sizes


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


@pytest.mark.parametrize("what", UNFIT)
def test_two_distance_vectors_have_one_shape_and_no_other(what: str) -> None:
    wrong = UNFIT[what]
    if what != "NaN":  # there it is a distance that is not known
        with pytest.raises(InputError, match=r"^distances"):
            BEYOND(PAIRS, wrong, APART)
        with pytest.raises(InputError, match=r"^by_sizes"):
            BEYOND(PAIRS, APART, wrong)
    if what != "below 0":
        with pytest.raises(InputError, match=r"^before"):
            CHANGED(PAIRS, wrong, APART)
        with pytest.raises(InputError, match=r"^after"):
            CHANGED(PAIRS, APART, wrong)


@pytest.mark.parametrize("what", UNFIT_PAIRS)
def test_pairs_are_of_two_labels_each_once(what: str) -> None:
    for compare in (BEYOND, CHANGED):
        with pytest.raises(InputError, match=r"^pairs"):
            compare(UNFIT_PAIRS[what], APART, APART)


@pytest.mark.parametrize("number", [0, -3, 1.5, True, None, "9"], ids=repr)
def test_there_is_at_least_one_draw_and_one_point(number: Any) -> None:
    for name in ("n_exchanges", "n_resamples"):
        with pytest.raises(InputError, match=f"^{name}"):
            BEYOND(PAIRS, APART, APART[::-1], **{name: number})
    with pytest.raises(InputError, match=r"^n_resamples"):
        spatial_similarity(separations(X, range(6)), separations(X, range(6)), n_resamples=number)  # type: ignore[arg-type]
    counts = {"n_a": 1, "n_b": 1, "n_features": 1}
    for name in counts:
        with pytest.raises(InputError, match=f"^{name}"):
            expected_separation(**(counts | {name: number}))


@pytest.mark.parametrize(
    ("sizes", "variances", "named"),
    [
        ([[2, 2, 300], [2, 200, 300]], [1.0, 1.0], r"sizes: expected shape \(n_pairs, 2\)"),
        ([2, 2], [1.0, 1.0], r"sizes: expected shape \(n_pairs, 2\)"),
        ([[2, 0]], [1.0, 1.0], r"sizes\[0, 1\] is 0.0"),
        ([[2, np.nan]], [1.0, 1.0], r"sizes\[0, 1\] is nan"),
        ([[2, np.inf]], [1.0, 1.0], r"sizes\[0, 1\] is inf"),
        ([["2", "3"]], [1.0, 1.0], "sizes: expected an array of numbers"),
        ([[2, 2]], np.eye(2), r"variances: expected shape \(n_features,\)"),
        ([[2, 2]], 1.0, r"variances: expected shape \(n_features,\)"),
        ([[2, 2]], [1.0, -1.0], r"variances\[1\] is -1.0"),
        ([[2, 2]], [1.0, np.nan], r"variances\[1\] is nan"),
    ],
)
def test_sizes_are_two_a_pair_and_variances_one_a_direction(
    sizes: Any, variances: Any, named: str
) -> None:
    with pytest.raises(InputError, match=f"^{named}"):
        BY_SIZES(sizes, variances)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_variances_of_what_is_not_finite_are_refused(value: float) -> None:
    with pytest.raises(InputError, match=r"^X: row 2, column 1"):
        principal_variances(np.where(np.arange(18).reshape(6, 3) == 7, value, X))


@pytest.mark.parametrize("groups", [[0, 0, None, 1, 2, 2], [0, 0, np.nan, 1, 2, 2]], ids=repr)
def test_texts_that_are_missing_are_not_permuted(groups: Any) -> None:
    with pytest.raises(InputError, match=r"^groups: missing"):
        size_corrected_similarity(X, Y, X, Y, groups2=groups)
