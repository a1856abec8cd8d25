"""Classifier probes: what can be read off the vectors, how surely, and against which controls.

The public names are imported when they are first used: the registry's names alone, which studies
and pages need, load no scikit-learn, and what trains no networks loads no torch.
"""

from tunescope.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
