"""Can a probe read the labels better than before, and what is that owed to?"""

from __future__ import annotations

from tunescope.reports import statements, tables
from tunescope.reports.panels import Panel
from tunescope.reports.recognition import recognition
from tunescope.reports.sections.base import Part, Section


def section(panel: Panel) -> Section:
    """Accuracies of the probes and their controls, and how the head fared while fine-tuning."""
    parts = [
        Part("accuracy"),
        Part(table=recognition(panel), fold="Label by label"),
        Part(table=tables.accuracies(panel), fold="All probes in numbers"),
    ]
    if len(panel.table("training")) or len(panel.table("evaluations")):
        parts.append(Part("training", fold="The head while fine-tuning"))
    lead = statements.accuracy_sentence(panel)
    if not lead and parts[0].figure and len(panel.table("accuracy")):
        lead = statements.only_accuracy(panel)
    if not lead and len(panel.table("training")):
        lead = "The run holds no probe; the training itself is here."
        parts = [Part("training")]
    return Section(
        "accuracy",
        "Can the labels be read?",
        lead,
        [text for text in (statements.controls(panel),) if text],
        "A classifier (the probe) learns the labels from the frozen vectors. Two points differ "
        "clearly where their bars do not touch; on the same examples a smaller difference can be "
        "sure, too, and its p-value stands in the table. The untrained encoder and the commonest "
        "label, of all words or of each word, show what is reached without pre-training, and "
        "without looking at the vectors. “Control” is the same probe on random labels of the "
        "words: what it can learn by heart.",
        parts,
    )
