"""Error rates and their intervals, consistency under shifts, the pose of an image, the cost of a training step."""

from stn_lib.metrics.consistency import Consistency, shift_consistency
from stn_lib.metrics.cost import Cost, multiply_adds
from stn_lib.metrics.intervals import Difference, error_interval, holm, mcnemar, paired_bootstrap, paired_interval
from stn_lib.metrics.poses import Pose, is_dead, pose

__all__ = [
    "Consistency",
    "Cost",
    "Difference",
    "Pose",
    "error_interval",
    "holm",
    "is_dead",
    "mcnemar",
    "multiply_adds",
    "paired_bootstrap",
    "paired_interval",
    "pose",
    "shift_consistency",
]
