"""What every probe asks of its vectors and labels, and how it refuses the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, validate_data

from tunescope.arrays import as_array, refuse_unusable
from tunescope.errors import InputError, InputTypeError

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator


def training_data(
    probe: BaseEstimator, X: Any, y: Any, *, min_classes: int = 2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check what a probe is fitted on.

    Constant and repeated columns are fine: they get weights like any other.

    Parameters
    ----------
    probe : the estimator; learns the number and names of the features.
    X : (n_examples, n_features) vectors.
    y : (n_examples,) labels of any kind scikit-learn takes for classes.
    min_classes : fewest labels that make sense to this probe.

    Returns
    -------
    X : (n_examples, n_features) float32 or float64 array, C order.
    codes : (n_examples,) int64 positions in `classes`.
    classes : (n_classes,) sorted labels.

    Raises
    ------
    InputError
        For NaN or infinite values (naming the first), shapes that do not fit, labels that
        are not classes, or too few of them.
    """
    X = _vectors(probe, X)
    if y is None:
        raise InputError("y: a probe requires y to be passed, but the target y is None")
    y = as_array(y, "y")
    refuse_unusable(y, "y")
    try:
        y = validate_data(probe, "no_validation", y)
        check_classification_targets(y)
    except (ValueError, TypeError) as error:
        raise InputError(f"y: {' '.join(str(error).split())}") from error
    if len(X) != len(y):
        raise InputError(f"X and y: {len(X)} and {len(y)} examples; expected as many")
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < min_classes:
        raise InputError(
            f"y has one class, {classes.tolist()[0]!r}; "
            f"a probe needs examples of at least {min_classes}"
        )
    return X, codes.astype(np.int64), classes


def test_vectors(probe: BaseEstimator, X: Any) -> np.ndarray:
    """Check what a fitted probe is asked about; raises InputError like `training_data`."""
    return _vectors(probe, X, reset=False)


def _vectors(probe: BaseEstimator, X: Any, *, reset: bool = True) -> np.ndarray:
    X = as_array(X)
    refuse_not_finite(X, "X")
    try:
        return np.asarray(
            validate_data(probe, X, dtype=[np.float32, np.float64], order="C", reset=reset)
        )
    except TypeError as error:
        raise InputTypeError(f"X: {' '.join(str(error).split())}") from error
    except ValueError as error:
        raise InputError(f"X: {' '.join(str(error).split())}") from error


def test_labels(y: Any, n_examples: int) -> np.ndarray:
    """Check the labels that predictions are compared with.

    Labels that were not in training are allowed: no probe can predict them, so they count
    as wrong.
    """
    y = as_array(y, "y")
    refuse_unusable(y, "y")
    labels: np.ndarray = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (n_examples,):
        raise InputError(f"y: shape {labels.shape}; expected one label an example, ({n_examples},)")
    return labels


def group_of(groups: Any, n_examples: int) -> np.ndarray | None:
    """Check the groups of examples; None stays None."""
    if groups is None:
        return None
    refuse_unusable(groups, "groups")
    clusters: np.ndarray = np.asarray(groups)
    if clusters.shape != (n_examples,):
        raise InputError(
            f"groups: shape {clusters.shape}; expected one group an example, ({n_examples},)"
        )
    return clusters


def refuse_not_finite(X: Any, name: str) -> None:
    """Raise an InputError that names the first NaN or infinite value of a numeric array."""
    if not isinstance(X, np.ndarray) or X.dtype.kind != "f" or X.ndim != 2:
        return  # validate_data converts and judges the rest
    finite = np.isfinite(X.sum(dtype=np.float64)) if X.size else True
    if finite:
        return
    wrong = ~np.isfinite(X)
    if not wrong.any():
        return
    row, column = np.unravel_index(int(wrong.argmax()), X.shape)
    what = "NaN" if np.isnan(X[row, column]) else "infinity"
    raise InputError(
        f"{name} contains {what} at row {row}, column {column} "
        f"({int(wrong.any(axis=1).sum())} of {len(X)} rows are not finite)"
    )


def as_float32(X: np.ndarray) -> np.ndarray:
    """Convert to float32, refusing values that do not fit in it."""
    check_array(X, dtype=None)
    with np.errstate(over="ignore"):
        single = np.ascontiguousarray(X, dtype=np.float32)
    refuse_not_finite(single, "X in float32")
    return single


def seed_of(random_state: Any, name: str = "random_state") -> int:
    """The seed that a ``random_state`` stands for: a whole number, or None for 0."""
    if random_state is None:
        return 0
    if is_whole(random_state) and 0 <= random_state < 2**32:
        return int(random_state)
    raise InputError(f"{name} is {random_state!r}; expected a whole number from 0 to 2³² - 1")


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number; True and False are none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
