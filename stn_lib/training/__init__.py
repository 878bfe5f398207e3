"""Training: one loop, its config, checkpoints that resume exactly, and the measured error."""

from stn_lib.training.config import TrainConfig, learning_rate, live_config, pooling_config
from stn_lib.training.evaluation import Evaluation, error_by_turn, evaluate
from stn_lib.training.loop import OutOfTime, TrainResult, load_run, train

__all__ = [
    "Evaluation",
    "OutOfTime",
    "TrainConfig",
    "TrainResult",
    "error_by_turn",
    "evaluate",
    "learning_rate",
    "live_config",
    "load_run",
    "pooling_config",
    "train",
]
