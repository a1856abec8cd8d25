"""A run's figures, each as a chart to look at or to change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tunescope.errors import InputError, nearest
from tunescope.reports.figures import FIGURES, Absent, complete
from tunescope.reports.panels import Panel, panels

if TYPE_CHECKING:
    import pandas as pd


class Plots:
    """The figures of a run by name: ``result.plot.clusters()``.

    Parameters
    ----------
    tables : of the run.
    """

    def __init__(self, tables: dict[str, pd.DataFrame]) -> None:
        self._tables = tables

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Give the function that draws a figure; of several, it takes `model` and `task`."""
        if name not in FIGURES:
            raise AttributeError(f"no figure {name!r}; {nearest(name, FIGURES)}")

        def draw(*, model: str | None = None, task: str | None = None) -> Any:
            import altair

            figure = FIGURES[name](self._panel(model, task))
            if isinstance(figure, Absent):
                raise InputError(f"{figure.title}: {figure.reason}")
            spec = complete(figure.print_spec, figure.rows)
            return altair.Chart.from_dict({**spec, "title": figure.title})

        draw.__doc__ = f"Draw the figure {name!r} of one model and task, as an Altair chart."
        return draw

    def __dir__(self) -> list[str]:
        """List the figures."""
        return list(FIGURES)

    def __repr__(self) -> str:
        """Name the figures on one line."""
        return f"<Plots: {', '.join(FIGURES)}>"

    def _panel(self, model: str | None, task: str | None) -> Panel:
        found = [
            panel
            for panel in panels(self._tables)
            if model in (None, panel.model) and task in (None, panel.task)
        ]
        if len(found) != 1:
            names = "; ".join(f"model={one.model!r}, task={one.task!r}" for one in found)
            raise InputError(
                f"several models or tasks: choose {names}" if found else "no such model or task"
            )
        return found[0]
