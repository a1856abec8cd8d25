"""Each finding is judged right on tables where the answer is known, seed by seed."""

import itertools

import pandas as pd
import pytest
from frames import tables as framed

from tunescope.paper import cases, findings, tally
from tunescope.paper.cases import DOES_NOT, HOLDS, NOT_TESTED, OPEN, Case, summarise, verdict
from tunescope.paper.findings import counted, where_protocols_differ
from tunescope.tables import closest_three

pytestmark = pytest.mark.slow

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
    distances, accuracies, changes = [], [], []
    first = spaces[0][2]
    for tuned_on, change, accuracy in spaces:
        stage = "tuned" if tuned_on else "original"
        where = {**WHERE, "task": task, "tuned_on": tuned_on, "stage": stage, "layer": 2}
        where["update"] = 9 if tuned_on else 0
        for number, label in enumerate("abcde"):
            here = 10 + change * (1 + 0.1 * (number - 2))
            away = {"minimum_distance": here, "lower": here, "upper": here}
            distances.append({**where, "split": "train", "label": label, **away})
        bounds = {"lower": accuracy - 0.01, "upper": accuracy + 0.01}
        probed = {"split": "test", "probe": "classifier", "accuracy": accuracy}
        accuracies.append({**where, **probed, **bounds})
        if tuned_on:
            gain = {"difference": accuracy - first, "p_corrected": 0.5}
            ends = {"lower": accuracy - first - 0.01, "upper": accuracy - first + 0.01}
            changes.append({**where, **probed, **gain, **ends})
    return framed(minimum_distances=distances, accuracy=accuracies, accuracy_change=changes)


def verdict_of(tables: dict[str, pd.DataFrame], words: str) -> str:
    table = findings(tables)
    chosen = table[table["finding"].str.contains(words, regex=False)]
    assert len(chosen) == 1
    return str(chosen["verdict"].iloc[0])


def test_without_tables_nothing_can_be_told_and_it_says_what_is_lacking() -> None:
    table = findings({})
    assert set(table["verdict"]) == {NOT_TESTED}
    assert tally(table).endswith(f"{len(table)} are not tested")
    assert table["numbers"].str.contains("it lacks").all()
    assert cases({}).empty


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(8, 6, HOLDS), (8, 8, DOES_NOT), (5, 5, NOT_TESTED)]
)
def test_fewer_clusters_where_there_were_too_many(before: int, after: int, expected: str) -> None:
    rows = [linearity("pos", 0, before), linearity("pos", 9, after)]
    assert verdict_of(framed(linearity=rows), "space simpler") == expected


def test_what_a_contradiction_holds_apart_is_no_case_for_or_against_a_simpler_space() -> None:
    held = {"n_contradictions": 2, "n_clusters_without_contradictions": 5.0}
    rows = [linearity("trec-50", update, 7, **held) for update in (0, 9)]
    assert verdict_of(framed(linearity=rows), "space simpler") == NOT_TESTED
    rows[0]["n_clusters_without_contradictions"] = 6.0
    assert verdict_of(framed(linearity=rows), "space simpler") == HOLDS
    unknown = [{**row, "n_clusters_without_contradictions": None} for row in rows]
    assert verdict_of(framed(linearity=unknown), "space simpler") == NOT_TESTED


def test_only_a_small_model_speaks_for_small_models() -> None:
    small = [linearity("pos", 0, 9), linearity("dep", 0, 5), linearity("ps-fxn", 0, 9)]
    assert verdict_of(framed(linearity=small), "Small models") == HOLDS
    wide = [{**row, "n_features": 384} for row in small]
    assert verdict_of(framed(linearity=wide), "Small models") == NOT_TESTED
    pairs = [linearity("dep", 0, 9, n_features=256)]  # of two words of 128 dimensions
    assert verdict_of(framed(linearity=pairs), "Small models") == HOLDS


def test_only_a_model_of_the_paper_s_size_is_the_largest() -> None:
    size = {"layer": 12, "n_features": 768}
    rows = [linearity("pos", 0, 5, **size), linearity("trec-50", 0, 7, **size)]
    assert verdict_of(framed(linearity=rows), "linear already") == HOLDS
    for smaller in ({"layer": 6}, {"n_features": 384}):
        others = [{**row, **smaller} for row in rows]
        assert verdict_of(framed(linearity=others), "linear already") == NOT_TESTED


def test_the_smaller_model_s_probe_is_wider() -> None:
    models = [("m", 8, "128x256, 0.01"), ("large", 64, "32x64, 1e-05")]
    counted = [
        {**linearity("pos", 0, 5), "model": model, "n_features": features}
        for model, features, _ in models
    ]
    row = {**WHERE, "task": "pos", "layer": 2, "probe": "classifier", "split": "test", "update": 0}
    probed = [
        {**row, "model": model, "setting": setting, "accuracy": 0.5} for model, _, setting in models
    ]
    tables = framed(linearity=counted, accuracy=probed)
    assert verdict_of(tables, "wider probes") == HOLDS
    other = [{**r, "setting": s} for r, s in zip(probed, ("32x32, 0.1", "32x64, 0.1"), strict=True)]
    tables = framed(linearity=counted, accuracy=other)
    assert verdict_of(tables, "wider probes") == DOES_NOT
    assert verdict_of(framed(linearity=counted[:1], accuracy=probed), "wider probes") == NOT_TESTED
    only = framed(linearity=counted, accuracy=[{**r, "setting": "256x128, 0.1"} for r in probed])
    assert verdict_of(only, "wider probes") == NOT_TESTED


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
    assert verdict_of(tables, "more than dimension") == expected


def test_a_bound_on_the_clusters_of_random_weights_is_enough() -> None:
    bounds = {"stage": "random", "least_clusters": 6, "is_linear": False}
    rows = [linearity("pos", 0, 5), linearity("pos", 0, float("nan"), **bounds)]
    table = findings(framed(linearity=rows))
    chosen = table[table["finding"].str.contains("more than dimension alone")].iloc[0]
    assert chosen["verdict"] == HOLDS
    assert "at least 6 clusters of 5 labels with random weights" in chosen["numbers"]


def test_the_paper_s_own_transfer_bears_its_findings_out() -> None:
    spaces = [("", 0.0, 0.8775), ("ps-fxn", 5.29, 0.9158), ("ps-role", 1.02, 0.8953)]
    tables = transfers("ps-fxn", *spaces, ("pos", -1.68, 0.8324))
    for words in ("A similar task", "An opposing task", "under other tasks", "pushes every"):
        assert verdict_of(tables, words) == HOLDS
    for words in ("serves ps-fxn better", "own fine-tuning serves", "under their own task"):
        assert verdict_of(tables, words) == HOLDS
    tables = transfers("ps-fxn", *spaces, ("pos", 0.5, 0.8324))
    assert verdict_of(tables, "An opposing task") == DOES_NOT
    assert verdict_of(tables, "under other tasks") == DOES_NOT
    assert verdict_of(tables, "under their own task") == HOLDS


def test_another_task_that_serves_better_speaks_against_the_own_one() -> None:
    spaces = [("", 0.0, 0.80), ("ps-fxn", 1.0, 0.82), ("pos", 0.5, 0.90), ("ps-role", 0.5, 0.81)]
    tables = transfers("ps-fxn", *spaces)
    assert verdict_of(tables, "own fine-tuning serves") == DOES_NOT
    assert verdict_of(tables, "serves ps-fxn better") == DOES_NOT
    near = transfers("ps-fxn", *spaces[:2], ("ps-role", 0.5, 0.815))
    assert verdict_of(near, "own fine-tuning serves") == OPEN


def test_a_task_tuned_for_another_may_lose_its_linearity() -> None:
    tuned = {"stage": "tuned", "tuned_on": "pos"}
    rows = [linearity("ps-fxn", 0, 5), linearity("ps-fxn", 9, 5, **tuned)]
    assert verdict_of(framed(linearity=rows), "stays linear") == HOLDS
    rows[1] = linearity("ps-fxn", 9, 6, **tuned)
    assert verdict_of(framed(linearity=rows), "stays linear") == DOES_NOT
    rows[0] = linearity("ps-fxn", 0, 6)
    assert verdict_of(framed(linearity=rows), "stays linear") == NOT_TESTED


def test_a_model_of_which_nobody_says_what_it_was_tuned_on_is_under_no_other_task() -> None:
    unknown = {"stage": "tuned", "tuned_on": ""}
    rows = [linearity("ps-fxn", 0, 5), linearity("ps-fxn", 9, 5, **unknown)]
    assert verdict_of(framed(linearity=rows), "stays linear") == NOT_TESTED
    tables = transfers("pos", ("", 0.0, 0.80), ("pos", 1.0, 0.90))
    known = cases(tables).query("finding.str.contains('under their own task')")
    tables = {name: table.assign(tuned_on="") for name, table in tables.items()}
    (case,) = cases(tables).query("finding.str.contains('under their own task')").to_dict("records")
    assert known["numbers"].tolist() == [f"tuned on pos: {case['numbers']}"]
    assert case["numbers"].startswith("distance +1.00 [")


@pytest.mark.parametrize(
    ("words", "task", "size"),
    [
        ("Small models", "pos", 8),
        ("TREC-50 is not linear in", "trec-50", 8),
        ("linear already", "pos", 768),
    ],
)
def test_a_count_that_was_stopped_decides_only_by_its_bounds(
    words: str, task: str, size: int
) -> None:
    def judged(least: int, most: int, is_linear: bool | None) -> str:
        bounds = {"least_clusters": least, "most_clusters": most, "is_linear": is_linear}
        stopped = linearity(task, 0, float("nan"), n_features=size, layer=12, **bounds)
        return verdict_of(framed(linearity=[stopped]), words)

    asks_for_linear = words == "linear already"
    assert judged(5, 9, None) == OPEN
    assert judged(6, 9, False) == (DOES_NOT if asks_for_linear else HOLDS)


def test_what_a_stopped_count_leaves_open_is_not_taken_for_linear() -> None:
    open_ = {"n_clusters": None, "is_linear": None, "least_clusters": 5, "most_clusters": 9}
    tuned = {"stage": "tuned", "tuned_on": "pos"}
    original, random = linearity("ps-fxn", 0, 5), linearity("ps-fxn", 0, 5, stage="random")
    after = linearity("ps-fxn", 9, 5, **tuned)
    moved = framed(linearity=[original, after | open_])
    assert verdict_of(moved, "stays linear") == OPEN
    assert verdict_of(framed(linearity=[original | open_, after]), "stays linear") == NOT_TESTED
    assert verdict_of(framed(linearity=[original, random | open_]), "than dimension") == OPEN
    unknown = framed(linearity=[original | open_, random | {"is_linear": False}])
    assert verdict_of(unknown, "than dimension") == NOT_TESTED


@pytest.mark.parametrize(
    ("after", "lower", "upper", "expected"),
    [
        (0.81, 0.002, 0.018, HOLDS),
        (0.79, -0.018, -0.002, DOES_NOT),
        (0.81, -0.001, 0.021, OPEN),
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


def test_what_lies_inside_an_interval_decides_nothing() -> None:
    tables = transfers("ps-fxn", ("", 0.0, 0.80), ("pos", -1.0, 0.805))
    assert verdict_of(tables, "under other tasks") == OPEN
    tables = transfers("ps-fxn", ("", 0.0, 0.80), ("pos", -1.0, 0.90))
    assert verdict_of(tables, "An opposing task") == HOLDS
    distances = tables["minimum_distances"]
    far = distances["label"].isin(["a", "b"]) & (distances["stage"] == "tuned")
    distances.loc[far, ["minimum_distance", "lower", "upper"]] = 12.0
    assert verdict_of(tables, "An opposing task") == OPEN
    assert verdict_of(tables, "under other tasks") == OPEN


def test_a_label_may_fall_on_the_way() -> None:
    def course(*values: float) -> list[dict[str, object]]:
        return [
            {**WHERE, "task": "pos", "layer": 2, "split": "train", "update": update, "label": "a"}
            | {"minimum_distance": value, "lower": value, "upper": value}
            for update, value in zip((0, 4, 9), values, strict=True)
        ]

    for values, expected in (
        ((1, 0.5, 2), HOLDS),
        ((1, 1.5, 2), DOES_NOT),
        ((1, 0.5, 0.7), DOES_NOT),
    ):
        tables = framed(minimum_distances=course(*values))
        assert verdict_of(tables, "may fall on the way") == expected
    ends = framed(minimum_distances=[row for row in course(1, 0, 2) if row["update"] != 4])
    assert verdict_of(ends, "may fall on the way") == NOT_TESTED


def similarity(stage: str, comparison: str, measure: str, value: float, **more: object) -> dict:
    row = {**WHERE, "task": "pos", "layer": 2, "split": "train", "stage": stage, "tuned_on": ""}
    row |= {"update": 9 * (stage == "tuned"), "comparison": comparison, "measure": measure}
    return row | {"similarity": value, "lower": value - 0.1, "upper": value + 0.1, **more}


@pytest.mark.parametrize(
    ("shift", "p", "expected"), [(-1, 0.01, HOLDS), (1, 0.01, DOES_NOT), (-1, 0.2, OPEN)]
)
def test_training_and_test_set_diverge_by_the_paired_test(
    shift: float, p: float, expected: str
) -> None:
    row = {**WHERE, "task": "pos", "layer": 2, "split": "train", "stage": "tuned", "update": 9}
    row |= {"tuned_on": "pos", "before": 0.9, "after": 0.5, "n_labels": 9, "n_pairs": 36}
    changed = [
        {**row, "measure": "spatial_pearson", "shift": shift, "p_value": p},
        {**row, "measure": "spatial_beyond_sizes", "shift": -shift, "p_value": 0.01},
    ]
    drawn = [
        similarity(stage, "train_test", "spatial_pearson", 0.9, permuted=0.8)
        for stage in ("original", "tuned")
    ]
    tables = framed(similarity_change=changed, similarity=drawn)
    assert verdict_of(tables, "training and test set diverge.") == expected
    assert verdict_of(tables, "They diverge also") == (HOLDS if shift > 0 else DOES_NOT)
    table = findings(tables)
    numbers = table[table["finding"].str.contains("set diverge.", regex=False)]["numbers"].iloc[0]
    assert "with labels permuted 0.80 → 0.80" in numbers


def test_a_layer_stays_close_by_sizes_alone() -> None:
    rows = [
        similarity("tuned", "with_original", "spatial_pearson", 0.8, permuted=0.7),
        similarity("tuned", "with_original", "spatial_beyond_sizes", 0.2, p_value=0.3),
        similarity("random", "with_original", "spatial_pearson", 0.75),
    ]
    tables = framed(similarity=rows)
    assert verdict_of(tables, "remain close to their originals") == HOLDS
    assert verdict_of(tables, "remain close also once") == DOES_NOT
    shown = cases(tables).set_index("finding")["numbers"]
    plain = "Higher layers still remain close to their originals."
    assert (
        shown[plain] == "r at least 0.80 (layer 2); with labels permuted 0.70; random weights 0.75"
    )


@pytest.mark.parametrize(
    ("of_layers", "expected"),
    [
        ([(0.8, 0.6, 0.9), (0.8, 0.6, 0.9)], HOLDS),
        ([(0.8, 0.6, 0.9), (0.55, None, None)], OPEN),
        ([(0.8, 0.6, 0.9), (0.45, None, None)], OPEN),
        ([(0.8, 0.6, 0.9), (0.55, 0.1, 0.8)], OPEN),
        ([(0.8, 0.6, 0.9), (None, None, None)], OPEN),
        ([(0.2, 0.1, 0.3), (0.8, None, None)], DOES_NOT),
        ([(0.2, 0.1, 0.3), (None, None, None)], DOES_NOT),
        ([(None, None, None)] * 2, NOT_TESTED),
    ],
)
def test_a_layer_without_an_interval_is_undecided(
    of_layers: list[tuple[float | None, ...]], expected: str
) -> None:
    row = similarity("tuned", "with_original", "spatial_pearson", 0.8)
    names = ("similarity", "lower", "upper")
    rows = [
        {**row, "layer": layer, **dict(zip(names, values, strict=True))}
        for layer, values in enumerate([(0.9, 0.8, 1.0)] * 2 + of_layers)
    ]
    assert verdict_of(framed(similarity=rows), "remain close to their originals") == expected


def layers(column: str, low: float, high: float) -> dict[str, pd.DataFrame]:
    """Two layers of which the upper one's space is ten times as large."""
    row = {**WHERE, "task": "pos", "split": "train"}
    motion = [{**row, "layer": k, "update": 9, column: v} for k, v in ((1, low), (2, high))]
    spread = [
        {**row, "layer": k, "update": 0, "total": t, "share_within": 0.5}
        for k, t in ((1, 1.0), (2, 10.0))
    ]
    return framed(motion=motion, spread=spread)


@pytest.mark.parametrize(
    ("column", "words", "low", "high", "expected"),
    [
        ("displacement_mean", "change more than lower", 1.0, 20.0, HOLDS),
        ("displacement_mean", "change more than lower", 1.0, 5.0, DOES_NOT),
        ("reach_x", "small region", 1.0, 20.0, HOLDS),
        ("reach_x", "small region", 1.0, 5.0, DOES_NOT),
        ("explained", "few directions", 0.9, 0.5, HOLDS),
        ("same_direction", "same direction", 0.5, 0.9, DOES_NOT),
    ],
)
def test_lengths_of_different_layers_are_compared_in_their_own_spread(
    column: str, words: str, low: float, high: float, expected: str
) -> None:
    assert verdict_of(layers(column, low, high), words) == expected


def test_another_layer_does_not_stand_in_for_one_that_is_not_known() -> None:
    tables = layers("same_direction", 0.9, 0.5)
    middle = tables["motion"].iloc[:1].assign(layer=1)
    tables["motion"] = pd.concat([middle, tables["motion"].assign(layer=[0, 2])])
    assert verdict_of(tables, "same direction") == HOLDS
    tables["motion"].loc[tables["motion"]["layer"] == 2, "same_direction"] = None
    assert verdict_of(tables, "same direction") == OPEN
    (case,) = cases(tables).query("finding.str.contains('same direction')").to_dict("records")
    assert case["numbers"] == "0.90 in layer 1, not known in layer 2"


def test_interjections_go_their_own_way() -> None:
    directions = {f"L{k}": (1.0, 0.1 * k) for k in range(8)}
    directions |= {"INTJ": (-1.0, 0.2), "SYM": (0.0, -1.0)}
    row = {**WHERE, "task": "pos", "layer": 1, "split": "train", "update": 9, "stage": "tuned"}
    moves = [
        {**row, "label": label, "x": 0.0, "y": 0.0, "shift_x": x, "shift_y": y}
        for label, (x, y) in directions.items()
    ]
    assert verdict_of(framed(centroids=moves), "INTJ and SYM") == HOLDS
    alike = [{**move, "shift_x": 1.0, "shift_y": 0.35} for move in moves if move["label"] == "SYM"]
    rest = [move for move in moves if move["label"] != "SYM"]
    assert verdict_of(framed(centroids=[*rest, *alike]), "INTJ and SYM") == DOES_NOT


@pytest.mark.parametrize(("factor", "expected"), [(3.0, HOLDS), (1.5, DOES_NOT)])
def test_the_closest_labels_move_apart_by_more_than_the_space(factor: float, expected: str) -> None:
    row = {**WHERE, "task": "t", "layer": 1, "split": "train"}
    pairs = {
        ("a", "b"): 1,
        ("a", "c"): 2,
        ("b", "c"): 3,
        ("a", "d"): 8,
        ("b", "d"): 9,
        ("c", "d"): 9,
    }
    pairs |= {("x", "y"): 0}  # one example under two labels
    rows = [
        {**row, "update": update, "label_a": a, "label_b": b, "separation": value}
        | {"between_means": (1 + value) * (factor if update and "d" not in (a, b) else 1)}
        for (a, b), value in pairs.items()
        for update in (0, 9)
    ]
    spread = [
        {**row, "update": u, "total": t, "share_within": 0.5} for u, t in ((0, 5.0), (9, 10.0))
    ]
    counted = [
        {**row, "update": 0, "label": label, "n_clusters": 2, "n_contradictions": 1}
        for label in "xy"
    ]
    tables = framed(separations=rows, spread=spread, clusters=counted)
    assert verdict_of(tables, "three closest labels") == expected
    (case,) = cases(tables).query("finding.str.contains('closest')").to_dict("records")
    assert case["numbers"].startswith("a, b, c: ")


def test_cells_run_under_different_protocols_are_judged_apart() -> None:
    rows = [linearity("pos", 0, 8), linearity("pos", 9, 6)]
    rows += [{**row, "model": "other", "n_clusters": 8} for row in rows]

    def run(model: str, epochs: int) -> dict[str, object]:
        return {
            "study": {
                "models": [model],
                "tasks": ["pos"],
                "seeds": [0],
                "tuning": {"epochs": epochs},
            }
        }

    tables = framed(linearity=rows)
    cells = {"one": [("m", "pos", 0)], "two": [("other", "pos", 0)]}
    record = {"runs": {"one": run("m", 3), "two": run("other", 10)}, "cells": cells}
    table = findings(tables, record)
    chosen = table[table["finding"].str.contains("space simpler")]
    assert chosen["verdict"].tolist() == [HOLDS, DOES_NOT]
    assert chosen["protocol"].str.partition(",")[0].tolist() == ["3 epochs", "10 epochs"]
    shared = {"runs": {"one": run("m", 3), "two": run("other", 3)}, "cells": cells}
    table = findings(tables, shared)
    assert table["finding"].is_unique and (table["protocol"] == "").all()
    listed = cases(tables, record)
    assert set(zip(listed["model"], listed["protocol"].str[:2], strict=True)) == {
        ("m", "3 "),
        ("other", "10"),
    }


def test_a_finding_counts_once_however_many_protocols_judge_it() -> None:
    rows = [("a", "p", HOLDS), ("a", "q", DOES_NOT), ("b", "p", HOLDS), ("b", "q", HOLDS)]
    rows += [("c", "", NOT_TESTED), ("d", "p", DOES_NOT), ("d", "q", DOES_NOT)]
    judged = pd.DataFrame(rows, columns=["finding", "protocol", "verdict"])
    said = tally(judged)
    assert said.startswith("4 findings: 1 holds, 1 does not hold, 0 are left open, 1 is not tested")
    assert said.endswith(", 1 differs by protocol")
    assert where_protocols_differ(judged).tolist() == ["p", "q", "", "", "", "", ""]
    counts = [n for _, n in counted(judged)]
    assert sum(counts) == judged["finding"].nunique()
    assert "protocol" not in tally(judged[judged["protocol"] != "q"])


def test_seeds_that_disagree_are_shown_as_such() -> None:
    found = [Case("m", "pos", 0, True, "1 → 2"), Case("m", "pos", 1, False, "2 → 1")]
    assert verdict(found, 1.0) == OPEN
    text = summarise(found)
    assert "seed 0: 1 of 1, seed 1: 0 of 1" in text
    assert text.index("2 → 1") < text.index("1 → 2")


def test_seeds_are_joined_before_cases_are_counted() -> None:
    def case(model: str, task: str, seed: int, seen: bool, about: str = "") -> Case:
        return Case(model, task, seed, seen, "", about)

    apart = [case("m", "pos", 0, True), case("m", "pos", 1, True), case("m", "dep", 1, False)]
    assert verdict(apart, 1.0) == DOES_NOT
    assert verdict([case("m", "pos", 0, True), case("m", "dep", 1, False)], 1e-9) == HOLDS
    assert verdict([case("m", "pos", 0, True), case("n", "pos", 1, False)], 1.0) == DOES_NOT
    ends = [case("m", "pos", 0, True, "original"), case("m", "pos", 0, False, "tuned")]
    assert verdict(ends, 1.0) == DOES_NOT


def test_a_change_without_an_interval_says_so() -> None:
    tables = transfers("ps-fxn", ("", 0.0, 0.5), ("pos", 1.0, 0.6))
    few = tables["minimum_distances"]["label"].isin(["a", "b"])
    tables["minimum_distances"] = tables["minimum_distances"][few]
    (case,) = cases(tables).query("finding.str.contains('opposing')").to_dict("records")
    assert (case["seen"], "[no interval]" in case["numbers"]) == ("undecided", True)


def test_two_other_tasks_are_two_cases_of_one_seed() -> None:
    spaces = ("", 0.0, 0.5), ("ps-fxn", 2.0, 0.9), ("ps-role", 1.0, 0.7), ("pos", 1.0, 0.95)
    table = findings(transfers("ps-fxn", *spaces)).set_index("finding")
    own = table.loc["A task's own fine-tuning serves it best."]
    assert (own["n_cases"], own["n_seen"], own["verdict"]) == (2, 1, DOES_NOT)


def test_trec_before_fine_tuning_is_one_case_whatever_the_seeds() -> None:
    rows = [{**linearity("trec-50", update, 7), "seed": s} for update in (0, 9) for s in (0, 1)]
    table = findings(framed(linearity=rows)).set_index("finding")
    assert table.loc["TREC-50 is not linear in any model, before or after.", "n_cases"] == 3


def test_a_contradiction_elsewhere_holds_no_pair_together() -> None:
    row = {**WHERE, "task": "t", "split": "train"}
    pairs = {
        ("a", "b"): 0,
        ("a", "c"): 2,
        ("b", "c"): 3,
        ("c", "d"): 1,
        ("a", "d"): 9,
        ("b", "d"): 9,
    }
    rows = [
        {**row, "layer": 1, "update": update, "label_a": a, "label_b": b, "separation": value}
        | {"between_means": (1.0 + value) * (3 if update else 1)}
        for (a, b), value in pairs.items()
        for update in (0, 9)
    ]
    spread = [{**row, "layer": 1, "update": u, "total": 5.0, "share_within": 0.5} for u in (0, 9)]
    elsewhere = [
        {**row, "layer": 0, "update": 0, "label": label, "n_clusters": 2, "n_contradictions": 1}
        for label in "ab"
    ]
    counted = [{**one, "layer": 1, "n_contradictions": 0} for one in elsewhere]
    tables = framed(separations=rows, spread=spread, clusters=[*elsewhere, *counted])
    (case,) = cases(tables).query("finding.str.contains('closest')").to_dict("records")
    assert case["numbers"].startswith("a, b, c: ")


@pytest.mark.parametrize("members", [True, False])
def test_what_meets_under_random_weights_alone_holds_no_pair_together(members: bool) -> None:
    near = {("a", "c"): 1.0, ("a", "e"): 1.5, ("c", "e"): 1.5, ("a", "b"): 0.0, ("c", "d"): 0.0}
    row = {**WHERE, "task": "t", "split": "train", "layer": 1}
    stages = {"original": 0, "tuned": 9, "random": 0}
    rows = [
        {**row, "stage": stage, "update": update, "label_a": a, "label_b": b}
        | {"separation": 0.0 if (stage, a, b) == ("random", "a", "c") else near.get((a, b), 5.0)}
        | {"between_means": 2.0 if stage == "tuned" and "e" in (a, b) else 3.0}
        for stage, update in stages.items()
        for a, b in itertools.combinations("abcde", 2)
    ]
    spread = [{**row, "update": u, "total": 1.0, "share_within": 0.5} for u in (0, 9)]
    counted = [
        {**row, "stage": stage, "update": stages[stage], "label": label, "n_clusters": 2}
        | {"n_contradictions": int(label != "e" or members)}
        for stage in ("original", "tuned")
        for label in "abcde"
    ]
    tables = framed(separations=rows, spread=spread, clusters=counted)
    if members:  # they say which pairs these are, whatever else meets
        tables["separations"].loc[tables["separations"]["label_a"] == "c", "separation"] = 0.0
        torn = [("a", "b"), ("b", "a"), ("c", "b, d"), ("d", "c, e"), ("e", "d")]
        explained = [
            {**row, "stage": one["stage"], "update": one["update"], "label": label, "cluster": 1}
            | {"kind": "contradiction", "collides_with": others, "text": "", "place": ""}
            for one in counted[::5]
            for label, others in torn
        ]
        tables |= framed(cluster_members=explained)
    (case,) = cases(tables).query("finding.str.contains('closest')").to_dict("records")
    assert case["numbers"].startswith("a, c, e: ")


def test_undecided_cases_leave_it_open_only_where_they_matter() -> None:
    def of(*seen: bool | None) -> list[Case]:
        return [Case("m", f"t{number}", 0, each, "") for number, each in enumerate(seen)]

    assert verdict(of(True, None), 1.0) == OPEN
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


def test_a_third_label_is_near_to_both() -> None:
    pairs = {("a", "b"): 1.0, ("b", "c"): 3.0, ("a", "d"): 2.0, ("b", "d"): 2.0, ("a", "e"): 0.5}
    pairs |= {("b", "e"): float("nan")}
    rows = [
        {**WHERE, "task": "t", "update": 0, "layer": 1, "split": "train"}
        | {"label_a": a, "label_b": b, "separation": value}
        for (a, b), value in pairs.items()
        if (a, b) != ("a", "e")
    ]
    found = closest_three(framed(separations=rows)["separations"], model="m", task="t", seed=0)
    assert found == ["a", "b", "d"]
