"""Sentences say what the tables say, and no more."""

from __future__ import annotations

import pandas as pd
import pytest

from tunescope.reports import headline, numbers
from tunescope.reports.figures.minimum_distances import emphasised, growth
from tunescope.reports.panels import Panel, panels
from tunescope.reports.statements import overview, statements
from tunescope.reports.statements.accuracy import controls
from tunescope.reports.tables import cluster_counts, similarities

pytestmark = pytest.mark.slow


def one(**tables: pd.DataFrame) -> Panel:
    """The only panel of these tables."""
    (panel,) = panels(tables)
    return panel


def say(panel: Panel, topic: str) -> str:
    return next(said.text for said in statements(panel) if said.topic == topic)


def accuracies(before: float, after: float, half: float = 0.01) -> pd.DataFrame:
    table = pd.DataFrame({"update": [0, 9], "accuracy": [before, after]})
    return table.assign(
        probe="classifier",
        lower=table["accuracy"] - half,
        upper=table["accuracy"] + half,
        n_examples=500,
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (0.5, 0.9, "rose from 50.0 %"),
        (0.9, 0.5, "fell from 90.0 %"),
        (0.9, 0.905, "the intervals overlap"),
    ],
)
def test_accuracy_is_judged_by_its_intervals(before: float, after: float, words: str) -> None:
    assert words in say(one(accuracy=accuracies(before, after)), "Accuracy")


def changed(difference: float, p: float, seed: int = 0) -> pd.DataFrame:
    row = {"update": 9, "probe": "classifier", "seed": seed, "layer": 2, "p_corrected": p}
    bounds = {"lower": difference - 0.01, "upper": difference + 0.01}
    return pd.DataFrame([{**row, **bounds, "difference": difference}])


@pytest.mark.parametrize(
    ("difference", "p", "words"),
    [
        (
            0.005,
            0.01,
            ["rose from 90.0 %", "+0.5 points", "−0.5 points to +1.5 ", "p = 0.01"],
        ),
        (0.005, 0.4, ["went from 90.0 %", "p = 0.4", "no clear change"]),
        (-0.02, 0.001, ["fell from 90.0 %", "−2.0 points", "an exception"]),
    ],
)
def test_paired_examples_decide_where_they_are_stored(
    difference: float, p: float, words: list[str]
) -> None:
    tables = accuracies(0.9, 0.9 + difference, half=0.05).assign(layer=2)
    said = say(one(accuracy=tables, accuracy_change=changed(difference, p)), "Accuracy")
    assert all(word in said for word in words), said


def test_a_change_must_hold_with_every_seed() -> None:
    table = pd.concat([accuracies(0.5, 0.9).assign(seed=seed, layer=2) for seed in (0, 1)])
    both = pd.concat([changed(0.4, 0.001), changed(0.3, 0.002, seed=1)])
    said = say(one(accuracy=table, accuracy_change=both), "Accuracy")
    assert "rose" in said
    assert "+35.0 points, the mean of 2 seeds (p = 0.001 to 0.002" in said
    one_alone = pd.concat([changed(0.4, 0.001), changed(0.3, 0.2, seed=1)])
    assert "no clear change with every seed" in say(
        one(accuracy=table, accuracy_change=one_alone), "Accuracy"
    )


def test_controls_stand_beside_the_accuracy() -> None:
    main = accuracies(0.5, 0.9).assign(layer=2)
    rows = [main, accuracies(0.4, 0.8).assign(probe="linear", layer=2)]
    rows.append(accuracies(0.6, 0.6).assign(probe="word majority", layer=2))
    selective = pd.DataFrame({"update": [0, 9], "layer": 2, "selectivity": [0.1, 0.25]})
    code = pd.DataFrame({"update": [0, 9], "layer": 2, "compression": [2.0, 3.51]})
    panel = one(accuracy=pd.concat(rows), selectivity=selective, description_length=code)
    said = say(panel, "What the accuracy is owed to")
    for words in (
        "each word alone is right in 60.0 %.",
        "linear probe reaches 40.0 % before and 80.0 % after",
        "worse by 10.0 points before and 25.0 points after",
        "a factor of 2.0 before and 3.5 after",
    ):
        assert words in said
    from tunescope.reports.tables import accuracies as table

    shown = table(panel)
    assert shown is not None
    assert [row[0] for row in shown.rows] == [
        "majority label of the word",
        *("before", "after") * 2,
    ]


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ((2.0, 3.51), "shorter by a factor of 2.0 before and 3.5 after."),
        ((0.99, 0.97), "not shorter (factor 0.99 before and 0.97 after)."),
        ((0.99, 3.51), "not shorter (factor 0.99) before and shorter by a factor of 3.5 after."),
        ((1.002, 1.04), "shorter by a factor of 1.002 before and 1.04 after."),
        ((0.99,), "the labels are not shorter (factor 0.99)."),
        ((1.0,), "the labels are not shorter (factor 1.0)."),
    ],
)
def test_labels_are_called_shorter_only_if_they_are(factors: tuple[float, ...], said: str) -> None:
    updates = [0, 9][: len(factors)]
    code = pd.DataFrame({"update": updates, "layer": 2, "compression": factors})
    panel = one(accuracy=accuracies(0.5, 0.9).assign(layer=2), description_length=code)
    assert controls(panel).endswith(said)


@pytest.mark.parametrize(
    ("selectivity", "said"),
    [
        ((0.1, 0.25), "does worse by 10.0 points before and 25.0 points after (selectivity)."),
        ((-0.1, -0.2), "does better by 10.0 points before and 20.0 points after (selectivity)."),
        ((-0.1, 0.2), "does better by 10.0 points before and worse by 20.0 points after"),
        ((0.0, 0.2), "does as well before and worse by 20.0 points after (selectivity)."),
        ((0.0, -0.0), "the probe does as well (selectivity)."),
    ],
)
def test_a_probe_is_called_worse_on_random_labels_only_if_it_is(
    selectivity: tuple[float, float], said: str
) -> None:
    table = pd.DataFrame({"update": [0, 9], "layer": 2, "selectivity": selectivity})
    panel = one(accuracy=accuracies(0.5, 0.9).assign(layer=2), selectivity=table)
    assert said in controls(panel)


def test_the_original_is_counted_once_however_many_seeds_hold_it() -> None:
    table = pd.concat([accuracies(0.5, 0.9).assign(seed=seed) for seed in range(3)])
    from tunescope.reports.figures.accuracy import summary

    starts = summary(one(accuracy=table)).set_index("stage")["n_restarts"]
    assert starts["before"] == 1


@pytest.mark.parametrize("n_restarts", [1, 2])
@pytest.mark.parametrize("after", [[0.95, 0.95, 0.80], [0.9, 0.9, 0.9], [0.7, 0.9, 0.7]])
def test_seeds_with_equal_numbers_count_each(after: list[float], n_restarts: int) -> None:
    from tunescope.reports.figures.accuracy import summary

    rows = [
        table.assign(seed=seed, restart=restart)
        for seed, value in enumerate(after)
        for restart in range(n_restarts)
        for table in (accuracies(0.5, value), accuracies(0.4, 0.4).head(1).assign(stage="random"))
    ]
    panel = one(accuracy=pd.concat(rows))
    found = summary(panel).set_index("stage")
    assert found.loc["after", "accuracy"] == pytest.approx(sum(after) / 3)
    assert found["n_seeds"].to_dict() == {"before": 1, "after": 3, "random weights": 1}
    assert found["n_restarts"].to_dict() == {
        "before": n_restarts,
        "after": 3 * n_restarts,
        "random weights": n_restarts,
    }
    assert headline.figures_of(panel)[0].value == numbers.percent(sum(after) / 3)


def test_every_setting_that_a_seed_chose_is_named() -> None:
    from tunescope.reports.tables import accuracies as table

    rows = [
        accuracies(0.5, 0.9).assign(seed=seed, restart=restart, setting=["one", setting])
        for seed, setting in enumerate(["two", "three"])
        for restart in range(2)
    ]
    shown = table(one(accuracy=pd.concat(rows)))
    assert shown is not None
    assert [row[1] for row in shown.rows] == ["classifier, one", "classifier, two; three"]


def linearity(before: int, after: int, capacity: float = 3.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "update": [0, 9],
            "layer": [2, 2],
            "n_labels": [3, 3],
            "n_clusters": [before, after],
            "n_pairs": [3, 3],
            "n_features": [8, 8],
            "capacity_pairs": [capacity, capacity],
        }
    )


def test_clusters_before_and_after() -> None:
    assert "from 7 to 3 (3 labels)" in say(one(linearity=linearity(7, 3)), "Clusters")
    assert "linear before and after" in say(one(linearity=linearity(3, 3)), "Clusters")


@pytest.mark.parametrize(
    ("capacity", "words"),
    [(3.0, "says little about the model"), (2.0, "may be owed"), (0.1, "does not explain")],
)
def test_linearity_is_weighed_against_the_dimension(capacity: float, words: str) -> None:
    panel = one(linearity=linearity(3, 3, capacity))
    assert words in say(panel, "Is it the model, or the dimension?")


def test_growth_is_the_difference_of_the_ends_in_the_last_layer(small_run) -> None:
    (panel,) = panels(small_run.tables)
    table = small_run.tables["minimum_distances"]
    table = table[(table["split"] == "train") & (table["layer"] == table["layer"].max())]
    for row in growth(panel).itertuples():
        mine = table[table["label"] == row.label].groupby("update")["minimum_distance"].mean()
        assert row.before == pytest.approx(mine.iloc[0])
        assert row.after == pytest.approx(mine.iloc[-1])
    assert growth(panel)["change"].is_monotonic_decreasing


def test_six_labels_are_emphasised_most_and_least_grown(run) -> None:
    for panel in panels(run.tables):
        labels = list(growth(panel)["label"])
        assert emphasised(panel) == labels[:3] + labels[-3:]


def test_the_pair_that_moved_furthest_apart() -> None:
    table = pd.DataFrame(
        {
            "update": [0, 0, 9, 9],
            "layer": 1,
            "label_a": ["a", "a", "a", "a"],
            "label_b": ["b", "c", "b", "c"],
            "separation": [1.0, 2.0, 4.0, 1.5],
        }
    )
    text = say(one(separations=table), "Furthest apart")
    assert "a and b moved furthest apart: their separation went from 1.00 to 4.00" in text
    assert "1 pair came closer: a and c (2.00 to 1.50)" in text


def moved(*changes: float) -> Panel:
    """Labels a, b, … that moved by so much, and pairs of each with z."""
    n = len(changes)
    labels = [chr(ord("a") + i) for i in range(n)]
    after = [1 + change for change in changes]
    where = {"update": [0] * n + [9] * n, "layer": 1}
    distances = pd.DataFrame({**where, "label": labels * 2, "minimum_distance": [1.0] * n + after})
    distances["lower"] = distances["upper"] = distances["minimum_distance"]
    pairs = pd.DataFrame({**where, "label_a": labels * 2, "label_b": "z"})
    pairs["separation"] = distances["minimum_distance"]
    centroids = pd.DataFrame({**where, "label": labels * 2, "x": 0.0, "y": 0.0})
    centroids["displacement"] = [0.0] * n + after
    return one(minimum_distances=distances, separations=pairs, centroids=centroids)


UP, DOWN = ("gained", "furthest apart"), ("lost", "closer")


@pytest.mark.parametrize(
    ("changes", "said", "never"),
    [
        ((0.5, 0.2), ("a gained most", "b gained least", "a and z moved furthest apart"), DOWN),
        (
            (0.5, -0.2),
            ("a gained most", "b lost most", "a and z moved", "1 pair came closer: b and z"),
            ("lost least", "gained least"),
        ),
        (
            (-0.2, -0.5),
            ("a lost least", "b lost most", "a and z came least closer", "most of all b and z"),
            UP,
        ),
        ((0.0, -0.5), ("a stayed", "b lost most", "a and z stayed"), UP),
        ((0.0, 0.5), ("b gained most", "a stayed", "b and z moved furthest"), DOWN),
        ((0.5,), ("It went from 1.00 to 1.50", "a and z went from"), ("most", "least", "furthest")),
        ((-0.5,), ("It went from 1.00 to 0.500",), ("most", "least", "furthest", *UP)),
        ((-0.5, -0.5), ("It went from 1.00 to 0.500",), ("lost", *UP)),  # the two labels of a pair
    ],
)
def test_words_go_the_way_of_the_numbers_and_nothing_is_most_of_one(
    changes: tuple[float, ...], said: tuple[str, ...], never: tuple[str, ...]
) -> None:
    from tunescope.reports.statements.labels import apart, distances, movement, nearest

    panel = moved(*changes)
    text = f"{distances(panel)} {apart(panel)}"
    assert all(word in text for word in said), text
    assert not any(word in text for word in never), text
    if len(changes) == 1:
        more = f"{nearest(panel)} {movement(panel)}"
        assert not any(word in more for word in ("the nearest", "furthest", "least")), more


def with_open_labels(*labels: str) -> Panel:
    """Four labels, d nearer than before and the others further; of some it is open how far."""
    after = {"a": 4.0, "b": 3.0, "c": 2.0, "d": 0.5}
    rows = [
        {"update": update, "layer": 1, "label": label, "minimum_distance": value}
        | {"lower": value, "upper": value}
        for update, values in ((0, dict.fromkeys(after, 1.0)), (9, after))
        for label, value in values.items()
    ]
    table = pd.DataFrame(rows)
    unknown = table["label"].isin(labels) & (table["update"] == 0)
    table.loc[unknown, ["minimum_distance", "lower"]] = [float("nan"), 0.9]
    spread = pd.DataFrame({"update": [0, 9], "layer": 1, "total": 1.0, "share_within": 0.5})
    return one(minimum_distances=table, spread=spread)


@pytest.mark.parametrize(("label", "least"), [("a", "d lost most"), ("d", "c gained least")])
def test_a_label_whose_distance_is_open_is_neither_first_nor_last(label: str, least: str) -> None:
    panel = with_open_labels(label)
    said = say(panel, "Minimum distances")
    assert least in said
    assert numbers.ABSENT not in said
    assert "stayed" not in said
    assert label not in emphasised(panel)


def test_labels_that_are_open_count_by_their_bounds_and_not_in_means() -> None:
    panel = with_open_labels("a")
    assert "3 of 4 labels stand further" in headline.happened(panel)
    room = next(found for found in headline.figures_of(panel) if found.name.startswith("Room"))
    assert "3 of 4 labels gained room, 1 lost" in room.certainty
    said = say(panel, "Room between labels")
    assert "3 of 4 labels stand further" in said
    assert room.value == "×\N{NO-BREAK SPACE}1.8"
    assert "× 1.8" in said


def test_where_no_distance_is_known_both_times_no_factor_is_told() -> None:
    panel = with_open_labels(*"abcd")
    assert [found.name for found in headline.figures_of(panel)] == ["Variance inside labels"]
    assert "3 of 4 labels stand further" in headline.happened(panel)
    for said in statements(panel):
        assert numbers.ABSENT not in said.text, said
        assert "×" not in said.text, said


def test_where_seeds_disagree_about_a_label_it_is_undecided() -> None:
    tables = with_open_labels().tables
    turned = tables["minimum_distances"].copy()
    turned.loc[(turned["label"] == "c") & (turned["update"] == 9), ["lower", "upper"]] = 1.0
    both = pd.concat([tables["minimum_distances"], turned.assign(seed=1)])
    spread = pd.concat([tables["spread"], tables["spread"].assign(seed=1)])
    said = headline.happened(one(minimum_distances=both, spread=spread))
    assert "2 of 4 labels stand further" in said
    assert "for the size of the space; of 1 that is undecided." in said


def test_an_open_distance_is_shown_by_its_bounds() -> None:
    from tunescope.reports.tables import labels

    table = labels(with_open_labels("a"))
    assert table is not None
    cells = dict(zip(table.head, table.rows[0], strict=True))
    assert (cells["label"], cells["before"], cells["change"]) == ("a", "0.900–1.00", "–")


def test_random_weights_are_not_mistaken_for_the_original() -> None:
    table = pd.concat([accuracies(0.5, 0.9), accuracies(0.1, 0.1).head(1).assign(stage="random")])
    text = say(one(accuracy=table), "Accuracy")
    assert "from 50.0 %" in text
    assert "With random weights it is 10.0 %" in text


def test_overview_leaves_out_what_is_not_there() -> None:
    assert set(overview(one(linearity=linearity(7, 3)))) == {
        "task",
        "model",
        "run",
        "clusters_before",
        "clusters_after",
        "labels",
    }


def alike(shift: float, p: float | None) -> Panel:
    """A panel whose train–test similarity falls, and the test of that change."""
    similarity = pd.DataFrame({"update": [0, 9], "similarity": [0.9, 0.6]}).assign(
        layer=2,
        seed=0,
        split="train",
        comparison="train_test",
        measure="spatial_pearson",
        lower=[0.85, 0.5],
        upper=[0.95, 0.7],
        by_sizes=[0.88, 0.5],
    )
    change = pd.DataFrame(
        [{"update": 9, "layer": 2, "seed": 0, "measure": "spatial_pearson", "shift": shift}]
    ).assign(split="train", p_corrected=p)
    return one(similarity=similarity, similarity_change=change)


@pytest.mark.parametrize(
    ("shift", "p", "words"),
    [
        (-0.9, 0.01, "fine-tuning made them diverge (p = 0.01)"),
        (0.9, 0.01, "they are more alike after (p = 0.01)"),
        (-0.9, 0.2, "no clear change (p = 0.2)"),
        (-0.9, None, "whether that is a change was not tested"),
    ],
)
def test_whether_training_and_test_diverge_is_judged_by_the_paired_test(
    shift: float, p: float | None, words: str
) -> None:
    said = say(alike(shift, p), "Training and test")
    assert words in said
    assert "The sizes of the labels alone give 0.88 and 0.50." in said


def counted(seed: int, n_clusters: int, layer: int = 2, **more: object) -> dict[str, object]:
    """A row of `linearity` after fine-tuning, of three labels."""
    row = {"update": 9, "layer": layer, "seed": seed, "n_clusters": n_clusters, "n_labels": 3}
    return row | {"n_contradictions": 0, "is_linear": n_clusters == 3} | more


def of_seeds(*after: int, layer: int = 2) -> list[dict[str, object]]:
    """Rows of a layer that is linear before, with so many clusters after with each seed."""
    rows = [counted(seed, n, layer) for seed, n in enumerate(after)]
    return [*({**row, "update": 0, "n_clusters": 3, "is_linear": True} for row in rows), *rows]


@pytest.mark.parametrize("after", [(3, 5), (5, 3)])
def test_layers_are_called_linear_only_if_they_are_with_every_seed(after: tuple[int, int]) -> None:
    panel = one(linearity=pd.DataFrame(of_seeds(3, 3, layer=1) + of_seeds(*after)))
    said = say(panel, "Clusters")
    assert "2 of 2 layers are linear before fine-tuning, 1 after and 1 more not with" in said
    assert "3 clusters before and 3 to 5 after (3 labels)" in said
    (number,) = (found for found in headline.figures_of(panel) if found.name == "Clusters")
    assert (number.value, number.change) == ("3 to 5", "3 labels; 3 before")
    assert overview(panel)["clusters_after"] == "3 to 5"
    everywhere = one(linearity=pd.DataFrame(of_seeds(3, 3, layer=1) + of_seeds(3, 3)))
    assert "All 2 layers are linear before and after" in say(everywhere, "Clusters")


def test_crowded_labels_are_those_of_every_seed() -> None:
    sizes = [{"seed": seed, "label": label, "n_clusters": n} for seed, label, n in SIZES]
    tables = pd.DataFrame(sizes).assign(update=9, layer=2)
    panel = one(linearity=pd.DataFrame(of_seeds(4, 6)), clusters=tables)
    assert "After, more than one cluster: b 1 to 3, a 2." in say(panel, "Clusters")


SIZES = [(0, "a", 2), (0, "b", 1), (0, "c", 1), (1, "a", 2), (1, "b", 3), (1, "c", 1)]


@pytest.mark.parametrize(("before", "after"), [(0, 7), (7, 0), (7, 7), (2, 7), (0, 0)])
def test_contradictions_are_of_the_model_that_the_number_is_about(before: int, after: int) -> None:
    old, new = (counted(0, 5, update=u, n_contradictions=n) for u, n in ((0, before), (9, after)))
    panel = one(linearity=pd.DataFrame([old, new]))
    (number,) = (found for found in headline.figures_of(panel) if found.name == "Clusters")
    assert number.certainty == (f"{after} examples share a vector with another label" * bool(after))
    said = say(panel, "Clusters")
    for when, n in (("Before, in", before), ("After, in", after)):
        assert (f"{when} layer 2, {n} examples share" in said) == (n > 0 and before != after)
    assert ("). In layer 2, 7 examples share" in said) == (before == after == 7)
    shown = cluster_counts(panel)
    assert shown is not None
    cells = dict(zip(shown.head, shown.rows[0], strict=True))
    both = f"{before} before, {after} after"
    assert cells["contradictions"] == (both if before != after else str(before))


def test_dimensions_are_those_of_the_model_that_the_number_is_about() -> None:
    table = linearity(5, 3).assign(n_features=[8, 64], capacity_pairs=[0.1, 3.0])
    said = say(one(linearity=table), "Is it the model, or the dimension?")
    assert "in 64 dimensions would leave 3 of 3 label pairs separable" in said
    assert any("in 64 dimensions" in advice for advice in headline.to_do(one(linearity=table)))


def kept(*of_seeds: tuple[float, float]) -> Panel:
    """A panel of layers 1 and 2, kept so far with each seed."""
    rows = [
        {"update": update, "layer": layer, "seed": seed, "similarity": value if update else 1.0}
        for seed, values in enumerate(of_seeds)
        for layer, value in zip((1, 2), values, strict=True)
        for update in (0, 9)
    ]
    table = pd.DataFrame(rows).assign(comparison="with_original", measure="spatial_pearson")
    return one(similarity=table.assign(split="train", n_pairs=3, lower=0.1, upper=0.9))


def test_similarities_are_told_from_the_least_to_the_most_of_seeds() -> None:
    said = say(kept((0.2, 0.4), (0.3, 0.6)), "Spatial structure")
    assert "Layer 2: 0.40 to 0.60 by seed; layer 1: 0.20 to 0.30 by seed." in said
    assert "Lowest is layer 1: 0.20 to 0.30 by seed." in said
    assert "Layer 2: 0.40 (0.10 to 0.90); layer 1" in say(kept((0.2, 0.4)), "Spatial structure")
    assert overview(kept((0.2, 0.4), (0.3, 0.6)))["similarity"] == "0.40 to 0.60 by seed"


@pytest.mark.parametrize("seeds", [[(0.2, 0.4), (0.5, 0.2)], [(0.5, 0.2), (0.2, 0.4)]])
def test_a_layer_is_called_lowest_only_if_it_is_with_every_seed(
    seeds: list[tuple[float, float]],
) -> None:
    said = say(kept(*seeds), "Spatial structure")
    assert "Lowest is layer 1 or 2, not the same with every seed." in said
    assert "not with every seed" in headline.where(kept(*seeds))
    assert headline.where(kept((0.2, 0.4), (0.1, 0.5))).startswith("Layer 1 changed most")
    assert "every seed" not in headline.where(kept((0.2, 0.4), (0.1, 0.5)))


def last_unknown(*, seeds: tuple[int, ...] = (0,), comparison: str = "with_original") -> Panel:
    """The panel of `kept`, its last layer known with none of these seeds."""
    table = kept((0.2, 0.4), (0.3, 0.6)).table("similarity").assign(comparison=comparison)
    lost = (table["layer"] == 2) & table["seed"].isin(seeds)
    table.loc[lost, ["similarity", "lower", "upper"]] = float("nan")
    return one(similarity=table[table["seed"].isin([0, *seeds])])


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ((0,), "f layer 2 that is not known."),
        ((0, 1), "f layer 2 that is not known with every seed."),
        ((1,), "f layer 2 that is not known with every seed."),
    ],
)
def test_no_other_layer_stands_in_for_a_last_one_that_is_not_known(
    seeds: tuple[int, ...], words: str
) -> None:
    panel = last_unknown(seeds=seeds)
    assert headline.figures_of(panel) == []
    assert "similarity" not in overview(panel)
    assert say(panel, "Spatial structure").endswith(words)
    table = similarities(panel)
    assert table is not None
    assert numbers.ABSENT in [row[1] for row in table.rows]


def test_which_layers_changed_is_told_of_those_that_are_known() -> None:
    table = kept((0.2, 0.4)).table("similarity")
    panel = one(similarity=pd.concat([table, table.assign(layer=3, similarity=float("nan"))]))
    assert headline.where(panel).endswith("layer 2 least (0.40); of layer 3 that is not known.")
    same = one(similarity=panel.table("similarity").replace({"similarity": {0.2: 0.4}}))
    assert headline.where(same).startswith("Of layer 3 that is not known; of the others all layers")


def test_training_and_test_are_compared_in_the_last_layer_or_not_at_all() -> None:
    topics = {said.topic for said in statements(last_unknown(comparison="train_test"))}
    assert "Training and test" not in topics


def test_another_measure_than_of_the_arrangement_is_named_wherever_its_numbers_stand() -> None:
    from tunescope.reports.sections import layers

    spatial = kept((0.2, 0.4)).table("similarity")
    cka = spatial.assign(measure="linear_cka", n_pairs=0)
    unknown = spatial.assign(similarity=float("nan"), lower=float("nan"), upper=float("nan"))
    panel = one(similarity=pd.concat([unknown, cka]))
    section = layers.section(panel)
    assert section.lead.startswith("Linear CKA with the original at the end. Layer 2: 0.40")
    assert section.how == ""
    assert overview(panel)["similarity"] == "linear CKA 0.40"
    table = similarities(panel)
    assert table is not None and table.caption.startswith("Linear CKA of each layer with its")
    split = pd.concat([unknown, cka, spatial.assign(comparison="train_test")])
    how = layers.section(one(similarity=split)).how
    assert "training and test data are alike (1)" in how and "kept the labels" not in how
    assert "kept the labels’ arrangement" in layers.section(kept((0.2, 0.4))).how


def alike_by_seed(*tests: tuple[float, float | None]) -> Panel:
    """A panel whose train–test similarity falls, and its test with each seed: shift and p."""
    parts = [alike(shift, p) for shift, p in tests]
    tables = {
        name: pd.concat(
            [part.table(name).assign(seed=seed) for seed, part in enumerate(parts)],
            ignore_index=True,
        )
        for name in ("similarity", "similarity_change")
    }
    return one(**tables)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("tests", "words"),
    [
        ([(-0.9, 0.01), (-0.5, 0.02)], "diverge with every seed (p = 0.01 to 0.02)"),
        ([(0.9, 0.01), (0.5, 0.02)], "more alike after with every seed (p = 0.01 to 0.02)"),
        ([(-0.9, 0.01), (-0.1, 0.9)], "no clear change with every seed (p = 0.01 to 0.9)"),
        ([(-0.9, 0.01), (0.9, 0.01)], "no clear change with every seed (p = 0.01)"),
        ([(-0.9, 0.01), (-0.9, None)], "not tested with every seed (p = 0.01)"),
        ([(-0.9, None), (-0.9, None)], "whether that is a change was not tested."),
    ],
)
def test_training_and_test_diverge_only_if_they_do_with_every_seed(
    tests: list[tuple[float, float | None]], words: str, turned: bool
) -> None:
    assert words in say(alike_by_seed(*tests[:: -1 if turned else 1]), "Training and test")


def renumbered(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The same tables, their two seeds exchanged."""
    turned = {name: table.copy() for name, table in tables.items()}
    for table in turned.values():
        if "seed" in table:
            table["seed"] = 1 - table["seed"]
    return {
        name: table.sort_values("seed", kind="stable") if "seed" in table else table
        for name, table in turned.items()
    }


def test_nothing_is_said_of_the_first_seed_alone_without_naming_it(small_run) -> None:
    tables = {name: table.copy() for name, table in small_run.tables.items()}
    counts = tables["linearity"]
    after = (counts["stage"] == "tuned") & (counts["seed"] == 1)
    counts.loc[after, ["n_clusters", "is_linear", "n_contradictions"]] = [9, False, 3]
    (panel,), (turned,) = panels(tables), panels(renumbered(tables))
    for told, other in zip(statements(panel), statements(turned), strict=True):
        assert told == other or "seed 0" in told.text
    assert headline.figures_of(panel) == headline.figures_of(turned)
    assert overview(panel) == overview(turned)
    shown, again = cluster_counts(panel), cluster_counts(turned)
    assert shown == again
    said = headline.happened(panel)
    assert said == headline.happened(turned) or "(seed 0)" in said
