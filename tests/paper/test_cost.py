"""What a study is said to cost, before it is done."""

from __future__ import annotations

from typing import get_args
from unittest import mock

import pytest

from tunescope.paper import cost
from tunescope.paper.reproduction import reproduction
from tunescope.studies import estimate
from tunescope.studies.study import Study
from tunescope.tasks import load_task


@pytest.fixture
def slow_machine() -> object:
    with mock.patch.object(estimate, "measured_speed", return_value=1e9) as speed:
        yield speed


def planned(**values: object) -> cost.Plan:
    study = reproduction(models=["minilm"], tasks=["demo-pos"], **values)  # type: ignore[arg-type]
    return cost.plan(study, {"demo-pos": load_task("demo-pos")})


def test_a_slower_machine_takes_longer_by_what_it_computes(slow_machine: mock.Mock) -> None:
    slow = planned(protocol="none").seconds
    slow_machine.return_value = 2e9
    fast = planned(protocol="none").seconds
    assert fast < slow < 2 * fast + 1e-9
    assert (
        planned().seconds
        > planned(quick=True).seconds
        > planned(quick=True, protocol="none").seconds
    )


def test_what_is_done_is_counted(slow_machine: mock.Mock) -> None:
    quick = planned(quick=True, seeds=[0, 1])
    assert (quick.models, quick.tasks, quick.tunings, quick.transfers) == (1, 1, 2, 0)
    assert quick.snapshots == 1 + 2 * 4
    assert quick.jobs == 11
    assert quick.bytes_kept == 0 < quick.bytes_at_once


def test_every_choice_of_what_is_kept_is_counted(slow_machine: mock.Mock) -> None:
    kept = {
        keep: planned(keep=keep).bytes_kept
        for keep in get_args(Study.model_fields["keep"].annotation)
    }
    assert 0 == kept["none"] < kept["ends"] == kept["models"] < kept["all"]
