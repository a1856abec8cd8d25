"""The order of the rooms of tasks: drafts, readers, the task, the corpora; no way back."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tunescope.tasks

ROOT = Path(tunescope.tasks.__file__).parent
FILES = {
    ".".join(("tunescope.tasks", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in ROOT.rglob("*.py")
}


def imported(path: Path) -> set[str]:
    """Name the modules of tasks that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{name.name}" for name in node.names} & FILES.keys()
            found |= inner or {node.module}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found & FILES.keys()


GRAPH = {module: imported(path) for module, path in FILES.items()}


def test_there_is_no_circle() -> None:
    try:
        TopologicalSorter(GRAPH).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


def test_a_circle_would_be_found() -> None:
    around = GRAPH | {"tunescope.tasks.draft": {"tunescope.tasks.task"}}
    with pytest.raises(CycleError):
        TopologicalSorter(around).prepare()


@pytest.mark.parametrize("module", [name for name in FILES if ".readers" in name])
def test_readers_know_drafts_and_each_other_only(module: str) -> None:
    known = {"tunescope.tasks.draft"}
    assert all(name in known or ".readers" in name for name in GRAPH[module])
