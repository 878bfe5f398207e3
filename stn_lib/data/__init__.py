"""Digits to learn from, and the distortions of the paper that are laid on them while training."""

from stn_lib.data.cast import cast
from stn_lib.data.change import RANGES, change
from stn_lib.data.digits import DigitsSplit, load_digits_split
from stn_lib.data.distortion import DISTORTIONS, RTS, TC, Distortion, E, P, R, distort
from stn_lib.data.mnist import load_mnist
from stn_lib.data.shift import shift
from stn_lib.data.tasks import TASKS, HeldOut, held_out_set, load_split, training_batch

__all__ = [
    "DISTORTIONS",
    "RANGES",
    "RTS",
    "TASKS",
    "TC",
    "DigitsSplit",
    "Distortion",
    "E",
    "HeldOut",
    "P",
    "R",
    "cast",
    "change",
    "distort",
    "held_out_set",
    "load_digits_split",
    "load_mnist",
    "load_split",
    "shift",
    "training_batch",
]
