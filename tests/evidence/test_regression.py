"""Leaving texts out in closed form is what fitting anew without them gives."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tunescope.evidence.confidence import scaled
from tunescope.evidence.regression import left_out_regression


@pytest.mark.parametrize(("n_features", "n_groups"), [(3, 30), (50, 30), (5, 8)])
@pytest.mark.slow
def test_equals_a_fit_without_each_text(n_features: int, n_groups: int) -> None:
    random = np.random.default_rng(0)
    X, codes = random.normal(size=(30, n_features)), random.integers(0, 3, 30)
    groups = np.arange(30) % n_groups
    found = left_out_regression(X, codes, groups=groups, shrinkage=0.1)
    near, wanted = scaled(X).astype(float), np.eye(3)[codes]
    for group in range(n_groups):
        held = groups == group
        fit = Ridge(alpha=0.1 * 30).fit(near[~held], wanted[~held])
        assert found[held] == pytest.approx(fit.predict(near[held]), abs=1e-6)


def test_the_only_text_is_predicted_by_the_labels_shares() -> None:
    found = left_out_regression(np.eye(4), np.array([0, 0, 0, 1]), groups=np.zeros(4))
    assert found == pytest.approx(np.tile([0.75, 0.25], (4, 1)))
