from __future__ import annotations

import dataclasses

import pytest

from tunescope.errors import InputError
from tunescope.probes import Protocol, Setting


def test_the_papers_grid():
    protocol = Protocol.zhou2022()
    assert len(protocol.settings) == 4 * 4 * 8
    assert {s.weight for s in protocol.settings} == {10.0**k for k in range(-7, 1)}
    assert {size for s in protocol.settings for size in s.hidden} == {32, 64, 128, 256}
    assert protocol.n_fits == 128 * 5 + 5


def test_it_cannot_be_changed_behind_a_record():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Protocol.quick().restarts = 9  # type: ignore[misc]


def test_a_changed_protocol_says_so():
    protocol = Protocol.zhou2022(search="halving", restarts=3)
    assert protocol.name == "zhou2022 (search=halving, restarts=3)"
    assert Protocol.zhou2022(name="ours", restarts=3).name == "ours"


def test_the_record_makes_the_protocol_again():
    protocol = Protocol.quick(weights=(0.5,))
    assert Protocol(**protocol.record()) == protocol


@pytest.mark.parametrize("protocol", [Protocol.zhou2022(search="halving"), Protocol.quick()])
def test_the_description_names_every_choice(protocol):
    said = protocol.describe()
    for value in (protocol.name, len(protocol.settings), protocol.restarts, protocol.max_epochs):
        assert str(value) in said
    for setting in protocol.settings:
        assert setting.layers in said
        assert f"{setting.weight:g}" in said


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hidden", ()),
        ("hidden", ((0,),)),
        ("weights", (-1.0,)),
        ("weights", (float("nan"),)),
        ("validation", "loo"),
        ("folds", 1),
        ("held_out", 1.0),
        ("restarts", 0),
        ("search", "random"),
        ("max_epochs", 0),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("tolerance", -1.0),
        ("patience", 0),
        ("first_epochs", 0),
        ("keep", 1.0),
        ("finalists", 0),
        ("name", 3),
        ("hidden", 3),
        ("hidden", (3,)),
        ("hidden", ((2.5,),)),
        ("hidden", (("a",),)),
        ("weights", None),
        ("weights", ("a",)),
        ("folds", 2.5),
        ("folds", None),
        ("restarts", "3"),
        ("restarts", True),
        ("max_epochs", float("inf")),
        ("learning_rate", "fast"),
        ("learning_rate", float("nan")),
        ("tolerance", None),
        ("search", []),
        ("keep", None),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    with pytest.raises(InputError, match=rf"Protocol.{field} is .*expected"):
        Protocol.zhou2022(**{field: value})


def test_an_unknown_field_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'restarts'"):
        Protocol.zhou2022(restart=3)


def test_settings_read_well():
    assert Setting((), 0.1).name == "none, weight 0.1"
