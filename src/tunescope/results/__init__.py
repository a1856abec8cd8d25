"""What a run found, in one object: for notebooks and scripts, without the command line."""

from tunescope.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
