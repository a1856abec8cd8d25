"""The first screen's numbers, sentences and lists are the tables' own."""

from __future__ import annotations

import pandas as pd
import pytest

from tunescope.reports import headline, lists, statements
from tunescope.reports.figures import Absent, clusters
from tunescope.reports.panels import Panel, panels
from tunescope.reports.sections import sections
from tunescope.tables import relative_changes

pytestmark = pytest.mark.slow

WHERE = {"model": "m", "task": "pos", "seed": 0, "layer": 2, "split": "train"}


def panel(**tables: list[dict[str, object]]) -> Panel:
    frames = {n: pd.DataFrame([{**WHERE, **row} for row in rows]) for n, rows in tables.items()}
    (made,) = panels(frames)
    return made


def distances(before: dict[str, float], after: dict[str, float]) -> list[dict[str, object]]:
    return [
        {"update": update, "label": label, "minimum_distance": d, "lower": d, "upper": d}
        for update, values in ((0, before), (9, after))
        for label, d in values.items()
    ]


def grown(space: float, **after: float) -> Panel:
    spread = [{"update": u, "total": t, "share_within": 0.5} for u, t in ((0, 1.0), (9, space))]
    return panel(minimum_distances=distances(dict.fromkeys(after, 1.0), after), spread=spread)


def test_growth_of_the_space_is_taken_out_of_the_labels() -> None:
    found = grown(3.0, a=3.0, b=6.0, c=1.5)
    changed = relative_changes(found.tables).set_index("label")
    assert changed["after"].to_dict() == pytest.approx({"a": 1.0, "b": 2.0, "c": 0.5})
    assert changed.loc[["b", "c"], "direction"].tolist() == ["increased", "decreased"]
    (room, *_) = headline.figures_of(found)
    assert room.value == "×\N{NO-BREAK SPACE}1.2"
    assert room.change == "the space grew ×\N{NO-BREAK SPACE}3.0"
    assert "1 of 3 labels gained room, 1 lost" in room.certainty


def test_a_space_may_shrink() -> None:
    (room, *_) = headline.figures_of(grown(0.5, a=1.0, b=2.0))
    assert room.change == "the space shrank ×\N{NO-BREAK SPACE}0.50"


def similar(measure: str, **of_layers: float) -> Panel:
    key = {"comparison": "with_original", "measure": measure}
    return panel(
        similarity=[
            {**key, "update": update, "layer": int(layer[1:]), "similarity": kept}
            for layer, value in of_layers.items()
            for update, kept in ((0, 1.0), (9, value))
        ]
    )


def test_the_layers_that_changed_most_and_least_are_named() -> None:
    found = similar("spatial_pearson", l0=0.98, l1=0.31, l2=0.6)
    said = "Layer 1 changed most (arrangement of labels kept: 0.31), layer 0 least (0.98)."
    assert headline.where(found) == said
    assert said in headline.happened(found)
    (number,) = headline.figures_of(found)
    assert (number.name, number.value) == ("Kept of the labels’ arrangement", "0.60")


def test_two_labels_have_no_arrangement_and_another_measure_is_named() -> None:
    found = similar("linear_cka", l0=0.98, l1=0.31)
    said = "Layer 1 changed most (linear CKA with the original: 0.31), layer 0 least (0.98)."
    assert headline.where(found) == said
    (number,) = headline.figures_of(found)
    assert number.name == "linear CKA with the original"


def test_layers_that_changed_as_much_are_not_ordered() -> None:
    said = "All layers changed as much: each is alike to 0.50, where 1 is unchanged."
    assert headline.where(similar("spatial_pearson", l0=0.5, l1=0.5)) == said
    assert headline.where(similar("spatial_pearson", l6=0.5)) == ""


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (0.9, "labels are read as well as before, to 0.1 points."),
        (0.9001, "labels are read as well as before, to 0.1 points."),
        (0.88, "labels are read worse by 2.0 points."),
    ],
)
def test_accuracies_without_a_stored_comparison_are_equal_where_none_is_shown(
    after: float, said: str
) -> None:
    read = {"probe": "p", "split": "test", "n_examples": 20}
    both = [{**read, "update": u, "accuracy": a} for u, a in ((0, 0.9), (9, after))]
    assert said in headline.happened(panel(accuracy=both))


def probed(*changes: tuple[float, float, float], tuned_on: str = "pos") -> Panel:
    """Differences of accuracies, the half widths of their intervals, and p, with each seed."""
    read = {"probe": "p", "split": "test", "n_examples": 20}
    rows, compared = [], []
    for seed, (moved, half, p) in enumerate(changes):
        after = {"stage": "tuned", "update": 9, "tuned_on": tuned_on, "seed": seed}
        rows += [
            {**read, "stage": "original", "update": 0, "accuracy": 0.5, "seed": seed},
            {**read, **after, "accuracy": 0.5 + moved},
        ]
        bounds = {"lower": moved - half, "upper": moved + half, "p_corrected": p}
        compared.append({**read, **after, **bounds, "difference": moved})
    return panel(accuracy=rows, accuracy_change=compared)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [(0.333, 0.35, 0.125)],
            "After fine-tuning, labels are read better by 33.3 points, but that is not sure "
            "(p = 0.12).",
        ),
        (
            [(-0.1, 0.15, 0.3)],
            "After fine-tuning, labels are read worse by 10.0 points, but that is not sure "
            "(p = 0.3).",
        ),
        (
            [(0.4, 0.2, 0.001), (0.1, 0.2, 0.2)],
            "After fine-tuning, labels are read better by 25.0 points, the mean of several seeds, "
            "but that is not sure with every seed (p = 0.001 to 0.2).",
        ),
        (
            [(0.0, 0.3, 1.0)],
            "After fine-tuning, labels are read as well as before, to 0.1 points, but that is not "
            "sure (p = 1).",
        ),
        (
            [(0.004, 0.015, 0.4), (0.002, 0.015, 0.6)],
            "The probe reads the labels about as well as before: no clear change.",
        ),
        ([(0.1, 0.05, 0.01)], "After fine-tuning, labels are read better, by 10.0 points."),
    ],
)
def test_labels_are_read_as_well_as_before_only_where_the_interval_is_narrow(
    changes: list[tuple[float, float, float]], said: str
) -> None:
    assert headline.happened(probed(*changes)) == said


def test_of_two_models_that_are_compared_none_is_before_the_other() -> None:
    said = headline.happened(probed((0.004, 0.015, 0.4), tuned_on=""))
    assert said == "The probe reads the labels of both models about as well: no clear change."
    said = headline.happened(probed((0.3, 0.4, 0.2), tuned_on=""))
    assert said.startswith("In the second model labels are read better by 30.0 points, but")


def test_of_one_model_it_is_said_how_it_stands() -> None:
    rows = [{"layer": n, "n_clusters": 3, "n_labels": 3, "update": 0} for n in (0, 1)]
    read = {"update": 0, "probe": "p", "split": "test", "accuracy": 0.9, "n_examples": 20}
    said = headline.happened(panel(linearity=rows, accuracy=[read]))
    assert "right about 90.0 % of 20 test examples" in said
    assert "All 2 layers are linear (3 labels)." in said
    torn = [{**row, "n_contradictions": 5 * (row["layer"] == 0)} for row in rows]
    part = panel(linearity=[{**row, "n_clusters": 3 + (row["layer"] == 0)} for row in rows])
    assert "1 of 2 layers is linear (3 labels)." in headline.happened(part)
    absent = clusters.figure(panel(linearity=torn))
    assert isinstance(absent, Absent)
    assert "3 clusters of 3 labels, which meet where examples contradict" in absent.reason


@pytest.mark.parametrize(("n_pairs", "said"), [(1, "1 of 1 pair apart"), (3, "3 of 3 pairs apart")])
def test_one_pair_is_counted_in_the_singular(n_pairs: int, said: str) -> None:
    row = {"update": 0, "n_clusters": 3, "n_labels": 3, "n_contradictions": 0, "n_features": 9}
    found = panel(linearity=[{**row, "n_pairs": n_pairs, "capacity_pairs": float(n_pairs)}])
    assert said in headline.figures_of(found)[0].certainty


def test_examples_at_the_edges_are_asked_for_once() -> None:
    pair = {"label_a": "a", "label_b": "b", "separation": 0.5, "lower": 0.5, "upper": 0.5}
    near = pair | {"example_a": "one", "example_b": "two"}
    found = panel(
        separations=[pair | {"update": u, "status": "separable"} for u in (0, 9)],
        nearest_pairs=[near | {"update": u} for u in (0, 9)],
    )
    asked = [text for text in headline.to_do(found) if "Read" in text]
    assert asked == [
        "Read the 2 examples at the edges of the closest labels below; correct the data where the "
        "label is wrong."
    ]


def test_contradictions_are_counted_once_for_all_layers_that_have_as_many() -> None:
    rows = [
        {"layer": layer, "n_clusters": 3, "n_labels": 2, "n_contradictions": n, "update": 0}
        for layer, n in ((0, 4), (1, 4), (2, 2))
    ]
    said = statements.clusters_sentence(panel(linearity=rows))
    assert "In layers 0 and 1, 4 examples share their vector" in said
    assert "In layer 2, 2 examples share" in said
    (number,) = (one for one in headline.figures_of(panel(linearity=rows)) if one.value == "3")
    assert number.certainty == "2 examples share a vector with another label"


def test_a_number_is_linked_to_a_section_that_is_there(small_run) -> None:
    (found,) = panels(small_run.tables)
    keys = {section.key for section in sections(found)}
    numbers = headline.figures_of(found)
    assert 3 <= len(numbers) <= 4
    assert {number.section for number in numbers} <= keys
    assert len(keys) <= 5


def test_every_section_opens_with_a_number(small_run) -> None:
    (found,) = panels(small_run.tables)
    for section in sections(found)[:4]:
        assert any(character.isdigit() for character in section.lead), section.key


CONFUSIONS: list[dict[str, object]] = [
    {"given": a, "predicted": b, "n_examples": n, "share": n / 20, "split": "test", "update": 0}
    for a, b, n in (("a", "a", 18), ("a", "b", 2), ("b", "a", 5), ("b", "b", 15))
]


def test_confused_labels_are_those_taken_for_others() -> None:
    found = panel(confusions=[{**row, "source": "probe"} for row in CONFUSIONS])
    first, second = lists.most_confused(found)
    assert first.labels == ("b", "a")
    assert first.number == "5 (25.0 %)"
    assert second.labels == ("a", "b")
    assert (
        headline.happened(found) == "b is most often taken for a: 5 (25.0 %) of its test examples."
    )


def test_without_mistakes_the_closest_labels_are_named() -> None:
    pair = {"label_a": "a", "label_b": "b", "separation": 0.5, "status": "separable", "update": 0}
    right = [row for row in CONFUSIONS if row["given"] == row["predicted"]]
    pairs = [pair, {**pair, "label_b": "c", "separation": 0.6}]
    found = panel(confusions=[{**row, "source": "probe"} for row in right], separations=pairs)
    nearest, _ = lists.most_confused(found)
    assert nearest.sentence == "The closest labels are a and b, 0.500 apart."
    is_open = {**pair, "label_b": "d", "separation": None, "lower": 0.4, "upper": 0.7}
    nearest, _ = lists.most_confused(panel(separations=[*pairs, is_open]))
    assert nearest.sentence == "The labels a and b are 0.500 apart."
    farther = {**is_open, "lower": 0.55}
    nearest, _ = lists.most_confused(panel(separations=[*pairs, farther]))
    assert nearest.sentence == "The closest labels are a and b, 0.500 apart."
    (only,) = lists.most_confused(panel(separations=[pair]))
    assert only.sentence == "The labels a and b are 0.500 apart."


def test_labels_that_are_numbers_are_told_from_numbers() -> None:
    names = {"a": "1", "b": "2"}
    rows = [{**row, "given": names[str(row["given"])]} for row in CONFUSIONS]
    rows = [{**row, "predicted": names[str(row["predicted"])], "source": "probe"} for row in rows]
    first = lists.most_confused(panel(confusions=rows))[0]
    assert first.labels == ("2", "1")
    assert first.sentence == "“2” is most often taken for “1”: 5 (25.0 %) of its test examples."
    assert "Compare “2” with “1”" in first.advice


def test_a_label_in_the_evidence_moves_nothing_that_follows_it() -> None:
    label, isolated = "سؤال", "\u2068سؤال\u2069"
    reason = f"a probe gives 1 % to its label and 80 % to {label}; 0 % of its neighbours"
    found = panel(suspects=[suspect(1, 9) | {"suggested": label, "evidence": reason}])
    said = lists.look_at(found).rows[0][1]
    assert said.startswith(f"{isolated}? a probe")
    assert said.endswith(f" 80 % to {isolated}")
    (part,) = [part for one in sections(found) for part in one.parts if part.kind == "suspects"]
    assert part.table is not None
    assert f" 80 % to {isolated}; 0 %" in part.table.rows[0][4]


@pytest.mark.parametrize("evidence", [None, ""])
def test_a_suspect_without_a_reason_is_said_in_words(evidence: str | None) -> None:
    row = suspect(1, 9) | {"given": "3", "suggested": "2", "evidence": evidence}
    row |= {"confidence": 0.3, "confidence_suggested": 0.4}
    assert lists.look_at(panel(suspects=[row])).rows[0][:2] == ("3", "“2” fits better")


@pytest.mark.parametrize("confidence", [0.4, 0.6, None])
def test_a_suggested_label_fits_better_only_where_the_probe_says_so(
    confidence: float | None,
) -> None:
    row = suspect(1, 9) | {"evidence": "", "confidence": confidence, "confidence_suggested": 0.4}
    assert lists.look_at(panel(suspects=[row])).rows[0][1] == "another label fits better"


def test_a_head_wins_over_the_probe() -> None:
    rows = [{**row, "source": "probe"} for row in CONFUSIONS]
    rows.append({**CONFUSIONS[1], "source": "head", "n_examples": 7, "share": 0.35})
    assert [one.number for one in lists.most_confused(panel(confusions=rows))] == ["7 (35.0 %)"]


def suspect(rank: int, update: int) -> dict[str, object]:
    return {
        "rank": rank,
        "update": update,
        "example": rank,
        "text": f"text {rank}",
        "given": "a",
        "suggested": "b",
        "score": 1 / rank,
        "evidence": "neighbours disagree; so does a probe",
    }


def test_suspects_are_looked_at_first_those_of_the_tuned_model() -> None:
    rows = [suspect(rank, update) for update in (0, 9) for rank in range(1, 9)]
    found = panel(suspects=rows, minimum_distances=distances({"a": 1.0}, {"a": 2.0}))
    look = lists.look_at(found)
    assert len(look.rows) == lists.SHOWN
    assert look.rows[0][:2] == ("a", "b? neighbours disagree")
    assert "the 6 suspect labels" in " ".join(headline.to_do(found))


def test_examples_whose_own_label_fits_best_are_no_suspects() -> None:
    rows = [suspect(1, 9) | {"margin": 0.2}, suspect(2, 9) | {"margin": -0.7}]
    assert [row[2] for row in lists.look_at(panel(suspects=rows)).rows] == [
        lists.example("text 1", None)
    ]


def test_without_any_evidence_there_is_nothing_to_look_at() -> None:
    found = panel(minimum_distances=distances({"a": 1.0}, {"a": 2.0}))
    assert lists.look_at(found).rows == []
    assert lists.most_confused(found) == []
