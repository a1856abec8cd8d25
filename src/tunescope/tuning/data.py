"""The training batches: texts with all their labelled examples, or example by example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from tunescope.encoders.batching import collate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tunescope.encoders.inputs import Inputs
    from tunescope.tuning.settings import BatchOf


class TrainingItems(torch.utils.data.Dataset["NDArray[np.int64]"]):
    """What one step of the batch size counts: the rows of the examples that go together.

    Parameters
    ----------
    groups : (n_examples,) the text of each example.
    batch_of : ``"texts"`` keeps a text's examples together; ``"examples"`` does not.
    """

    def __init__(self, groups: NDArray[np.int64], batch_of: BatchOf) -> None:
        order = np.argsort(groups, kind="stable")
        if batch_of == "examples":
            self.items = [np.array([row], dtype=np.int64) for row in range(len(groups))]
        else:
            edges = np.flatnonzero(np.diff(groups[order])) + 1
            self.items = np.split(order, edges)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> NDArray[np.int64]:
        return self.items[index]


class TrainingCollator:
    """Rows of examples → the tensors that `Classifier` takes; each text is in them once.

    Parameters
    ----------
    inputs : the planned task.
    split : the split that is trained on.
    labels : (n_examples,) of its kept examples.
    padding_id : the tokenizer's.
    """

    def __init__(
        self, inputs: Inputs, split: str, labels: NDArray[np.int64], padding_id: int
    ) -> None:
        self.inputs = inputs
        self.planned = inputs.splits[split]
        self.labels = labels
        self.padding_id = padding_id

    def __call__(self, items: Sequence[NDArray[np.int64]]) -> dict[str, torch.Tensor]:
        """Make one batch."""
        rows = np.concatenate(items)
        texts = np.unique(self.planned.texts[rows])
        sequences = np.concatenate(
            [
                np.arange(self.inputs.text_sequences[text], self.inputs.text_sequences[text + 1])
                for text in texts.tolist()
            ]
        )
        batch = collate(self.inputs, sequences, self.padding_id)
        units = np.searchsorted(batch.units.numpy(), self.planned.units[rows])
        return batch.tensors() | {
            "example_units": torch.from_numpy(units),
            "labels": torch.from_numpy(self.labels[rows]),
        }
