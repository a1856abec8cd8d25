"""Which labels are confused most, and which examples to look at: lists of the first screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from markupsafe import Markup

from tunescope.reports import numbers
from tunescope.reports.naming import named
from tunescope.reports.panels import Panel, each_row, of_first_seed, which_seed
from tunescope.reports.tables import example
from tunescope.tables import ORIGINAL, TUNED, extra_clusters, suspected
from tunescope.tables.stages import at, last_layer, on_split, own

SHOWN = 6
"""Rows of a list on the first screen."""


@dataclass(frozen=True)
class Confusion:
    """Two labels, and by which number they are confused."""

    labels: tuple[str, str]
    number: str
    sentence: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Look:
    """Examples that a person should look at."""

    what: str
    rows: list[tuple[str, str, Markup]] = field(default_factory=list)
    """Label, what speaks against it, the example."""
    at_edges: bool = False
    """Whether they are no more than the examples between the closest labels."""


def final(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the last layer's rows of the tuned model, or of the only one; of seeds the first."""
    if table.empty:
        return table
    table = own(table)
    found = last_layer(at(table, TUNED if TUNED in set(table["stage"]) else ORIGINAL))
    return of_first_seed(found)


def of_one_source(table: pd.DataFrame) -> pd.DataFrame:
    """Keep what the model's own head says where there is one, else the probe, on test data."""
    table = on_split(table, "test")
    sources = set(table["source"])
    return table[table["source"] == ("head" if "head" in sources else "probe")]


def mistaken(panel: Panel) -> pd.DataFrame:
    """Rows of `confusions` of one label taken for another, the most frequent first."""
    table = final(panel.table("confusions"))
    if table.empty:
        return table
    table = of_one_source(table)
    wrong = table[table["given"] != table["predicted"]]
    return wrong.sort_values("n_examples", ascending=False, kind="stable")


def most_confused(panel: Panel, n: int = SHOWN) -> list[Confusion]:
    """Order label pairs by how often one is taken for the other; else by their separation."""
    wrong = mistaken(panel)
    if len(wrong):
        whose = which_seed(panel.table("confusions"))
        return [_taken(row, whose) for row in each_row(wrong.head(n))]
    every = panel.geometry("separations")
    of_split = on_split(final(every))
    table = of_split.dropna(subset=["separation"]).sort_values("separation", kind="stable")
    closest = len(table) > 1 and not _maybe_closer(of_split, float(table["separation"].iloc[0]))
    return [_near(row, which_seed(every), closest=closest) for row in each_row(table.head(n))]


def _maybe_closer(separations: pd.DataFrame, distance: float) -> bool:
    """Say whether some label pair whose separation is open may be closer than a distance."""
    is_open = separations["separation"].isna()
    return bool((separations.loc[is_open, "lower"].fillna(0.0) < distance).any())


def _taken(row: object, whose: str) -> Confusion:
    labels = str(row.given), str(row.predicted)  # type: ignore[attr-defined]
    given, predicted = map(named, labels)
    n, share = row.n_examples, row.share  # type: ignore[attr-defined]
    text = f"{numbers.count(n)} ({numbers.percent(share)})"
    return Confusion(
        labels,
        text,
        f"{given} is most often taken for {predicted}: {text} of its test examples{whose}.",
        f"Compare {given} with {predicted}: are they told apart by what the texts say?",
    )


def _near(row: object, whose: str, *, closest: bool) -> Confusion:
    labels = str(row.label_a), str(row.label_b)  # type: ignore[attr-defined]
    a, b = map(named, labels)
    value = float(row.separation)  # type: ignore[attr-defined]
    if value == 0:
        said = f"The labels {a} and {b} overlap: no plane parts them{whose}."
        return Confusion(labels, "they overlap", said, f"Read the examples where {a} and {b} meet.")
    text = numbers.significant(value)
    said = f"The labels {a} and {b} are {text} apart{whose}."
    said = f"The closest labels are {a} and {b}, {text} apart{whose}." if closest else said
    return Confusion(labels, text, said, f"Read the examples between {a} and {b}.")


def _against(row: Any) -> str:
    """Say which label fits better, and the first of the reasons; the table below has all.

    A suspect is one by the linear regression, for which some other label fits better; that need not
    be the suggested one, which the probe finds likeliest of the others.
    """
    if reasons := reasons_of(row):
        return f"{named(row.suggested)}? {reasons.split('; ', maxsplit=1)[0]}"
    better = row.confidence_suggested > row.confidence
    return f"{named(row.suggested)} fits better" if better else "another label fits better"


def reasons_of(row: Any) -> str:
    """Give what speaks against a suspect, with the label that it suggests as in any sentence."""
    if not isinstance(row.evidence, str):
        return ""
    return row.evidence.replace(f" % to {row.suggested}", f" % to {named(row.suggested)}")


def look_at(panel: Panel, n: int = SHOWN) -> Look:
    """Choose examples for a person: suspects, else odd clusters, else those at the border."""
    suspects = suspected(final(panel.table("suspects")))
    if len(suspects):
        top = suspects.head(n)
        rows = [
            (
                row.given,
                _against(row),
                example(row.text, row.place),
            )
            for row in each_row(top)
        ]
        whose = which_seed(panel.table("suspects"))
        return Look(f"the {numbers.counted(len(rows), 'suspect label')}{whose}", rows)
    found = extra_clusters(panel.tables)
    found = pd.DataFrame() if found is None else found
    odd = final(found)
    odd = odd[odd["kind"].isin(["contradiction", "suspected labelling error"])] if len(odd) else odd
    if len(odd):
        rows = [
            (
                row.label,
                f"{row.kind}; against {named(str(row.collides_with)[:60])}",
                example(row.text, row.place),
            )
            for row in each_row(odd.drop_duplicates("cluster").head(n))
        ]
        return Look(f"the {numbers.counted(len(rows), 'odd example')}{which_seed(found)}", rows)
    every = panel.geometry("nearest_pairs")
    near = on_split(final(every)).dropna(subset=["separation"])
    rows = []
    for row in each_row(near.sort_values("separation", kind="stable").head((n + 1) // 2)):
        for label, other, text, place in (
            (row.label_a, row.label_b, row.example_a, row.place_a),
            (row.label_b, row.label_a, row.example_b, row.place_b),
        ):
            if isinstance(text, str):
                rows.append((label, f"at the edge to {named(other)}", example(text, place)))
    rows = rows[:n]
    what = f"the {numbers.counted(len(rows), 'example')} at the edges of the closest labels"
    what += which_seed(every)
    return Look(what, rows, at_edges=True)
