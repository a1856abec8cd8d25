"""Text → vectors of every layer.

What needs torch is imported when it is first used, so that models can be listed at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tunescope.encoders.catalogue import CatalogueEntry, catalogue, find_model

if TYPE_CHECKING:
    from tunescope.encoders.encoder import Encoder
    from tunescope.encoders.policy import Policy
    from tunescope.encoders.representation import Representation, Representations

_HOME = {
    "Encoder": "encoder",
    "Policy": "policy",
    "Representation": "representation",
    "Representations": "representation",
}

__all__ = [
    "CatalogueEntry",
    "Encoder",
    "Policy",
    "Representation",
    "Representations",
    "catalogue",
    "find_model",
]


def __getattr__(name: str) -> Any:
    """Import a public name from the file it lives in."""
    if name not in _HOME:
        raise AttributeError(f"module 'tunescope.encoders' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"tunescope.encoders.{_HOME[name]}"), name)
    globals()[name] = value
    return value
