"""The motion of centroids, on movements that are known (Figure 5's numbers)."""

import numpy as np
import pandas as pd
import pytest

from tunescope.studies.questions.motion import motion


def layer(first: np.ndarray, last: np.ndarray) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"label": list("abcd"), "vector": list(vectors)}).assign(update=u, stage=stage)
        for u, stage, vectors in ((0, "original", first), (9, "tuned", last))
    ]
    return pd.concat(parts, ignore_index=True)


START = np.random.default_rng(0).normal(size=(4, 5))


def test_labels_that_move_together() -> None:
    row = motion(layer(START, START + np.array([3.0, 4, 0, 0, 0]))).iloc[0]
    assert row["displacement_mean"] == pytest.approx(5)
    assert row["same_direction"] == pytest.approx(1)
    assert row["reach_x"] == pytest.approx(0)


def test_labels_that_move_apart() -> None:
    moved = np.zeros((4, 5))
    moved[:, :2] = [[2, 0], [-2, 0], [0, 1], [0, -1]]
    row = motion(layer(START, START + moved)).iloc[0]
    assert row["same_direction"] == pytest.approx(0, abs=1e-12)
    assert (row["reach_x"], row["reach_y"]) == (pytest.approx(4), pytest.approx(2))
    assert row["explained"] == pytest.approx(1)
