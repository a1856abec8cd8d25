"""Watch a training that somebody else does: what it makes of a model's representations."""

from tunescope.extras import needed_for

with needed_for(__name__):
    from tunescope.watching.callback import GeometryCallback
    from tunescope.watching.look import Look
    from tunescope.watching.loop import Watch, watch
    from tunescope.watching.stopping import Diverging

__all__ = ["Diverging", "GeometryCallback", "Look", "Watch", "watch"]
