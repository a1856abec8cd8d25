"""Verifying published results: what is right is left alone, what is wrong is found."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from tunescope.directprobe import (
    inputs,
    outputs,
    read_folder,
    recompute,
    verify,
    write_data,
)
from tunescope.directprobe.issues import KINDS
from tunescope.directprobe.writing import write_results
from tunescope.geometry import DirectProbe, Separation, Separations

if TYPE_CHECKING:
    from conftest import Made


def test_the_made_up_result_has_two_clusters_of_one_label(made: Made) -> None:
    assert made.probe.cluster_classes_.tolist() == ["a", "a", "b", "c"]


def test_a_right_result_holds(made: Made) -> None:
    found = made.verify()
    assert found.issues.empty
    assert found.holds
    assert found.skipped == ()
    assert found.counts["n_separations"] == 5
    assert found.counts["n_clusters_by_definition"] == 4
    assert found.counts["n_distances"] == 12 * 4
    assert found.counts["accuracy_at_least"] == found.counts["accuracy"]
    assert found.separations is not None
    assert set(found.separations["verdict"]) == {"as published"}


def test_every_separation_is_proven_by_its_certificate(made: Made) -> None:
    table = made.verify().separations
    assert table is not None
    assert table["verified"].all()
    assert (table["lower"] <= table["separation"]).all()
    assert (table["separation"] <= table["upper"]).all()


def test_a_distance_is_wrong_from_its_last_digit_on(made: Made) -> None:
    text = made.lines("dis.txt")[0].rsplit(" ", 1)[1]
    made.spoil("dis.txt", 1, text, f"{float(text) + 0.0001:.4f}")
    assert made.wrong() == [("distance", "dis.txt", 1)]
    issue = made.verify().issues.iloc[0]
    assert issue["lower"] <= float(text) + 5e-5
    assert issue["upper"] >= float(text) - 5e-5
    assert issue["published"] == pytest.approx(float(text) + 0.0001)


def test_fewer_digits_are_less_to_be_wrong_in(made: Made) -> None:
    text = made.lines("dis.txt")[0].rsplit(" ", 1)[1]
    made.spoil("dis.txt", 1, text, f"{float(text):.1f}")
    assert made.wrong() == []


def test_a_zero_between_disjoint_hulls_is_found(made: Made) -> None:
    text = made.lines("dis.txt")[2].rsplit(" ", 1)[1]
    made.spoil("dis.txt", 3, text, "0.0000")
    assert made.wrong() == [("zero", "dis.txt", 3)]


def test_overlapping_clusters_are_found(made: Made) -> None:
    joined = np.where(made.probe.labels_ == 1, 0, np.maximum(made.probe.labels_ - 1, 0))
    made.probe = DirectProbe.from_clusters(made.vectors, made.labels, joined)
    (made.folder / "prediction.txt").unlink()
    write_results(made.folder, made.probe)
    kinds = [kind for kind, *_ in made.wrong()]
    assert kinds == ["overlap"]
    assert made.verify().counts["n_overlaps"] == 1


def test_a_positive_distance_of_overlapping_clusters_is_told(made: Made) -> None:
    test_overlapping_clusters_are_found(made)
    text = next(line for line in made.lines("dis.txt") if line.endswith(": 0.0000"))
    line = made.lines("dis.txt").index(text) + 1
    made.spoil("dis.txt", line, "0.0000", "0.2500")
    issue = made.verify().issues.iloc[0]
    assert issue["kind"] == "overlap"
    assert "published is 0.25" in issue["message"]


def test_a_contradiction_that_passed_unnoticed_is_found(made: Made) -> None:
    vectors = made.vectors.copy()
    a, b = (int(np.flatnonzero(made.labels == label)[3]) for label in "ab")
    vectors[b] = vectors[a]
    inputs.write_embeddings(made.folder / "embeddings" / "train.txt", vectors)
    issues = made.verify().issues
    issue = issues[issues["kind"] == "contradiction"].iloc[0]
    assert issue["file"] == "train.txt"
    assert issue["line"] == min(a, b) + 1
    assert f"{a + 1} (a)" in issue["message"]
    assert f"{b + 1} (b)" in issue["message"]


def test_a_cluster_of_mixed_labels_is_found(made: Made) -> None:
    row = int(np.flatnonzero(made.labels == "c")[0])
    made.spoil("clusters.txt", row + 1, "3", "2")
    assert ("mixed", "clusters.txt", row + 1) in made.wrong()


def test_a_cluster_called_by_another_label_is_found(made: Made) -> None:
    line = next(i for i, text in enumerate(made.lines("dis.txt"), 1) if "(0-a, 2-b)" in text)
    made.spoil("dis.txt", line, "0-a", "0-c")
    assert ("name", "dis.txt", line) in made.wrong()


def test_clusters_that_could_be_one_are_found(made: Made) -> None:
    rows = np.flatnonzero(made.labels == "c")
    split = made.probe.labels_.copy()
    split[rows[:7]] = 4
    made.probe = DirectProbe.from_clusters(made.vectors, made.labels, split)
    (made.folder / "prediction.txt").unlink()
    write_results(made.folder, made.probe)
    assert [kind for kind, *_ in made.wrong()] == ["merge"]
    notes = made.verify().issues
    assert notes[notes["severity"] == "note"]["kind"].tolist() == ["clusters"]


def test_counts_that_do_not_match_are_found_and_nothing_is_guessed(made: Made) -> None:
    made.write("clusters.txt", made.lines("clusters.txt")[:-1])
    found = made.verify()
    assert ("count", "clusters.txt", None) in made.wrong()
    assert "60 vectors, 59 lines" in found.skipped[0]
    assert found.separations is None
    assert found.counts["n_separations_wrong"] is None


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("entities/train.txt", "train.txt"),
        ("embeddings/test.txt", "test.txt"),
        ("entities/test.txt", "test.txt"),
        ("prediction.txt", "prediction.txt"),
    ],
)
@pytest.mark.slow
def test_any_file_that_is_too_short_is_found(made: Made, name: str, file: str) -> None:
    made.write(name, made.lines(name)[:-1])
    assert "count" in [kind for kind, *_ in made.wrong()]
    assert made.verify().issues["message"].str.contains(r"\d+ (?:train|test) examples").any()


def test_pairs_that_are_missing_or_there_twice_are_found(made: Made) -> None:
    lines = made.lines("dis.txt")
    made.write("dis.txt", [*lines[:-1], lines[0]])
    found = made.wrong()
    assert ("count", "dis.txt", len(lines)) in found
    assert ("count", "dis.txt", None) in found
    assert len(found) == 2


def test_a_number_of_a_cluster_that_is_never_used_is_found(made: Made) -> None:
    made.write("clusters.txt", [line.replace("3", "7") for line in made.lines("clusters.txt")])
    messages = made.verify().issues["message"]
    assert messages.str.contains("no example is in cluster 3, 4, 5, 6").any()
    assert messages.str.contains("cluster 3 is not in clusters.txt").any()


def test_of_clusters_that_are_not_there_no_label_is_told_and_their_first_line_is(
    tmp_path: Path,
) -> None:
    (tmp_path / "clusters.txt").write_text("0\n0\n1\n1\n")
    pairs = ["(0-A, 1-B)", "(0-A, 6-B)", "(0-A, 7-C)", "(6-B, 7-C)", "(1-B, 6-B)"]
    (tmp_path / "dis.txt").write_text("".join(f"{pair}: 3.0000\n" for pair in pairs))
    found = verify(read_folder(tmp_path)).issues
    assert found[["line", "message"]].values.tolist() == [
        [2, "cluster 6 is not in clusters.txt"],
        [3, "cluster 7 is not in clusters.txt"],
    ]


def test_a_wrong_distance_of_a_test_example_is_found(made: Made) -> None:
    last = made.lines("prediction.txt")[4].split(",")[-1]
    made.spoil("prediction.txt", 5, last, f"{float(last) + 1:.4f}")
    assert made.wrong() == [("prediction", "prediction.txt", 5)]


def test_a_wrong_order_is_found(made: Made) -> None:
    first, second = made.lines("prediction.txt")[1].split("\t")[1:3]
    made.spoil("prediction.txt", 2, f"{first}\t{second}", f"{second}\t{first}")
    assert ("order", "prediction.txt", 2) in made.wrong()


def test_an_accuracy_that_does_not_follow_is_found(made: Made) -> None:
    for number, line in enumerate(made.lines("prediction.txt"), 1):
        gold, *fields = line.split("\t")
        made.spoil("prediction.txt", number, line, "\t".join([gold, *reversed(fields)]))
    assert "accuracy" in [kind for kind, *_ in made.wrong()]


def test_a_log_that_tells_something_else_is_found(made: Made) -> None:
    table = outputs.read_separations(made.folder / "dis.txt")
    log = [
        "main.py-INFO: Finish loading 60 entities...",
        "main.py-INFO: Finish loading 60 entities...",
        "main.py-INFO: Finish loading 12 entities...",
        f"main.py-INFO: Acc={made.verify().counts['accuracy']}",
        f"main.py-INFO: MinConvexDistance={table['separation'].min()}",
        f"main.py-INFO: MaxConvexDistance={table['separation'].max()}",
    ]
    made.write("log.txt", log)
    assert made.wrong() == []
    made.write("log.txt", [log[0].replace("60", "61"), *log[1:3], "x: Acc=0.125", *log[4:]])
    assert made.wrong() == [("count", "log.txt", None), ("log", "log.txt", None)]


def without_vectors(made: Made) -> None:
    for split in ("train", "test"):
        (made.folder / "embeddings" / f"{split}.txt").unlink()


def test_without_vectors_a_zero_is_suspect(made: Made) -> None:
    without_vectors(made)
    text = made.lines("dis.txt")[0].rsplit(" ", 1)[1]
    made.spoil("dis.txt", 1, text, "0.0000")
    found = made.verify()
    assert found.holds
    assert "no file of embeddings" in found.skipped[0]
    assert found.issues[["kind", "severity", "line"]].values.tolist() == [["zero", "suspect", 1]]


def test_without_vectors_a_detour_disproves_a_distance(made: Made) -> None:
    without_vectors(made)
    text = made.lines("dis.txt")[0].rsplit(" ", 1)[1]
    made.spoil("dis.txt", 1, text, "1000.0000")
    assert made.wrong() == [("impossible", "dis.txt", 1)]


def test_half_precision_is_read_as_it_was(made: Made, tmp_path: Path) -> None:
    half = (made.vectors + 60.0).astype(np.float16)
    examples, folder = (half, made.labels), tmp_path / "half"
    write_data(folder, examples, examples)
    write_results(folder, DirectProbe().fit(*examples), examples)
    read = read_folder(folder)
    np.testing.assert_array_equal(read.train.vectors, half.astype(np.float32))
    assert verify(read).holds


def test_nan_is_told_as_no_number_and_not_as_a_wrong_one(made: Made) -> None:
    fine_tuning_analysis(made)
    files = ["dis.txt", "outside_min.txt", "prediction.txt", "vec.txt"]
    for name in files:
        made.spoil(name, 1, re.split("[ ,]", made.lines(name)[0])[-1], "nan")
    assert sorted(made.wrong()) == [("number", name, 1) for name in files]
    counts = made.verify().counts
    assert counts["n_separations_unpublished"] == 1
    assert counts["n_separations_wrong"] == counts["n_distances_wrong"] == 0


def test_rounding_the_vectors_makes_nothing_wrong(made: Made, tmp_path: Path) -> None:
    """Far from the origin, what float32 keeps of float64 vectors is more than half a digit."""
    far = made.vectors + 3000.0
    probe = DirectProbe().fit(far, made.labels)
    folder = tmp_path / "far"
    write_data(folder, (far, made.labels))
    write_results(folder, probe)
    assert verify(read_folder(folder)).holds


def test_findings_are_told_kind_by_kind(made: Made) -> None:
    test_counts_that_do_not_match_are_found_and_nothing_is_guessed(made)
    table = made.verify().issues
    ranks = [list(KINDS).index(kind) for kind in table["kind"]]
    assert ranks == sorted(ranks)
    summary = made.verify().summary()
    assert summary["n_issues"].sum() == len(table)


def test_certificates_prove_the_separations_again_from_the_stored_files(
    made: Made, tmp_path: Path
) -> None:
    found = made.verify()
    found.save(tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out" / "separations.parquet")
    vectors = inputs.read_embeddings(made.folder / "embeddings" / "train.txt")
    clusters = outputs.read_clusters(made.folder / "clusters.txt")
    with np.load(tmp_path / "out" / "certificates.npz", allow_pickle=False) as stored:
        assert len(stored["clusters"]) == 5
        for pair, (a, b) in enumerate(stored["clusters"]):
            row = table[(table["cluster_a"] == a) & (table["cluster_b"] == b)].iloc[0]
            parts = {}
            for side, cluster in (("a", a), ("b", b)):
                start, end = stored[f"starts_{side}"][pair : pair + 2]
                rows, weights = (
                    stored[f"{name}_{side}"][start:end] for name in ("rows", "weights")
                )
                assert (clusters[rows] == cluster).all()
                members = np.flatnonzero(clusters == cluster)
                parts[f"support_{side}"] = np.searchsorted(members, rows)
                parts[f"weights_{side}"] = weights
                parts[f"point_{side}"] = weights @ vectors[rows].astype(np.float64)
            rebuilt = Separation(
                distance=row["separation"],
                lower=stored["lower"][pair],
                upper=stored["upper"][pair],
                status=row["status"],
                normal=stored["normal"][pair],
                offset=float(stored["offset"][pair]),
                **parts,
            )
            assert rebuilt.verify(vectors[clusters == a], vectors[clusters == b])
    assert pd.read_parquet(tmp_path / "out" / "issues.parquet").empty
    told = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert told["holds"] is True
    assert told["counts"]["n_separations"] == 5


def test_a_stored_summary_is_json_whatever_is_missing(made: Made, tmp_path: Path) -> None:
    made.write("clusters.txt", made.lines("clusters.txt")[:-1])
    made.verify().save(tmp_path / "out")
    text = (tmp_path / "out" / "summary.json").read_text()
    assert "NaN" not in text
    assert json.loads(text)["issues"][0]["kind"] == "count"


def test_the_worst_of_a_kind_come_first_and_say_by_how_much(made: Made) -> None:
    for line, factor in ((1, 1.01), (4, 1.5), (5, 0.8)):
        text = made.lines("dis.txt")[line - 1].rsplit(" ", 1)[1]
        made.spoil("dis.txt", line, text, f"{float(text) * factor:.4f}")
    found = made.verify()
    distances = found.issues[found.issues["kind"] == "distance"]
    assert distances["line"].tolist() == [4, 5, 1]
    assert distances["off_by"].tolist() == pytest.approx([0.5, 0.2, 0.01], abs=1e-4)
    assert found.summary()["worst"].iloc[0] == pytest.approx(0.5, abs=1e-4)


def test_a_certificate_that_proves_nothing_is_told(made: Made) -> None:
    found = made.verify()
    assert found.certificates is not None
    result: Separation = found.certificates.results[0]
    a, b = found.certificates.pairs[0]
    A, B = (made.vectors.astype(np.float32)[found.certificates.members[k]] for k in (a, b))
    assert result.verify(A, B)
    assert not replace(result, lower=result.lower * 1.01).verify(A, B)


def fine_tuning_analysis(made: Made) -> None:
    """Write what the fine-tuning analysis would: of clusters with more than five points."""
    found = made.verify()
    assert found.separations is not None
    table = found.separations
    mean = table.groupby(["label_a", "label_b"], as_index=False)["separation"].mean()
    outputs.write_label_separations(made.folder / "vec.txt", mean)
    both = pd.concat([mean, mean.rename(columns={"label_a": "label_b", "label_b": "label_a"})])
    nearest = both.groupby("label_a")["separation"].min()
    outputs.write_label_values(made.folder / "outside_min.txt", nearest)


@pytest.mark.slow
def test_the_separations_of_labels_are_means_over_clusters(made: Made) -> None:
    fine_tuning_analysis(made)
    assert made.wrong() == []
    made.spoil("vec.txt", 1, ".", "9.")
    text = made.lines("outside_min.txt")[1]
    made.spoil("outside_min.txt", 2, text, "b,0.0000")
    assert made.wrong() == [
        ("label distance", "vec.txt", 1),
        ("label value", "outside_min.txt", 2),
    ]


@pytest.mark.slow
def test_distances_inside_clusters_are_checked(made: Made) -> None:
    fine_tuning_analysis(made)
    largest = {}
    for label in "abc":
        parts = [
            made.vectors[made.probe.labels_ == k]
            for k in np.flatnonzero(made.probe.cluster_classes_ == label)
        ]
        largest[label] = max(np.linalg.norm(p[:, None] - p[None], axis=2).max() for p in parts)
    outputs.write_label_values(made.folder / "inside_max.txt", pd.Series(largest))
    assert made.wrong() == []
    made.spoil("inside_max.txt", 3, ".", "1.")
    assert made.wrong() == [("label value", "inside_max.txt", 3)]


def test_of_very_many_clusters_only_the_nearest_pairs_are_looked_at(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "MANY_CLUSTERS", 3)
    rows = np.flatnonzero(made.labels == "c")
    split = made.probe.labels_.copy()
    split[rows[:4]] = [4, 5, 6, 7]
    made.probe = DirectProbe.from_clusters(made.vectors, made.labels, split)
    (made.folder / "prediction.txt").unlink()
    write_results(made.folder, made.probe)
    found = made.verify()
    merges = found.issues[found.issues["kind"] == "merge"]
    assert 3 <= len(merges) <= 5
    assert f"{10 - len(merges)} pairs of clusters of one label" in found.skipped[0]


def test_no_time_for_clusterings_is_said(made: Made) -> None:
    found = verify(read_folder(made.folder), budget=0)
    assert found.holds
    assert "out of time" in " ".join(found.skipped)


def test_a_wrong_distance_that_is_open_is_held_against_its_bounds(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = made.lines("dis.txt")
    made.write("dis.txt", [f"{first.rsplit(maxsplit=1)[0]} 0.001", *others])
    measured = recompute.cluster_separations

    def loose(*arguments: Any, **options: Any) -> Separations:
        found = measured(*arguments, **options)
        wide = [replace(result, lower=0.9 * result.upper) for result in found.results]
        return replace(found, results=wide)

    monkeypatch.setattr(recompute, "cluster_separations", loose)
    found = made.verify()
    assert found.separations is not None
    row = found.separations.loc[found.separations["verdict"] == "distance"].iloc[0]
    assert np.isnan(row["separation"])
    (message,) = found.issues["message"]
    assert f"are {row['lower']:.6g} to {row['upper']:.6g} apart" in message


def test_every_separation_has_one_count(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    made.write("dis.txt", made.lines("dis.txt")[1:])
    table_of = recompute.separation_table

    def with_one_undecided(*arguments: Any) -> pd.DataFrame:
        table = table_of(*arguments)
        open_ = table.index == table.index[table["verdict"] == recompute.AGREES][0]
        return table.assign(verdict=table["verdict"].mask(open_, "undecided"))

    monkeypatch.setattr(recompute, "separation_table", with_one_undecided)
    found = made.verify()
    judged = ("right", "wrong", "undecided", "unpublished")
    assert [found.counts[f"n_separations_{word}"] for word in judged] == [3, 0, 1, 1]
    assert found.skipped == ("1 separations: whether the hulls meet could not be decided",)
