"""See what fine-tuning did to a model's representations.

The public names are imported when they are first used, so that
``import tunescope`` is quick and does not load torch. They stand in ``__init__.pyi``.
"""

from tunescope.extras import attach

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach(__name__, __file__)
