"""Evidence in words, for a person who decides."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

UNLIKELY = 0.5
"""A probe that gives its label less than this speaks against it."""
FEW = 0.5
"""So do neighbours of which fewer than this share have its label."""
HEAVY = 0.05
"""An example that carries more than this of its label's separations is named."""


def in_words(evidence: pd.DataFrame) -> list[str]:
    """Say of each example what speaks against its label.

    Parameters
    ----------
    evidence : a row an example: ``suggested`` and columns of evidence.

    Returns
    -------
    list of str
        Empty where nothing does.
    """
    return ["; ".join(_said(row)) for row in evidence.to_dict("records")]


def _said(row: Mapping[Hashable, Any]) -> list[str]:
    said = []
    if row.get("contradictions", 0) > 0:
        said.append(f"{_examples(row['contradictions'])} with the same vector and another label")
    if row.get("near_duplicates", 0) > 0:
        said.append(f"{_examples(row['near_duplicates'])} nearly the same, with another label")
    if row.get("confidence", 1.0) < UNLIKELY:
        said.append(
            f"a probe gives {_share(row['confidence'])} to its label and "
            f"{_share(row['confidence_suggested'])} to {row['suggested']}"
        )
    if row.get("head_confidence", 1.0) < UNLIKELY:
        said.append(f"the model's own head gives {_share(row['head_confidence'])} to its label")
    if row.get("agreement", 1.0) < FEW:
        said.append(f"{_share(row['agreement'])} of its neighbours have its label")
    if row.get("excess", -1.0) > 0:
        said.append("without it, another label's hull is nearer than its own")
    if row.get("forgotten", 0) > 0:
        said.append(f"it was forgotten {_times(row['forgotten'])} while fine-tuning")
    if row.get("mean_confidence", 1.0) < UNLIKELY:
        said.append(f"over the snapshots its label got {_share(row['mean_confidence'])} on average")
    if row.get("weight", 0.0) > HEAVY:
        said.append(f"it carries {_share(row['weight'])} of its label's separations")
    return said


def _examples(count: int) -> str:
    return "1 example" if count == 1 else f"{count} examples"


def _times(count: float) -> str:
    return "once" if count == 1 else f"{count:.0f} times"


def _share(value: float) -> str:
    return f"{value:.0%}".replace("%", " %")
