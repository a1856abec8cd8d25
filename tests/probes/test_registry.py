"""Every probe has one name, under which it is found, asked for and shown."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tunescope import probes
from tunescope.probes import Protocol
from tunescope.probes.registry import ALSO, BLIND, ENTRIES, Entry
from tunescope.studies.study import Probing

OTHERS = {"control", "description length"}
"""What can be asked for and is no probe with a row of its own."""


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_probe_calls_itself_by_its_name_and_takes_what_a_study_knows(entry: Entry) -> None:
    probe = entry.make(Protocol.quick(restarts=2), seed=7, device="cpu")
    assert probe.probe_name == entry.name
    known = probe.get_params()
    assert known.get("random_state", 7) == 7
    assert known.get("device", "cpu") == "cpu"
    assert known.get("protocol", Protocol.quick(restarts=2)).restarts == 2


def test_a_study_asks_by_the_names_of_the_probes() -> None:
    names = {entry.name for entry in ENTRIES}
    assert names | OTHERS == {*ALSO, "classifier", "majority"}
    assert Probing().also == list(ALSO)


def test_what_sees_no_vectors_has_a_name_for_the_page() -> None:
    assert BLIND == {
        "majority": "majority label",
        "word majority": "majority label of the word",
    }


@pytest.mark.parametrize("name", probes.__all__)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(probes, name).__doc__


@pytest.mark.slow
def test_names_load_nothing_and_probes_without_networks_no_torch() -> None:
    code = (
        "import sys, tunescope.probes.registry, tunescope.studies.study\n"
        "print(sorted({'torch', 'sklearn', 'pandas'} & set(sys.modules)))\n"
        "import numpy as np\n"
        "from tunescope.probes import LinearProbe, paired_comparison\n"
        "LinearProbe('quick').fit(np.arange(20.0)[:, None], np.arange(20) // 10)\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split("\n")[:2] == ["[]", "False"]
