"""Tables: as CSV files, and as the small ones on the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from tunescope.probes.registry import BLIND
from tunescope.reports import accuracy_change, numbers
from tunescope.reports.figures import accuracy, clusters, similarity
from tunescope.reports.figures.base import layer_name
from tunescope.reports.naming import named
from tunescope.reports.panels import SHOWN, Panel, each_row, of_first_seed, which_seed
from tunescope.storage import replacing
from tunescope.tables import ORIGINAL, TUNED, schema
from tunescope.tables.spreadsheet import as_csv
from tunescope.tables.stages import at, last_layer, on_split, was_tuned

_MARKED = re.compile(r"\[([^\[\]\s][^\[\]]*)\]")
_LENGTH = 150  # characters of an example on the page; the CSV has all of it


@dataclass(frozen=True)
class Table:
    """A table of the page: headings, rows of text, and what it is about."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | Markup]]
    numeric: frozenset[int] = frozenset()
    """Columns that are set flush right."""

    def filled(self) -> Table:
        """The table without columns in which every cell is absent.

        Examples
        --------
        >>> Table("", ["a", "b", "c"], [["1", "–", "2"]], frozenset({2})).filled()
        Table(caption='', head=['a', 'c'], rows=[['1', '2']], numeric=frozenset({1}))
        """
        kept = [i for i in range(len(self.head)) if any(r[i] != numbers.ABSENT for r in self.rows)]
        return Table(
            self.caption,
            [self.head[i] for i in kept],
            [[row[i] for i in kept] for row in self.rows],
            frozenset(new for new, old in enumerate(kept) if old in self.numeric),
        )


def write_csv(tables: Mapping[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write every table as CSV (UTF-8, full precision), without lists and without formulas.

    Parameters
    ----------
    tables : name -> rows.
    folder : where the files go.

    Returns
    -------
    paths : the files, each whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in in_csv(tables):
        table, path = tables[name], folder / f"{name}.csv"
        with replacing(path) as part:
            kept = table.drop(columns=lists_of(name), errors="ignore")
            part.write_text(as_csv(kept), encoding="utf-8", newline="")
        paths.append(path)
    return paths


def in_csv(tables: Iterable[str]) -> list[str]:
    """Keep the names of tables that a CSV file can hold: they say something without lists."""
    known = schema().tables
    return [
        name
        for name in tables
        if name not in known
        or not any(c.type == "list" and c.needed for c in known[name].columns.values())
    ]


def lists_of(name: str) -> list[str]:
    """Name the columns of a table that hold lists, which have no place in a CSV file."""
    known = schema().tables.get(name)
    return [] if known is None else [c for c, of in known.columns.items() if of.type == "list"]


def accuracies(panel: Panel) -> Table | None:
    """Accuracy of each stage with its interval and the spread over restarts."""
    table = panel.renamed(accuracy.summary(panel))
    if table.empty:
        return None
    blind = table["probe"].isin(list(BLIND))
    layers = table[~blind]["layer"].nunique() > 1
    settings = table["setting"].notna().any()
    rows = []
    for row in each_row(table):
        name = f"{row.stage}, layer {row.layer:.0f}" if layers else str(row.stage)
        if row.probe in BLIND:
            name = str(row.stage)
        rows.append(
            [
                name,
                str(row.probe) + (f", {row.setting}" if settings and row.setting else ""),
                numbers.percent(row.accuracy),
                numbers.percent_interval(row.lower, row.upper),
                f"± {100 * row.spread:.1f}" if numbers.known(row.spread) else numbers.ABSENT,
                numbers.count(row.n_restarts),
                numbers.count(row.n_examples),
            ]
        )
    return Table(
        "Mean accuracy over the starts, its 95 % interval over test examples (mean of the starts’ "
        "intervals), and the standard deviation over the starts in percentage points."
        + accuracy_change.sentences(panel),
        ["encoder", "probe", "accuracy", "interval", "sd", "starts", "examples"],
        rows,
        frozenset({2, 3, 4, 5, 6}),
    ).filled()


def cluster_counts(panel: Panel) -> Table | None:
    """Clusters of each layer beside what random vectors would give."""
    table = clusters.by_layer(panel)
    if table.empty:
        return None
    rows = []
    for layer, part in table.groupby("layer", sort=False):
        of = {row.stage: row for row in each_row(part)}
        before, after, random = (of.get(stage) for stage in ("before", "after", "random weights"))
        rows.append(
            [
                str(layer),
                *(row.clusters if row else numbers.ABSENT for row in (before, after, random)),
                *(row.crowded if row else numbers.ABSENT for row in (before, after)),
                _of_both(before, after, lambda r: numbers.expected(r.capacity_pairs, r.n_pairs)),
                _of_both(before, after, lambda r: r.contradictions),
            ]
        )
    n_labels = numbers.count(table["n_labels"].iloc[-1])
    return Table(
        f"Number of clusters ({n_labels} labels), labels with more than one cluster and how many, "
        "and the label pairs that random vectors of these counts and dimensions would be expected "
        "to leave separable."
        + " Of several seeds the least and the most."
        * clusters.several_seeds(panel),
        [
            "layer",
            "before" if panel.tuned else "clusters",
            "after",
            "random weights",
            "more than one, before" if panel.tuned else "more than one",
            "more than one, after",
            "pairs separable by chance",
            "contradictions",
        ],
        rows,
        frozenset({1, 2, 3, 6, 7}),
    ).filled()


def _of_both(before: Any, after: Any, say: Callable[[Any], str]) -> str:
    """Write what is so of both models once, and else of each."""
    said = {when: say(row) for when, row in (("before", before), ("after", after)) if row}
    if len(set(said.values())) > 1:
        return ", ".join(f"{text} {when}" for when, text in said.items())
    return next(iter(said.values()), numbers.ABSENT)


def labels(panel: Panel) -> Table | None:
    """Every label in the last layer: its size, nearest label and minimum distance."""
    frame = panel.before_and_after("minimum_distances")
    frame = last_layer(on_split(of_first_seed(frame)))
    frame = frame.dropna(subset=["minimum_distance", "lower"], how="all")
    if frame.empty:
        return None
    tuned = was_tuned(frame)
    before = {row.label: row for row in each_row(at(frame, ORIGINAL))}
    after = {row.label: row for row in each_row(at(frame, TUNED))} if tuned else before
    sizes = _sizes(panel)
    rows = []
    for label, row in sorted(after.items()):
        cells = [label, numbers.count(sizes.get(label))]
        if tuned:
            old = before.get(label)
            cells += (
                [_minimum(old), str(old.nearest_label or numbers.ABSENT)]
                if old
                else [numbers.ABSENT] * 2
            )
        cells += [_minimum(row), str(row.nearest_label or numbers.ABSENT)]
        if tuned:
            change = row.minimum_distance - old.minimum_distance if old else None
            cells.append(numbers.signed(change))
        rows.append(cells)
    head = ["label", "examples", "minimum distance", "nearest label"]
    if tuned:
        head = ["label", "examples", "before", "nearest before", "after", "nearest after", "change"]
    return Table(
        f"Minimum distance of every label in layer {int(frame['layer'].iloc[0])}"
        + (f", updates 0 and {numbers.count(frame['update'].max())}" * (tuned and panel.watched))
        + which_seed(panel.geometry("minimum_distances"))
        + ".",
        head,
        rows,
        frozenset({1, 2, 4, 6} if tuned else {1, 2}),
    )


def _sizes(panel: Panel) -> dict[str, Any]:
    """Examples of each label in the split that the geometry is about."""
    for name in ("clusters", "centroids"):
        table = on_split(panel.geometry(name).dropna(subset=["n_examples"]))
        if len(table):
            return dict(zip(table["label"], table["n_examples"], strict=True))
    return {}


def _minimum(row: Any) -> str:
    return numbers.certified(row.minimum_distance, row.lower, row.upper)


def similarities(panel: Panel) -> Table | None:
    """Similarity of each layer with its original at the last update."""
    table = similarity.last_values(panel, unknown=True)
    if table["similarity"].isna().all():
        return None
    name, seeds = similarity.beginning(table), table["seed"].nunique() > 1
    rows = [
        [
            layer_name(int(row.layer)) + (f", seed {row.seed}" if seeds else ""),
            numbers.similarity(row.similarity),
            f"{numbers.similarity(row.lower)} to {numbers.similarity(row.upper)}"
            if numbers.known(row.lower)
            else numbers.ABSENT,
            numbers.count(row.n_pairs),
            numbers.similarity(row.beyond_sizes),
            str(row.convention or numbers.ABSENT),
        ]
        for row in each_row(table.fillna({"convention": ""}))
    ]
    return Table(
        f"{name} of each layer in the two models."
        if panel.compared
        else f"{name} of each layer with its original"
        + f" at update {numbers.count(table['update'].max())}" * panel.watched
        + ".",
        ["layer", "similarity", "interval", "label pairs", "without label sizes", "convention"],
        rows,
        frozenset({1, 2, 3, 4}),
    ).filled()


def nearest_pairs(panel: Panel, stage: str, n: int = 8) -> Table | None:
    """The label pairs that nearly meet, with the examples at the edge.

    Parameters
    ----------
    panel : where from.
    stage : original or tuned.
    n : how many pairs.
    """
    every = panel.geometry("nearest_pairs")
    table = last_layer(on_split(at(every, stage))).dropna(subset=["separation"])
    if table.empty:
        return None
    layer, update = int(table["layer"].iloc[0]), int(table["update"].iloc[0])
    whose = which_seed(every) if stage == TUNED else ""
    table = of_first_seed(table).sort_values("separation", kind="stable").head(n)
    rows: list[list[str | Markup]] = [
        [
            f"{named(row.label_a)} – {named(row.label_b)}",
            _separation(row),
            example(row.example_a, row.place_a),
            example(row.example_b, row.place_b),
        ]
        for row in each_row(table)
    ]
    title = f"{SHOWN[stage].capitalize()} fine-tuning"
    title += f" (update {numbers.count(update)})" * panel.watched
    title = SHOWN[stage].capitalize() if panel.compared else title
    if not was_tuned(every):
        title = "This model"
    return Table(
        f"{title}, layer {layer}{whose}: the nearest "
        f"{numbers.counted(len(rows), 'label pair')}, with the examples that carry most weight in "
        "the nearest points of the two hulls.",
        ["labels", "separation", "example of the first", "example of the second"],
        rows,
        frozenset({1}),
    )


def example(text: Any, place: Any) -> Markup:
    """Set an example as HTML: its marked words emphasised, its place under it.

    Examples
    --------
    >>> print(example("a <b> [word]", None))
    <span class="example">a &lt;b&gt; <mark>[word]</mark></span>
    """
    if not isinstance(text, str):
        return escape(numbers.ABSENT)
    pieces = []
    shown = _around_mark(text)
    at = 0
    for match in _MARKED.finditer(shown):
        pieces += [escape(shown[at : match.start()]), Markup("<mark>{}</mark>").format(match[0])]
        at = match.end()
    pieces.append(escape(shown[at:]))
    made = Markup('<span class="example">{}</span>').format(Markup("").join(pieces))
    if isinstance(place, str):
        made += Markup(' <span class="place">{}</span>').format(place)
    return made


def _around_mark(text: str) -> str:
    """Cut a long text to the part around its first marked word."""
    if len(text) <= _LENGTH:
        return text
    match = _MARKED.search(text)
    middle = (match.start() + match.end()) // 2 if match else 0
    first = max(0, min(middle - _LENGTH // 2, len(text) - _LENGTH))
    cut = text[first : first + _LENGTH]
    return ("…" if first else "") + cut + ("…" if first + _LENGTH < len(text) else "")


def _separation(row: Any) -> str:
    if float(row.separation) == 0:
        return "0 (they meet)"
    return numbers.certified(row.separation, row.lower, row.upper)
