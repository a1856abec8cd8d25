"""The paper's tables, figures and findings as one page beside their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from jinja2 import Environment

from tunescope.paper.findings import tally
from tunescope.paper.layout import Layout
from tunescope.reports.figures import Absent, Figure

TEMPLATE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The paper, measured here</title>
<style>
body { font: 15px/1.5 "Liberation Sans", Arial, Helvetica, sans-serif; color: #222;
  max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0; }
.wide { overflow-x: auto; }
caption, figcaption { text-align: left; max-width: 60rem; color: #444; padding: 0.4rem 0; }
th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; vertical-align: top; }
thead th { border-bottom: 1px solid #888; font-weight: normal; color: #555; }
tbody td { border-bottom: 1px solid #eee; }
td.number, th.number { text-align: right; white-space: nowrap; }
td.verdict { white-space: nowrap; font-weight: bold; }
figure { margin: 1.5rem 0; }
img { max-width: 100%; height: auto; }
.rule { color: #666; font-size: 13px; }
</style>
<h1>The paper, measured here</h1>
<p>Zhou and Srikumar, <cite>A Closer Look at How Fine-tuning Changes BERT</cite> (ACL 2022):
its findings, tables and figures, from what was run here. In brackets stand the published values.
The numbers are in the CSV files beside this page; <code>paper.tex</code> is the same for LaTeX.</p>
<div class="wide"><table id="runs"><caption>What was run.</caption>
<thead><tr>{% for name in runs_head %}<th>{{ name }}</th>{% endfor %}</tr></thead><tbody>
{% for row in runs %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
<h2>Findings</h2>
<p>{{ tally }}. <em>Left open</em> are those that have cases here, but whose intervals leave it
open or whose seeds disagree; <em>not tested</em> those of which there is no case.</p>
<div class="wide"><table>
<thead><tr><th>section</th><th>finding</th><th>here</th><th>numbers, and the rule</th></tr></thead>
<tbody>
{% for row in findings %}<tr><td>{{ row.section }}</td><td>{{ row.finding }}</td>
<td class="verdict">{{ row.verdict }}</td>
<td>{% if row.protocol %}<em>{{ row.protocol }}:</em> {% endif %}{{ row.numbers }}
<div class="rule">{{ row.rule }}</div></td></tr>
{% endfor %}</tbody></table></div>
<h2>Tables</h2>
{% for table in tables %}<div class="wide"><table id="table-{{ table.number }}">
<caption>Table {{ table.number }}. {{ table.caption }}</caption>
<thead><tr>{% for name in table.head %}
<th{% if loop.index0 >= table.n_keys %} class="number"{% endif %}>{{ name }}</th>
{% endfor %}</tr></thead><tbody>
{% for row in table.rows %}<tr>{% for cell in row %}
<td{% if loop.index0 >= table.n_keys %} class="number"{% endif %}>{{ cell }}</td>
{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% endfor %}
{% if extra %}<h2>Clusters beyond the labels</h2>
<div class="wide"><table><thead><tr>{% for name in extra_head %}<th>{{ name }}</th>{% endfor %}
</tr></thead><tbody>
{% for row in extra %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>
{% if more %}<p>{{ more }} further rows are in <code>extra-clusters.csv</code>.</p>{% endif %}
{% endif %}
<h2>Figures</h2>
{% for name, figure in figures %}<figure id="{{ name }}">
<img src="{{ name }}.svg" alt="{{ figure.description }}">
<figcaption>{{ name | replace("-", " ") | capitalize }}. {{ figure.caption }}</figcaption></figure>
{% endfor %}
{% if absent %}<h2>What is not here</h2><ul>
{% for name, reason in absent %}<li>{{ name | replace("-", " ") }}: {{ reason }}</li>
{% endfor %}</ul>{% endif %}
</html>
"""

EXTRA = {
    "task": "task",
    "model": "model",
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
    rows = [] if extra is None or extra.empty else extra[list(EXTRA)].to_numpy().tolist()
    template = Environment(autoescape=True).from_string(TEMPLATE)
    return template.render(
        findings=findings.to_dict("records"),
        tally=tally(findings),
        tables=tables,
        extra=rows[:MOST],
        extra_head=list(EXTRA.values()),
        more=max(0, len(rows) - MOST),
        figures=[(name, f) for name, f in figures.items() if isinstance(f, Figure)],
        absent=list(absent.items()),
        runs=runs.to_numpy().tolist(),
        runs_head=list(runs.columns),
    )
