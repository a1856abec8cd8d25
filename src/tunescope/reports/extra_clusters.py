"""Why a label has more than one cluster: the extra ones with an example of each, as a table."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from tunescope.reports import numbers
from tunescope.reports.panels import SHOWN, Panel, each_row, of_first_seed, which_seed
from tunescope.reports.tables import Table, example
from tunescope.tables import ORIGINAL, TUNED
from tunescope.tables import extra_clusters as every_extra_cluster
from tunescope.tables.stages import at, was_tuned

LISTED = 12
"""Extra clusters on the page before fine-tuning, and as many after; the CSV file has all."""


def extra_clusters(panel: Panel) -> Table | None:
    """List the clusters beyond each label's largest in the last layer, before and after.

    Parameters
    ----------
    panel : where from; of several seeds the first is shown.
    """
    members = every_extra_cluster(panel.tables)
    if members is None or members.empty:
        return None
    rows: list[list[str | Markup]] = []
    n_all = 0
    for when, found in _stages(panel, of_first_seed(members)):
        n_all += len(found)
        for row in each_row(found.head(LISTED)):
            rows.append(
                [
                    when,
                    row.label,
                    numbers.count(row.cluster_size),
                    row.kind,
                    row.collides_with or numbers.ABSENT,
                    example(row.text, row.place),
                    example(row.collides_text, row.collides_place),
                ]
            )
    if not rows:
        return None
    rest = f" {n_all - len(rows):,} more are in cluster_members.csv." if n_all > len(rows) else ""
    return Table(
        f"Clusters beyond the largest of their label in the last layer{which_seed(members)}, each "
        "with an example, and one of what stands in the way. A contradiction is a vector that "
        "stands under two labels; a suspected labelling error is a hint for a person, no "
        f"verdict.{rest}",
        ["encoder", "label", "examples", "what it is", "collides with", "example", "in the way"],
        rows,
        frozenset({2}),
    ).filled()


def _stages(panel: Panel, members: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """One row for each extra cluster, of the original and of the tuned model."""
    members = members.drop_duplicates(["stage", "label", "cluster"])
    tuned = was_tuned(panel.geometry("linearity"))
    return [
        (SHOWN[stage] if tuned else numbers.ABSENT, at(members, stage))
        for stage in (ORIGINAL, TUNED)
    ]
