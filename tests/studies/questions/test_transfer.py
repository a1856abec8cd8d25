"""Table 5's logic on made-up vectors: one label pushed away, one pulled in, one unmoved."""

import numpy as np
import pandas as pd
import pytest

from tunescope.errors import InputError
from tunescope.geometry import separations
from tunescope.studies.assemble import assemble
from tunescope.studies.conduct import conduct
from tunescope.studies.questions.structure import separation_tables
from tunescope.studies.questions.transfer import ORIGINAL, changes
from tunescope.studies.study import Study

LABELS = np.repeat(["away", "in", "still", "twin"], 2)
"""`still` and `twin` are each other's neighbours and do not move."""


def space(away: float, pulled: float) -> np.ndarray:
    corners = np.array([[-away, 0.0], [0, pulled], [5, 0], [5, 1]])
    return np.repeat(corners, 2, axis=0) + np.tile([[0.0, 0], [-0.25, 0]], (4, 1))


BEFORE, AFTER = space(10, 9), space(14, 6)


def distances(vectors: np.ndarray) -> pd.DataFrame:
    found = separations(vectors, LABELS)
    return separation_tables(found, lambda i: (str(i), ""))["minimum_distances"]


def accuracy(value: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"probe": ["classifier", "majority"], "accuracy": [value, 0.1], "lower": 0.0, "upper": 1.0}
    )


def linearity() -> pd.DataFrame:
    return pd.DataFrame({"n_clusters": [4]})


def step(vectors: np.ndarray, value: float, update: int, **more: str) -> dict[str, pd.DataFrame]:
    where = {"update": update, "layer": 2, **more}
    return {
        "minimum_distances": distances(vectors).assign(**where, split="train"),
        "accuracy": accuracy(value).assign(**where, split="test"),
        "linearity": linearity().assign(**where, split="train"),
    }


def test_each_label_goes_its_way() -> None:
    found = changes(distances(BEFORE), distances(AFTER)).set_index("label")
    assert found["direction"].to_dict() == {
        "away": "increased",
        "in": "decreased",
        "still": "unchanged",
        "twin": "unchanged",
    }
    gap = np.hypot(9.75, 9) - np.hypot(4.75, 6)  # `in` is nearest to `still`, before and after
    assert found.loc["still", "change"] == 0
    assert found.loc["in", "change"] < 0 < found.loc["away", "change"] < gap


def test_overlapping_bounds_decide_nothing() -> None:
    loose = distances(BEFORE).assign(lower=0.0, upper=100.0)
    assert set(changes(loose, distances(AFTER))["direction"]) <= {"undecided", "unchanged"}


def test_table_5_has_a_row_for_the_original_the_same_and_the_other_task() -> None:
    crossed = step(AFTER, 0.8, 9, tuned_on="other")
    steps = [
        (
            "m",
            "mine",
            None,
            {k: t.assign(weights="pretrained") for k, t in step(BEFORE, 0.7, 0).items()},
        ),
        (
            "m",
            "mine",
            0,
            {k: t.assign(weights="pretrained") for k, t in step(space(12, 9), 0.9, 8).items()},
        ),
        ("m", "mine", 0, {f"transfer_{name}": table for name, table in crossed.items()}),
    ]
    tables = assemble(steps, [0])
    table = tables["transfer"].set_index("tuned_on")
    assert set(table.index) == {ORIGINAL, "mine", "other"}
    assert table["accuracy"].to_dict() == pytest.approx({ORIGINAL: 0.7, "mine": 0.9, "other": 0.8})
    other = table.loc["other"]
    assert (other["n_increased"], other["n_decreased"], other["n_unchanged"]) == (1, 1, 2)
    assert table.loc["mine", "mean_change"] > 0 == table.loc[ORIGINAL, "mean_change"]
    labels = tables["transfer_distances"].query("tuned_on == 'other'")
    assert other["mean_change"] == pytest.approx(labels["change"].mean())
    assert not {name for name in tables if name.startswith("transfer_")} - {"transfer_distances"}


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ({"tune": "demo-pot", "probe": "demo-pos"}, r"transfer.0.tune: 'demo-pot' .* 'demo-pos'"),
        ({"tune": "demo-pos", "probe": "demo-pos"}, r"transfer.0: both tasks are 'demo-pos'"),
    ],
)
def test_a_transfer_needs_two_tasks_of_the_study(tmp_path, pair, message) -> None:
    study = Study(models=["bert-tiny"], tasks=["demo-pos"], transfer=[pair])
    with pytest.raises(InputError, match=message):
        conduct(study, tmp_path / "run")
    assert not (tmp_path / "run").exists()
