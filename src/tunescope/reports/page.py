"""The page: one HTML file that works from the file system, without any network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from tunescope import __version__
from tunescope.reports import numbers, tables
from tunescope.reports.extra_clusters import extra_clusters
from tunescope.reports.figures import Absent, Figure, vegalite_version
from tunescope.reports.figures.base import DASHES, PALE, PALETTE, columns
from tunescope.reports.panels import Panel
from tunescope.reports.record import describe
from tunescope.reports.statements import Statement, overview, statements
from tunescope.reports.tables import Table
from tunescope.reports.transfer import transfer
from tunescope.tables import ORIGINAL, TUNED
from tunescope.tables.stages import was_tuned

WORDS = (
    ("example", "one thing with a label: a word in a sentence, a pair of words, or a whole text"),
    ("layer", "0 is the embedding layer, the others are the transformer blocks in order"),
    ("update", "one step of the optimizer while fine-tuning; update 0 is the original model"),
    ("hull", "the convex hull of the vectors of a cluster"),
    (
        "separation",
        "the Euclidean distance between two hulls: twice the margin of the maximum-margin "
        "hyperplane between them; 0 where they meet",
    ),
    (
        "cluster",
        "examples with one label whose hull meets the hull of no cluster with another label",
    ),
    ("linear", "as many clusters as labels, so that hyperplanes separate all labels"),
    ("minimum distance", "of a label: its smallest separation from any other label"),
    (
        "spatial similarity",
        "Pearson’s correlation of the separations of the same label pairs in two spaces",
    ),
    (
        "contradiction",
        "identical vectors with different labels: no clustering without overlaps exists for them",
    ),
    (
        "convention “shared”",
        "the label pairs that both spaces have are compared; “zhou2022” puts 0 where one lacks "
        "a label and leaves out very small clusters, as the authors’ code does",
    ),
)
"""The words that the page uses, for readers who do not know them."""


@dataclass(frozen=True)
class View:
    """What the template shows of one panel."""

    id: str
    panel: Panel
    figures: Mapping[str, Figure | Absent]
    files: Mapping[str, str]
    """Stem of each figure's files."""

    def shows(self, *names: str) -> bool:
        """Tell whether at least one of these figures is there."""
        return any(isinstance(self.figures[name], Figure) for name in names)

    @property
    def statements(self) -> list[Statement]:
        """What changed, in sentences."""
        return statements(self.panel)

    @property
    def accuracies(self) -> Table | None:
        """The table under the accuracies."""
        return tables.accuracies(self.panel)

    @property
    def clusters(self) -> Table | None:
        """The table under the clusters."""
        return tables.cluster_counts(self.panel)

    @property
    def extra_clusters(self) -> Table | None:
        """Why labels have more than one cluster."""
        return extra_clusters(self.panel)

    @property
    def transfer(self) -> Table | None:
        """What fine-tuning on other tasks did."""
        return transfer(self.panel)

    @property
    def labels(self) -> Table | None:
        """Every label in the last layer."""
        return tables.labels(self.panel)

    @property
    def similarities(self) -> Table | None:
        """The table under the similarities."""
        return tables.similarities(self.panel)

    @property
    def pairs_before(self) -> Table | None:
        """Nearest pairs of the original."""
        return tables.nearest_pairs(self.panel, ORIGINAL)

    @property
    def pairs_after(self) -> Table | None:
        """Nearest pairs at the last update."""
        return tables.nearest_pairs(self.panel, TUNED)

    @property
    def data(self) -> Markup:
        """The figures' descriptions and numbers, safe inside a script element."""
        return embed(
            {
                name: {
                    "spec": figure.spec,
                    "columns": columns(figure.rows),
                    "square": figure.square,
                }
                for name, figure in self.figures.items()
                if isinstance(figure, Figure) and name != "movements"
            }
        )


@dataclass(frozen=True)
class Choice:
    """One of the selects that choose a panel."""

    name: str
    label: str
    options: Sequence[str]


def render(
    views: Sequence[View], record: Mapping[str, Mapping[str, Any]], csv: Sequence[str]
) -> str:
    """Make the page.

    Parameters
    ----------
    views : what to show of each panel, in order.
    record : each run's record by the run's name ("" where there is one run).
    csv : names of the CSV files that lie beside the page.

    Returns
    -------
    html : the whole page, with scripts and styles inside.
    """
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_part),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.get_template("page.html.j2").render(
        title=_title(views),
        lead=_lead(views, record),
        version=__version__,
        style=Markup(_part("style.css")),
        overview=_overview(views),
        choices=_choices(views),
        views=views,
        record=describe(record),
        csv=csv,
        words=WORDS,
        palette=embed({"colors": PALETTE, "dashes": DASHES, "pale": PALE}),
        bundle=Markup(_bundle()),
        script=Markup(_part("page.js")),
    )


def embed(value: Any) -> Markup:
    """Write a value as JSON that no text in it can leave a script element.

    Examples
    --------
    >>> print(embed(["</script><b>"]))
    ["\\u003c/script\\u003e\\u003cb\\u003e"]
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def file_stem(*names: str) -> str:
    """Make a file name from names of the data, with nothing in it that a shell minds.

    Examples
    --------
    >>> file_stem("clusters", "ps-role", "google/bert tiny")
    'clusters_ps-role_google-bert-tiny'
    """
    parts = [re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-.") for name in names]
    return "_".join(part[:60] for part in parts if part)


def _part(name: str) -> str:
    return (resources.files("tunescope.reports") / "template" / name).read_text(encoding="utf-8")


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, once for all figures."""
    import vl_convert

    snippet = "window.vegaEmbed = vegaEmbed;"
    bundle = vl_convert.javascript_bundle(snippet, vl_version=vegalite_version())
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _names(names: Iterable[str], most: int = 3) -> str:
    """Join names as a sentence does.

    Examples
    --------
    >>> _names(["a", "b"]), _names(["a", "b", "c", "d"])
    ('a and b', 'a, b, c and 1 more')
    """
    known = [name for name in dict.fromkeys(names) if name]
    shown, rest = known[:most], len(known) - most
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)


def _tuned(views: Sequence[View]) -> bool:
    tables = (table for view in views for table in view.panel.tables.values())
    return any(was_tuned(table) for table in tables)


def _title(views: Sequence[View]) -> str:
    models = [view.panel.model for view in views]
    what = _names(models) if any(models) else "the model"
    return f"What fine-tuning did to {what}" if _tuned(views) else f"The geometry of {what}"


def _lead(views: Sequence[View], records: Mapping[str, Mapping[str, Any]]) -> str:
    tasks = list(dict.fromkeys(view.panel.task for view in views if view.panel.task))
    text = f"{'Task' if len(tasks) == 1 else 'Tasks'}: {_names(tasks, 6)}. " if tasks else ""
    if _tuned(views):
        text += (
            "Which labels fine-tuning pulled together, which it pushed apart, in which layers and "
            "at which update. "
        )
    created = [str(record["created"])[:10] for record in records.values() if record.get("created")]
    if created:
        text += f"Begun on {_names(sorted(created))}. "
    return text + "Every number comes from the tables beside this page."


def _overview(views: Sequence[View]) -> Table:
    heads = {
        "run": "run",
        "task": "task",
        "model": "model",
        "accuracy_before": "accuracy before",
        "accuracy_after": "after",
        "clusters_before": "clusters before" if _tuned(views) else "clusters",
        "clusters_after": "after",
        "labels": "labels",
        "grew": "distances grown",
        "similarity": "similarity to original",
    }
    rows = [overview(view.panel) for view in views]
    used = [k for k in heads if any(row.get(k, "") not in {"", numbers.ABSENT} for row in rows)]
    cells: list[list[str | Markup]] = []
    for view, row in zip(views, rows, strict=True):
        line: list[str | Markup] = []
        for key in used:
            text: str | Markup = row.get(key, numbers.ABSENT)
            if f"{key}_interval" in row:
                text = Markup('{}<br><span class="soft">{}</span>').format(
                    text, row[f"{key}_interval"]
                )
            if key == "task" and len(views) > 1:
                text = Markup('<a href="#{}">{}</a>').format(view.id, text)
            line.append(text)
        cells.append(line)
    return Table(
        "Everything here is of the last layer; intervals are 95 % intervals. “Distances grown”: "
        "labels whose certified minimum distance grew, with every seed.",
        [heads[key] for key in used],
        cells,
        frozenset(i for i, key in enumerate(used) if key not in {"run", "task", "model"}),
    )


def _choices(views: Sequence[View]) -> list[Choice]:
    found = []
    for name, label in (("run", "run"), ("task", "task"), ("model", "model")):
        options = list(dict.fromkeys(getattr(view.panel, name) for view in views))
        if len(options) > 1:
            found.append(Choice(name, label, options))
    return found
