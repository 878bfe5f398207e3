"""A training run of five frames for ReplayTraining's tests."""

import torch

from stn_lib.widgets import ReplayTraining

STEPS = [0, 10, 20, 30, 40]
LABELS = [7, 2, 0]
CNN = [[1, 1, 1], [1, 1, 1], [7, 1, 1], [7, 2, 1], [7, 2, 1]]
ST = [[0, 0, 0], [7, 2, 1], [7, 2, 1], [7, 2, 0], [7, 2, 0]]
ERRORS = {"cnn": [90, 80, 40, 20, 12.5], "st-cnn": [90, 70, 9, 6, 0]}
LOSSES = {"cnn": [2.3, 2.0, 1.2, 0.9, 0.5], "st-cnn": [2.3, 1.5, 0.4, 0.2, 0.1]}


def make_images(count=3, height=12, width=16):
    return torch.rand(count, 1, height, width, generator=torch.Generator().manual_seed(3))


def frames(**changes):
    """Five frames; the window of digit k moves right by 1 / 8 a step if k is 1, and stays otherwise."""
    made = []
    for k, step in enumerate(STEPS):
        theta = torch.eye(3)[:2].repeat(3, 1, 1)
        theta[1, 0, 2] = k / 8
        made.append(
            {
                "step": step,
                "theta": theta,
                "answers": {"st-cnn": torch.tensor(ST[k]), "cnn": torch.tensor(CNN[k])},
                "error": {name: values[k] for name, values in ERRORS.items()},
                "loss": {name: values[k] for name, values in LOSSES.items()},
            }
            | {name: change(k) for name, change in changes.items()}
        )
    return made


def widget(**options):
    return ReplayTraining(
        make_images(), LABELS, frames(), **({"out_size": (6, 8), "tested": 2000, "step": 20} | options)
    )
