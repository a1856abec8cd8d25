"""Classifier probes: what can be read off the vectors, how surely, and against which controls.

The public names are imported when they are first used: the registry's names alone, which studies
and pages need, load no scikit-learn, and what trains no networks loads no torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
