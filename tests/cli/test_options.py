"""What is typed becomes the keys of a study."""

import pytest

from tunescope.cli.options import NOTHING, data_given, overlaid, typed


def test_none_is_the_list_of_no_choices() -> None:
    file = {"probing": {"also": ["linear"]}}
    assert overlaid(file, {"also": ["none"]}) == {"probing": {"also": []}}
    assert overlaid(file, {"also": []}) == file
    assert overlaid(file, {"also": ["none", "linear"]})["probing"]["also"] == ["none", "linear"]
    assert overlaid({}, {"model": ["none"]}) == {"models": ["none"]}


@pytest.mark.parametrize("nothing", NOTHING)
@pytest.mark.parametrize(
    "option", ["text", "text_pair", "tokens", "label", "split_column", "subset", "revision"]
)
def test_what_names_something_in_the_data_may_be_called_none(option: str, nothing: str) -> None:
    assert [*data_given({option: nothing}).values()] == [nothing]


def test_where_a_key_may_have_no_value_none_is_none() -> None:
    for option, (part, key) in {
        "cluster_checks": ("geometry", "cluster_checks"),
        "epochs": ("tuning", "epochs"),
        "pooling": ("encoding", "pooling"),
        "cluster": ("engine", "cluster"),
    }.items():
        assert overlaid({}, {option: "null"}) == {part: {key: None}}
    assert data_given({"limit": "none"}) == {"limit": None}


def test_what_was_typed_is_known_by_its_key() -> None:
    assert typed({"probe_layers": "all", "split_column": "part", "epochs": None}) == {
        ("probing", "layers"): "--probe-layers",
        ("tasks", "split"): "--split-column",
    }
