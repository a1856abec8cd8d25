"""Fine-tuning, with snapshots on the way."""

from tunescope.tuning.callback import SnapshotCallback
from tunescope.tuning.finetune import Tuned, finetune
from tunescope.tuning.schedule import snapshot_updates

__all__ = ["SnapshotCallback", "Tuned", "finetune", "snapshot_updates"]
