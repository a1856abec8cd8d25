"""What benchmarks write into the manual: each table between its own two marks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scripts import load

ROOT = Path(__file__).parents[1]
manual = load("benchmarks/manual.py")
BEGUN = re.compile(r"^<!-- (\w+\.py(?: \w+)?|(?:original|tuned) [a-z ]+) -->$", re.M)


def test_every_mark_has_its_end_and_its_script() -> None:
    found = []
    for page in (ROOT / "docs").rglob("*.md"):
        for name in BEGUN.findall(page.read_text(encoding="utf-8")):
            assert manual.between(page, name)
            script = name.split()[0] if ".py" in name else "suspects.py"
            assert (ROOT / "benchmarks" / script).exists()
            found.append(name)
    assert {"large.py", "loops.py", "page.py"} <= {*found}
    assert len(found) == len({*found})


def test_what_is_put_there_takes_the_place_of_what_was(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n\n<!-- b.py -->\n\n| old |\n\n<!-- end of b.py -->\n\nc\n")
    manual.put(page, "b.py", "| new |\n")
    manual.put(page, "b.py", "| newer |\n")
    assert page.read_text() == "a\n\n<!-- b.py -->\n\n| newer |\n\n<!-- end of b.py -->\n\nc\n"
    assert manual.between(page, "b.py") == "| newer |"
    with pytest.raises(ValueError, match=r"page\.md: expected the marks <!-- c\.py -->"):
        manual.put(page, "c.py", "")
