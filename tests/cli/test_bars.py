"""How far a command is can be read by a person and by a program."""

import json

import pytest

from tunescope.cli.bars import EVERY, Lines, bar


def test_in_a_file_there_is_a_line_a_step_and_one_every_half_minute_with_the_rest() -> None:
    now, lines = [0.0], list[str]()
    told = Lines(lines.append, lambda: now[0])
    told.plan(95)
    told.say("encoding [red]")
    for _ in range(6):
        now[0] += EVERY / 3
        told.advance(5)
    told.say("measuring")
    assert lines == [
        "[0:00] encoding [red]",
        "[15%, 0:30, about 2:50 left] encoding [red]",
        "[30%, 1:00, about 2:20 left] encoding [red]",
        "[30%, 1:00, about 2:20 left] measuring",
    ]
    told.advance(65)
    told.say("writing the report")
    assert lines[-1].startswith("[95%")  # the page is still to come


def test_what_comes_before_the_steps_does_not_count_for_the_rest() -> None:
    now = [0.0]
    lines: list[str] = []
    told = Lines(lines.append, clock=lambda: now[0])
    now[0] = 60.0
    told.plan(95)
    now[0] = 70.0
    told.advance(20)
    told.say("measuring")
    assert lines[-1] == "[20%, 1:10, about 0:40 left] measuring"


def test_a_program_reads_events(capsys: pytest.CaptureFixture[str]) -> None:
    with bar(quiet=False, as_events=True) as told:
        told.say('encoding "a"\n\x1b[31m')
        told.plan(95)
        told.advance(19)
        told.say("measuring")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["doing"] == 'encoding "a"\n\x1b[31m'
    assert (first["share"], first["seconds_left"]) == (None, None)
    assert second["share"] == 0.19
    assert second["seconds_left"] >= 0


def test_quiet_is_quiet_for_a_program_too(capsys: pytest.CaptureFixture[str]) -> None:
    with bar(quiet=True, as_events=True) as told:
        told.plan(1)
        told.say("measuring")
    assert capsys.readouterr().err == ""
