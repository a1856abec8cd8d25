"""What a look measures, of vectors at hand; and that the manual says what a look does not."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from tunescope.encoders import Representation
from tunescope.studies.assemble import assemble
from tunescope.studies.steps import Origin
from tunescope.tables import schema
from tunescope.tasks import Task
from tunescope.watching.head import head_suspects
from tunescope.watching.measure import MEASURES, NEAREST_HULL, Geometry

pytestmark = pytest.mark.slow
NAMES = tuple("abcdef")
SIZES = {"train": 12, "test": 5}


def task() -> Task:
    return Task.from_dataset(
        {
            split: pd.DataFrame(
                {"text": [f"a text {i}" for i in range(6 * n)], "label": [*NAMES] * n}
            )
            for split, n in SIZES.items()
        },
        name="t",
    )


def vectors(seed: int) -> dict[str, Representation]:
    """Draw six labels that lie apart, in both splits around the same centres."""
    random = np.random.default_rng(seed)
    centres = 9 * np.random.default_rng(0).normal(size=(6, 8))
    found = {}
    for split, n in SIZES.items():
        labels = np.tile(np.arange(6), n)
        X = centres[labels] + random.normal(size=(6 * n, 8))
        found[split] = Representation.from_arrays({1: X}, labels, NAMES, split=split)
    return found


def watched(*measures: str) -> tuple[dict[str, pd.DataFrame], dict[str, float]]:
    """Look twice, and put a training's tables together."""
    start, later = vectors(1), vectors(2)
    geometry = Geometry(task(), list(SIZES), measures or MEASURES, start)
    first, _ = geometry.look(start)
    last, values = geometry.look(later)
    steps = [
        (Origin("m", "t", 0, "original", 0), first),
        (Origin("m", "t", 0, "tuned", 9, tuned_on="t"), last),
    ]
    rows = [(3, 0, "b", 0.1), (9, 0, "b", 0.1), (3, 6, "b", 0.1), (9, 6, "a", 0.6)]
    said = pd.DataFrame(rows, columns=["update", "example", "predicted", "confidence"])
    said = said.assign(label="a", split="train", correct=said["predicted"] == "a")
    suspects = head_suspects([said], task()["train"], "train", 1)
    steps.append((Origin("m", "t", 0, "tuned", 9, tuned_on="t"), {"suspects": suspects}))
    return assemble(steps, [0]), values


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return watched()[0]


def says_so(table: str, column: str) -> bool:
    """Whether the manual gives a reason that holds for a watched training, or refers to one."""
    missing = schema().columns(table)[column].missing
    referred = re.findall(r"as `(?:(\w+)\.)?(\w+)`", missing)
    there = [says_so(part or table, name) for part, name in referred]
    return "watched" in missing or "`reason`" in missing or any(there)


def test_the_manual_says_what_is_never_measured_in_a_watched_training(
    tables: dict[str, pd.DataFrame],
) -> None:
    lacking = [
        (name, column)
        for name, table in tables.items()
        for column in table
        if table[column].isna().all()
    ]
    assert ("separations", "by_sizes") in lacking and ("suspects", "agreement") in lacking
    assert [place for place in lacking if not says_so(*place)] == []


def test_what_has_no_similarity_was_not_measured(tables: dict[str, pd.DataFrame]) -> None:
    similarity = tables["similarity"].set_index("measure")
    never = ["spatial_beyond_sizes", "spatial_pearson_zhou2022"]
    assert similarity.drop(index=never)["similarity"].notna().all()
    assert similarity.loc[never, "reason"].str.contains("not measured").all()
    changes = tables["similarity_change"].set_index("measure")["reason"]
    assert "not measured" in changes["spatial_beyond_sizes"] and not changes["spatial_pearson"]


def test_the_nearest_hull_is_a_probe_of_the_held_out_split(
    tables: dict[str, pd.DataFrame],
) -> None:
    table = tables["accuracy"]
    assert set(table["probe"]) == {NEAREST_HULL} and set(table["split"]) == {"test"}
    assert f"`{NEAREST_HULL}`" in schema().columns("accuracy")["probe"].meaning
    assert f"- `{NEAREST_HULL}`:" in schema().tables["accuracy"].notes


def test_a_similarity_is_of_distances_which_are_kept_and_logged_too() -> None:
    of_similarity, values = watched("similarity")
    assert {"separations", "minimum_distances", "similarity"} <= set(of_similarity)
    assert {"similarity_train_test", "similarity_with_start", "min_distance/a"} <= set(values)
    assert "clusters" not in values
