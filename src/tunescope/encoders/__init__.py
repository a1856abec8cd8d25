"""Text → vectors of every layer."""

from tunescope.encoders.catalogue import CatalogueEntry, catalogue, find_model
from tunescope.encoders.encoder import Encoder
from tunescope.encoders.representation import Representation, Representations

__all__ = [
    "CatalogueEntry",
    "Encoder",
    "Representation",
    "Representations",
    "catalogue",
    "find_model",
]
