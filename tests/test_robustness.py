"""A drawn part of `make robustness`: kills, damage, full disks, bad input, attacks, clusters."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from robustness import material
from robustness.attacks import browser, strings, try_attacks
from robustness.inputs import cases, try_inputs
from robustness.options import N_PAIRS, calls, options
from robustness.pieces import Piece

ROOT = Path(__file__).parents[1]
slow = pytest.mark.slow


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model and a file of texts."""
    return material.make(tmp_path_factory.mktemp("robustness") / "bare")


@slow
def test_kills_damage_full_disks_options_and_clusters_in_a_process_of_their_own() -> None:
    """A process that has trained cannot be forked; those that are tried are forks."""
    parts = ["kills", "damage", "disks", "options", "workers"]
    words = [sys.executable, "-m", "robustness", "--seed", "1", "--part", "0.03", "--only", *parts]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.findall(r"(\w+): [1-9]\d* tried, 0 wrong", ended.stdout) == parts


@slow
def test_wrong_input_is_refused_in_a_line(bare: Path, tmp_path: Path) -> None:
    assert try_inputs(bare, tmp_path, 20, seed=1) == []


@slow
@pytest.mark.skipif(browser() is None, reason="no browser here to open the page in")
def test_attacks_stay_text_in_a_browser(tmp_path: Path) -> None:
    assert try_attacks(tmp_path, 12, seed=1) == []


def test_every_option_of_the_command_line_is_tried() -> None:
    assert [f"{one.command} {one.name}" for one in options() if not one.is_known] == []
    tried = {(words[0], word) for words, _ in calls(0, seed=0) for word in words}
    missing = [
        (one.command, one.name)
        for one in options()
        if (one.command.split()[0], one.name) not in tried
    ]
    assert missing == []


def test_as_much_is_tried_as_is_said() -> None:
    names = [case.name for case in cases()]
    assert len(set(names)) >= 300
    assert len(strings(150, seed=0)) == 150
    assert len(list(calls(N_PAIRS, seed=0))) >= 200


def test_pieces_are_the_whole() -> None:
    pieces = [Piece(number, 4).of(50, 30, seed=3) for number in range(1, 5)]
    assert sorted(number for piece in pieces for number in piece) == Piece().of(50, 30, seed=3)
    assert [len(piece) for piece in pieces] == [Piece(k, 4).size(30) for k in range(1, 5)]
