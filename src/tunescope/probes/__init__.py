"""Classifier probes: what can be read off the vectors, how surely, and against which controls.

The public names are imported when they are first used: the registry's names alone, which studies
and pages need, load no scikit-learn, and what trains no networks loads no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "ClassifierProbe": "classifier",
    "Comparison": "comparison",
    "DescriptionLength": "codelength",
    "Interval": "intervals",
    "LinearProbe": "linear",
    "MajorityProbe": "baselines",
    "NearestNeighbourProbe": "baselines",
    "Probe": "base",
    "Protocol": "protocol",
    "Selectivity": "control",
    "Setting": "protocol",
    "WordMajority": "baselines",
    "accuracy_rows": "intervals",
    "control_labels": "control",
    "corrected": "comparison",
    "description_length": "codelength",
    "difference_interval": "intervals",
    "paired_comparison": "comparison",
    "restart_interval": "intervals",
    "selectivity": "control",
    "share_interval": "intervals",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Import a public name from the module it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module 'tunescope.probes' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"tunescope.probes.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *_HOME})


if TYPE_CHECKING:
    from tunescope.probes.base import Probe as Probe
    from tunescope.probes.baselines import MajorityProbe as MajorityProbe
    from tunescope.probes.baselines import NearestNeighbourProbe as NearestNeighbourProbe
    from tunescope.probes.baselines import WordMajority as WordMajority
    from tunescope.probes.classifier import ClassifierProbe as ClassifierProbe
    from tunescope.probes.codelength import DescriptionLength as DescriptionLength
    from tunescope.probes.codelength import description_length as description_length
    from tunescope.probes.comparison import Comparison as Comparison
    from tunescope.probes.comparison import corrected as corrected
    from tunescope.probes.comparison import paired_comparison as paired_comparison
    from tunescope.probes.control import Selectivity as Selectivity
    from tunescope.probes.control import control_labels as control_labels
    from tunescope.probes.control import selectivity as selectivity
    from tunescope.probes.intervals import Interval as Interval
    from tunescope.probes.intervals import accuracy_rows as accuracy_rows
    from tunescope.probes.intervals import difference_interval as difference_interval
    from tunescope.probes.intervals import restart_interval as restart_interval
    from tunescope.probes.intervals import share_interval as share_interval
    from tunescope.probes.linear import LinearProbe as LinearProbe
    from tunescope.probes.protocol import Protocol as Protocol
    from tunescope.probes.protocol import Setting as Setting
