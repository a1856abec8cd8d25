"""What the package does without any extra, tried where no extra is installed."""

import importlib.util

import numpy as np

import tunescope as ts
from tunescope.extras import MissingError
from tunescope.probes import LinearProbe

assert importlib.util.find_spec("torch") is None, "an extra is installed"
random = np.random.default_rng(0)
labels = np.repeat(["a", "b", "c"], 20)
vectors = random.normal(size=(60, 4)) + np.repeat(9 * np.eye(3, 4), 20, axis=0)
assert ts.DirectProbe().fit(vectors, labels).is_linear_
assert ts.separation(vectors[:20], vectors[20:40]).verify(vectors[:20], vectors[20:40])
assert LinearProbe("quick").fit(vectors, labels).score(vectors, labels) == 1
try:
    ts.Encoder  # noqa: B018
except MissingError as error:
    assert "pip install 'tunescope[study]'" in str(error)
else:
    raise AssertionError("Encoder needs an extra")
