"""How each training example was learned: a data map (Swayamdipta et al. 2020)."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from tunescope.evidence import learning
from tunescope.reports import numbers
from tunescope.reports.figures.base import BLUE, CONFIG, GOLD, ORANGE, ROWS, Absent, Figure
from tunescope.reports.panels import Panel
from tunescope.tables import ORIGINAL, TUNED
from tunescope.tables.stages import at, last_layer, on_split, own

TITLE = "How the training examples were learned"
KINDS = {
    "learned and kept": (BLUE, "circle"),
    "forgotten on the way": (GOLD, "square"),
    "not learned": (ORANGE, "diamond"),
}
TEXT = 120
"""Characters of an example that pointing at it shows."""
_COLUMNS = ["example", "label", "variability", "mean_confidence", "learned", "forgotten"]


def examples(panel: Panel) -> tuple[pd.DataFrame, str]:
    """Say of each training example how it was learned, and by whose confidence; may be empty.

    The model's own head is asked where the training was watched, else the probe out of fold, of
    which the most suspect examples are stored.
    """
    watched = on_split(own(panel.table("dynamics")))
    watched = watched[watched["stage"] != ORIGINAL] if len(watched) else watched
    if len(watched):
        watched = watched[watched["seed"] == watched["seed"].min()]
        wide = watched.pivot_table(index="update", columns="example", values="confidence")
        right = watched.assign(correct=watched["correct"].astype(float))
        right = right.pivot_table(index="update", columns="example", values="correct")
        found = learning(np.array(wide.index), wide.to_numpy(), right.to_numpy() > 0.5)
        found = found.assign(example=wide.columns)
        labels = watched.drop_duplicates("example")[["example", "label"]]
        return found.merge(labels, on="example"), "the model’s own head"
    suspects = last_layer(own(at(panel.table("suspects"), TUNED)))
    suspects = suspects.dropna(subset=["mean_confidence"])
    suspects = suspects[suspects["seed"] == suspects["seed"].min()]
    suspects = suspects.rename(columns={"given": "label"})
    return suspects, "a linear probe that has not seen them"


def figure(panel: Panel) -> Figure | Absent:
    """Draw a point an example: its mean confidence against how much that varied."""
    found, whose = examples(panel)
    if found.empty:
        return Absent(TITLE, "the run holds no confidence in the examples at several updates")
    rows = found[_COLUMNS].head(panel.most_rows).copy()
    learned, forgotten = rows["learned"].notna(), rows["forgotten"] > 0
    rows["kind"] = np.select(
        [~learned, forgotten], ["not learned", "forgotten on the way"], "learned and kept"
    )
    texts = panel.table("plane_examples") if "text" not in found else found
    texts = texts[texts["split"] == "train"].drop_duplicates("example").set_index("example")
    known = texts["text"].astype(str).str[:TEXT].to_dict()
    rows["text"] = [known.get(example, "") for example in rows["example"]]
    counts = rows["kind"].value_counts()
    said = ", ".join(f"{numbers.count(counts.get(kind, 0))} {kind}" for kind in KINDS)
    which = "most suspect training examples" if "rank" in found else "training examples"
    return Figure(
        name="data-map",
        title=TITLE,
        caption=f"{numbers.count(len(rows))} {which}; the confidence is that of {whose} in the "
        "given label, over the updates after the first. High and left: easy. Right: ambiguous, it "
        "changed. Low and left: hard, or labelled wrong. Not learned: another label was more "
        f"probable at the last update. {said.capitalize()}.",
        description=f"Scatter plot of {len(rows)} training examples by the mean and the standard "
        f"deviation of the confidence in their labels: {said}.",
        spec=_spec(page=True),
        print_spec=_spec(page=False),
        rows=rows.drop(columns=["example"]),
    )


def _spec(*, page: bool) -> dict[str, Any]:
    colours, shapes = zip(*KINDS.values(), strict=True)
    chart = (
        alt.Chart(alt.NamedData(ROWS))
        .mark_point(filled=True, size=34, opacity=0.85)
        .encode(
            x=alt.X("variability:Q", title="variability of the confidence over the updates"),
            y=alt.Y(
                "mean_confidence:Q",
                title="mean confidence in the given label",
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=list(KINDS), range=list(colours)),
                legend=alt.Legend(title=None, orient="top", symbolOpacity=1),
            ),
            shape=alt.Shape("kind:N", scale=alt.Scale(domain=list(KINDS), range=list(shapes))),
            tooltip=[
                alt.Tooltip("text:N", title="example"),
                alt.Tooltip("label:N", title="label"),
                alt.Tooltip("mean_confidence:Q", title="mean confidence", format=".2f"),
                alt.Tooltip("variability:Q", format=".2f"),
                alt.Tooltip("learned:Q", title="learned at update", format=",d"),
                alt.Tooltip("forgotten:Q", title="times forgotten", format=",d"),
            ],
        )
    )
    size: dict[str, Any] = {"width": "container" if page else 560, "height": 320}
    spec: dict[str, Any] = chart.properties(**size).configure(**CONFIG).to_dict()
    return spec
