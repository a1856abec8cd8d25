"""The manual's tables of coverage are those that the benchmark prints, and say what was claimed."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
from scripts import load

from manual import between

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def coverage() -> ModuleType:
    return load("benchmarks/coverage.py")


def names(text: str) -> list[str]:
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]


@pytest.mark.slow
def test_the_manual_has_the_tables_that_the_script_writes(coverage: ModuleType) -> None:
    shown = between(coverage.PAGE, "coverage.py")
    assert names(shown) == names(coverage.page(1))


def test_our_intervals_hold_and_our_tests_are_quiet_as_the_manual_says(
    coverage: ModuleType,
) -> None:
    shown = between(coverage.PAGE, "coverage.py")
    rows = re.findall(r"^\| `(\w+)`(.*?)\|([\d. |]+)\|$", shown, flags=re.M)
    assert len(rows) >= 11
    for name, about, numbers in rows:
        values = [float(number) for number in numbers.split("|") if number.strip()]
        if name in ("share_interval", "difference_interval"):
            assert min(values) >= 91, (name, about)
        elif name in ("paired_comparison", "similarity_change") and "small gains" not in about:
            assert max(values) <= 8, (name, about)
