"""Write the paper's tables, figures and findings of a run as files."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tunescope.paper import cases, findings, paper_tables, settings, tally
from tunescope.paper.figures import paper_figures
from tunescope.paper.latex import escape, longtable, numbered
from tunescope.paper.layout import layout
from tunescope.paper.page import of_seeds, render
from tunescope.paper.protocols import by_protocol
from tunescope.reports.figures import Absent, Figure, save
from tunescope.storage import check_new_folder, replacing
from tunescope.tables import extra_clusters
from tunescope.tables.spreadsheet import as_csv

LOG = logging.getLogger(__name__)

EXTRA = 40
"""Examples of extra clusters in the LaTeX document; the CSV file has all that are stored."""
TEXT = 90
"""Characters of an example in it."""

OWN = re.compile(r"(table-\d+|figure-(\d+|transfer)|extra-clusters)\.(csv|tex|pdf|svg|png)")
"""Files that only some runs give."""

CONTENTS = "contents.csv"
"""The file that tells such a folder from others."""

HEAD = r"""\ifdefined\pdfminorversion\pdfminorversion=7\fi % that of the figures
\documentclass[10pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\usepackage[a4paper,landscape,margin=18mm]{geometry}
\usepackage{booktabs,longtable,graphicx}
\begin{document}
\setlength{\LTcapwidth}{\textwidth}
"""


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder that holds anything but what an earlier call of `write` wrote.

    Raises
    ------
    InputError
        If it does, or is no folder.
    """
    listed = folder / CONTENTS
    if listed.is_file():
        with listed.open(encoding="utf-8", errors="replace") as file:
            if file.readline().strip() == ",".join(_entry("", "")):
                return
    check_new_folder(folder)


def write(
    folder: Path, *, tables: Mapping[str, pd.DataFrame], record: Mapping[str, Any]
) -> list[Path]:
    """Write ``table-N.csv`` and ``.tex``, ``figure-N.pdf``, ``.svg`` and ``.png``, and findings.

    Parameters
    ----------
    folder : where; created if it is missing.
    tables, record : of a run.

    Returns
    -------
    list of Path
        Every file, each whole. ``contents.csv`` lists them with their captions, and what is not
        there with the reason; ``index.html`` and ``paper.tex`` show all of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    contents: list[dict[str, str]] = []
    document = [HEAD]

    def keep(name: str, content: str) -> None:
        with replacing(folder / name) as part:
            part.write_text(content, encoding="utf-8")
        made.append(folder / name)

    judged = findings(tables, record)
    keep("findings.csv", as_csv(judged))
    keep("findings-cases.csv", as_csv(cases(tables, record)))
    keep("findings.tex", _findings(judged))
    document += [_settings(settings(record)), "\\input{findings.tex}\n"]
    contents.append(
        _entry("findings", f"The paper's findings, judged by this run: {tally(judged)}.")
    )

    shown_tables = []
    numbers = paper_tables(tables, record)
    for number in range(1, 8):
        name = f"table-{number}"
        if name not in numbers:
            contents.append(_entry(name, "", "the run has no number of this table"))
            continue
        shown = layout(number, numbers[name])
        shown_tables.append(shown)
        keep(f"{name}.csv", as_csv(numbers[name]))
        keep(f"{name}.tex", shown.latex())
        document.append(f"\\input{{{name}.tex}}\n")
        contents.append(_entry(name, shown.caption))

    extra = _extra_clusters(tables, record)
    if extra is None:
        contents.append(_entry("extra-clusters", "", "the run did not count clusters"))
    elif extra.empty:
        contents.append(_entry("extra-clusters", "", "no label has more than one cluster"))
    else:
        keep("extra-clusters.csv", as_csv(extra))
        keep("extra-clusters.tex", _extra(extra))
        document.append("\\input{extra-clusters.tex}\n")
        contents.append(_entry("extra-clusters", EXTRA_CAPTION))

    figures = paper_figures(tables, record)
    for name, figure in figures.items():
        if isinstance(figure, Absent):
            contents.append(_entry(name, "", figure.reason))
            continue
        made += save(figure, folder / name)
        document.append(_figure(name, figure))
        contents.append(_entry(name, figure.caption))
        LOG.info("drew %s", name)

    absent = {entry["name"]: entry["absent_because"] for entry in contents}
    absent = {name: reason for name, reason in absent.items() if reason}
    keep("index.html", render(judged, shown_tables, extra, figures, absent, settings(record)))
    keep("paper.tex", "".join(document) + "\\end{document}\n")
    keep(CONTENTS, as_csv(pd.DataFrame(contents)))
    _remove_earlier(folder, made)
    return made


def _extra_clusters(
    tables: Mapping[str, pd.DataFrame], record: Mapping[str, Any]
) -> pd.DataFrame | None:
    """Give the extra clusters under each protocol, which is a column where there are several."""
    protocols = by_protocol(tables, record)
    parts = {name: extra_clusters(measured) for name, measured in protocols.items()}
    counted = {name: part for name, part in parts.items() if part is not None}
    if not counted:
        return None
    found = [part.assign(protocol=name) for name, part in counted.items() if len(part)]
    columns = ["protocol", *EXTRA_COLUMNS] if len(protocols) > 1 else EXTRA_COLUMNS
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame()


def _remove_earlier(folder: Path, made: list[Path]) -> None:
    """Remove tables and figures that an earlier call left and this one has no more."""
    for path in folder.glob("*"):
        if OWN.fullmatch(path.name) and path not in made:
            path.unlink()


EXTRA_CAPTION = (
    "Every cluster that a label has beyond its largest, last layer, training split: what it is, "
    "which label it collides with, and its examples."
)
EXTRA_COLUMNS = ["model", "task", "seed", "stage", "label", "cluster", "cluster_size"]
EXTRA_COLUMNS += ["kind", "collides_with", "text", "place", "collides_text", "collides_place"]


def _entry(name: str, caption: str, reason: str = "") -> dict[str, str]:
    return {"name": name, "caption": caption, "absent_because": reason}


def _settings(runs: pd.DataFrame) -> str:
    return longtable(
        list(runs.columns),
        runs.astype(str).to_numpy().tolist(),
        caption="What was run.",
        align="l" * runs.shape[1],
    )


def _findings(judged: pd.DataFrame) -> str:
    rows = [
        [row["section"], row["finding"], row["verdict"], _numbers(row)]
        for row in judged.to_dict("records")
    ]
    return longtable(
        ["section", "finding", "here", "numbers"],
        rows,
        caption=f"The paper's {tally(judged)}. The rule of each is in findings.csv.",
        align=r"lp{60mm}lp{130mm}",
    )


def _numbers(row: Mapping[Any, Any]) -> str:
    """Put the protocol before the numbers, where there are several."""
    return f"{row['protocol']}: {row['numbers']}" if row["protocol"] else str(row["numbers"])


def _extra(extra: pd.DataFrame) -> str:
    rows = [
        [
            _whose(row),
            row["stage"],
            row["label"],
            f"{row['cluster_size']}",
            row["kind"],
            row["collides_with"],
            _short(row["text"]),
        ]
        for row in of_seeds(extra).head(EXTRA).to_dict("records")
    ]
    more = len(extra) - len(rows)
    return longtable(
        ["task, model", "when", "label", "size", "what it is", "collides with", "example"],
        rows,
        caption=EXTRA_CAPTION + (f" {more} further rows are in the CSV file." if more else ""),
        align=r"llllp{30mm}p{35mm}p{80mm}",
    )


def _whose(row: Mapping[Any, Any]) -> str:
    """Name the task and the model, and the protocol and the seed where there are several."""
    seed = f"seed {row['seed']}" if row.get("seed") else ""
    return ", ".join(filter(None, [row["task"], row["model"], row.get("protocol", ""), seed]))


def _short(text: str) -> str:
    return text if len(text) <= TEXT else text[: TEXT - 1] + "…"


def _figure(name: str, figure: Figure) -> str:
    number = name.removeprefix("figure-")
    lines = [
        *numbered("figure", int(number) if number.isdigit() else None),
        r"\begin{figure}[p]\centering",
        rf"\includegraphics[width=\linewidth,height=0.8\textheight,keepaspectratio]{{{name}.pdf}}",
        rf"\caption{{{escape(figure.caption)}}}\label{{{name}}}",
        r"\end{figure}",
    ]
    return "\n".join(lines) + "\n"
