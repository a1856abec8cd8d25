"""The report as Markdown: the same numbers, sentences and tables, with the figures as pictures."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from tunescope.reports.figures import Figure
from tunescope.reports.naming import named, visible
from tunescope.reports.page import View, title
from tunescope.reports.tables import Table

ROWS = 30
"""Rows of a table; the CSV files have all."""


def markdown(views: Sequence[View]) -> str:
    """Write the report of some panels as Markdown, for a wiki, a pull request or a model card.

    Parameters
    ----------
    views : what to show of each panel, in order.
    """
    parts = [f"# {escape(title(views))}"]
    for view in views:
        if len(views) > 1:
            parts.append(f"## {escape(view.panel.title)}")
        parts += _panel(view)
    return "\n\n".join(parts) + "\n"


def _panel(view: View) -> list[str]:
    parts = [escape(view.happened)] if view.happened else []
    if view.numbers:
        cells = [[n.name, f"**{n.value}**", n.change, n.certainty] for n in view.numbers]
        parts.append(_grid(["", "", "change", "how sure"], cells))
    if view.to_do:
        parts.append("\n".join(f"{i}. {escape(text)}" for i, text in enumerate(view.to_do, 1)))
    if "space" in view.files:
        parts.append(_picture(view, "space", "The examples before and after"))
    if view.confused:
        cells = [[" – ".join(map(named, pair.labels)), pair.number] for pair in view.confused]
        parts.append(_grid([view.confused_title, ""], cells))
    if view.look.rows:
        rows = [[visible(label), why, _plain(text)] for label, why, text in view.look.rows]
        parts.append(_grid(["Look at these", "", ""], rows))
    for section in view.sections:
        parts += [f"### {section.title}", escape(section.lead)]
        parts += [escape(text) for text in section.more]
        for part in section.parts:
            if part.table is not None:
                parts.append(_table(part.table))
            elif part.figure in view.files:
                figure = view.figures[part.figure]
                assert isinstance(figure, Figure)
                parts += [_picture(view, part.figure, figure.title), escape(figure.caption)]
    return parts


def _picture(view: View, key: str, name: str) -> str:
    return f"![{escape(name)}](figures/{view.files[key]}.png)"


def _table(table: Table) -> str:
    rows = [[_plain(cell) for cell in row] for row in table.rows[:ROWS]]
    rest = len(table.rows) - len(rows)
    more = f"\n\n{rest} more rows are in the CSV files." if rest > 0 else ""
    return f"{escape(table.caption)}\n\n{_grid(table.head, rows)}{more}"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell if line is lines[1] else escape(cell) for cell in line) + " |"
        for line in lines
    )


def _plain(cell: str) -> str:
    """A cell of the page as text."""
    plain = html.unescape(re.sub(r"<[^>]+>", " ", cell)) if hasattr(cell, "__html__") else cell
    return str(visible(plain))


def escape(text: str) -> str:
    """Keep what stands in a text from being Markdown or HTML; **bold** numbers stay.

    Examples
    --------
    >>> escape("a|b <i> [x](y) _z_")
    'a\\\\|b &lt;i> \\\\[x\\\\](y) \\\\_z\\\\_'
    """
    bold = re.fullmatch(r"\*\*(.*)\*\*", text)
    if bold:
        return f"**{escape(bold[1])}**"
    text = " ".join(text.split()).replace("\\", "\\\\").replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([|\[\]_*`#])", r"\\\1", text)
