"""The paper's page: what was tested first, for every width, in light and dark."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from browser import AXE, BROWSER, DRIVER, opened, prefer, serious, size

from tunescope.paper.page import render

VERDICTS = ("holds", "not tested", "does not hold", "holds", "left open")


def page(*verdicts: str) -> str:
    """Render findings of these verdicts, with numbers and rules as long as real ones."""
    numbers = "seen in 1 of 2. demo-pos, minilm (seen): r 0.83 → 0.80 over 136 pairs (p 0.84); " * 3
    rows = [
        {"section": "4.1", "finding": f"Finding {i} is a claim of some length.", "verdict": verdict}
        | {"numbers": numbers, "rule": f"rule {i}", "protocol": ""}
        for i, verdict in enumerate(verdicts)
    ]
    return rendered(rows)


def rendered(rows: list[dict[str, str]]) -> str:
    runs = pd.DataFrame({"models": ["minilm"], "tasks": ["demo-questions, demo-pos"]})
    return render(pd.DataFrame(rows), [], None, {}, {"figure-7": "no task pos"}, runs)


def test_what_was_not_tested_is_folded_away_behind_what_was() -> None:
    made = page(*VERDICTS)
    shown, folded = made.split("<details>")
    assert [f"Finding {i} " in shown for i in range(5)] == [True, False, True, True, True]
    assert "would need: 1</summary>" in " ".join(folded.split())
    assert "Finding 1 " in folded


def test_where_nothing_was_tested_it_is_seen_at_once() -> None:
    made = page("not tested", "not tested")
    assert "<details open>" in made
    assert "Left open" not in made


def test_large_numbers_agree_with_their_words() -> None:
    words = [part.split("<")[0] for part in page(*VERDICTS).split('class="change">')[1:]]
    assert words == ["hold", "does not hold", "left open", "not tested"]


def test_findings_of_several_protocols_are_counted_once_and_name_what_does_not_hold() -> None:
    row = {"section": "4.1", "numbers": "seen in 1 of 1", "rule": "its rule"}
    verdicts = [("One", "3 epochs", "holds"), ("One", "10 epochs", "does not hold")]
    verdicts += [("Two", name, "does not hold") for name in ("3 epochs", "10 epochs")]
    rows = [row | dict(zip(("finding", "protocol", "verdict"), v, strict=True)) for v in verdicts]
    made = " ".join(rendered(rows).split())
    assert "2 findings: 0 hold, 1 does not hold" in made
    assert "1 differs by protocol" in made
    assert '<span class="sure">of 2</span>' in made
    asked = made.split("What does not hold here")[1].split("</ol>")[0]
    assert asked.count("<li>") == 2
    assert "<li>One <em>(10 epochs)</em></li>" in asked
    assert "<li>Two </li>" in asked


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None or DRIVER is None, reason="no chromium and chromedriver here")
def test_it_fits_every_width_and_axe_finds_nothing_serious(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    path.write_text(page(*VERDICTS), encoding="utf-8")
    with opened(tmp_path) as driver:
        for width, scheme in ((390, "light"), (1000, "dark"), (1600, "light")):
            prefer(driver, scheme)
            size(driver, width)
            driver.get("about:blank")
            driver.get(path.as_uri())
            driver.execute_script("document.querySelector('details').open = true")
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
            assert [e for e in driver.get_log("browser") if e["level"] == "SEVERE"] == []
            if AXE.exists():
                assert serious(driver) == []
