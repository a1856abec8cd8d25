"""The paper's findings, one line each: holds, does not hold, and by which numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tunescope.paper.cases import (
    DOES_NOT,
    HOLDS,
    NOT_TESTED,
    OPEN,
    VERDICTS,
    Case,
    Finding,
    summarise,
    verdict,
)
from tunescope.paper.judges import FINDINGS
from tunescope.paper.protocols import by_protocol
from tunescope.tables import Tables

DIFFERS = "differs by protocol"
"""What is counted of a finding with other verdicts under other protocols."""


def findings(tables: Tables, record: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Judge every finding of the paper by a run.

    Parameters
    ----------
    tables : of the run, or of several that were joined.
    record : of the same. Cells that were run under different protocols (epochs, snapshots, probe)
        are then judged apart; without it they are taken to share one.

    Returns
    -------
    DataFrame
        ``section, finding, protocol, verdict, numbers, rule, n_cases, n_seen, n_undecided``: a row
        a finding, and where there are several protocols, one for each that has a case of it. What
        one seed shows of a model and task and another does not is undecided, as where intervals
        leave it open. What the run has no case of is *not tested*.
    """
    protocols = by_protocol(tables, record)
    rows = []
    for finding in FINDINGS:
        judged = {name: finding.judge(part) for name, part in protocols.items()}
        tested = {name: found for name, found in judged.items() if found}
        for protocol, found in (tested or {"": []}).items():
            lacking = f"the run has no case: it lacks {finding.needs}"
            rows.append(
                {
                    "section": finding.section,
                    "finding": finding.claim,
                    "protocol": protocol,
                    "verdict": verdict(found, finding.share),
                    "numbers": summarise(found) if found else lacking,
                    "rule": finding.rule,
                    "n_cases": len(found),
                    "n_seen": sum(case.seen is True for case in found),
                    "n_undecided": sum(case.seen is None for case in found),
                }
            )
    return pd.DataFrame(rows)


def tally(judged: pd.DataFrame) -> str:
    """Say in a line how many findings hold, do not, are left open, and were not tested.

    Parameters
    ----------
    judged : of `findings`. A finding that has a row under each of several protocols counts once.

    Examples
    --------
    >>> judged = {"finding": ["a", "b", "c"], "verdict": ["holds", "not tested", "holds"]}
    >>> tally(pd.DataFrame(judged))
    '3 findings: 2 hold, 0 do not hold, 0 are left open, 1 is not tested'
    """
    said = []
    for word, n in counted(judged):
        be = ("is " if n == 1 else "are ") if word in (OPEN, NOT_TESTED) else ""
        said.append(f"{n} {be}{word}")
    return f"{judged['finding'].nunique()} findings: {', '.join(said)}"


def counted(judged: pd.DataFrame) -> list[tuple[str, int]]:
    """Count the findings of each verdict, with the word for so many of them.

    Those whose verdict differs by protocol are counted apart, where there are any.

    Examples
    --------
    >>> judged = {"finding": ["a", "b", "c"], "verdict": ["holds", "not tested", "holds"]}
    >>> counted(pd.DataFrame(judged))
    [('hold', 2), ('do not hold', 0), ('left open', 0), ('not tested', 1)]
    >>> counted(pd.DataFrame({"finding": ["a", "a"], "verdict": ["holds", "left open"]}))[-1]
    ('differs by protocol', 1)
    """
    verdicts = judged.groupby("finding")["verdict"].agg(set)
    counts = verdicts.map(lambda of: of.pop() if len(of) == 1 else DIFFERS).value_counts()
    many = {HOLDS: "hold", DOES_NOT: "do not hold", DIFFERS: "differ by protocol"}
    words = [*VERDICTS, *([DIFFERS] if DIFFERS in counts else [])]
    found = [(word, int(counts.get(word, 0))) for word in words]
    return [(word if n == 1 else many.get(word, word), n) for word, n in found]


def where_protocols_differ(judged: pd.DataFrame) -> pd.Series:
    """Give each row's protocol where another one gives its finding another verdict, else nothing.

    Parameters
    ----------
    judged : of `findings`.
    """
    n_verdicts = judged.groupby("finding")["verdict"].transform("nunique")
    return judged["protocol"].where(n_verdicts > 1, "")


def cases(tables: Tables, record: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """List every case that the findings are judged by.

    Returns
    -------
    DataFrame
        ``finding, protocol, model, task, seed, seen, numbers``; `seen` is ``yes``, ``no`` or
        ``undecided``.
    """
    words = {True: "yes", False: "no", None: "undecided"}

    def row(finding: Finding, protocol: str, case: Case) -> dict[str, object]:
        where = {"model": case.model, "task": case.task, "seed": case.seed}
        said = {"seen": words[case.seen], "numbers": case.numbers}
        return {"finding": finding.claim, "protocol": protocol, **where, **said}

    found = [
        row(finding, protocol, case)
        for finding in FINDINGS
        for protocol, part in by_protocol(tables, record).items()
        for case in finding.judge(part)
    ]
    columns = ["finding", "protocol", "model", "task", "seed", "seen", "numbers"]
    return pd.DataFrame(found, columns=columns)
