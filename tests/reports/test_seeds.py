"""What is shown of the first of several seeds names it; of one seed there is nothing to tell."""

import pandas as pd
from synthetic_runs import POS, synthetic_run

from tunescope.reports import extra_clusters, lists, recognition, tables
from tunescope.reports.panels import Panel, panels, which_seed
from tunescope.reports.sections import examples
from tunescope.reports.space import space
from tunescope.tables import ORIGINAL, TUNED


def panel_of(*seeds: int) -> Panel:
    """A run with rows of every table that the page shows of one seed."""
    run = synthetic_run({"pos": POS[:6]}, ("minilm",), seeds)
    last = {name: int(run.tables["separations"][name].max()) for name in ("layer", "update")}
    rows: dict[str, list[dict[str, object]]] = {}
    for seed in seeds:
        for update, stage in ((0, ORIGINAL), (last["update"], TUNED)):
            where = {"model": "minilm", "task": "pos", "seed": seed, "stage": stage}
            where |= {"update": update, "layer": last["layer"]}
            for name, row in ONE.items():
                rows.setdefault(name, []).append({**where, **row})
    more = {name: pd.DataFrame(table) for name, table in rows.items()}
    (panel,) = panels({**run.tables, **more})
    return panel


ONE: dict[str, dict[str, object]] = {
    "label_scores": {
        **{"split": "test", "source": "probe", "label": "NOUN", "f1": 0.5, "precision": 0.5},
        **{"n_given": 8, "n_predicted": 9, "n_right": 5, "recall": 0.5},
    },
    "confusions": {
        **{"split": "test", "source": "probe", "given": "NOUN", "predicted": "VERB"},
        **{"n_examples": 3, "share": 0.2},
    },
    "suspects": {
        **{"split": "train", "rank": 1, "example": 1, "text": "the [dog]", "place": "a:1"},
        **{"given": "NOUN", "suggested": "VERB", "score": 0.9, "evidence": "a probe disagrees"},
    },
    "cluster_members": {
        **{"split": "train", "label": "NOUN", "cluster": 1, "cluster_size": 2, "kind": "region"},
        **{"collides_with": "VERB", "text": "the [dog]", "place": "a:1"},
        **{"collides_text": "it [barks]", "collides_place": "a:9"},
    },
}
"""A row of each table that the synthetic run lacks."""


def captions(panel: Panel) -> dict[str, str]:
    """Caption of each table that is of one seed, by what it shows of the tuned model."""
    found = {
        "labels": tables.labels(panel),
        "nearest pairs": tables.nearest_pairs(panel, TUNED),
        "recognition": recognition.recognition(panel),
        "extra clusters": extra_clusters.extra_clusters(panel),
    }
    shown = {name: table.caption for name, table in found.items() if table is not None}
    for number, part in enumerate(examples.section(panel).parts):
        if part.table is not None and not part.fold.endswith("before"):
            shown[f"examples {number}"] = part.table.caption
    return shown | {"look at": lists.look_at(panel).what}


def test_each_names_the_seed_where_there_are_several() -> None:
    several, single = captions(panel_of(0, 1)), captions(panel_of(0))
    assert set(several) == set(single)
    assert set(several) == {
        *("labels", "nearest pairs", "recognition", "extra clusters", "look at"),
        *(f"examples {number}" for number in range(3)),
    }
    assert [name for name, said in several.items() if "(seed 0)" not in said] == []
    assert [name for name, said in single.items() if "seed" in said] == []


def test_the_map_says_whose_suspects_it_marks_and_which_seeds_it_has() -> None:
    several = space(panel_of(0, 1), [])
    assert several is not None
    assert (
        several.thinned == " What is predicted and what is suspect is that of one of them (seed 0)."
    )
    one = space(panel_of(0, 1), [], budget=1)
    assert one is not None
    assert one.thinned.endswith(" Of 2 seeds it holds seed 0.")
    single = space(panel_of(0), [])
    assert single is not None
    assert single.thinned == ""


def test_the_original_is_of_no_seed() -> None:
    before = tables.nearest_pairs(panel_of(0, 1), ORIGINAL)
    assert before is not None
    assert "seed" not in before.caption


def test_nothing_is_of_no_seed() -> None:
    assert which_seed(pd.DataFrame(columns=["seed", "stage", "tuned_on", "task"])) == ""
