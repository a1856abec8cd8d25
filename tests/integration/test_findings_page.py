"""The script that writes docs/findings.md, asked about runs that were never made."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from jinja2 import Environment
from scripts import load

from tunescope.paper.cases import VERDICTS
from tunescope.paper.judges import FINDINGS

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
    record = {
        **run.record,
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
            for model, epochs in (("minilm", 3), ("bert-tiny", 10))
        },
    }
    numbers = script.Numbers(run.tables, record)
    page = numbers.judged()
    for epochs in (3, 10):
        assert f"({epochs} epochs, 6 snapshots, probe quick)" in page
    assert numbers.seen("Fine-tuning pushes every label").endswith(" of 4")


def test_the_template_is_one() -> None:
    Environment().parse((DOCS / "findings.md.j2").read_text(encoding="utf-8"))
