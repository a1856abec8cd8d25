"""Tables and figures of a run, and the page that shows them.

A report computes nothing that a study could have stored: it reads a run's tables and
record, and writes one self-contained HTML page, the figures as PDF, SVG and PNG, and the
tables as CSV.
"""

from __future__ import annotations

from tunescope.reports.kept import kept_vectors
from tunescope.reports.writing import Form, export_atlas, write, write_several

__all__ = ["Form", "export_atlas", "kept_vectors", "write", "write_several"]
