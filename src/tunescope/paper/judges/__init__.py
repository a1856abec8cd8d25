"""From a run's tables to the cases of each finding, section by section of the paper."""

from __future__ import annotations

from tunescope.paper.judges import distances, layers, linearity, performance, transfer

FINDINGS = (
    *performance.FINDINGS,
    *linearity.FINDINGS,
    *distances.FINDINGS,
    *transfer.FINDINGS,
    *layers.FINDINGS,
)
"""The findings in the paper's order; those asked anew are what it could not ask."""
