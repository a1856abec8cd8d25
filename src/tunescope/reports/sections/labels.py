"""Which labels were pulled together, and which pushed apart?"""

from __future__ import annotations

from tunescope.reports import statements, tables
from tunescope.reports.panels import Panel
from tunescope.reports.scale import scale
from tunescope.reports.sections.base import Part, Section
from tunescope.reports.transfer import transfer


def section(panel: Panel) -> Section:
    """Minimum distances of labels, their changes, and what other tasks do to them."""
    said = (
        statements.relative(panel),
        statements.distances(panel),
        scale(panel),
        statements.apart(panel),
        statements.nearest(panel),
    )
    lead, *more = [text for text in said if text] or [""]
    how = (
        "A line is a label, from its hull to the nearest other label’s. Where it grows, there is "
        "more room for classifiers that separate the label from all others; 0 means that it meets "
        "another one. Distances grow with the whole space, too: the first sentence takes that out."
    )
    parts = []
    if panel.tuned:
        parts += [Part("minimum_distances"), Part("growth", fold="Layer by layer")]
    parts.append(
        Part(table=tables.labels(panel), fold="All labels in numbers" if panel.tuned else "")
    )
    if (crossed := transfer(panel)) is not None:
        parts.append(Part(table=crossed, fold="What fine-tuning on other tasks does to them"))
    return Section(
        "labels",
        "Which labels moved apart?" if panel.tuned else "How far apart?",
        lead,
        more,
        how,
        parts,
    )
