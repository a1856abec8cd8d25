"""Table 5's logic on made-up vectors: one label pushed away, one pulled in, one unmoved."""

import numpy as np
import pandas as pd
import pytest
from frames import tables as framed
from scipy import stats

from tunescope.geometry import separations
from tunescope.studies.questions.structure import separation_tables
from tunescope.tables import changes, distance_changes, distance_growth, growth_of_space
from tunescope.tables.distances import mean_change

LABELS = np.repeat(["away", "in", "still", "twin"], 2)
"""`still` and `twin` are each other's neighbours and do not move."""


def space(away: float, pulled: float) -> np.ndarray:
    corners = np.array([[-away, 0.0], [0, pulled], [5, 0], [5, 1]])
    return np.repeat(corners, 2, axis=0) + np.tile([[0.0, 0], [-0.25, 0]], (4, 1))


BEFORE, AFTER = space(10, 9), space(14, 6)


def distances(vectors: np.ndarray) -> pd.DataFrame:
    found = separations(vectors, LABELS)
    return separation_tables(found, lambda i: (str(i), ""))["minimum_distances"]


def space_of(
    stage: str, tuned_on: str, update: int, vectors: np.ndarray, value: float
) -> dict[str, pd.DataFrame]:
    where = {"model": "m", "task": "mine", "seed": 0, "stage": stage, "tuned_on": tuned_on}
    where |= {"update": update, "layer": 2}
    probed = {"probe": ["classifier", "majority"], "accuracy": [value, 0.1]}
    return {
        "minimum_distances": distances(vectors).assign(**where, split="train"),
        "accuracy": pd.DataFrame(probed).assign(**where, split="test", lower=0.0, upper=1.0),
        "linearity": pd.DataFrame({"n_clusters": [4.0], "n_labels": 4}).assign(
            **where, split="train"
        ),
    }


def crossed() -> dict[str, pd.DataFrame]:
    spaces = [
        space_of("original", "", 0, BEFORE, 0.7),
        space_of("tuned", "mine", 8, space(12, 9), 0.9),
        space_of("tuned", "other", 9, AFTER, 0.8),
    ]
    return framed(**{name: pd.concat([s[name] for s in spaces]) for name in spaces[0]})


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


@pytest.mark.slow
def test_table_5_has_a_row_for_the_original_the_same_and_the_other_task() -> None:
    tables = crossed()
    table = distance_growth(tables).set_index("tuned_on")
    assert table["accuracy"].to_dict() == pytest.approx({"": 0.7, "mine": 0.9, "other": 0.8})
    assert (table["n_clusters"] == 4).all()
    other = table.loc["other"]
    assert (other["n_increased"], other["n_decreased"], other["n_unchanged"]) == (1, 1, 2)
    assert table.loc["mine", "mean_change"] > 0
    assert np.isnan(table.loc["", "mean_change"])
    labels = distance_changes(tables).query("tuned_on == 'other'")
    assert other["mean_change"] == pytest.approx(labels["change"].mean())


@pytest.mark.slow
def test_the_mean_change_is_the_same_where_nobody_says_what_a_model_was_tuned_on() -> None:
    original = space_of("original", "", 0, BEFORE, 0.7)
    columns = ["mean_change", "change_lower", "change_upper"]
    known, unknown = (
        distance_growth(framed(**{name: pd.concat([original[name], end[name]]) for name in end}))
        for end in (space_of("tuned", task, 8, AFTER, 0.9) for task in ("mine", ""))
    )
    assert unknown["stage"].tolist() == ["original", "tuned"]
    assert known.loc[1, "mean_change"] != 0
    assert unknown[columns].equals(known[columns])


@pytest.mark.slow
def test_a_space_that_only_grew_moved_no_label_relative_to_itself() -> None:
    spread = [
        {"model": "m", "task": "mine", "seed": 0, "update": u, "layer": 2, "split": "train"}
        | {"total": total, "share_within": 0.5}
        for u, total in ((0, 2.0), (8, 6.0))
    ]
    spaces = [space_of("original", "", 0, BEFORE, 0.7), space_of("tuned", "mine", 8, 3 * BEFORE, 1)]
    found = framed(
        spread=spread,
        minimum_distances=pd.concat([s["minimum_distances"] for s in spaces]),
    )
    (row,) = growth_of_space(found).to_dict("records")
    assert row["space_after"] / row["space_before"] == pytest.approx(3)
    assert row["distance_after"] / row["distance_before"] == pytest.approx(3)


def test_without_fine_tuning_there_is_nothing_to_count() -> None:
    assert distance_growth(framed(**space_of("original", "", 0, BEFORE, 0.7))).empty
    assert distance_growth({}).empty


@pytest.mark.slow
def test_what_is_open_is_judged_by_its_bounds_and_not_averaged() -> None:
    tables = crossed()
    whole = distance_growth(tables)
    table = tables["minimum_distances"]
    still = (table["label"] == "away") & (table["stage"] == "tuned")
    table.loc[still, "minimum_distance"] = np.nan
    table.loc[still, "lower"] = 0.0
    found = distance_growth(tables)
    assert found["n_labels"].tolist() == whole["n_labels"].tolist()
    tuned = found["stage"] == "tuned"
    assert (found.loc[tuned, "n_undecided"] == whole.loc[tuned, "n_undecided"] + 1).all()
    changes = distance_changes(tables)
    known = changes[changes["label"] != "away"].groupby("tuned_on")["change"].mean()
    assert found[tuned].set_index("tuned_on")["mean_change"].to_dict() == pytest.approx(
        known.to_dict()
    )
    assert found.loc[tuned, ["change_lower", "change_upper"]].notna().all(axis=None)


def minima(points: np.ndarray) -> pd.DataFrame:
    found = separations(points, np.arange(len(points)).astype(str))
    return found.minimum()


def test_each_label_is_left_out_for_itself_and_as_a_neighbour() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.normal(size=(2, 7, 3)) * [[[1.0]], [[2.0]]]
    means = [
        minima(np.delete(after, label, axis=0))["minimum_distance"].mean()
        - minima(np.delete(before, label, axis=0))["minimum_distance"].mean()
        for label in range(7)
    ]
    mean, lower, upper = mean_change(minima(before), minima(after))
    error = np.sqrt(6 * np.var(means))
    assert mean == pytest.approx(
        (minima(after)["minimum_distance"] - minima(before)["minimum_distance"]).mean()
    )
    assert [mean - lower, upper - mean] == pytest.approx([stats.t.ppf(0.975, 6) * error] * 2)


def test_labels_that_share_their_distances_seldom_seem_to_move() -> None:
    rng = np.random.default_rng(1)
    claimed = 0
    for _ in range(60):
        before, after = rng.normal(size=(2, 17, 10))
        _, lower, upper = mean_change(minima(before), minima(after))
        claimed += lower > 0 or upper < 0
    assert claimed <= 8  # by Student's t over labels, as if they were independent, 15 of 60


def test_a_mean_without_its_bounds() -> None:
    few = minima(np.eye(2))
    assert mean_change(few, few)[1:] == (-np.inf, np.inf)
    old = minima(np.eye(4)).drop(columns="second_distance")
    old = old.reindex(columns=[*old.columns, "second_distance"])
    assert mean_change(old, old) == (0.0, -np.inf, np.inf)


def test_the_growth_is_that_of_labels_known_both_times() -> None:
    tables = crossed()
    whole = growth_of_space_of(tables)
    open_after = tables["minimum_distances"].reset_index(drop=True)
    mine = open_after[(open_after["tuned_on"] == "mine") & (open_after["label"] == "away")]
    open_after.loc[mine.index, "minimum_distance"] = np.nan
    left = growth_of_space_of({**tables, "minimum_distances": open_after})
    without = open_after[open_after["label"] != "away"]
    assert left == growth_of_space_of({**tables, "minimum_distances": without}) != whole


def test_where_no_distance_is_known_both_times_the_space_keeps_its_names() -> None:
    tables = crossed()
    original = tables["minimum_distances"]["stage"] == "original"
    tables["minimum_distances"].loc[original, "minimum_distance"] = np.nan
    at = {"model": "m", "task": "mine", "seed": 0, "layer": 2, "split": "train"}
    spread = [
        {**at, "update": u, "tuned_on": t, "stage": s, "total": 1.0 + u, "share_within": 0.5}
        for u, t, s in ((0, "", "original"), (8, "mine", "tuned"))
    ]
    (row,) = growth_of_space({**tables, **framed(spread=spread)}).to_dict("records")
    assert (row["model"], row["task"], row["seed"], row["space_after"]) == ("m", "mine", 0, 9.0)
    assert np.isnan(row["distance_before"]) and np.isnan(row["distance_after"])


def test_another_layer_does_not_stand_in_for_a_last_one_without_bounds() -> None:
    tables = crossed()
    lower_layer = tables["minimum_distances"].assign(layer=1)
    tables["minimum_distances"][["minimum_distance", "lower", "upper"]] = np.nan
    both = pd.concat([lower_layer, tables["minimum_distances"]], ignore_index=True)
    assert distance_changes({"minimum_distances": both}).empty
    assert set(distance_changes({"minimum_distances": both}, layers="all")["layer"]) == {1}


def growth_of_space_of(tables: dict[str, pd.DataFrame]) -> list[float]:
    """Give the distances before and after."""
    at = {"model": "m", "task": "mine", "seed": 0, "layer": 2, "split": "train"}
    spread = [
        {**at, "update": u, "tuned_on": t, "stage": s, "total": 1.0, "share_within": 0.5}
        for u, t, s in ((0, "", "original"), (8, "mine", "tuned"))
    ]
    found = growth_of_space({**tables, **framed(spread=spread)})
    return found[["distance_before", "distance_after"]].iloc[0].tolist()
