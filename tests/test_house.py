"""The house stands as it is drawn: the order of its parts, no circles, a home for every test."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from house import MODULES, SOURCE, TESTS, imports, own_imports, part_of, reached

ORDER = (
    "tasks",
    "encoders",
    "tuning",
    "studies",
    "reports",
    "results",
    "watching",
    "paper",
    "cli",
    "__main__",
)
"""A part imports only from parts to its left and from the ground."""
GROUND = {
    "errors": set[str](),
    "arguments": {"errors"},
    "arrays": {"errors"},
    "extras": {"errors"},
    "progress": set[str](),
    "storage": {"errors"},
    "seals": {"storage", "errors"},
    "devices": {"errors"},
    "geometry": {"arguments", "arrays", "errors"},
    "probes": {"arrays", "devices", "extras", "errors"},
    "tables": {"errors", "geometry", "probes"},
    "runs": {"storage", "seals", "tables", "errors"},
    "evidence": {"geometry", "arrays", "errors"},
    "directprobe": {"geometry", "runs", "storage", "progress", "errors"},
}
"""What each part of the ground may import."""

HOMES: dict[str, tuple[str, ...]] = {
    "progress.py": ("integration/test_run.py",),
    "cli": ("integration",),
    "directprobe": ("directprobe/test_verification.py",),
    "encoders": ("encoders",),
    "geometry": ("geometry",),
    "paper": ("paper", "integration/test_reproduce.py"),
    "probes": ("probes",),
    "reports": ("reports",),
    "results": ("results",),
    "runs": ("runs",),
    "studies": ("integration",),
    "tables/collected.py": ("studies/questions/test_structure.py",),
    "tables/manual.py": ("tables/test_schema.py",),
    "tasks": ("tasks",),
    "tuning": ("tuning",),
    "watching": ("watching",),
}
"""Where the tests are of files that have no test file of their own: of one, or of a folder's.

A home is a test file, or a folder whose test files have it between them.
"""

UNIMPORTED = {
    "accelerate": "transformers' Trainer needs it",
    "safetensors": "transformers reads weights with it",
}
"""Requirements that no source file imports, with the reason."""
IMPORTED_AS = {
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
    "vl-convert-python": "vl_convert",
}


@pytest.mark.parametrize("module", [name for name in MODULES if part_of(name)])
@pytest.mark.slow
def test_a_part_imports_from_its_left_and_from_the_ground(module: str) -> None:
    part = part_of(module)
    assert part in GROUND or part in ORDER, "name its place in ORDER or GROUND"
    allowed = GROUND[part] if part in GROUND else set(ORDER[: ORDER.index(part)]) | GROUND.keys()
    for name, line in sorted(imports(MODULES[module], types=True)):  # for types only, too
        if name in MODULES and part_of(name):
            assert part_of(name) in allowed | {part}, f"{MODULES[module]}:{line} imports {name}"


@pytest.mark.slow
def test_only_the_version_is_taken_from_the_face() -> None:
    for path in MODULES.values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "tunescope":
                names = {alias.name for alias in node.names}
                inner = {name for name in names if f"tunescope.{name}" in MODULES}
                assert names - inner <= {"__version__"}, f"{path}:{node.lineno}"


@pytest.mark.slow
def test_there_is_no_circle_of_imports() -> None:
    """Imports inside functions count; those under ``if TYPE_CHECKING:``, never run, do not."""
    left = {name: own_imports(path) - {"tunescope"} for name, path in MODULES.items()}
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    # what is left is in a circle or imports one that is: walking on from any ends in a circle
    assert not left, " → ".join(_circle(left, min(left)))


def _circle(left: dict[str, set[str]], start: str) -> list[str]:
    path = [start]
    while path[-1] not in path[:-1]:
        path.append(min(left[path[-1]] & left.keys()))
    return path[path.index(path[-1]) :]


def _tested() -> list[Path]:
    """The files that define something."""
    return [
        path
        for path in MODULES.values()
        if path.name != "__init__.py"
        or any(isinstance(n, ast.FunctionDef | ast.ClassDef) for n in _body(path))
    ]


def _body(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text(encoding="utf-8")).body


def _mirror(path: Path) -> Path:
    inner = path.relative_to(SOURCE)
    if path.name == "__init__.py":
        return TESTS / inner.parent / "test_init.py"
    return TESTS / inner.parent / f"test_{path.name}"


def _home(path: Path) -> tuple[str, ...]:
    inner = path.relative_to(SOURCE)
    for place in (inner, *inner.parents):
        if place.as_posix() in HOMES:
            return HOMES[place.as_posix()]
    return ()


@pytest.mark.parametrize("path", _tested(), ids=lambda path: str(path.relative_to(SOURCE)))
@pytest.mark.slow
def test_a_source_file_has_its_test_file_or_a_stated_home_that_reaches_it(path: Path) -> None:
    if _mirror(path).exists() or path == SOURCE / "__init__.py":
        return
    homes = [file for name in _home(path) for file in _test_files(TESTS / name)]
    assert homes, f"write {_mirror(path)}, or say in HOMES where its tests are"
    module = next(name for name, found in MODULES.items() if found == path)
    assert any(module in reached(home) for home in homes), f"no test there reaches {module}"


def _test_files(home: Path) -> list[Path]:
    return sorted(home.rglob("test_*.py")) if home.is_dir() else [home]


@pytest.mark.parametrize("place", HOMES)
@pytest.mark.slow
def test_a_stated_home_is_needed_and_there(place: str) -> None:
    path = SOURCE / place
    assert path.exists()
    assert all((TESTS / home).exists() for home in HOMES[place])
    inside = [path] if path.is_file() else [one for one in _tested() if path in one.parents]
    assert [one for one in inside if not _mirror(one).exists()], f"take {place} out of HOMES"


def test_what_is_required_is_imported() -> None:
    project = tomllib.loads((TESTS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    told = project["project"]
    listed = told["dependencies"] + told["optional-dependencies"]["study"]
    required = {re.split(r"[<>=]", one)[0] for one in listed}
    assert UNIMPORTED.keys() <= required
    used = {
        name.split(".")[0] for path in MODULES.values() for name, _ in imports(path, types=True)
    }
    for name in sorted(required - UNIMPORTED.keys()):
        assert IMPORTED_AS.get(name, name.replace("-", "_")) in used, f"{name} is not imported"
