"""Vectors and labels as people have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tunescope.errors import InputError
from tunescope.evidence import suspects
from tunescope.geometry import (
    DirectProbe,
    centroids,
    cluster,
    linear_cka,
    principal_variances,
    separation,
    separations,
    shared_plane,
    sketch,
    spread,
)
from tunescope.probes import LinearProbe

X = np.random.default_rng(0).normal(size=(60, 3)).round(1)
Y = np.repeat(["a", "b", "c"], 20)
MISSING = {
    "None": np.array([*Y[:30], None, *Y[31:]], dtype=object),
    "NaN": np.array([*Y[:30], float("nan"), *Y[31:]], dtype=object),
    "NA": pd.Series(pd.array([*Y[:30], pd.NA, *Y[31:]], dtype="string")),
    "NA in a category": pd.Series([*Y[:30], None, *Y[31:]], dtype="category"),
    "a list with None": [*Y[:30].tolist(), None, *Y[31:].tolist()],
    "a list with masked": [*Y[:30].tolist(), np.ma.masked, *Y[31:].tolist()],
}
MASKED = {
    "texts": np.ma.masked_array(Y, mask=np.arange(60) == 30),
    "numbers": np.ma.masked_array(np.repeat([0, 1, 2], 20), mask=np.arange(60) == 30),
}


@pytest.mark.parametrize("probe", [DirectProbe(), LinearProbe()], ids=["geometry", "classifier"])
@pytest.mark.parametrize("labels", MISSING.values(), ids=MISSING)
def test_a_missing_label_is_refused_with_its_row(probe: Any, labels: Any) -> None:
    with pytest.raises(InputError, match=r"y: missing \(.*\) at row 30 and in 1 of 60 rows"):
        probe.fit(X, labels)


@pytest.mark.parametrize("probe", [DirectProbe(), LinearProbe()], ids=["geometry", "classifier"])
@pytest.mark.parametrize("labels", MASKED.values(), ids=MASKED)
def test_a_masked_label_is_refused_with_its_row(probe: Any, labels: Any) -> None:
    with pytest.raises(InputError, match=r"y: 1 of 60 values are masked, the first at \[30\]"):
        probe.fit(X, labels)


def test_a_mask_that_hides_nothing_is_no_matter() -> None:
    found = separations(np.ma.masked_array(X, mask=False), np.ma.masked_array(Y, mask=False))
    assert np.array_equal(found.distance, separations(X, Y).distance)


OF_LABELLED: dict[str, Callable[..., Any]] = {
    "centroids": centroids,
    "spread": spread,
    "separations": separations,
    "cluster": cluster,
    "DirectProbe": lambda X, y: DirectProbe().fit(X, y),
    "LinearProbe": lambda X, y: LinearProbe().fit(X, y),
    "suspects": suspects,
}
OF_VECTORS: dict[str, Callable[[Any], Any]] = {
    "principal_variances": principal_variances,
    "sketch": lambda X: sketch(X, rank=2),
    "shared_plane": lambda X: shared_plane([X]),
    "linear_cka": lambda X: linear_cka(X, np.eye(60)),
    **{name: lambda X, call=call: call(X, Y) for name, call in OF_LABELLED.items()},
}
NO_VECTORS: dict[str, Any] = {
    "NaN": np.where(np.arange(180).reshape(60, 3) == 100, np.nan, X),
    "infinity": np.where(np.arange(180).reshape(60, 3) == 100, np.inf, X),
    "a mask": np.ma.masked_array(X, mask=np.arange(180).reshape(60, 3) == 100),
    "a row": X[:, 0],
    "none": np.zeros((0, 3)),
    "texts": np.full((60, 3), "x"),
    "ragged": [[1.0]] * 59 + [[1.0, 2.0]],
    "None": None,
}


@pytest.mark.parametrize("call", OF_VECTORS.values(), ids=OF_VECTORS)
@pytest.mark.parametrize("wrong", NO_VECTORS.values(), ids=NO_VECTORS)
def test_what_are_no_vectors_is_refused_by_name(call: Callable[[Any], Any], wrong: Any) -> None:
    with pytest.raises(InputError, match=r"^(X|X or y|snapshots\[0\])[: \[]"):
        call(wrong)


@pytest.mark.parametrize("call", OF_LABELLED.values(), ids=OF_LABELLED)
@pytest.mark.parametrize(
    "wrong",
    [
        *MISSING.values(),
        *MASKED.values(),
        Y[:5],
        Y[:, None].repeat(2, 1),
        ["a", 1] * 30,
        "text",
        None,
    ],
    ids=[*MISSING, *MASKED, "too few", "two columns", "mixed", "a text", "no"],
)
def test_what_are_no_labels_is_refused_by_name(call: Callable[..., Any], wrong: Any) -> None:
    with pytest.raises(InputError, match=r"^(X and y|X or y|y)[: \[]"):
        call(X, wrong)


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
