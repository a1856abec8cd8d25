"""Each finding is judged right on tables where the answer is known, seed by seed."""

import pandas as pd
import pytest
from frames import tables as framed

from tunescope.paper import cases, findings
from tunescope.paper.cases import CANNOT_TELL, DOES_NOT, HOLDS, Case, summarise, verdict
from tunescope.tables import closest_three

WHERE = {"model": "m", "seed": 0}


def linearity(task: str, update: int, n_clusters: float, **more: object) -> dict[str, object]:
    return {
        **WHERE,
        "task": task,
        "update": update,
        "layer": 2,
        "n_clusters": n_clusters,
        "n_labels": 5,
        "is_linear": n_clusters == 5,
        "n_features": 8,
        "n_pairs": 10,
        "capacity_pairs": 4.0,
        **more,
    }


def transfers(task: str, *spaces: tuple[str, float, float]) -> dict[str, pd.DataFrame]:
    """Make spaces: tuned on what (nothing: the original), change of the distances, accuracy."""
    distances, accuracies = [], []
    for tuned_on, change, accuracy in spaces:
        stage = "tuned" if tuned_on else "original"
        where = {**WHERE, "task": task, "tuned_on": tuned_on, "stage": stage, "layer": 2}
        where["update"] = 9 if tuned_on else 0
        for label in "abcde":
            away = {"minimum_distance": 10 + change, "lower": 10 + change, "upper": 10 + change}
            distances.append({**where, "split": "train", "label": label, **away})
        bounds = {"lower": accuracy - 0.01, "upper": accuracy + 0.01}
        probed = {"split": "test", "probe": "classifier", "accuracy": accuracy}
        accuracies.append({**where, **probed, **bounds})
    return framed(minimum_distances=distances, accuracy=accuracies)


def verdict_of(tables: dict[str, pd.DataFrame], words: str) -> str:
    table = findings(tables)
    chosen = table[table["finding"].str.contains(words, regex=False)]
    assert len(chosen) == 1
    return str(chosen["verdict"].iloc[0])


def test_without_tables_nothing_can_be_told_and_it_says_what_is_lacking() -> None:
    table = findings({})
    assert set(table["verdict"]) == {CANNOT_TELL}
    assert table["numbers"].str.contains("it lacks").all()
    assert cases({}).empty


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(8, 6, HOLDS), (8, 8, DOES_NOT), (5, 5, CANNOT_TELL)]
)
def test_fewer_clusters_where_there_were_too_many(before: int, after: int, expected: str) -> None:
    rows = [linearity("pos", 0, before), linearity("pos", 9, after)]
    assert verdict_of(framed(linearity=rows), "space simpler") == expected


def test_only_a_small_model_speaks_for_small_models() -> None:
    small = [linearity("pos", 0, 9), linearity("dep", 0, 5), linearity("ps-fxn", 0, 9)]
    assert verdict_of(framed(linearity=small), "Small models") == HOLDS
    deep = [{**row, "layer": 6} for row in small]
    assert verdict_of(framed(linearity=deep), "Small models") == CANNOT_TELL


def test_a_contradiction_alone_makes_trec_not_linear() -> None:
    aside = {"n_clusters_without_contradictions": 5.0}
    rows = [linearity("trec-50", update, 7, **aside) for update in (0, 9)]
    tables = framed(linearity=rows)
    assert verdict_of(tables, "not linear in any model") == HOLDS
    assert verdict_of(tables, "even once its contradictions") == DOES_NOT


@pytest.mark.parametrize(
    ("random", "chance", "expected"), [(9, 4.0, HOLDS), (5, 4.0, DOES_NOT), (9, 10.0, DOES_NOT)]
)
def test_linear_is_no_news_where_random_vectors_are(
    random: int, chance: float, expected: str
) -> None:
    rows = [
        linearity("pos", 0, 5, capacity_pairs=chance),
        linearity("pos", 0, random, stage="random"),
    ]
    tables = framed(linearity=rows)
    assert verdict_of(tables, "linear already") == HOLDS
    assert verdict_of(tables, "more than dimension") == expected


def test_a_bound_on_the_clusters_of_random_weights_is_enough() -> None:
    bounds = {"stage": "random", "least_clusters": 6, "is_linear": False}
    rows = [linearity("pos", 0, 5), linearity("pos", 0, float("nan"), **bounds)]
    table = findings(framed(linearity=rows))
    chosen = table[table["finding"].str.contains("than dimension alone")].iloc[0]
    assert chosen["verdict"] == HOLDS
    assert "at least 6 with random weights" in chosen["numbers"]


def test_the_paper_s_own_transfer_bears_its_findings_out() -> None:
    spaces = [("", 0.0, 0.8775), ("ps-fxn", 5.29, 0.8958), ("ps-role", 1.02, 0.8953)]
    tables = transfers("ps-fxn", *spaces, ("pos", -1.68, 0.8324))
    for words in ("A similar task", "An opposing task", "Labels further apart", "pushes every"):
        assert verdict_of(tables, words) == HOLDS
    tables = transfers("ps-fxn", *spaces, ("pos", 0.5, 0.8324))
    assert verdict_of(tables, "An opposing task") == DOES_NOT
    assert verdict_of(tables, "Labels further apart") == DOES_NOT


@pytest.mark.parametrize(
    ("after", "lower", "upper", "expected"),
    [
        (0.81, 0.002, 0.018, HOLDS),
        (0.79, -0.018, -0.002, DOES_NOT),
        (0.81, -0.001, 0.021, CANNOT_TELL),
    ],
)
def test_accuracy_is_judged_by_its_change_on_the_same_examples(
    after: float, lower: float, upper: float, expected: str
) -> None:
    row = {**WHERE, "task": "pos", "layer": 2, "probe": "classifier", "split": "test"}
    wide = {"lower": 0.7, "upper": 0.9, "setting": "64x64"}
    accuracy = [{**row, **wide, "update": u, "accuracy": a} for u, a in ((0, 0.80), (9, after))]
    change = {**row, "update": 9, "difference": after - 0.80, "lower": lower, "upper": upper}
    other = {**change, "probe": "linear", "lower": -0.5, "upper": 0.5}
    rows = [{**row, "p_corrected": 0.5} for row in (other, change)]
    tables = framed(accuracy=accuracy, accuracy_change=rows)
    assert verdict_of(tables, "improves the probe's accuracy") == expected


@pytest.mark.parametrize(("farther", "expected"), [(3.0, HOLDS), (1.5, DOES_NOT)])
def test_distances_are_compared_with_the_growth_of_the_space(farther: float, expected: str) -> None:
    row = {**WHERE, "task": "pos", "layer": 2, "split": "train"}
    lower = {**row, "layer": 1}
    totals = ((0, 5.0), (4, 1.0), (9, 10.0))
    spread = [{**row, "update": u, "total": t, "share_within": 0.5} for u, t in totals]
    near = [
        {**row, "update": update, "label": label, "minimum_distance": factor * distance}
        for update, factor in ((0, 1.0), (9, farther))
        for label, distance in (("a", 0.5), ("b", 1.5))
    ]
    other = [{**lower, "update": u, "label": "a", "minimum_distance": 9.0 - u} for u in (0, 9)]
    tables = framed(spread=spread, minimum_distances=[*near, *other])
    assert verdict_of(tables, "more than the whole space grows") == expected
    (case,) = cases(tables).query("finding.str.contains('whole space')").to_dict("records")
    assert case["numbers"] == f"minimum distances × {farther:.2f}, the space × 2.00"


def test_an_accuracy_inside_the_other_s_interval_decides_nothing() -> None:
    tables = transfers("ps-fxn", ("", 0.0, 0.80), ("pos", -1.0, 0.805))
    assert verdict_of(tables, "Labels further apart") == CANNOT_TELL


def test_seeds_that_disagree_are_shown_as_such() -> None:
    found = [Case("m", "pos", 0, True, "1 → 2"), Case("m", "pos", 1, False, "2 → 1")]
    assert verdict(found, 1.0) == CANNOT_TELL
    text = summarise(found)
    assert "seed 0: 1 of 1, seed 1: 0 of 1" in text
    assert text.index("2 → 1") < text.index("1 → 2")


def test_undecided_cases_leave_it_open_only_where_they_matter() -> None:
    def of(*seen: bool | None) -> list[Case]:
        return [Case("m", "t", 0, each, "") for each in seen]

    assert verdict(of(True, None), 1.0) == CANNOT_TELL
    assert verdict(of(False, None), 1.0) == DOES_NOT
    assert verdict(of(True, None), 0.5) == HOLDS


def test_the_three_closest_labels() -> None:
    pairs = {("a", "b"): 4, ("a", "c"): 1, ("a", "d"): 9, ("b", "c"): 3, ("b", "d"): 2}
    pairs |= {("c", "d"): 5}
    rows = [
        {**WHERE, "task": "t", "update": 0, "layer": 1, "split": "train"}
        | {"label_a": a, "label_b": b, "separation": value}
        for (a, b), value in pairs.items()
    ]
    found = closest_three(framed(separations=rows)["separations"], model="m", task="t", seed=0)
    assert found == ["a", "b", "c"]
