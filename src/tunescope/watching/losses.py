"""What a training that is watched logs of its own loss, kept for one that is resumed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tunescope.storage import remove

if TYPE_CHECKING:
    from tunescope.runs import Run

logger = logging.getLogger(__name__)

LOSSES = "losses"
"""The step that holds what the training has logged of its loss."""


class Losses:
    """The losses of a training, by its updates.

    Parameters
    ----------
    run : the folder in which they are kept.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: list[dict[str, Any]] = []
        self._kept = 0
        self._warned = False

    def resume(self, update: int) -> None:
        """Take over what was kept before a stop, up to an update."""
        if not self._run.is_done(LOSSES):
            return
        kept = self._run.step(LOSSES)["training"]
        rows: list[Any] = kept[kept["update"] <= update].to_dict("records")
        self._rows, self._kept = rows, len(rows)
        if not rows:
            remove(self._run.path("steps", LOSSES))
        elif len(rows) < len(kept):  # the others are of a training that is no more
            self._kept = 0
            self.keep()

    def saw(self, update: int, logs: dict[str, Any], epoch: float | None) -> None:
        """Hear what the training itself logs, and remember its loss, if that is a number."""
        if "loss" not in logs or "learning_rate" not in logs:
            return
        row = {"update": update, "epoch": np.nan if epoch is None else epoch}
        row |= {name: float(logs[name]) for name in ("loss", "learning_rate")}
        if np.isfinite(row["loss"]):
            self._rows.append(row)
        elif not self._warned:
            self._warned = True
            said = "geometry: the loss of update %d is %s; losses that are no numbers are left out"
            logger.warning(said, update, row["loss"])

    def table(self, last: int | None = None) -> pd.DataFrame:
        """Give the losses, in the order of the updates, up to the last one; empty without any."""
        rows = [row for row in self._rows if last is None or row["update"] <= last]
        if not rows:
            return pd.DataFrame()
        found = pd.DataFrame(rows).drop_duplicates("update", keep="last")
        return found.astype({"update": int}).sort_values("update", ignore_index=True)

    def keep(self) -> None:
        """Keep those so far beside the looks, also later ones, for a training that is resumed."""
        if len(self._rows) > self._kept:
            self._run.finish(LOSSES, {"training": self.table()}, seconds=0.0)
            self._kept = len(self._rows)
