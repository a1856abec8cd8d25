"""Parts of tables, put together as they come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass
class Collected:
    """Parts of tables, put together as they come."""

    parts: dict[str, list[pd.DataFrame]] = field(default_factory=dict)

    def add(self, tables: Mapping[str, pd.DataFrame], **columns: object) -> None:
        """Add parts, each with the same value in further columns, which come first."""
        for name, table in tables.items():
            part = table.copy()
            for position, (column, value) in enumerate(columns.items()):
                part.insert(position, column, value)  # type: ignore[arg-type]
            self.parts.setdefault(name, []).append(part)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Give each table whole."""
        return {name: _whole(parts) for name, parts in self.parts.items()}


def _whole(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put parts below each other; one without rows would only blur the types of the others."""
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
