"""The page's sections, one module each: a new section is a module and its name in `SECTIONS`."""

from __future__ import annotations

from collections.abc import Callable

from tunescope.reports.panels import Panel
from tunescope.reports.sections import accuracy, clusters, examples, labels, layers
from tunescope.reports.sections.base import Part, Section

__all__ = ["SECTIONS", "Part", "Section", "sections"]

SECTIONS: tuple[Callable[[Panel], Section], ...] = (
    accuracy.section,
    labels.section,
    clusters.section,
    layers.section,
    examples.section,
)
"""In the page's order."""


def sections(panel: Panel) -> list[Section]:
    """Make every section of a panel that has something to show."""
    return [made for made in (make(panel) for make in SECTIONS) if made.lead]
