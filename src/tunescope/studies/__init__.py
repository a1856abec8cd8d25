"""A study: the models, tasks, seeds and probes of one question, from texts to tidy tables."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
