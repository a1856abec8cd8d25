"""Which layers changed, and do training and test data still look alike?"""

from __future__ import annotations

from tunescope.reports import statements, tables
from tunescope.reports.figures import similarity
from tunescope.reports.panels import Panel
from tunescope.reports.sections.base import Part, Section


def section(panel: Panel) -> Section:
    """Similarity of each layer with its original, of training with test, and movements."""
    said = (
        statements.similarity_sentence(panel),
        statements.train_test(panel),
        statements.movement(panel),
    )
    lead, *more = [text for text in said if text] or [""]
    parts = []
    if panel.tuned:
        parts.append(Part("with_original"))
        parts.append(Part(table=tables.similarities(panel), fold="Every layer in numbers"))
    if len(panel.geometry("similarity")):
        parts.append(Part("train_test", fold="Training and test data"))
    if panel.tuned:
        parts.append(Part("displacement", fold="How far each label moved, layer by layer"))
        if panel.table("plane").empty:
            parts.append(Part("paths", fold="The labels’ paths"))
    return Section(
        "layers",
        "Which layers changed?" if panel.tuned else "Do training and test data look alike?",
        lead,
        more,
        _how(panel),
        parts,
    )


def _how(panel: Panel) -> str:
    """Say how spatial similarity is read, where it is known; other measures say their names."""
    with_original = similarity.last_values(panel)
    if with_original.empty or similarity.is_spatial(with_original):
        return (
            "All distances between labels make one vector; two spaces are alike (1) if their "
            "vectors rise and fall together, whatever their scale. A layer that stays near 1 kept "
            "the labels’ arrangement. Between training and test data, a fall says that they "
            "diverge."
        )
    if similarity.comparison(panel, "train_test")["similarity"].isna().all():
        return ""
    return (
        "All distances between labels make one vector; training and test data are alike (1) if "
        "their vectors rise and fall together, whatever their scale. A fall says that they diverge."
    )
