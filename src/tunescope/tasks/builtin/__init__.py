"""The small corpus that was written for this project, and what checks it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

QUESTIONS: Final = Path(__file__).with_name("questions.tsv")
"""Questions in the TREC label scheme, ``COARSE:fine<TAB>question``."""

SENTENCES: Final = Path(__file__).with_name("sentences.conllu")
"""Sentences in CoNLL-U, with universal parts of speech, heads and relations."""
