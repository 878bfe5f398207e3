"""Error rates and their intervals, the consistency of a classifier under shifts, and the pose of an image."""

from stn_lib.metrics.consistency import Consistency, shift_consistency
from stn_lib.metrics.intervals import Difference, error_interval, holm, mcnemar, paired_bootstrap, paired_interval
from stn_lib.metrics.poses import Pose, is_dead, pose

__all__ = [
    "Consistency",
    "Difference",
    "Pose",
    "error_interval",
    "holm",
    "is_dead",
    "mcnemar",
    "paired_bootstrap",
    "paired_interval",
    "pose",
    "shift_consistency",
]
