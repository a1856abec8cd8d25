"""Tables of structure, linearity and similarity, on made-up vectors with a known answer."""

import numpy as np
import pandas as pd
import pytest

from tunescope.geometry import cluster, separations
from tunescope.studies.assemble import assemble
from tunescope.studies.questions.layers import MEASURES, example_similarities
from tunescope.studies.questions.linearity import cluster_tables
from tunescope.studies.questions.structure import (
    centroid_paths,
    centroid_table,
    cluster_separations,
    distances_of_means,
    permuted_pairs,
    permuted_table,
    separation_tables,
)
from tunescope.studies.steps import Origin

LABELS = np.array(["a", "a", "b", "b", "c", "c"])


def triangle(scale: float = 1.0) -> np.ndarray:
    corners = np.array([[0.0, 0], [3, 0], [0, 4]])
    return scale * (np.repeat(corners, 2, axis=0) + np.tile([[0, 0], [0, 0.5]], (3, 1)))


def describe(row: int) -> tuple[str, str]:
    return f"text {row}", f"file:{row + 1}"


def test_distances_of_a_triangle() -> None:
    tables = separation_tables(separations(triangle(), LABELS), describe)
    pairs = tables["separations"].set_index(["label_a", "label_b"])["separation"]
    assert pairs["a", "b"] == pytest.approx(3)
    assert pairs["a", "c"] == pytest.approx(3.5)
    nearest = tables["minimum_distances"].set_index("label")["nearest_label"]
    assert nearest.to_dict() == {"a": "b", "b": "a", "c": "a"}


def test_the_nearest_pair_shows_its_examples_and_their_places() -> None:
    first = separation_tables(separations(triangle(), LABELS), describe)["nearest_pairs"].iloc[0]
    assert (first["label_a"], first["label_b"]) == ("a", "b")
    assert first["example_a"] in {"text 0", "text 1"}
    assert first["place_b"] in {"file:3", "file:4"}


def test_cluster_pairs_are_averaged_and_small_clusters_left_out() -> None:
    """a has a cluster on each side of b; on a line their distances are 1 and 3; c is small."""
    X = np.repeat([0.0, 4.0, 1.0, 9.0], [6, 7, 6, 2])[:, None] + 1e-9 * np.arange(21)[:, None]
    y = np.repeat(["a", "a", "b", "c"], [6, 7, 6, 2])
    found = separations(X, y)
    names = [tuple(pair) for pair in found.labels[found.pairs].tolist()]
    means = dict(zip(names, cluster_separations(found, X, y, cluster(X, y).labels), strict=True))
    assert means["a", "b"] == pytest.approx(2)
    assert np.isnan(means["a", "c"]) and np.isnan(means["b", "c"])
    assert np.isnan(cluster_separations(found, X, y, None)).all()


def test_where_labels_are_clusters_their_separations_are_taken() -> None:
    X, y = np.repeat([0.0, 4.0, 9.0], [6, 7, 2])[:, None], np.repeat(["a", "b", "c"], [6, 7, 2])
    found = cluster_separations(separations(X, y), X, y, None)
    assert found[0] == pytest.approx(4) and np.isnan(found[1:]).all()


def test_means_are_as_far_apart_as_their_labels_centres() -> None:
    assert distances_of_means(separations(triangle(), LABELS), triangle()) == pytest.approx(
        [3, 4, 5]
    )


def test_few_label_pairs_are_measured_with_permuted_labels() -> None:
    many = np.array([f"l{index:02d}" for index in range(30)])
    chosen = permuted_pairs(many, many[1:])
    assert len(set(chosen)) == 60 and not any("l00" in pair for pair in chosen)
    table = permuted_table(triangle(), LABELS, np.arange(6), [("a", "c")])
    assert table["draw"].tolist() == [0, 1]
    assert table[["label_a", "label_b"]].values.tolist() == [["a", "c"]] * 2


def test_clusters_are_counted_by_label() -> None:
    X = np.array([[0.0], [1], [2], [3], [9]])
    y = np.array(["a", "b", "a", "b", "b"])
    tables = cluster_tables(cluster(X, y), y, 1)
    assert tables["clusters"].set_index("label")["n_clusters"].to_dict() == {"a": 2, "b": 2}
    row = tables["linearity"].iloc[0]
    assert (row["n_clusters"], row["is_linear"], row["n_pairs"]) == (4, False, 1)


def test_a_clustering_that_was_stopped_says_after_how_much() -> None:
    X = np.array([[0.0], [1], [2], [3], [9]])
    y = np.array(["a", "b", "a", "b", "b"])
    found = cluster(X, y, checks=1)
    row = cluster_tables(found, y, 1)["linearity"].iloc[0]
    assert not found.complete and np.isnan(row["n_clusters"])
    assert row["reason"] == f"stopped after {found.checks} hull checks"


def test_contradictions_are_counted() -> None:
    X = np.array([[0.0, 0], [0, 0], [1, 1], [5, 5]])
    y = np.array(["a", "b", "a", "b"])
    tables = cluster_tables(cluster(X, y), y, 2)
    assert tables["clusters"]["n_contradictions"].tolist() == [1, 1]
    assert not tables["linearity"]["is_linear"].iloc[0]


def test_a_centroid_that_moves_is_followed() -> None:
    moved = triangle()
    moved[LABELS == "c"] += [6.0, 8.0]
    table = pd.concat(
        [centroid_table(X, LABELS).assign(update=u) for u, X in enumerate((triangle(), moved))]
    )
    last = centroid_paths(table).query("update == 1").set_index("label")
    assert last["displacement"].to_dict() == pytest.approx({"a": 0, "b": 0, "c": 10})
    assert np.hypot(last["shift_x"], last["shift_y"])["c"] == pytest.approx(10)


def test_what_no_seed_changes_stands_under_every_seed() -> None:
    X, labels = triangle(), LABELS
    counted = cluster_tables(cluster(X, labels), labels, 2)
    tables = {name: table.assign(layer=1, split="train") for name, table in counted.items()}
    steps = [
        (Origin("m", "t", 1, "tuned", 9, tuned_on="t"), tables),
        (Origin("m", "t", None, "original", 0), tables),
        (Origin("m", "t", 0, "tuned", 9, tuned_on="t"), tables),
    ]
    found = assemble(steps, [0, 1])["linearity"]
    assert found[["seed", "update"]].to_numpy().tolist() == [[0, 0], [1, 0], [0, 9], [1, 9]]


def test_every_measure_finds_a_turned_and_scaled_space_the_same() -> None:
    rng = np.random.default_rng(0)
    before = rng.normal(size=(600, 6))
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    found = example_similarities(before, 3 * before @ turn + 5, every=True)
    assert found["measure"].tolist() == ["linear_cka", *MEASURES]
    assert found["similarity"].to_numpy() == pytest.approx(1)
    other = example_similarities(before, rng.normal(size=(600, 6)), every=True)
    assert (other["similarity"].abs() < 0.5).all()


def test_what_a_measure_cannot_say_has_a_reason() -> None:
    same = np.zeros((9, 2))
    found = example_similarities(same, same + np.arange(9)[:, None], every=True)
    assert found["similarity"].isna().all()
    assert (found["reason"] != "").all()
    few = example_similarities(np.eye(2), np.eye(2) * 2, every=True)
    assert few.set_index("measure").loc["linear_cka", "reason"]
