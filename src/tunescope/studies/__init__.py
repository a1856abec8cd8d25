"""A study: the models, tasks, seeds and probes of one question, from texts to tidy tables."""

from tunescope.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
