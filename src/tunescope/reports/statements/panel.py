"""What is said of one panel, in the order of the page, and its row of the first table."""

from __future__ import annotations

from dataclasses import dataclass

from tunescope.reports import numbers
from tunescope.reports.figures import clusters, minimum_distances, similarity
from tunescope.reports.panels import Panel
from tunescope.reports.scale import scale
from tunescope.reports.statements.accuracy import accuracy_sentence, controls, main_accuracy
from tunescope.reports.statements.clusters import clusters_sentence, dimension
from tunescope.reports.statements.labels import apart, distances, movement, nearest, relative
from tunescope.reports.statements.layers import by_seed, similarity_sentence, train_test


@dataclass(frozen=True)
class Statement:
    """One sentence with the heading of what it is about."""

    topic: str
    text: str


def statements(panel: Panel) -> list[Statement]:
    """Say what changed in one panel; what the tables do not hold is left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from tunescope.reports.panels import panels
    >>> table = pd.DataFrame({"update": [0, 9], "probe": "p", "accuracy": [0.5, 0.9]})
    >>> statements(panels({"accuracy": table})[0])[0].text
    'The probe’s accuracy went from 50.0 % to 90.0 % (no intervals stored).'
    """
    made = (
        ("Accuracy", accuracy_sentence(panel)),
        ("What the accuracy is owed to", controls(panel)),
        ("Clusters", clusters_sentence(panel)),
        ("Is it the model, or the dimension?", dimension(panel)),
        ("Room between labels", relative(panel)),
        ("Minimum distances", distances(panel)),
        ("Distances and scale", scale(panel)),
        ("Furthest apart", apart(panel)),
        ("Nearest labels", nearest(panel)),
        ("Movement", movement(panel)),
        ("Spatial structure", similarity_sentence(panel)),
        ("Training and test", train_test(panel)),
    )
    return [Statement(topic, text) for topic, text in made if text]


def overview(panel: Panel) -> dict[str, str]:
    """One row of the page's first table: the panel's main numbers as text."""
    row: dict[str, str] = {"task": panel.task, "model": panel.model, "run": panel.run}
    for stage, part in main_accuracy(panel).items():
        row[f"accuracy_{stage}"] = numbers.percent(part["accuracy"])
        row[f"accuracy_{stage}_interval"] = numbers.percent_interval(part["lower"], part["upper"])
    table = clusters.by_layer(panel)
    if not table.empty:
        for stage in ("before", "after"):
            of_stage = table[table["stage"] == stage]["clusters"]
            row[f"clusters_{stage}"] = of_stage.iloc[-1] if len(of_stage) else numbers.ABSENT
        row["labels"] = numbers.count(table["n_labels"].iloc[-1])
    grown = minimum_distances.growth(panel)
    if not grown.empty:
        row["grew"] = f"{int((grown['direction'] == 'increased').sum())} of {len(grown)}"
    rows = similarity.in_last_layer(panel)
    if not rows.empty:
        top = rows.iloc[0]
        named = "" if similarity.is_spatial(rows) else f"{similarity.measured(rows)} "
        row["similarity"] = named + by_seed(rows, bounds=False)
        if len(rows) == 1 and numbers.known(top["lower"]):
            bounds = (numbers.similarity(top["lower"]), numbers.similarity(top["upper"]))
            row["similarity_interval"] = " to ".join(bounds)
    return row
