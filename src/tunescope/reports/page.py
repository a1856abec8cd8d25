"""The page: one HTML file that works from the file system, without any network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from tunescope import __version__
from tunescope.reports import headline, lists, numbers
from tunescope.reports.figures import Absent, Figure, vegalite_version
from tunescope.reports.figures.base import DASHES, PALE, PALETTE, columns
from tunescope.reports.naming import visible
from tunescope.reports.panels import Panel
from tunescope.reports.record import describe
from tunescope.reports.sections import Section, sections
from tunescope.reports.space import Space, as_json, compressed
from tunescope.reports.statements import overview
from tunescope.reports.tables import Table

LOOK = ("look.js",)
"""Scripts of every page."""
SCRIPTS = ("data.js", "marks.js", "charts.js", "space.js", *LOOK, "page.js")
"""The page's own scripts, in the order in which they run as one."""

CONFUSED = 4
"""Pairs of labels on the first screen, which the examples to look at share with them."""

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
    space: Space | None = None
    """The examples in motion, where the run has them."""

    @cached_property
    def happened(self) -> str:
        """What happened, in a sentence or two."""
        return headline.happened(self.panel)

    @cached_property
    def numbers(self) -> list[headline.Number]:
        """The large numbers."""
        return headline.figures_of(self.panel)

    @cached_property
    def to_do(self) -> list[str]:
        """What to do next."""
        return headline.to_do(self.panel)

    @cached_property
    def confused(self) -> list[lists.Confusion]:
        """The labels that are confused most."""
        return lists.most_confused(self.panel, CONFUSED)

    @property
    def directed(self) -> bool:
        """Whether these are labels taken for others, not labels close to each other."""
        return len(lists.mistaken(self.panel)) > 0

    @property
    def confused_title(self) -> str:
        """What is counted of them."""
        return "Most confused" if self.directed else "Closest labels"

    @cached_property
    def look(self) -> lists.Look:
        """The examples to look at."""
        return lists.look_at(self.panel)

    @cached_property
    def sections(self) -> list[Section]:
        """What follows the first screen."""
        return sections(self.panel)

    @property
    def moments(self) -> list[str]:
        """What the slider calls each update."""
        assert self.space is not None
        if not self.panel.watched and len(self.space.updates) == 2:
            return ["before", "after"]
        return [f"{update:,}" for update in self.space.updates]

    @property
    def label_options(self) -> list[tuple[str, str]]:
        """The labels to pick from, those picked at first before the others."""
        assert self.space is not None
        rest = [label for label in self.space.labels if label not in self.space.picked]
        return [(label, visible(label)) for label in (*self.space.picked, *rest)]

    @property
    def has_predictions(self) -> bool:
        """Whether examples have a predicted label."""
        return self.space is not None and "predicted" in self.space.examples

    @property
    def space_header(self) -> Markup:
        """What the script needs of the examples beside their coordinates."""
        assert self.space is not None
        return Markup(compressed(as_json(self.space.header())))

    @property
    def space_points(self) -> Markup:
        """The examples' coordinates."""
        assert self.space is not None
        return Markup(compressed(self.space.packed()))

    @property
    def data(self) -> Markup:
        """The descriptions of the figures that sections show, and their columns, each once."""
        wanted = {part.figure for section in self.sections for part in section.parts}
        pool: dict[str, int] = {}
        entries = {}
        for name, figure in self.figures.items():
            if name not in wanted or not isinstance(figure, Figure):
                continue
            packed = {
                column: json.dumps(cells, ensure_ascii=False, separators=(",", ":"))
                for column, cells in columns(figure.rows).items()
            }
            entries[name] = {
                "spec": figure.spec,
                "columns": {c: pool.setdefault(text, len(pool)) for c, text in packed.items()},
                "square": figure.square,
            }
        shared = ",".join(pool)
        text = f'{{"pool":[{shared}],"figures":{as_json(entries).decode()}}}'
        return Markup(compressed(text.encode("utf-8", "surrogatepass")))


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
    return (
        framed()
        .get_template("page.html.j2")
        .render(
            **frame(title(views), _lead(record), SCRIPTS),
            overview=_overview(views),
            choices=_choices(views),
            views=views,
            record=describe(record),
            csv=csv,
            words=WORDS,
            palette=embed({"colors": PALETTE, "dashes": DASHES, "pale": PALE}),
            bundle=Markup(_bundle()),
        )
    )


def framed() -> jinja2.Environment:
    """Give what makes pages; a template that extends `frame.html.j2` has the one design."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_part),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["visible"] = visible
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment


def frame(
    title: str, lead: str, scripts: Sequence[str] = LOOK, images: str = "data: blob:"
) -> dict[str, Any]:
    """Give what the frame of a page needs.

    Parameters
    ----------
    title, lead : of the page.
    scripts : that it runs.
    images : where its images may come from, as in a content security policy.
    """
    return {
        "title": title,
        "lead": lead,
        "images": images,
        "version": __version__,
        "style": Markup(_part("style.css")),
        "script": Markup(_script(scripts)),
    }


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


def _part(name: str) -> str:
    return (resources.files("tunescope.reports") / "template" / name).read_text(encoding="utf-8")


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, once for all figures, compressed."""
    import vl_convert

    snippet = "window.vegaEmbed = vegaEmbed;"
    bundle = vl_convert.javascript_bundle(snippet, vl_version=vegalite_version())
    return compressed(bundle.encode("utf-8"))


def _script(names: Sequence[str]) -> str:
    """Put scripts into one, of which nothing is seen from outside."""
    parts = "\n".join(_part(name) for name in names)
    return f'(() => {{\n"use strict";\n{parts}}})();'


def _names(names: Iterable[str], most: int = 3) -> str:
    """Join names as a sentence does.

    Examples
    --------
    >>> _names(["a", "b"]), _names(["a", "b", "c", "d"]), _names([""])
    ('a and b', 'a, b, c and 1 more', '')
    """
    known = [name for name in dict.fromkeys(names) if name]
    shown, rest = known[:most], len(known) - most
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def _tuned(views: Sequence[View]) -> bool:
    return any(view.panel.tuned for view in views)


def short_name(model: str) -> str:
    """Call a model by its folder's name, where its name is a place.

    Examples
    --------
    >>> short_name("/home/me/runs/tuned"), short_name("google/bert"), short_name("./tuned/")
    ('tuned', 'google/bert', 'tuned')
    """
    path = model.rstrip("/")
    is_place = path.startswith(("/", "./", "../", "~")) or "\\" in path
    return re.split(r"[/\\]", path)[-1] if is_place else model


def title(views: Sequence[View]) -> str:
    """Say in a few words what the page is about."""
    models = [short_name(view.panel.model) for view in views]
    what = _names(models) if any(models) else "the model"
    tasks = _names([view.panel.task for view in views])
    on = f" on {tasks}" if tasks else ""
    if any(view.panel.compared for view in views):
        return f"How two models see {tasks}" if tasks else "How two models differ"
    return f"What fine-tuning{on} did to {what}" if _tuned(views) else f"The geometry of {what}{on}"


def _lead(records: Mapping[str, Mapping[str, Any]]) -> str:
    parts = []
    for record in records.values():
        models = record.get("study", {}).get("models", [])
        if "trained_on" in record and len(models) == 2:
            parts.append(f"Before: {models[0]}; after: {models[1]}.")
        if isinstance(record.get("trained_on"), Mapping):
            parts.append(str(record["trained_on"].get("said", "")))
        parts += [f"{said[:1].upper()}{said[1:]}." for said in record.get("differences", [])]
    created = [str(record["created"])[:10] for record in records.values() if record.get("created")]
    if created:
        parts.append(f"Begun on {_names(sorted(created))}.")
    return " ".join([*parts, "Last layer, where nothing else is said; intervals are 95 %."])


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
