"""Error rates and their intervals, consistency under shifts, poses, parts in windows, the cost of a training step."""

from stn_lib.metrics.consistency import Consistency, shift_consistency
from stn_lib.metrics.cost import Cost, multiply_adds
from stn_lib.metrics.intervals import Difference, error_interval, holm, mcnemar, paired_bootstrap, paired_interval
from stn_lib.metrics.parts import Specialisation, part_coverage, specialisation
from stn_lib.metrics.poses import Pose, is_dead, pose

__all__ = [
    "Consistency",
    "Cost",
    "Difference",
    "Pose",
    "Specialisation",
    "error_interval",
    "holm",
    "is_dead",
    "mcnemar",
    "multiply_adds",
    "paired_bootstrap",
    "paired_interval",
    "part_coverage",
    "pose",
    "shift_consistency",
    "specialisation",
]
