"""The script that writes docs/findings.md, asked about runs that were never made."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import Environment
from scripts import load

from tunescope.errors import InputError
from tunescope.paper.cases import VERDICTS
from tunescope.paper.judges import FINDINGS
from tunescope.runs import Run

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load("docs/findings.py")


def test_every_finding_is_a_row_with_its_verdict(script: ModuleType, make_run: Callable) -> None:
    run = make_run()
    numbers = script.Numbers(run.tables, run.record)
    page = numbers.judged()
    for finding in FINDINGS:
        assert f"| {finding.claim} |" in page
    assert numbers.verdict("Fine-tuning pushes every label") in VERDICTS
    assert numbers.tally().startswith(f"{len(FINDINGS)} findings: ")


def test_protocols_are_told_apart(script: ModuleType, make_run: Callable) -> None:
    run = make_run()
    epochs_of = {"minilm": 3, "bert-tiny": 10}
    record = {
        **run.record,
        "cells": {model: [(model, task, 0) for task in ("pos", "ps-fxn")] for model in epochs_of},
        "runs": {
            model: {
                "study": {
                    "models": [model],
                    "tasks": ["pos", "ps-fxn"],
                    "seeds": [0],
                    "tuning": {"epochs": epochs, "snapshots": 6},
                    "probing": {"protocol": "quick"},
                }
            }
            for model, epochs in epochs_of.items()
        },
    }
    numbers = script.Numbers(run.tables, record)
    page = numbers.judged()
    for epochs in (3, 10):
        assert f"({epochs} epochs)" in page
    assert numbers.seen("Fine-tuning pushes every label").endswith(" of 4")


def test_findings_of_before_stand_beside_those_of_today(
    script: ModuleType, make_run: Callable
) -> None:
    run = make_run()
    numbers = script.Numbers(run.tables, run.record)
    renamed = "Where a task is linear before fine-tuning, that is more than dimension alone gives."
    before = "That is more than dimension alone would give."
    page = numbers.before_and_after({renamed: [before, "asked of every linear task"]})
    rows = {cells[1]: cells[2:] for line in page.splitlines() if (cells := line.split(" | "))[2:]}
    assert set(rows) >= {finding.claim for finding in FINDINGS}
    assert rows[renamed][0] == "not tested; 0 of 0"
    assert rows[renamed][2].startswith("asked of every linear task")
    with pytest.raises(ValueError, match="no such findings"):
        numbers.before_and_after({"Pigs fly.": ["", "new"]})


def test_clusters_stand_layer_by_layer(script: ModuleType, make_run: Callable) -> None:
    run = make_run()
    table = run.tables["linearity"]
    table[["least_clusters", "most_clusters"]] = 17.0
    bounded = (table["task"] == "pos") & (table["layer"] == table["layer"].min())
    table.loc[bounded, ["least_clusters", "most_clusters"]] = [20, 700]
    page = script.Numbers(run.tables, run.record).clusters_by_layer()
    assert "| minilm | pos | 17 | original | 20 to 700 |" in page
    assert page.count("20 to 700") == bounded.sum()
    assert page.count("| layer ") == table["layer"].nunique()


def test_a_run_without_tables_is_refused(script: ModuleType, tmp_path: Path) -> None:
    with Run.start(tmp_path / "begun", {}, identity={}) as begun:
        begun.note(notes=["begun"])
    with pytest.raises(InputError, match="has no tables yet"):
        script.Numbers.read([begun.folder])


def test_the_template_is_one() -> None:
    Environment().parse((DOCS / "findings.md.j2").read_text(encoding="utf-8"))
