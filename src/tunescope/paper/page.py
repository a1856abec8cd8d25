"""The paper's tables, figures and findings as one page beside their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from tunescope.paper.cases import DOES_NOT, NOT_TESTED
from tunescope.paper.findings import counted, tally, where_protocols_differ
from tunescope.paper.layout import Layout
from tunescope.reports.figures import Absent, Figure
from tunescope.reports.page import frame, framed
from tunescope.tables import ORIGINAL

TEMPLATE = """{% extends "frame.html.j2" %}
{% macro judged(rows, name) %}
<div class="scroll" tabindex="0" role="group" aria-label="{{ name }}">
<table class="findings sortable">{{ head(["section", "finding", "here", "numbers, and the rule"]) }}
<tbody>
{% for row in rows %}<tr><td>{{ row.section }}</td><td>{{ row.finding }}</td>
<td><strong>{{ row.verdict }}</strong></td>
<td>{% if row.protocol %}<em>{{ row.protocol }}:</em> {% endif %}{{ row.numbers }}
<p class="soft">{{ row.rule }}</p></td></tr>
{% endfor %}</tbody></table></div>
{% endmacro %}
{% macro head(names) %}<thead><tr>{% for name in names %}
<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>{% endmacro %}
{% block main %}
<p class="happened">{{ tally }}.</p>
<ul class="numbers">
{% for word, n in counts %}<li><a href="#findings"><span class="what">findings</span>
<strong>{{ n }}</strong><span class="change">{{ word }}</span>
<span class="sure">of {{ n_findings }}</span></a></li>
{% endfor %}</ul>
<div class="first alone"><div class="beside">
{% if against %}<section class="todo"><h2>What does not hold here</h2>
<ol>{% for row in against %}<li>{{ row.finding }}
{% if row.protocol %}<em>({{ row.protocol }})</em>{% endif %}</li>
{% endfor %}</ol></section>{% endif %}
<section><h2>What was run</h2>
<div class="scroll" tabindex="0" role="group" aria-label="What was run"><table id="runs">
{{ head(runs_head) }}<tbody>
{% for row in runs %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div></section>
</div></div>
<section class="part"><h2 id="findings">Findings</h2>
{% if tested %}<p>Each by the numbers of the cases that were run here; in grey the rule that judges
them. <em>Left open</em> are those whose intervals leave it open, or whose seeds disagree.</p>
{{ judged(tested, "The findings") }}{% endif %}
{% if untested %}<details{% if not tested %} open{% endif %}><summary>Not tested here, and what that
would need: {{ untested | length }}</summary>{{ judged(untested, "Findings not tested") }}</details>
{% endif %}</section>
<section class="part"><h2 id="tables">Tables</h2>
{% for table in tables %}<div class="scroll" tabindex="0" role="group"
aria-label="Table {{ table.number }}"><table id="table-{{ table.number }}">
<caption>Table {{ table.number }}. {{ table.caption }}</caption>
<thead><tr>{% for name in table.head %}
<th scope="col"{% if loop.index0 >= table.n_keys %} class="n"{% endif %}>{{ name }}</th>
{% endfor %}</tr></thead><tbody>
{% for row in table.rows %}<tr>{% for cell in row %}
<td{% if loop.index0 >= table.n_keys %} class="n"{% endif %}>{{ cell }}</td>
{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% endfor %}</section>
{% if extra %}<section class="part"><h2>Clusters beyond the labels</h2>
<div class="scroll" tabindex="0" role="group" aria-label="Clusters beyond the labels">
<table class="sortable">{{ head(extra_head) }}<tbody>
{% for row in extra %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% if more %}<p>{{ more }} further rows are in <code>extra-clusters.csv</code>.</p>{% endif %}
</section>{% endif %}
<section class="part"><h2 id="figures">Figures</h2>
{% for name, figure in figures %}<figure id="{{ name }}">
<img class="paper" src="{{ name }}.svg" alt="{{ figure.description }}">
<figcaption>{{ name | replace("-", " ") | capitalize }}. {{ figure.caption }}</figcaption></figure>
{% endfor %}</section>
{% if absent %}<section class="part"><h2>What is not here</h2><ul>
{% for name, reason in absent %}<li>{{ name | replace("-", " ") }}: {{ reason }}</li>
{% endfor %}</ul></section>{% endif %}
{% endblock %}
"""

TITLE = "The paper, measured here"
LEAD = (
    "Zhou and Srikumar, A Closer Look at How Fine-tuning Changes BERT (ACL 2022): its findings, "
    "tables and figures, from what was run here. In brackets stand the published values. The "
    "numbers are in the CSV files beside this page; paper.tex is the same for LaTeX."
)
IMAGES = "'self' file: data:"
"""The figures lie beside the page."""
FIRST = 8
"""Findings that do not hold, on the first screen."""

EXTRA = {
    "protocol": "protocol",
    "task": "task",
    "model": "model",
    "seed": "seed",
    "stage": "when",
    "label": "label",
    "cluster_size": "size",
    "kind": "what it is",
    "collides_with": "collides with",
    "text": "example",
    "place": "where",
}
MOST = 100
"""Examples of extra clusters on the page."""


def of_seeds(extra: pd.DataFrame) -> pd.DataFrame:
    """Write whose seed an extra cluster is, where there are several; the original's is no seed's.

    Parameters
    ----------
    extra : rows of extra clusters.
    """
    if extra["seed"].nunique() == 1:
        return extra.drop(columns="seed")
    return extra.assign(seed=extra["seed"].astype(str).where(extra["stage"] != ORIGINAL, ""))


def render(
    findings: pd.DataFrame,
    tables: Sequence[Layout],
    extra: pd.DataFrame | None,
    figures: Mapping[str, Figure | Absent],
    absent: Mapping[str, str],
    runs: pd.DataFrame,
) -> str:
    """Write the page.

    Parameters
    ----------
    findings : judged.
    tables : laid out.
    extra : rows of extra clusters, if they were counted.
    figures : by the stem of their files, which lie beside the page.
    absent : what is not there, and why.
    runs : the settings of each run.
    """
    extra = pd.DataFrame(columns=list(EXTRA)) if extra is None or extra.empty else of_seeds(extra)
    shown = [column for column in EXTRA if column in extra]
    rows = extra[shown].to_numpy().tolist()
    untested = findings["verdict"] == NOT_TESTED
    named = findings.assign(protocol=where_protocols_differ(findings))
    against = named[named["verdict"] == DOES_NOT].drop_duplicates(["finding", "protocol"])
    return (
        framed()
        .from_string(TEMPLATE)
        .render(
            **frame(TITLE, LEAD, images=IMAGES),
            counts=counted(findings),
            against=against.head(FIRST).to_dict("records"),
            tested=findings[~untested].to_dict("records"),
            untested=findings[untested].to_dict("records"),
            n_findings=findings["finding"].nunique(),
            tally=tally(findings),
            tables=tables,
            extra=rows[:MOST],
            extra_head=[EXTRA[column] for column in shown],
            more=max(0, len(rows) - MOST),
            figures=[(name, f) for name, f in figures.items() if isinstance(f, Figure)],
            absent=list(absent.items()),
            runs=runs.to_numpy().tolist(),
            runs_head=list(runs.columns),
        )
    )
