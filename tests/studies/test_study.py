"""A study's fields, their defaults, and what of them decides its results."""

import pytest

from tunescope.studies.reading import make_study
from tunescope.studies.study import Study


def test_the_paper_s_settings_are_the_defaults() -> None:
    study = Study(models=["bert-tiny"], tasks=["pos"])
    assert (study.tuning.batch_size, study.tuning.learning_rate, study.tuning.warmup) == (
        32,
        3e-4,
        0.1,
    )


def test_where_and_what_is_kept_is_no_part_of_the_identity() -> None:
    values = {"models": ["m"], "tasks": ["pos"]}
    one = make_study({**values, "keep": "all", "device": "cpu"})
    assert one.identity == make_study(values).identity
    assert one.identity != make_study({**values, "seeds": [1]}).identity


@pytest.mark.parametrize("protocol", ["quick", "zhou2022", "zhou2022-halving"])
def test_every_protocol_of_a_study_has_its_name(protocol: str) -> None:
    from tunescope.probes import Protocol

    values = {"models": "m", "tasks": "pos", "probing": {"protocol": protocol}}
    assert Protocol.named(make_study(values).probing.protocol).name == protocol
