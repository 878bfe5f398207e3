"""The cases of the collapse experiment: each compares runs that differ in one fault or one cure."""

from collections.abc import Callable
from functools import partial
from typing import Any

from experiments.collapse.training import BATCH, LR, STEPS, WINDOW, train_st_cnn, train_tutorial
from experiments.experiment import Job
from stn_lib.data import DISTORTIONS, DigitsSplit, Distortion, held_out_set
from stn_lib.training import TrainConfig, evaluate
from stn_lib.training.runs import train

MARGIN = Distortion("margin", out_size=(60, 60), max_angle=0.0, scale=(0.8, 1.0), max_shift=8.0)
UPRIGHT = Distortion("upright", out_size=(28, 28), max_angle=0.0)
OFF = (0.3, 1.0, 0.0)  # (s, t_x, t_y): a window of 18 of the 60 pixels, to the right of every digit

#: A run of a case: it takes a seed, a `Job` and the digits, and returns what it measured.
Run = Callable[[int, Job, DigitsSplit], dict[str, Any]]


def cases(mean: float, std: float) -> dict[str, dict[str, Run]]:
    """Every case: its runs by name.

    Args:
        mean, std: of the training images, for the cases that normalise them.
    """
    margin = partial(train_st_cnn, distortion=MARGIN, transform="attention")
    rotated = partial(train_st_cnn, distortion=DISTORTIONS["RTS"])
    return {
        "blank margin": {
            "start off the digit": partial(margin, start=OFF),
            "… border padding": partial(margin, start=OFF, padding_mode="border"),
            "… localisation × 0.1": partial(margin, start=OFF, factor=0.1),
            "… penalty 1": partial(margin, start=OFF, penalty=1.0),
            "bounded, start at its right end": partial(margin, transform=WINDOW, start=(-3.0, 3.0, 0.0)),
            "start at the identity": margin,
        },
        "localisation too fast": {
            "no transformer": train_plain_cnn,
            "× 0.25": partial(rotated, factor=0.25),
            "× 1": rotated,
            "× 10": partial(rotated, factor=10.0),
            "× 30": partial(rotated, factor=30.0),
            "× 10, penalty 1": partial(rotated, factor=10.0, penalty=1.0),
            "× 30, penalty 1": partial(rotated, factor=30.0, penalty=1.0),
            "× 10, bounded": partial(rotated, factor=10.0, transform=WINDOW),
            "× 0.25, bounded": partial(rotated, factor=0.25, transform=WINDOW),
        },
        "frame": paddings(train_st_cnn, mean, std, distortion=DISTORTIONS["R"]),
        "tutorial, upright": paddings(train_tutorial, mean, std, distortion=UPRIGHT),
        "tutorial, turned": paddings(train_tutorial, mean, std, distortion=DISTORTIONS["R"]),
    }


def paddings(run: Callable[..., dict[str, Any]], mean: float, std: float, **settings: Any) -> dict[str, Run]:
    """Runs on normalised images with each of three paddings, and two controls.

    One control does not normalise. The other only divides by std: its contrast is that of normalised images, but its
    background is 0, so that zero padding makes no frame.
    """
    blank = -mean / std
    normalised = partial(run, prepare=lambda x: (x - mean) / std, blank=blank, **settings)
    return {
        "zeros": normalised,
        "border": partial(normalised, padding_mode="border"),
        "background": partial(normalised, background=blank),
        "not normalised": partial(run, **settings),
        "only divided by std": partial(run, prepare=lambda x: x / std, **settings),
    }


def train_plain_cnn(seed: int, job: Job, split: DigitsSplit) -> dict[str, Any]:
    """The network without a spatial transformer, on the same images."""
    config = TrainConfig(
        model="cnn", seed=seed, steps=STEPS, batch_size=BATCH, lr=LR, hold_out=job.options.hold_out
    )  # fmt: skip
    result = train(config, out=job.folder, stop=job.stop, progress=job.progress)
    found = evaluate(result.model, held_out_set(split, config.recipe, copies=2))
    return {"error_percent": round(found.error, 2), "n": found.n}
