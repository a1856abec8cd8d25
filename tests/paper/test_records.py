"""Records of studies, inspections and watched trainings are asked the same questions."""

from tunescope.paper import records

STUDY = {
    "study": {
        "models": ["m"],
        "tasks": ["pos", {"name": "mine", "label": "xpos"}],
        "seeds": [0, 1],
    },
    "identity": {"data": {"pos": {"a": "1"}}, "bytes": {"m": "2", "n": None}},
}
INSPECTED = {
    "study": {"models": ["a", "b"], "task": {"name": "own", "rare": "drop", "limit": None}},
    "identity": {"data": {"own": {"a": "1"}}, "bytes": ["2", None]},
    "tasks": {"own": {}},
}
WATCHED = {
    "study": {"watched": "own", "model": "m"},
    "identity": {"data": {"content": "1"}, "seed": 42},
    "tasks": {"own": {}},
}
ALL = (STUDY, INSPECTED, WATCHED)


def test_models_tasks_and_seeds_are_named() -> None:
    assert [records.model_names(one) for one in ALL] == [["m"], ["a", "b"], ["m"]]
    assert [records.task_names(one) for one in ALL] == [["pos", "mine"], ["own"], ["own"]]
    assert [records.seeds(one) for one in ALL] == [[0, 1], [], [42]]


def test_checksums_stand_under_tasks_and_models() -> None:
    assert [list(records.data_checksums(one)) for one in ALL] == [["pos"], ["own"], ["own"]]
    assert [records.model_checksums(one) for one in ALL] == [{"m": "2"}, {"a": "2"}, {}]


def test_a_commit_that_was_loaded_tells_more_than_one_that_was_asked_for() -> None:
    loaded, noted = "a" * 40, "b" * 40
    asked = {"org/m@main": "main", "org/n": None, "folder": "sha256:1", "adapter": "sha256:2"}
    models = {"org/m@main": {"revision": loaded}, "folder": {"revision": "sha256:9"}, "old": loaded}
    record = {"identity": {"bytes": asked}, "models": models, "revisions": {"org/n": noted}}
    told = {"org/m@main": loaded, "org/n": noted, "folder": "sha256:1", "adapter": "sha256:2"}
    assert records.model_checksums(record) == told
    silent = {"models": {"m": {"revision": None}, "n": {"revision": "sha256:9"}, "o": {}}}
    assert records.model_checksums(silent) == {}


def test_how_data_are_read_is_told_where_it_is_not_as_usual() -> None:
    assert records.reading_of(STUDY, "mine") == {"label": "xpos"}
    assert records.reading_of(STUDY, "pos") == {}
    assert records.reading_of(INSPECTED, "own") == {"rare": "drop"}
    assert records.reading_of(WATCHED, "own") is None


def test_an_empty_record_says_nothing() -> None:
    assert records.model_names({}) == records.task_names({}) == records.seeds({}) == []
    assert records.data_checksums({}) == records.model_checksums({}) == {}
