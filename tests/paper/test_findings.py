"""Each finding is judged right on tables where the answer is known, seed by seed."""

import pandas as pd
import pytest

from tunescope.paper import cases, findings
from tunescope.paper.cases import CANNOT_TELL, DOES_NOT, HOLDS, Case, summarise, verdict
from tunescope.paper.closest import closest_three

WHERE = {"model": "m", "seed": 0, "weights": "pretrained"}


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


def transfer(task: str, tuned_on: str, change: float, accuracy: float) -> dict[str, object]:
    grew = 5 if change > 0 else 0
    counts = {"n_increased": grew, "n_decreased": 5 - grew, "n_undecided": 0, "n_labels": 5}
    bounds = {"lower": accuracy - 0.01, "upper": accuracy + 0.01}
    where = {"model": "m", "seed": 0, "task": task, "tuned_on": tuned_on}
    return {**where, **counts, "mean_change": change, "accuracy": accuracy, **bounds}


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
    assert verdict_of({"linearity": pd.DataFrame(rows)}, "space simpler") == expected


def test_only_a_small_model_speaks_for_small_models() -> None:
    small = [linearity("pos", 0, 9), linearity("dep", 0, 5), linearity("ps-fxn", 0, 9)]
    assert verdict_of({"linearity": pd.DataFrame(small)}, "Small models") == HOLDS
    deep = [{**row, "layer": 6} for row in small]
    assert verdict_of({"linearity": pd.DataFrame(deep)}, "Small models") == CANNOT_TELL


def test_a_contradiction_alone_makes_trec_not_linear() -> None:
    aside = {"n_clusters_without_contradictions": 5.0}
    rows = [linearity("trec-50", update, 7, **aside) for update in (0, 9)]
    tables = {"linearity": pd.DataFrame(rows)}
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
        linearity("pos", 0, random, weights="random"),
    ]
    tables = {"linearity": pd.DataFrame(rows)}
    assert verdict_of(tables, "linear already") == HOLDS
    assert verdict_of(tables, "more than dimension") == expected


def test_a_bound_on_the_clusters_of_random_weights_is_enough() -> None:
    bounds = {"weights": "random", "least_clusters": 6, "is_linear": False}
    rows = [linearity("pos", 0, 5), linearity("pos", 0, float("nan"), **bounds)]
    table = findings({"linearity": pd.DataFrame(rows)})
    chosen = table[table["finding"].str.contains("than dimension alone")].iloc[0]
    assert chosen["verdict"] == HOLDS
    assert "at least 6 with random weights" in chosen["numbers"]


def test_the_paper_s_own_transfer_bears_its_findings_out() -> None:
    rows = [
        transfer("ps-fxn", "original", 0.0, 0.8775),
        transfer("ps-fxn", "ps-fxn", 5.29, 0.8958),
        transfer("ps-fxn", "ps-role", 1.02, 0.8953),
        transfer("ps-fxn", "pos", -1.68, 0.8324),
    ]
    tables = {"transfer": pd.DataFrame(rows)}
    for words in ("A similar task", "An opposing task", "Labels further apart", "pushes every"):
        assert verdict_of(tables, words) == HOLDS
    tables["transfer"].loc[3, "mean_change"] = 0.5
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
    tables = {"accuracy": pd.DataFrame(accuracy), "accuracy_change": pd.DataFrame([other, change])}
    assert verdict_of(tables, "improves the probe's accuracy") == expected


@pytest.mark.parametrize(("farther", "expected"), [(3.0, HOLDS), (1.5, DOES_NOT)])
def test_distances_are_compared_with_the_growth_of_the_space(farther: float, expected: str) -> None:
    row = {**WHERE, "task": "pos", "layer": 2, "split": "train"}
    lower = {**row, "layer": 1}
    spread = [{**row, "update": u, "total": t} for u, t in ((0, 5.0), (4, 1.0), (9, 10.0))]
    near = [
        {**row, "update": update, "label": label, "minimum_distance": factor * distance}
        for update, factor in ((0, 1.0), (9, farther))
        for label, distance in (("a", 0.5), ("b", 1.5))
    ]
    other = [{**lower, "update": u, "label": "a", "minimum_distance": 9.0 - u} for u in (0, 9)]
    tables = {"spread": pd.DataFrame(spread), "minimum_distances": pd.DataFrame([*near, *other])}
    assert verdict_of(tables, "more than the whole space grows") == expected
    (case,) = cases(tables).query("finding.str.contains('whole space')").to_dict("records")
    assert case["numbers"] == f"minimum distances × {farther:.2f}, the space × 2.00"


def test_an_accuracy_inside_the_other_s_interval_decides_nothing() -> None:
    rows = [transfer("ps-fxn", "original", 0.0, 0.80), transfer("ps-fxn", "pos", -1.0, 0.805)]
    assert verdict_of({"transfer": pd.DataFrame(rows)}, "Labels further apart") == CANNOT_TELL


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
    found = closest_three(pd.DataFrame(rows), model="m", task="t", seed=0)
    assert found == ["a", "b", "c"]
