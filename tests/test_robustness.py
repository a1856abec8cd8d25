"""A drawn part of `make robustness`: kills, damage, full disks, bad input, options, attacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from robustness import material
from robustness.attacks import browser, strings, try_attacks
from robustness.damage import try_damage
from robustness.disk import try_full_disks
from robustness.inputs import cases, try_inputs
from robustness.kills import try_kills
from robustness.options import N_PAIRS, calls, options, try_options
from robustness.pieces import Piece

slow = pytest.mark.slow


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model and a file of texts."""
    return material.make(tmp_path_factory.mktemp("robustness") / "bare")


@pytest.fixture(scope="module")
def whole(bare: Path) -> Path:
    """The same with a finished run."""
    folder = material.copied(bare, bare.parent / "whole")
    ended = material.finished(folder)
    assert ended.code == 0, str(ended)
    return folder


@slow
def test_killed_runs_end_with_the_same_tables(whole: Path, tmp_path: Path) -> None:
    assert try_kills(whole, tmp_path, 2, seed=1) == []


@slow
def test_damaged_files_are_named_or_made_again(whole: Path, tmp_path: Path) -> None:
    assert try_damage(whole, tmp_path, 3, seed=1) == []


@slow
def test_a_full_disk_is_a_line_and_no_loss(whole: Path, tmp_path: Path) -> None:
    assert try_full_disks(whole, tmp_path, 1, seed=1) == []


@slow
def test_wrong_input_is_refused_in_a_line(bare: Path, tmp_path: Path) -> None:
    assert try_inputs(bare, tmp_path, 20, seed=1) == []


@slow
def test_options_work_alone_and_in_pairs(whole: Path, tmp_path: Path) -> None:
    assert try_options(whole, tmp_path, 8, seed=1) == []


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
