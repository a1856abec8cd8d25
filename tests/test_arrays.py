"""Vectors and labels as people have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tunescope.errors import InputError
from tunescope.geometry import DirectProbe, centroids, linear_cka, separation, separations, spread
from tunescope.probes import LinearProbe

X = np.random.default_rng(0).normal(size=(60, 3)).round(1)
Y = np.repeat(["a", "b", "c"], 20)
MISSING = {
    "None": np.array([*Y[:30], None, *Y[31:]], dtype=object),
    "NaN": np.array([*Y[:30], float("nan"), *Y[31:]], dtype=object),
    "NA": pd.Series(pd.array([*Y[:30], pd.NA, *Y[31:]], dtype="string")),
    "NA in a category": pd.Series([*Y[:30], None, *Y[31:]], dtype="category"),
    "a list with None": [*Y[:30].tolist(), None, *Y[31:].tolist()],
}


@pytest.mark.parametrize("probe", [DirectProbe(), LinearProbe()], ids=["geometry", "classifier"])
@pytest.mark.parametrize("labels", MISSING.values(), ids=MISSING)
def test_a_missing_label_is_refused_with_its_row(probe: Any, labels: Any) -> None:
    with pytest.raises(InputError, match=r"y: missing \(.*\) at row 30 and in 1 of 60 rows"):
        probe.fit(X, labels)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.slow
def test_tensors_of_every_precision_are_read_as_the_numbers_they_hold(kind: torch.dtype) -> None:
    tensor = torch.tensor(X, dtype=kind, requires_grad=True)
    plain = tensor.detach().to(torch.float64).numpy()
    codes = torch.arange(3).repeat_interleave(20)
    assert separation(tensor[:5], tensor[5:9]).verify(plain[:5], plain[5:9])
    found = separations(tensor, codes).distance
    assert np.allclose(found, separations(plain, codes.numpy()).distance, rtol=1e-5)
    assert np.allclose(centroids(tensor, codes).vectors, centroids(plain, codes.numpy()).vectors)
    assert np.isclose(spread(tensor, codes).within, spread(plain, codes.numpy()).within)
    assert np.isclose(linear_cka(tensor, tensor), 1.0)
    probe = DirectProbe().fit(tensor, codes)
    assert probe.n_clusters_ == DirectProbe().fit(plain, codes.numpy()).n_clusters_
    assert LinearProbe().fit(tensor, codes).score(tensor, codes) > 1 / 3
