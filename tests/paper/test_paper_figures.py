"""Figures 2 to 5 show what their tables hold, where the answer is known."""

import pandas as pd
import pytest
from frames import tables as framed

from tunescope.paper.figures import paper_figures, transfer
from tunescope.paper.figures.layers import alternate
from tunescope.paper.figures.minimum_distances import picks
from tunescope.reports.figures import Absent, Figure
from tunescope.tables import distance_changes
from tunescope.tables.stages import own

WHERE = {"model": "m", "split": "train"}
FINAL = {"best": 9.0, "good": 8.0, "fair": 7.0, "flat": 1.0, "poor": 0.8, "bad": 0.6, "mid": 3.0}


def minimum_distances() -> pd.DataFrame:
    rows = [
        {**WHERE, "task": "pos", "seed": seed, "layer": layer, "update": update, "label": label}
        | dict.fromkeys(
            ("minimum_distance", "lower", "upper"), (end if update else 1.0) + 0.1 * seed
        )
        for seed in (0, 1)
        for layer in (0, 2)
        for update in (0, 9)
        for label, end in FINAL.items()
    ]
    return pd.DataFrame(rows)


def similarity() -> pd.DataFrame:
    rows = [
        {**WHERE, "task": "pos", "seed": 0, "layer": layer, "update": update}
        | {"comparison": "with_original", "measure": "spatial_pearson"}
        | {"similarity": 1 - 0.1 * layer * (update > 0)}
        for layer in range(5)
        for update in (0, 9)
    ]
    return pd.DataFrame(rows)


def centroids() -> pd.DataFrame:
    moves = {"INTJ": (1, 0), "NOUN": (0, 1), "VERB": (-1, -1)}
    rows = [
        {"model": "m", "split": "train", "task": "pos", "seed": 0, "layer": layer}
        | {"update": update, "label": label, "x": x * step, "y": y * step}
        | {"shift_x": x * step, "shift_y": y * step, "displacement": step * (x * x + y * y) ** 0.5}
        for layer in (1, 2)
        for update in (0, 9)
        for label, (x, y) in moves.items()
        for step in [layer * (update > 0)]
    ]
    return pd.DataFrame(rows)


def separations() -> pd.DataFrame:
    near = {("INTJ", "NOUN"): 1.0, ("INTJ", "VERB"): 2.0, ("NOUN", "VERB"): 3.0}
    rows = [
        {**WHERE, "task": "pos", "seed": 0, "layer": 2, "update": 0}
        | {"label_a": a, "label_b": b, "separation": value}
        for (a, b), value in near.items()
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure | Absent]:
    return paper_figures(
        framed(
            minimum_distances=minimum_distances(),
            similarity=similarity(),
            centroids=centroids(),
            separations=separations(),
        )
    )


@pytest.mark.slow
def test_figure_2_colours_what_grows_most_and_least(figures) -> None:
    rows = figures["figure-2"].rows
    assert set(rows[~rows["coloured"]]["label"]) == {"mid"}
    changes = own(distance_changes(framed(minimum_distances=minimum_distances())))
    assert picks(changes) == ["best", "good", "fair", "flat", "poor", "bad"]
    best = rows[(rows["label"] == "best") & (rows["update"] == 9)].iloc[0]
    assert (best["low"], best["minimum_distance"], best["high"]) == pytest.approx((9, 9.05, 9.1))
    assert "4 of 7 grow in pos" in figures["figure-2"].caption


def test_figure_3_follows_the_closest_labels_in_two_layers(figures) -> None:
    rows = figures["figure-3"].rows
    assert sorted(rows["layer"].unique()) == [1, 2]
    end = rows[(rows["layer"] == 2) & (rows["update"] == 9)].set_index("label")
    assert (end.loc["VERB", "x"], end.loc["VERB", "y"]) == (-2, -2)


def test_figure_4_draws_every_second_layer_from_the_last(figures) -> None:
    rows = figures["figure-4"].rows
    assert sorted(rows["layer"].unique()) == [2, 4]
    assert rows[(rows["layer"] == 4) & (rows["update"] == 9)]["similarity"].item() == pytest.approx(
        0.6
    )
    assert alternate(range(13)) == [2, 4, 6, 8, 10, 12]


def test_figure_5_shows_each_movement_and_says_how_far(figures) -> None:
    rows = figures["figure-5"].rows.set_index(["layer", "label"])
    assert tuple(rows.loc[(1, "INTJ"), ["shift_x", "shift_y"]]) == (1, 0)
    assert "moves 1.4 in layer 1 and 2.8 in layer 2" in figures["figure-5"].caption


def test_figures_of_absent_tasks_say_so(figures) -> None:
    assert isinstance(figures["figure-7"], Figure)
    assert [figures[f"figure-{n}"].reason for n in (8, 9, 10)] == [
        f"the run has no task {task}" for task in ("dep", "ps-role", "ps-fxn")
    ]


@pytest.mark.slow
def test_table_5_is_drawn_as_a_matrix_where_tasks_are_crossed() -> None:
    changes = {"": [0.0] * 4, "a": [3.0, 3.0, 3.0, -1.0], "b": [1.0, 1.0, 1.0, -7.0]}
    rows = [
        {**WHERE, "task": "a", "seed": seed, "tuned_on": tuned_on, "layer": 2, "label": label}
        | {"stage": "tuned" if tuned_on else "original", "update": 9 if tuned_on else 0}
        | dict.fromkeys(
            ("minimum_distance", "lower", "upper"), 10 + change + seed * (tuned_on == "a")
        )
        for seed in (0, 1)
        for tuned_on, each in changes.items()
        for label, change in zip("wxyz", each, strict=True)
    ]
    table = framed(minimum_distances=rows)["minimum_distances"]
    drawn = transfer.figure({"minimum_distances": table}, "m").rows.set_index("tuned_on")
    assert drawn["text"].to_dict() == {"a": "+2.50", "b": "-1.00"}
    assert drawn.loc["b", "counts"] == "3 up, 1 down"
    unknown = table[table["tuned_on"] == "a"].assign(task="c", tuned_on="")
    both = pd.concat([table, table[table["stage"] == "original"].assign(task="c"), unknown])
    named = transfer.figure({"minimum_distances": both}, "m").rows
    assert set(named["tuned_on"]) == {"a", "b"}
    own_only = table[table["tuned_on"] != "b"]
    assert isinstance(transfer.figure({"minimum_distances": own_only}, "m"), Absent)


def test_without_tables_every_figure_is_absent_with_a_reason() -> None:
    assert all(isinstance(f, Absent) and f.reason for f in paper_figures({}).values())


def test_figures_are_of_one_protocol_and_say_so() -> None:
    here = minimum_distances()
    tables = framed(minimum_distances=here)

    def record(*epochs: float) -> dict[str, object]:
        study = {"models": ["m"], "tasks": ["pos"]}
        runs = {
            str(seed): {"study": study | {"seeds": [seed], "tuning": {"epochs": passes}}}
            for seed, passes in enumerate(epochs)
        }
        return {"runs": runs, "cells": {seed: [("m", "pos", int(seed))] for seed in runs}}

    pooled = paper_figures(tables, record(3.0, 3.0))["figure-2"]
    parted = paper_figures(tables, record(3.0, 10.0))["figure-2"]
    alone = paper_figures(framed(minimum_distances=here[here["seed"] == 0]))["figure-2"]
    assert all(isinstance(figure, Figure) for figure in (pooled, parted, alone))
    assert parted.rows.equals(alone.rows)
    assert parted.caption == alone.caption + " Of what was run with 3 epochs."
    assert "Means over 2 seeds" in pooled.caption
