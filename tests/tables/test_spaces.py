"""Clusters and nearest labels, asked in one way by everybody."""

from frames import tables

from tunescope.tables import clusters, extra_clusters

WHERE = {"model": "m", "task": "pos", "split": "train"}


def test_clusters_on_the_way_and_of_other_tunings_are_left_out() -> None:
    rows = [
        {**WHERE, "seed": 0, "layer": layer, "stage": stage, "update": 9 * (stage != "original")}
        | {"tuned_on": tuned_on, "n_labels": 2, "n_clusters": 3}
        for layer in (1, 2)
        for stage, tuned_on in (
            ("original", ""),
            ("between", "pos"),
            ("tuned", "pos"),
            ("tuned", "dep"),
            ("random", ""),
        )
    ]
    found = clusters(tables(linearity=rows))
    assert found["stage"].tolist() == ["original", "tuned", "random"]
    assert set(found["layer"]) == {2}
    assert clusters({}).empty


def test_extra_clusters_of_the_original_stand_once() -> None:
    where = {**WHERE, "layer": 2, "label": "a", "cluster": 1, "kind": "region"}
    members = [
        {**where, "seed": seed, "stage": stage, "update": 9 * (stage == "tuned")}
        for seed in (0, 1)
        for stage in ("original", "tuned")
    ]
    counted = [{**WHERE, "seed": 0, "update": 0, "layer": 2, "n_labels": 2, "n_clusters": 3}]
    found = extra_clusters(tables(linearity=counted, cluster_members=members))
    assert found is not None
    assert sorted(found["stage"]) == ["original", "tuned", "tuned"]


def test_extra_clusters_of_runs_with_other_seeds_are_all_there() -> None:
    def run(model: str, task: str, *seeds: int) -> dict[str, list[dict[str, object]]]:
        where = {**WHERE, "model": model, "task": task, "layer": 2, "update": 0}
        member = {**where, "label": "a", "cluster": 1, "kind": "region", "stage": "original"}
        counted = {**where, "n_labels": 2, "n_clusters": 3}
        return {
            "linearity": [{**counted, "seed": seed} for seed in seeds],
            "cluster_members": [{**member, "seed": seed} for seed in seeds],
        }

    runs = [run("m", "pos", 0, 1), run("m", "dep", 3), run("other", "pos", 1, 2)]
    alone = [extra_clusters(tables(**one)) for one in runs]
    names = ("linearity", "cluster_members")
    joined = extra_clusters(tables(**{n: [row for one in runs for row in one[n]] for n in names}))
    assert joined is not None
    keys = ["model", "task", "seed"]
    assert joined[keys].to_numpy().tolist() == [
        row for one in alone if one is not None for row in one[keys].to_numpy().tolist()
    ]


def test_extra_clusters_that_were_not_counted_are_none_and_those_that_are_not_there_empty() -> None:
    counted = [{**WHERE, "seed": 0, "update": 0, "layer": 2, "n_labels": 2, "n_clusters": 3}]
    assert extra_clusters({}) is None
    nothing = extra_clusters(tables(linearity=counted))
    assert nothing is not None and nothing.empty
