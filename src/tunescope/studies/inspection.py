"""What is to be found out about one or two checkpoints on one labelled data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from tunescope.studies.study import Encoding, Engine, Geometry, OwnTask, Part, Probing, Split

TrainedOn = Literal["unknown", "all", "train", "none"]

UNSEEN = {
    "unknown": "It is not known whether {model} was trained on these texts (--trained-on says it). "
    "If it was, what is measured on the test split is not about texts that it has not seen, and "
    "shows only that the probes have not seen them.",
    "all": "{model} was trained on all of these texts: what is measured on the test split is not "
    "about texts that it has not seen, and shows only that the probes have not seen them.",
    "train": "{model} was trained on the training split of these texts, and has not seen the test "
    "split.",
    "none": "{model} was trained on none of these texts.",
}
"""What the answer to the question means, what the model was trained on."""


class Inspection(Part):
    """What is to be found out about one checkpoint, or about two."""

    models: Annotated[list[str], Field(min_length=1, max_length=2)]
    """Names from the catalogue, Hub ids, or folders; of two, the original before the tuned one."""
    task: str | OwnTask
    """A name from the catalogue, a file, a data set, or a task spelled out."""
    trained_on: TrainedOn = "unknown"
    """What of these texts the (last) model was trained on: `all`, the `train` split, or `none`."""
    encoding: Encoding = Encoding()
    probing: Probing = Probing()
    geometry: Geometry = Geometry()
    split: Split = Split()
    device: str = "auto"
    """Where to compute: auto, cpu, cuda, cuda:1, mps."""
    allow_pickle: bool = False
    """Whether weights are loaded that are in torch's own format only, by its `weights_only`
    loading, which runs no code."""

    engine: Engine = Engine()

    def record(self, *, divided: bool) -> dict[str, Any]:
        """Give what was asked for, without `split` where it has not divided the task."""
        unused = {"engine"} if divided else {"engine", "split"}
        return self.model_dump(mode="json", exclude=unused)


def trained_on(record: Mapping[str, Any]) -> str:
    """Say what a run's model was trained on, from its record; empty where that says nothing."""
    found = record.get("trained_on")
    return str(found["said"]) if isinstance(found, Mapping) else ""
