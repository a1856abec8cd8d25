"""The paper's tables, figures and findings from a run, as files."""

from __future__ import annotations

from tunescope.reports.paper.writing import write

__all__ = ["write"]
