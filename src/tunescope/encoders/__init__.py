"""Text → vectors of every layer.

What needs torch is imported when it is first used, so that models can be listed at once.
"""

from tunescope.encoders.catalogue import CatalogueEntry as CatalogueEntry
from tunescope.encoders.catalogue import catalogue as catalogue
from tunescope.encoders.catalogue import find_model as find_model
from tunescope.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
