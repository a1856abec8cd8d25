"""The public names: there, documented, and loaded only when they are used."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tunescope

ROOT = Path(__file__).parents[1]
PUBLIC = (
    "tunescope",
    "tunescope.directprobe",
    "tunescope.encoders",
    "tunescope.geometry",
    "tunescope.probes",
    "tunescope.results",
    "tunescope.studies",
    "tunescope.tables",
    "tunescope.tasks",
    "tunescope.tuning",
    "tunescope.watching",
)
"""What these export is public, as `CONTRIBUTING.md` says; every other module is inner."""
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", tunescope.__all__)
def test_a_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(tunescope, name)
    assert name == "__version__" or value.__doc__


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="No tunescope attribute sepration"):
        tunescope.sepration  # noqa: B018


@pytest.mark.slow
def test_importing_it_loads_no_torch() -> None:
    code = (
        "import sys, tunescope, tunescope.cli\n"
        "heavy = {'torch', 'transformers', 'altair', 'sklearn', 'numba'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", PUBLIC)
def test_what_a_public_package_exports_is_there_and_documented(module: str) -> None:
    package = importlib.import_module(module)
    for name in package.__all__:
        value = getattr(package, name)
        if inspect.isclass(value) or inspect.isroutine(value):
            assert value.__doc__, f"{module}.{name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_manual_imports_public_names_only(page: Path) -> None:
    for code in re.findall(r"```py\w*\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        lines = re.findall(r"^(?:>>> )?((?:from|import) tunescope\b.*)$", code, re.MULTILINE)
        for node in ast.parse("\n".join(lines)).body:
            if isinstance(node, ast.Import):
                assert {name.name for name in node.names} <= set(PUBLIC), f"{page.name}: {lines}"
            elif isinstance(node, ast.ImportFrom):
                assert node.module in PUBLIC, f"{page.name}: {node.module} is inner"
                exported = importlib.import_module(node.module).__all__
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    assert alias.name in exported or whole in PUBLIC, f"{page.name}: {whole}"


def test_the_public_packages_are_named_for_contributors() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tunescope(?:\.\w+)?)`", text.split("### What is public")[1]))
    assert named == set(PUBLIC)
