"""The paper as one study: which models, tasks and transfers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tunescope.studies.reading import make_study
from tunescope.studies.study import Study

MODELS = ("bert-tiny", "bert-mini", "bert-small", "bert-medium", "bert-base")
TASKS = ("pos", "dep", "ps-fxn", "ps-role", "trec-50")
TRANSFERS = (("ps-role", "ps-fxn"), ("pos", "ps-fxn"))
"""The paper's: fine-tune on the first, look at the labels of the second (Table 5)."""
PROTOCOL = "zhou2022-halving"
"""The paper's grid, searched by halving: on two cores days become hours."""
QUICK: dict[str, Any] = {
    "tuning": {"epochs": 3.0, "snapshots": 5},
    "probing": {"protocol": "quick", "rank_suspects": False},
    "random_baseline": False,
}
"""What a first look leaves out: epochs, snapshots, the grid search, random weights."""


OPTIONS: dict[tuple[str, ...], str] = {
    **{(key,): f"--{key}" for key in ("models", "tasks", "seeds", "keep", "device")},
    ("probing", "protocol"): "--protocol",
    ("engine", "workers"): "--workers",
    ("engine", "cluster"): "--cluster",
}
"""What is typed for the keys of the study."""


def reproduction(
    *,
    models: Sequence[str] = MODELS,
    tasks: Sequence[str] = TASKS,
    seeds: Sequence[int] = (0,),
    quick: bool = False,
    protocol: str | None = None,
    keep: str = "none",
    device: str = "auto",
    engine: Mapping[str, Any] | None = None,
) -> Study:
    """Describe the paper's experiments as a study.

    Parameters
    ----------
    models, tasks : by default the paper's.
    seeds : of fine-tuning.
    quick : three epochs, five snapshots, the quick probe, and no random weights.
    protocol : of the classifier probe; by default the paper's grid searched by halving, and the
        quick one with `quick`.
    keep : of which snapshots the vectors stay on disk: none, ends, all; models as in a study.
    device : where to compute.
    engine : who does the steps, as in a study's file.

    Raises
    ------
    InputError
        If a value does not fit.

    Examples
    --------
    >>> study = reproduction(tasks=["ps-fxn", "pos"])
    >>> [(pair.tune, pair.probe) for pair in study.transfer]
    [('pos', 'ps-fxn')]
    """
    values: dict[str, Any] = {
        "models": list(models),
        "tasks": list(tasks),
        "seeds": list(seeds),
        "probing": {"protocol": PROTOCOL, "rank_suspects": False},
        "transfer": [
            {"tune": tune, "probe": probe}
            for tune, probe in TRANSFERS
            if tune in tasks and probe in tasks
        ],
        "keep": keep,
        "device": device,
        "engine": dict(engine or {}),
    }
    if quick:
        values |= QUICK
    if protocol is not None:
        values["probing"] = {**values["probing"], "protocol": protocol}
    return make_study(values, source="the call", options=OPTIONS)
