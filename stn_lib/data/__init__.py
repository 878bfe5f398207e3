"""Digits to learn from, and the distortions of the paper that are laid on them while training."""

from stn_lib.data.datasets import TASKS, HeldOut, held_out_set, load_split, training_batch
from stn_lib.data.digits import DigitsSplit, load_digits_split
from stn_lib.data.distortions import DISTORTIONS, RTS, TC, Distortion, E, P, R, distort
from stn_lib.data.mnist import load_mnist
from stn_lib.data.sample_digits import sample_digits
from stn_lib.data.shift import shift
from stn_lib.data.view_change import RANGES, view_change

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
    "distort",
    "held_out_set",
    "load_digits_split",
    "load_mnist",
    "load_split",
    "sample_digits",
    "shift",
    "training_batch",
    "view_change",
]
