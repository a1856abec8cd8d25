"""The page's script has no mistake that TypeScript's checker finds."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tunescope.reports.page import SCRIPTS

ROOT = Path(__file__).parents[2]
CHECKER = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
TEMPLATE = ROOT / "src" / "tunescope" / "reports" / "template"


@pytest.mark.skipif(
    shutil.which("node") is None or not CHECKER.exists(),
    reason="no TypeScript here: npm install typescript",
)
@pytest.mark.slow
def test_the_script_is_typed() -> None:
    options = "--allowJs --checkJs --noEmit --strict --target es2022 --lib es2022,dom,dom.iterable"
    done = subprocess.run(
        ["node", str(CHECKER), *options.split(), *(str(TEMPLATE / name) for name in SCRIPTS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_script_of_the_folder_is_in_the_page() -> None:
    assert {path.name for path in TEMPLATE.glob("*.js")} == set(SCRIPTS)
