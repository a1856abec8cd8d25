"""Classifier probes: what can be read off the vectors, how surely, and against which controls."""

from __future__ import annotations

from tunescope.probes.classifier import ClassifierProbe
from tunescope.probes.intervals import Interval, bootstrap_interval, restart_interval
from tunescope.probes.protocol import Protocol, Setting

__all__ = [
    "ClassifierProbe",
    "Interval",
    "Protocol",
    "Setting",
    "bootstrap_interval",
    "restart_interval",
]
