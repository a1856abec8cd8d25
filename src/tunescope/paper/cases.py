"""What a finding is judged by: cases, each seen, not seen, or undecided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tunescope.tables import Tables

HOLDS, DOES_NOT = "holds", "does not hold"
OPEN = "left open"
"""There are cases, but their intervals leave it open, or seeds disagree."""
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


@dataclass(frozen=True)
class Finding:
    """A finding of the paper, and how a run is asked about it."""

    section: str
    claim: str
    rule: str
    """What makes a case count as seen, in words."""
    share: float
    """The finding holds where at least this share of a seed's cases show it."""
    judge: Callable[[Tables], Sequence[Case]]
    needs: str
    """What a run without a case lacks."""


def verdict(cases: Sequence[Case], share: float) -> str:
    """Judge seed by seed; what one seed shows and another does not is left open.

    Examples
    --------
    >>> yes, no = Case("m", "t", 0, True, ""), Case("m", "t", 1, False, "")
    >>> verdict([yes], 1.0), verdict([no], 1.0), verdict([yes, no], 1.0), verdict([], 1.0)
    ('holds', 'does not hold', 'left open', 'not tested')
    """
    if not cases:
        return NOT_TESTED
    seeds = sorted({case.seed for case in cases})
    found = {_of_seed([case for case in cases if case.seed == seed], share) for seed in seeds}
    return found.pop() if len(found) == 1 else OPEN


def _of_seed(cases: Sequence[Case], share: float) -> str:
    seen = sum(case.seen is True for case in cases)
    possible = seen + sum(case.seen is None for case in cases)
    if seen >= share * len(cases):
        return HOLDS
    return DOES_NOT if possible < share * len(cases) else OPEN


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
