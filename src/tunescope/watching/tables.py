"""The tables that a watched training leaves, put together of those of its looks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tunescope.studies.assemble import assemble
from tunescope.tables.stages import TUNED, stage_at
from tunescope.watching.folder import step_key
from tunescope.watching.head import head_suspects

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tunescope.runs import Run
    from tunescope.studies.steps import Origin
    from tunescope.tasks import Split
    from tunescope.watching.losses import Losses


def training_tables(
    run: Run, of: Origin, updates: Sequence[int], measured: tuple[str, Split, int], losses: Losses
) -> dict[str, pd.DataFrame]:
    """Put the tables of a training's looks together.

    Parameters
    ----------
    run : that holds the looks.
    of : model, task and seed of the training.
    updates : of the looks.
    measured : name and examples of the split whose suspects are ranked, and the model's last layer.
    losses : what the training logged of itself.
    """
    last = max(updates)
    parts: list[tuple[Origin, dict[str, pd.DataFrame]]] = []
    said = []
    for update in updates:
        tables = run.step(step_key(update))
        parts.append((replace(of, stage=stage_at(update, last), update=update), tables))
        if update > 0 and "dynamics" in tables:
            said.append(tables["dynamics"].assign(update=update))
    name, split, layer = measured
    if len(suspects := head_suspects(said, split, name, layer)):
        parts.append((replace(of, stage=TUNED, update=last), {"suspects": suspects}))
    if len(of_training := losses.table(last)):
        parts.append((replace(of, last=last), {"training": of_training}))
    assert of.seed is not None
    return assemble(parts, [of.seed])
