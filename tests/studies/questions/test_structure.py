"""Tables of structure, linearity and similarity, on made-up vectors with a known answer."""

import numpy as np
import pandas as pd
import pytest
from frames import tables as framed

from tunescope.geometry import cluster, separations
from tunescope.studies.assemble import assemble
from tunescope.studies.questions.layers import MEASURES, example_similarities, similarity_table
from tunescope.studies.questions.linearity import cluster_tables
from tunescope.studies.questions.structure import centroid_paths, centroid_table, separation_tables
from tunescope.studies.steps import Origin

LABELS = np.array(["a", "a", "b", "b", "c", "c"])


def triangle(scale: float = 1.0) -> np.ndarray:
    corners = np.array([[0.0, 0], [3, 0], [0, 4]])
    return scale * (np.repeat(corners, 2, axis=0) + np.tile([[0, 0], [0, 0.5]], (3, 1)))


def describe(row: int) -> tuple[str, str]:
    return f"text {row}", f"file:{row + 1}"


def spaces(*scales: float) -> pd.DataFrame:
    parts = []
    for update, scale in enumerate(scales):
        table = separation_tables(separations(triangle(scale), LABELS), describe)["separations"]
        parts.append(table.assign(update=update))
    space = {"model": "m", "task": "t", "seed": 0, "layer": 1, "split": "train"}
    return framed(separations=pd.concat(parts, ignore_index=True).assign(**space))["separations"]


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


def test_a_scaled_space_is_spatially_the_same() -> None:
    table = similarity_table(spaces(1.0, 5.0))
    later = table[(table["update"] == 1) & (table["measure"] == "spatial_pearson")].iloc[0]
    assert later["similarity"] == pytest.approx(1)
    assert later["n_pairs"] == 3


def test_two_labels_have_no_similarity_but_a_reason() -> None:
    two = spaces(1.0, 2.0).query("label_a == 'a' and label_b == 'b'")
    table = similarity_table(two)
    assert table["similarity"].isna().all()
    assert table["reason"].str.contains("at least 3").all()


def test_clusters_are_counted_by_label() -> None:
    X = np.array([[0.0], [1], [2], [3], [9]])
    y = np.array(["a", "b", "a", "b", "b"])
    tables = cluster_tables(cluster(X, y), y, 1)
    assert tables["clusters"].set_index("label")["n_clusters"].to_dict() == {"a": 2, "b": 2}
    row = tables["linearity"].iloc[0]
    assert (row["n_clusters"], row["is_linear"], row["n_pairs"]) == (4, False, 1)


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


def test_a_label_that_test_lacks_is_0_by_the_authors_convention_only() -> None:
    train = spaces(1.0)
    test = train[train["label_b"] != "c"].assign(split="test")
    table = similarity_table(pd.concat([train, test]))
    table = table[table["comparison"] == "train_test"].set_index("measure")
    assert table["n_pairs"].to_dict() == {
        "spatial_pearson": 1,
        "spatial_spearman": 1,
        "spatial_pearson_zhou2022": 3,
    }
    assert table.loc["spatial_pearson", "reason"]
    pairs = train["separation"].to_numpy()
    expected = np.corrcoef(pairs, np.where(train["label_b"] == "c", 0, pairs))[0, 1]
    assert table.loc["spatial_pearson_zhou2022", "similarity"] == pytest.approx(expected)
    assert table.loc["spatial_pearson_zhou2022", "convention"] == "zhou2022"


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
