"""Figures draw the tables' numbers, and say when they cannot."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunescope.reports.figures import FIGURES, Absent, Figure, draw
from tunescope.reports.figures.base import (
    DARK,
    LIGHT,
    PALE,
    PALETTE,
    STAGES,
    columns,
    sequential,
    update_axis,
)
from tunescope.reports.panels import panels


@pytest.fixture(scope="module")
def figures(small_run) -> dict[str, Figure | Absent]:
    (panel,) = panels(small_run.tables)
    return draw(panel)


@pytest.mark.slow
def test_every_figure_is_drawn_from_a_whole_run(figures) -> None:
    absent = [name for name, figure in figures.items() if isinstance(figure, Absent)]
    assert absent == ["data_map"]  # of a training that is watched: tests/reports/test_data_map.py
    for name in figures.keys() - set(absent):
        figure = figures[name]
        assert figure.caption.endswith(".")
        assert figure.description.endswith(".")


@pytest.mark.parametrize("absent", [None, *FIGURES])
@pytest.mark.slow
def test_a_figure_without_its_table_gives_a_reason(small_run, absent) -> None:
    tables = {"training": small_run.tables["training"].head(1)}
    (panel,) = panels(tables)
    for name in FIGURES if absent is None else [absent]:
        figure = FIGURES[name](panel)
        assert isinstance(figure, Absent)
        assert len(figure.reason) > 20


@pytest.mark.slow
def test_one_snapshot_has_no_lines_over_updates(small_run) -> None:
    first = {
        name: table[table["update"] == 0] if "update" in table else table
        for name, table in small_run.tables.items()
        if name != "training"
    }
    (panel,) = panels(first)
    for name in ("minimum_distances", "with_original", "paths", "displacement", "growth"):
        assert isinstance(FIGURES[name](panel), Absent)
    for name in ("accuracy", "clusters", "train_test"):
        assert isinstance(FIGURES[name](panel), Figure)


def test_equal_numbers_of_clusters_are_a_sentence_and_no_chart() -> None:
    where = {"model": "m", "task": "t", "seed": 0, "split": "train", "n_labels": 3}
    keys = [(update, layer) for update in (0, 9) for layer in (0, 1)]
    for last, kind in ((3, Absent), (4, Figure)):
        counts = (3, 3, 3, last)
        rows = [
            {**where, "update": update, "layer": layer, "n_clusters": n}
            for (update, layer), n in zip(keys, counts, strict=True)
        ]
        (panel,) = panels({"linearity": pd.DataFrame(rows)})
        made = FIGURES["clusters"](panel)
        assert isinstance(made, kind)
        if isinstance(made, Absent):
            assert (
                made.reason == "every one of 2 layers has 3 clusters of 3 labels, before and after"
            )


def test_a_figure_draws_every_row_of_its_table(figures, small_run) -> None:
    stored = small_run.tables["minimum_distances"]["minimum_distance"].sort_values()
    drawn = figures["minimum_distances"].rows["minimum_distance"].sort_values()
    assert list(drawn) == list(stored)


@pytest.mark.slow
def test_too_many_rows_are_thinned_by_layer_and_said(run) -> None:
    table = run.tables["minimum_distances"]
    wide = pd.concat([table.assign(layer=table["layer"] + 7 * i) for i in range(24)])
    panel = panels({"minimum_distances": wide})[1]
    figure = FIGURES["minimum_distances"](panel)
    assert len(figure.rows) <= 40_000
    assert figure.rows["layer"].max() == wide["layer"].max()
    assert "layers" in figure.caption


def test_missing_similarities_are_named_with_their_reason(figures) -> None:
    assert "Missing in layer 0 (fewer than 3 shared label pairs)." in figures["train_test"].caption


def test_label_pairs_are_said_of_the_measures_that_compare_them_only() -> None:
    where = {"model": "m", "task": "t", "seed": 0, "split": "train", "comparison": "with_original"}
    cka = {**where, "measure": "linear_cka", "similarity": 0.5, "n_pairs": 0, "convention": ""}
    pearson = cka | {"measure": "spatial_pearson", "n_pairs": 3, "convention": "shared"}

    def caption(*measures: dict[str, object]) -> str:
        rows = [{**of, "update": u, "layer": k} for of in measures for u in (0, 9) for k in (0, 1)]
        (panel,) = panels({"similarity": pd.DataFrame(rows)})
        return FIGURES["with_original"](panel).caption

    assert "pairs" not in caption(cka)
    assert "convention" not in caption(cka)
    assert caption(pearson).startswith("Correlation over 3 label pairs; convention: shared.")
    assert "over 1 label pair;" in caption(pearson | {"n_pairs": 1})
    assert "Spatial similarity is a correlation over 3 label pairs" in caption(cka, pearson)


def test_labels_are_said_to_be_coloured_at_the_ends_only_where_others_are_not(figures, run) -> None:
    assert "Coloured at first" not in figures["minimum_distances"].caption  # of six labels
    caption = FIGURES["minimum_distances"](panels(run.tables)[0]).caption
    assert "the 3 at the upper end and the 3 at the lower" in caption


def test_the_caption_says_how_tight_the_bounds_are(figures) -> None:
    assert "at most 2e-07 of its value" in figures["minimum_distances"].caption


def test_the_two_descriptions_hold_no_data_of_their_own(figures) -> None:
    for figure in figures.values():
        if isinstance(figure, Absent):
            continue
        assert "datasets" not in figure.spec
        assert "datasets" not in figure.print_spec
        json.dumps(figure.spec, allow_nan=False)


@given(
    st.lists(st.sampled_from(["a", "b", None]) | st.text(max_size=3), max_size=60),
    st.integers(1, 30),
)
@pytest.mark.slow
def test_columns_keep_every_value(texts: list[str | None], repeat: int) -> None:
    texts = [text for text in texts for _ in range(repeat)]
    rows = pd.DataFrame({"label": pd.Series(texts, dtype="object"), "n": range(len(texts))})
    packed = columns(rows)
    assert unpack(packed["label"]) == texts
    assert unpack(packed["n"]) == list(range(len(texts)))


def unpack(column: Any) -> list[Any]:
    """Do what the page's script does."""
    if isinstance(column, list):
        return column
    if "index" in column:
        return [column["values"][i] for i in column["index"]]
    pairs = zip(column["runs"][::2], column["runs"][1::2], strict=True)
    return [column["values"][i] for i, n in pairs for _ in range(n)]


def test_missing_numbers_are_null_and_small_ones_survive() -> None:
    assert columns(pd.DataFrame({"x": [0.1, None, 1e-9]})) == {"x": [0.1, None, 1e-9]}


def test_snapshots_that_grow_by_factors_get_a_logarithmic_axis() -> None:
    assert update_axis([0, 1, 10, 100, 1000])["scale"]["type"] == "symlog"
    assert update_axis([0, 250, 500, 750, 1000])["scale"]["type"] == "linear"


@pytest.mark.parametrize("n", [1, 2, 7, 25])
def test_layers_get_as_many_different_colours(n: int) -> None:
    assert len(set(sequential(n))) == n


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("color", [*PALETTE, PALE, *(color for color, _ in STAGES.values())])
@pytest.mark.parametrize("background", [LIGHT, DARK])
def test_marks_are_seen_in_the_light_and_in_the_dark(color: str, background: str) -> None:
    low, high = sorted((luminance(color), luminance(background)))
    assert (high + 0.05) / (low + 0.05) >= 3


def test_what_is_compared_differs_in_shape_too() -> None:
    alone = {"this model"}  # stands where there is no before
    shapes = [shape for name, (_, shape) in STAGES.items() if name not in alone]
    assert len(set(shapes)) == len(shapes)


def two_snapshots(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    ends = {}
    for name, table in tables.items():
        ends[name] = table[table["update"].isin([0, 530])] if "update" in table else table
    return ends


@pytest.mark.slow
def test_two_snapshots_are_dumbbells_not_lines_over_updates(small_run) -> None:
    (panel,) = panels(two_snapshots(small_run.tables))
    distances, alike = (FIGURES[name](panel) for name in ("minimum_distances", "with_original"))
    assert isinstance(distances, Figure)
    assert isinstance(alike, Figure)
    for figure in (distances, alike):
        assert "update" not in figure.rows
        assert '"update' not in json.dumps([figure.spec, figure.print_spec])
    stored = small_run.tables["minimum_distances"]
    ends = stored[stored["update"].isin([0, 530])]
    assert sorted([*distances.rows["before"], *distances.rows["after"]]) == pytest.approx(
        sorted(ends["minimum_distance"])
    )
