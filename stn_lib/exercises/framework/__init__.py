"""Run the checks of all exercises: their cases, their results, and the registry that finds them."""

from stn_lib.exercises.framework.cases import Case, Named
from stn_lib.exercises.framework.random_cases import random_image, random_integer, random_size
from stn_lib.exercises.framework.ready_made import AUTOGRAD, SAMPLERS
from stn_lib.exercises.framework.registry import exercise
from stn_lib.exercises.framework.runner import Exercise, Misconception, run

__all__ = [
    "AUTOGRAD",
    "SAMPLERS",
    "Case",
    "Exercise",
    "Misconception",
    "Named",
    "exercise",
    "random_image",
    "random_integer",
    "random_size",
    "run",
]
