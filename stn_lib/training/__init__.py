"""Training: one loop, its config, exact checkpoints, and the measured error."""

import lazy_loader

# Lazy, so that reading a config imports no torch.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "config": ["FitConfig", "TrainConfig", "cover_config", "live_config", "pooling_config"],
        "evaluation": ["Evaluation", "error_by_angle", "evaluate"],
        "optimizer": ["learning_rate"],
        "fit": ["FitResult", "OutOfTime"],
        "runs": ["TrainResult", "load_run", "train"],
    },
)
