"""The source files of the package and what each imports, read without importing any."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "tunescope"


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def part_of(module: str) -> str:
    """The part of the house that a module is in; the face, ``tunescope`` itself, is in none."""
    return module.split(".")[1] if "." in module else ""


def _for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


@cache
def imports(path: Path, *, types: bool) -> frozenset[tuple[str, int]]:
    """What a file imports, and in which line, inside functions too.

    Parameters
    ----------
    types : whether what stands under ``if TYPE_CHECKING:`` counts, and what a package imports
        when it is first used, which stands in its ``.pyi``.

    Returns
    -------
    frozenset
        Names of modules; of ``from a import b`` the module ``a.b`` where the package has it.
    """
    found: set[tuple[str, int]] = set()
    stub = path.with_suffix(".pyi")
    files = [path, stub] if types and stub.exists() else [path]
    left: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    package = module_name(path) if path.name == "__init__.py" else ""
    while left:
        node = left.pop()
        if _for_types_only(node) and not types:
            continue
        left.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Import):
            found.update((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 or package, f"{path}:{node.lineno}: a relative import"
            base = f"{package}.{node.module}" if node.level else str(node.module)
            names = (f"{base}.{alias.name}" for alias in node.names)
            found.update((name if name in MODULES else base, node.lineno) for name in names)
    return frozenset(found)


def own_imports(path: Path, *, types: bool = False) -> set[str]:
    """The package's modules that a file imports."""
    return {name for name, _ in imports(path, types=types) if name in MODULES}


@cache
def reached(path: Path) -> set[str]:
    """The package's modules that a test and its fixtures import or start, and their imports."""
    files = [path, *(up / "conftest.py" for up in path.parents if TESTS in (up, *up.parents))]
    files = [file for file in files if file.exists()]
    left = {module for file in files for module in own_imports(file, types=True)}
    if "from tunescope.cli import main" in path.read_text(encoding="utf-8"):
        left.add("tunescope.cli")
    found: set[str] = set()
    while left:
        module = left.pop()
        found.add(module)
        source = MODULES[module]
        left |= own_imports(source, types=source.name == "__init__.py") - found
    return found
