"""The paper's tables and findings from a run: ours, theirs, the difference, and what holds.

Zhou and Srikumar, A Closer Look at How Fine-tuning Changes BERT, ACL 2022.
"""

from __future__ import annotations

from tunescope.paper.findings import cases, findings, tally
from tunescope.paper.joining import join
from tunescope.paper.protocols import settings
from tunescope.paper.published import published
from tunescope.paper.tables import paper_tables

__all__ = ["cases", "findings", "join", "paper_tables", "published", "settings", "tally"]
