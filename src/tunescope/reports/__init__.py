"""Tables and figures of a run, and the page that shows them.

A report computes nothing that a study could have stored: it reads a run's tables and
record, and writes one self-contained HTML page, the figures as PDF, SVG and PNG, and the
tables as CSV.
"""

from __future__ import annotations

from tunescope.reports.writing import write, write_several

__all__ = ["write", "write_several"]
