"""The manual's page of a run's tables, from their schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunescope.tables.schema import Column, Table, schema


def manual() -> str:
    """Write ``docs/reference/tables.md``."""
    known = schema()
    parts = [
        known.intro.rstrip(),
        _grid(("column", "meaning"), [(f"`{n}`", c.meaning) for n, c in known.origin.items()]),
        known.after_origin.rstrip(),
        *(_section(name, table) for name, table in known.tables.items()),
        known.outro.rstrip(),
    ]
    return "\n\n".join(parts) + "\n"


def _section(name: str, table: Table) -> str:
    origin = ", ".join(f"`{column}`" for column in table.origin)
    parts = [f"## {name}", f"{table.about.rstrip()} From: {origin}.", _columns(table.columns)]
    if table.key:
        named = ", ".join(f"`{column}`" for column in table.key)
        parts.append(f"With those, {named} {_name(table.key)} each row once.")
    if table.notes:
        parts.append(table.notes.rstrip())
    return "\n\n".join(parts)


def _name(key: tuple[str, ...]) -> str:
    return "names" if len(key) == 1 else "name"


def _columns(columns: Mapping[str, Column]) -> str:
    rows = [
        (f"`{name}`", column.type, column.unit, column.meaning, column.trust, column.missing)
        for name, column in columns.items()
    ]
    return _grid(("column", "type", "unit", "meaning", "trust", "may be missing"), rows)


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("|" + "|".join(f" {cell} " for cell in line) + "|" for line in lines)
