"""The packed space gives back every example's place, and fits into what a page may hold."""

from __future__ import annotations

import base64
import gzip
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from synthetic_runs import Size, SyntheticRun, synthetic_run

from tunescope.reports.panels import Panel, panels
from tunescope.reports.space import GRID, PLANES, Space, as_json, compressed, space


@pytest.fixture(scope="module")
def panel(small_run: SyntheticRun) -> Panel:
    (made,) = panels(small_run.tables)
    return made


@pytest.fixture(scope="module")
def made(panel: Panel) -> Space:
    found = space(panel, ["DET", "ADJ"])
    assert found is not None
    return found


def unpacked(found: Space) -> tuple[np.ndarray, np.ndarray]:
    """Do what the page's script does: coordinates and nearest labels."""
    half = np.frombuffer(found.packed(), dtype=np.uint8).reshape(2, -1).astype(np.uint16)
    both = half[0] | (half[1] << 8)
    n, updates = len(found.examples), len(found.updates)
    spaces = len(found.seeds) * len(found.layers)
    size = spaces * len(PLANES) * updates * 2 * n
    points = both[:size].reshape(spaces, len(PLANES), updates, 2, n)
    nearest = both[size:].reshape(spaces, updates, n)
    return points.cumsum(axis=2, dtype=np.uint16), nearest.cumsum(axis=1, dtype=np.uint16)


@pytest.mark.slow
def test_every_place_comes_back_to_within_a_step_of_the_grid(made: Space) -> None:
    points, _ = unpacked(made)
    number = 0
    for seed in made.seeds:
        for layer in made.layers:
            for plane in range(len(PLANES)):
                wanted = made.points(seed, layer, plane)
                left, bottom, side = made.box(wanted)
                found = points[number, plane].transpose(0, 2, 1) * side / (GRID - 1)
                assert np.abs(found + np.array([left, bottom]) - wanted).max() <= 0.51 * side / (
                    GRID - 1
                )
            number += 1


def test_nearest_labels_come_back(made: Space) -> None:
    _, nearest = unpacked(made)
    row = made.rows[made.seeds[0], made.layers[-1], made.updates[-1]]
    place = len(made.layers) - 1
    assert [made.labels[code] for code in nearest[place, -1]] == list(row.nearest_label)


def test_the_header_says_what_the_picture_is_of(made: Space) -> None:
    head = made.header()
    assert head["picked"][:2] == ("DET", "ADJ")
    assert len(head["text"]) == len(head["label"]) == len(made.examples) == 120
    assert "120 examples (90 of the train split and 30 of the test split)" in made.caption
    assert "%" in made.caption
    assert "All updates share the plane" in made.caption
    assert "updates" not in replace(made, updates=(0,)).caption


def test_examples_are_said_to_be_drawn_only_if_some_are_not(made: Space) -> None:
    examples = made.examples.assign(example=made.examples.groupby("split").cumcount())
    assert "drawn" not in replace(made, examples=examples).caption
    some = examples.assign(example=3 * examples["example"])
    assert "drawn once at random, rare labels first" in replace(made, examples=some).caption


@pytest.mark.slow
def test_what_is_predicted_and_suspected_stands_with_the_example(small_run: SyntheticRun) -> None:
    where = {"model": "minilm", "task": "pos", "seed": 0, "update": 530, "layer": 6}
    said = {"source": "probe", "example": 119, "given": "a", "predicted": "NUM", "confidence": 0.9}
    odd = {"rank": 3, "example": 7, "text": "t", "given": "a", "suggested": "b", "score": 0.5}
    tables = dict(small_run.tables)
    tables["predictions"] = pd.DataFrame([{**where, **said, "split": "test"}])
    fits = odd | {"example": 8, "rank": 1, "margin": -0.4}
    tables["suspects"] = pd.DataFrame([{**where, **row, "split": "train"} for row in (odd, fits)])
    (panel,) = panels(tables)
    found = space(panel, [])
    assert found is not None
    head = found.header()
    assert head["predicted"][119] == "NUM"
    assert head["predicted"][0] is None
    assert [i for i, rank in enumerate(head["suspect"]) if rank is not None] == [7]


@pytest.mark.slow
def test_without_the_table_there_is_no_picture(small_run: SyntheticRun) -> None:
    (panel,) = panels({k: t for k, t in small_run.tables.items() if k != "plane"})
    assert space(panel, []) is None


def test_too_much_is_thinned_and_said(panel: Panel) -> None:
    each = 4 * 6 * 120
    found = space(panel, [], budget=4 * each)
    assert found is not None
    assert found.seeds == (0,)
    assert found.layers == (0, 2, 4, 6)
    assert "holds layers 0, 2, 4, 6 only" in found.caption


@pytest.mark.slow
def test_fifty_labels_twelve_layers_twenty_snapshots_fit() -> None:
    labels = [f"label {i:02d}" for i in range(50)]
    size = Size(updates=tuple(range(20)), layers=(12,), examples=2000)
    run = synthetic_run({"t": labels}, ("m",), size=size)
    (panel,) = panels({name: run.tables[name] for name in ("plane", "plane_examples")})
    found = space(panel, labels)
    assert found is not None
    assert 13 * len(compressed(found.packed())) < 3_500_000


def test_the_same_content_is_the_same_text() -> None:
    content = as_json({"a": "größe </script>"})
    assert compressed(content) == compressed(content)
    assert gzip.decompress(base64.b64decode(compressed(content))) == content
