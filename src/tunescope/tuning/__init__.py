"""Fine-tuning, with snapshots on the way."""

from tunescope.extras import needed_for

with needed_for(__name__):
    from tunescope.tuning.callback import SnapshotCallback
    from tunescope.tuning.finetune import finetune
    from tunescope.tuning.schedule import snapshot_updates
    from tunescope.tuning.tuned import Tuned, load_tuned

__all__ = ["SnapshotCallback", "Tuned", "finetune", "load_tuned", "snapshot_updates"]
