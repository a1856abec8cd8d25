"""Can planes part the labels, and would they part random vectors as well?"""

from __future__ import annotations

from tunescope.reports import statements, tables
from tunescope.reports.extra_clusters import extra_clusters
from tunescope.reports.panels import Panel
from tunescope.reports.sections.base import Part, Section


def section(panel: Panel) -> Section:
    """Numbers of clusters, what chance would give, and why labels have more than one."""
    lead = statements.clusters_sentence(panel)
    more = [statements.dimension(panel)]
    table = tables.cluster_counts(panel)
    if not lead and table is not None:
        lead = (
            "The clustering was stopped before its clusters could be counted; the table has bounds."
        )
    return Section(
        "clusters",
        "Is every label one cluster?",
        lead,
        [text for text in more if text],
        "Examples of one label belong to one cluster as long as their convex hull meets the hull "
        "of no cluster with another label. As many clusters as labels means that the "
        "representation is linear: straight planes separate all labels. Fewer points than "
        "dimensions are separable whatever they are: the column “pairs separable by chance” and "
        "the encoder with random weights tell how much the number means.",
        [
            Part("clusters"),
            Part(table=table, fold="Every layer in numbers"),
            Part(
                table=extra_clusters(panel),
                fold="Why some labels have more than one cluster",
                kind="extra",
            ),
        ],
    )
