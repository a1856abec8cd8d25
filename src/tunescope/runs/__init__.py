"""The run folder: what is in it, whole or absent, and what is done already."""

from tunescope.runs.files import DONE, RECORD
from tunescope.runs.run import Run

__all__ = ["DONE", "RECORD", "Run"]
