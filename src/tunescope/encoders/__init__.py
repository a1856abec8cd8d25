"""Text → vectors of every layer.

What needs torch is imported when it is first used, so that models can be listed at once.
"""

import lazy_loader

from tunescope.encoders.catalogue import CatalogueEntry as CatalogueEntry
from tunescope.encoders.catalogue import catalogue as catalogue
from tunescope.encoders.catalogue import find_model as find_model

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
