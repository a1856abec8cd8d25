"""Which labels are confused, and which examples should a person look at?"""

from __future__ import annotations

from markupsafe import Markup

from tunescope.reports import lists, numbers, tables
from tunescope.reports.figures import data_map
from tunescope.reports.panels import Panel, each_row, which_seed
from tunescope.reports.sections.base import Part, Section
from tunescope.reports.tables import Table, example
from tunescope.tables import ORIGINAL, TUNED, suspected

CONFUSED, SUSPECTS = 10, 15
"""Rows of the two tables on the page; the CSV files have all that are stored."""


def section(panel: Panel) -> Section:
    """Confusions, suspects and the nearest label pairs, each with texts."""
    confused, suspects = _confusions(panel), _suspects(panel)
    after, before = (tables.nearest_pairs(panel, stage) for stage in (TUNED, ORIGINAL))
    pair = lists.most_confused(panel, 1)
    lead = pair[0].sentence if pair else ""
    found = lists.look_at(panel)
    asked = f"Look at {found.what}." if found.rows else ""
    followed = len(data_map.examples(panel)[0]) > 0
    edges = "The edges between the nearest labels"
    return Section(
        "examples",
        "Which examples to look at?",
        lead or asked,
        [asked] if lead and asked and not suspects else [],  # their table says what to do
        "The word in question stands in [brackets]. Separations are exact to the digits shown; "
        "where their certified bounds allow fewer digits, the bounds follow. Long texts are cut "
        "around the word.",
        [
            Part(table=confused),
            Part(table=suspects, kind="suspects"),
            *([Part("data_map", fold=data_map.TITLE)] if followed else []),
            Part(table=after, kind="pairs", fold=edges if confused or suspects else ""),
            Part(table=before, kind="pairs", fold=f"{edges}, before" if after else ""),
        ],
    )


def _confusions(panel: Panel) -> Table | None:
    wrong = lists.mistaken(panel)
    shown = wrong.head(CONFUSED)
    whose = which_seed(panel.table("confusions"))
    source = {"head": "the model’s own head", "probe": "the classifier probe"}
    rows = [
        [r.given, r.predicted, numbers.count(r.n_examples), numbers.percent(r.share)]
        for r in each_row(shown)
    ]
    if not rows:
        return None
    rest = (
        f"; {len(wrong) - len(shown)} rarer ones are in confusions.csv"
        if len(wrong) > CONFUSED
        else ""
    )
    return Table(
        f"Which label is taken for which by {source[str(wrong['source'].iloc[0])]} in the last "
        f"layer, split “{wrong['split'].iloc[0]}”{whose}{rest}.",
        ["given", "taken for", "examples", "of its label"],
        rows,
        frozenset({2, 3}),
    )


def _suspects(panel: Panel) -> Table | None:
    every = lists.final(panel.table("suspects"))
    table = suspected(every)
    if table.empty:
        return None
    whose = which_seed(panel.table("suspects"))
    rows: list[list[str | Markup]] = [
        [
            numbers.count(row.rank),
            row.given,
            row.suggested,
            numbers.significant(row.score, 2),
            lists.reasons_of(row) or numbers.ABSENT,
            example(row.text, row.place),
        ]
        for row in each_row(table.head(SUSPECTS))
    ]
    return Table(
        "Examples whose label the evidence speaks against, because it is wrong or because the "
        f"example is hard: a hint for a person, no verdict. The {len(rows)} most suspect{whose} of "
        f"{numbers.count(len(table))} that another label fits better than their own; suspects.csv "
        f"ranks {numbers.count(len(every))}.",
        ["rank", "given", "suggested", "score", "what speaks against it", "example"],
        rows,
        frozenset({0, 3}),
    )
