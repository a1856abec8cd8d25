"""What a section of the page is: a sentence with its number, its figure, and what is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tunescope.reports.tables import Table


@dataclass(frozen=True)
class Part:
    """One thing of a section: a figure by its name in `figures.FIGURES`, or a table."""

    figure: str = ""
    table: Table | None = None
    fold: str = ""
    """Heading under which it is folded away; empty: it is open."""
    kind: str = ""
    """Class of the table, for its looks."""


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    key: str
    """Part of its address, and how the large numbers of the first screen name it."""
    title: str
    lead: str
    """The sentence with the number that matters, first; empty: the section has nothing to show."""
    more: Sequence[str] = ()
    """Further sentences, each a paragraph."""
    how: str = ""
    """How to read the figures."""
    parts: Sequence[Part] = field(default_factory=tuple)
