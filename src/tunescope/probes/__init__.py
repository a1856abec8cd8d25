"""Classifier probes: what can be read off the vectors, how surely, and against which controls."""

from __future__ import annotations

from tunescope.probes.base import Probe
from tunescope.probes.baselines import MajorityProbe, NearestNeighbourProbe, WordMajority
from tunescope.probes.classifier import ClassifierProbe
from tunescope.probes.comparison import Comparison, corrected, paired_comparison
from tunescope.probes.control import Selectivity, control_labels, selectivity
from tunescope.probes.description_length import DescriptionLength, description_length
from tunescope.probes.intervals import (
    Interval,
    accuracy_rows,
    bootstrap_interval,
    restart_interval,
)
from tunescope.probes.linear import LinearProbe
from tunescope.probes.protocol import Protocol, Setting

__all__ = [
    "ClassifierProbe",
    "Comparison",
    "DescriptionLength",
    "Interval",
    "LinearProbe",
    "MajorityProbe",
    "NearestNeighbourProbe",
    "Probe",
    "Protocol",
    "Selectivity",
    "Setting",
    "WordMajority",
    "accuracy_rows",
    "bootstrap_interval",
    "control_labels",
    "corrected",
    "description_length",
    "paired_comparison",
    "restart_interval",
    "selectivity",
]
