"""Synthetic runs for the report."""

import pytest
from synthetic_runs import POS, SyntheticRun, synthetic_run


@pytest.fixture(scope="session")
def run() -> SyntheticRun:
    """Two tasks, two models, one seed."""
    return synthetic_run()


@pytest.fixture(scope="session")
def small_run() -> SyntheticRun:
    """One task of six labels, one model, two seeds: enough for most tests."""
    return synthetic_run({"pos": POS[:6]}, ("minilm",), (0, 1))
