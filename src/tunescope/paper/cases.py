"""What a finding is judged by: cases, each seen, not seen, or undecided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tunescope.tables import Tables

HOLDS, DOES_NOT = "holds", "does not hold"
OPEN = "left open"
"""There are cases, but their intervals leave it open, or the seeds of one disagree."""
NOT_TESTED = "not tested"
"""There is no case."""
VERDICTS = (HOLDS, DOES_NOT, OPEN, NOT_TESTED)


@dataclass(frozen=True)
class Case:
    """One observation that speaks for a finding or against it."""

    model: str
    task: str
    seed: int
    seen: bool | None
    """None where the bounds of the numbers leave it open."""
    numbers: str
    about: str = ""
    """Which of several observations of one model, task and seed: a stage, another task."""


@dataclass(frozen=True)
class Finding:
    """A finding of the paper, and how a run is asked about it."""

    section: str
    claim: str
    rule: str
    """What makes a case count as seen, in words."""
    share: float
    """The finding holds where at least this share of the cases show it, with every seed."""
    judge: Callable[[Tables], Sequence[Case]]
    needs: str
    """What a run without a case lacks."""


def verdict(cases: Sequence[Case], share: float) -> str:
    """Judge by the share of cases that show it; a case whose seeds disagree is undecided.

    Examples
    --------
    >>> yes, no = Case("m", "t", 0, True, ""), Case("m", "t", 1, False, "")
    >>> verdict([yes], 1.0), verdict([no], 1.0), verdict([yes, no], 1.0), verdict([], 1.0)
    ('holds', 'does not hold', 'left open', 'not tested')
    """
    if not cases:
        return NOT_TESTED
    over_seeds: dict[tuple[str, str, str], set[bool | None]] = {}
    for case in cases:
        over_seeds.setdefault((case.model, case.task, case.about), set()).add(case.seen)
    joined = [said.pop() if len(said) == 1 else None for said in over_seeds.values()]
    seen, undecided = joined.count(True), joined.count(None)
    if seen >= share * len(joined):
        return HOLDS
    return DOES_NOT if seen + undecided < share * len(joined) else OPEN


def summarise(cases: Sequence[Case], shown: int = 4) -> str:
    """Say in how many cases a finding is seen, and give the numbers of those that matter.

    These are the cases against it first, then the undecided ones, then the others.
    """
    seen = sum(case.seen is True for case in cases)
    text = f"seen in {seen} of {len(cases)}"
    if undecided := sum(case.seen is None for case in cases):
        text += f", undecided in {undecided}"
    seeds = sorted({case.seed for case in cases})
    if len(seeds) > 1:
        each = []
        for seed in seeds:
            mine = [case for case in cases if case.seed == seed]
            each.append(f"seed {seed}: {sum(c.seen is True for c in mine)} of {len(mine)}")
        text += f" ({', '.join(each)})"
    rank = {False: 0, None: 1, True: 2}
    words = {False: "not", None: "undecided", True: "seen"}
    ordered = sorted(cases, key=lambda case: rank[case.seen])
    details = [
        f"{case.task}, {case.model}"
        + (f", seed {case.seed}" if len(seeds) > 1 else "")
        + f" ({words[case.seen]}): {case.numbers}"
        for case in ordered[:shown]
    ]
    more = len(ordered) - shown
    return text + ". " + "; ".join(details) + (f"; and {more} more" if more > 0 else "")
