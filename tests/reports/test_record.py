"""The record of a run is told whole, whatever parts of it are there."""

from __future__ import annotations

from tunescope.reports.record import describe


def parts(record) -> dict:
    return {part.title: part for part in describe({"": record})}


def test_every_setting_is_named() -> None:
    study = {"models": ["a", "b"], "tuning": {"epochs": 2, "warmup": None}, "random": True}
    items = dict(parts({"study": study, "created": "2026-01-01"})["The study"].items)
    assert items == {
        "models": "a, b",
        "tuning · epochs": "2",
        "tuning · warmup": "default",
        "random": "true",
        "created": "2026-01-01",
    }


def test_data_may_stand_in_the_identity() -> None:
    for record in (
        {"data": {"pos": {"a.conllu": "git:1"}}},
        {"identity": {"data": {"pos": {"a.conllu": "git:1"}}}},
    ):
        table = parts(record)["Data"].table
        assert table is not None
        assert table.rows == [["pos · a.conllu", "git:1"]]


def test_the_probe_is_told_in_a_sentence() -> None:
    record = {"probe": {"description": "quick: 6 settings", "protocol": {"name": "quick"}}}
    assert parts(record)["The classifier probe"].items == [("protocol", "quick: 6 settings")]
    assert not parts({"probe": None})


def test_models_show_a_checksum_only_if_one_has_it() -> None:
    plain = parts({"models": {"m": {"revision": "r", "layers": 2}}})["Models"].table
    hashed = parts({"models": {"m": {"revision": "r", "sha256": "s"}}})["Models"].table
    assert plain is not None
    assert hashed is not None
    assert "sha256 of the weights" not in plain.head
    assert hashed.rows[0][-1] == "s"


def test_the_longest_steps_and_their_sum() -> None:
    timings = [{"step": f"s{i}", "seconds": i} for i in range(20)]
    items = parts({"timings": timings})["Time taken"].items
    assert items[0] == ("s19", "19.0 s")
    assert items[-2][0] == "8 shorter steps"
    assert items[-1] == ("together", "3 min 10 s")


def test_stages_stand_with_their_share_the_largest_first() -> None:
    table = parts({"processor_seconds": {"encoding": 5.0, "separations": 15.0}})[
        "Processor time by stage"
    ].table
    assert table is not None
    assert table.rows == [
        ["separations", "15.0 s", "75%"],
        ["encoding", "5.0 s", "25%"],
        ["together", "20.0 s", "100%"],
    ]
    assert "Processor time by stage" not in parts({"processor_seconds": {}})


def test_versions_that_changed_on_the_way_are_told() -> None:
    later = [{"since": "2026-02-01", "versions": {"torch": "2.0", "numpy": "3"}}]
    record = {"versions": {"torch": "1.0", "numpy": "3"}, "later_versions": later}
    items = parts(record)["Software"].items
    assert items == [("torch", "1.0"), ("numpy", "3"), ("torch, since 2026-02-01", "2.0")]


def test_several_runs_are_told_apart() -> None:
    titles = [p.title for p in describe({"one": {"study": {"x": 1}}, "two": {"study": {"x": 2}}})]
    assert titles == ["The study (one)", "The study (two)"]


def test_an_empty_record_has_no_parts() -> None:
    assert describe({"": {}}) == []
