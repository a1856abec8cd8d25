"""What is typed becomes the keys of a study."""

from tunescope.cli.options import overlaid, typed


def test_none_is_the_list_of_no_choices() -> None:
    file = {"probing": {"also": ["linear"]}}
    assert overlaid(file, {"also": ["none"]}) == {"probing": {"also": []}}
    assert overlaid(file, {"also": []}) == file
    assert overlaid(file, {"also": ["none", "linear"]})["probing"]["also"] == ["none", "linear"]
    assert overlaid({}, {"model": ["none"]}) == {"models": ["none"]}


def test_what_was_typed_is_known_by_its_key() -> None:
    assert typed({"probe_layers": "all", "split_column": "part", "epochs": None}) == {
        ("probing", "layers"): "--probe-layers",
        ("tasks", "split"): "--split-column",
    }
