"""What the page tells of extra clusters, of other tasks and of the scale of the space."""

import pandas as pd
import pytest

from tunescope.reports.extra_clusters import LISTED, extra_clusters
from tunescope.reports.panels import Panel, panels
from tunescope.reports.scale import scale
from tunescope.reports.transfer import transfer

WHERE = {"model": "m", "task": "pos", "seed": 0}


def panel(**tables: list[dict[str, object]]) -> Panel:
    frames = {
        name: pd.DataFrame([{**WHERE, **row} for row in rows]) for name, rows in tables.items()
    }
    (made,) = panels(frames)
    return made


def counted(update: int, layer: int) -> dict[str, object]:
    numbers = {"n_labels": 2, "n_clusters": 3, "split": "train"}
    return {"update": update, "layer": layer, **numbers}


def member(update: int, cluster: int, layer: int = 2, **more: object) -> dict[str, object]:
    row: dict[str, object] = {"update": update, "layer": layer, "cluster": cluster}
    row |= {"split": "train", "label": "NOUN", "cluster_size": 2}
    row |= {"kind": "region", "collides_with": "VERB", "text": f"the [dog] {cluster}"}
    row |= {"place": "a:1", "collides_text": "it [barks]", "collides_place": "a:9"}
    return {**row, **more}


COUNTED = [counted(update, layer) for update in (0, 9) for layer in (1, 2)]


@pytest.mark.slow
def test_an_extra_cluster_is_shown_once_with_its_first_example() -> None:
    members = [member(0, 1), member(0, 1, text="another"), member(9, 4), member(0, 1, layer=1)]
    table = extra_clusters(panel(linearity=COUNTED, cluster_members=members))
    assert table is not None
    assert [row[0] for row in table.rows] == ["before", "after"]
    assert [str(row[1]) for row in table.rows] == ["NOUN", "NOUN"]
    assert "<mark>[dog]</mark> 1" in str(table.rows[0][5])
    assert "<mark>[barks]</mark>" in str(table.rows[0][6])


@pytest.mark.slow
def test_what_is_left_out_is_counted() -> None:
    members = [member(0, number) for number in range(LISTED + 3)]
    table = extra_clusters(panel(linearity=COUNTED, cluster_members=members))
    assert table is not None
    assert len(table.rows) == LISTED
    assert "3 more are in cluster_members.csv" in table.caption


@pytest.mark.slow
def test_without_extra_clusters_in_the_last_layer_there_is_no_table() -> None:
    lower = [member(0, 1, layer=1), member(5, 1, stage="between"), member(0, 1, stage="random")]
    assert extra_clusters(panel(linearity=COUNTED, cluster_members=lower)) is None
    assert extra_clusters(panel(linearity=COUNTED)) is None


@pytest.mark.slow
def test_a_column_that_nothing_fills_is_left_out() -> None:
    alone = member(0, 1, collides_with="", collides_text="", collides_place="")
    table = extra_clusters(panel(linearity=COUNTED, cluster_members=[alone]))
    assert table is not None
    assert list(table.head) == ["encoder", "label", "examples", "what it is", "example"]


def crossed(tuned_on: str, grew: int, shrank: int, seed: int = 0) -> list[dict[str, object]]:
    """Make the space under one tuning: labels that moved by 1 to and fro; "" is the original."""
    stage = "tuned" if tuned_on else "original"
    where = {"seed": seed, "tuned_on": tuned_on, "stage": stage, "layer": 2, "split": "train"}
    where["update"] = 9 if tuned_on else 0
    change = [1.0] * grew + [-1.0] * shrank + [0.0] * (4 - grew - shrank)
    return [
        {**where, "label": label}
        | dict.fromkeys(("minimum_distance", "lower", "upper"), 5 + moved * bool(tuned_on))
        for label, moved in zip("wxyz", change, strict=True)
    ]


def spaces(*each: list[dict[str, object]]) -> list[dict[str, object]]:
    return [row for rows in each for row in rows]


@pytest.mark.slow
def test_the_original_comes_first_then_the_own_task_then_the_others() -> None:
    rows = spaces(crossed("dep", 0, 2), crossed("pos", 2, 0), crossed("", 0, 0))
    table = transfer(panel(minimum_distances=rows))
    assert table is not None
    assert [row[0] for row in table.rows] == ["nothing (the original)", "pos", "dep"]
    assert table.rows[2][1:3] == ["0", "2"]
    assert table.rows[2][5] == "−0.500"
    assert table.rows[0][1] == "–"


@pytest.mark.slow
def test_seeds_are_told_apart_and_the_original_is_shown_once() -> None:
    rows = spaces(*(crossed(name, 1, 1, seed) for seed in (0, 1) for name in ("", "pos", "dep")))
    table = transfer(panel(minimum_distances=rows))
    assert table is not None
    names = [row[0] for row in table.rows]
    assert names == [
        "nothing (the original)",
        *(f"{t}, seed {s}" for t in ("pos", "dep") for s in (0, 1)),
    ]


@pytest.mark.parametrize("own", [[""], ["", "pos"]])
@pytest.mark.slow
def test_a_task_that_no_other_was_tuned_for_has_no_table(own: list[str]) -> None:
    rows = spaces(*(crossed(name, 1, 0) for name in own))
    assert transfer(panel(minimum_distances=rows)) is None


@pytest.mark.slow
def test_distances_are_told_beside_the_scale_of_the_space() -> None:
    space = {"layer": 2, "split": "train"}
    ends = ((0, 5.0, 0.9, 0.5), (9, 10.0, 0.2, 2.0))
    spread = [{**space, "update": u, "total": t, "share_within": w} for u, t, w, _ in ends]
    near = [{**space, "update": u, "label": "a", "minimum_distance": d} for u, _, _, d in ends]
    assert scale(panel(spread=spread, minimum_distances=near)) == (
        "In layer 2 the examples’ distance from their common mean (root mean square) went from "
        "5.00 to 10.0, 2.00 times what it was; the labels’ mean minimum distance became 4.00 times "
        "what it was. Of the variance 90.0 % lay inside the labels, now 20.0 %."
    )
    assert scale(panel(spread=spread[:1], minimum_distances=near)) == ""
