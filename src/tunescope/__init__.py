"""See what fine-tuning did to a model's representations.

The public names are imported when they are first used, so that
``import tunescope`` is quick and does not load torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "ClassifierProbe": "probes",
    "DirectProbe": "geometry",
    "Encoder": "encoders",
    "InputError": "errors",
    "Representation": "encoders",
    "Separation": "geometry",
    "SnapshotCallback": "tuning",
    "Task": "tasks",
    "TunescopeError": "errors",
    "finetune": "tuning",
    "load_task": "tasks",
    "separation": "geometry",
    "separations": "geometry",
    "spatial_similarity": "geometry",
}

__all__ = [
    "ClassifierProbe",
    "DirectProbe",
    "Encoder",
    "InputError",
    "Representation",
    "Separation",
    "SnapshotCallback",
    "Task",
    "TunescopeError",
    "__version__",
    "finetune",
    "load_task",
    "separation",
    "separations",
    "spatial_similarity",
]


def __getattr__(name: str) -> Any:
    """Import a public name from the part it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module 'tunescope' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"tunescope.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *_HOME})


if TYPE_CHECKING:
    from tunescope.encoders import Encoder, Representation
    from tunescope.errors import InputError, TunescopeError
    from tunescope.geometry import (
        DirectProbe,
        Separation,
        separation,
        separations,
        spatial_similarity,
    )
    from tunescope.probes import ClassifierProbe
    from tunescope.tasks import Task, load_task
    from tunescope.tuning import SnapshotCallback, finetune
