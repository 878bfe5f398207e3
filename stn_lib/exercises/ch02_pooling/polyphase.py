"""Check `polyphase(image)`: of the four ways to keep every second row and column, the one with the largest norm.

Args: image: float64 (H, W), both sides even.
Returns: The component with the largest norm, float64 (H / 2, W / 2).

Example:
    >>> polyphase(lambda image: image[::2, ::2]).misconception
    'always_first'

Source: Chaman and Dokmanić, CVPR 2021.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_integer, random_size


def _components(image: Tensor) -> list[Tensor]:
    return [image[i::2, j::2] for i in (0, 1) for j in (0, 1)]


def _energy(part: Tensor) -> Tensor:
    return part.square().sum()


def _most(score: Callable[[Tensor], Any]) -> Callable[[Tensor], Tensor]:
    return lambda image: max(_components(image), key=lambda part: float(score(part)))


def _cases(generator: torch.Generator) -> list[Case]:
    """Signed images. For each wrong score there are four images on which it chooses another component."""
    correct, cases = _most(_energy), []
    for wrong_score in (
        torch.sum,
        lambda p: p.sum().abs(),
        torch.max,
        lambda p: p.abs().max(),
        lambda p: p.abs().sum(),
    ):
        wanted = len(cases) + 4
        while len(cases) < wanted:
            height, width = (2 * side for side in random_size(generator, 2, 4))
            image = random_image(generator, (height, width)) - random_integer(generator, 1, height * width)
            if not torch.equal(_most(wrong_score)(image), correct(image)):
                cases.append(Case({"image": image}))
    return cases


polyphase = exercise(
    __name__,
    number="2.4",
    cases=_cases,
    oracle=_most(_energy),
    oracle_name="the norm of each of the four",
    misconceptions={
        "always_first": Misconception(
            "You always keep the same component. That is ordinary subsampling: compare the four and keep the strongest.",
            *(lambda image, k=k: _components(image)[k] for k in range(4)),
        ),
        "largest_sum": Misconception(
            "You compare sums, in which negative values cancel positive ones. Compare sums of SQUARES.",
            _most(lambda part: part.sum()),
            _most(lambda part: part.sum().abs()),
        ),
        "largest_value": Misconception(
            "You compare the largest value of each. Compare the sums of squares of ALL values.",
            _most(lambda part: part.max()),
            _most(lambda part: part.abs().max()),
        ),
        "weakest": Misconception(
            "You keep the weakest of the four. Keep the one with the LARGEST sum of squares.",
            _most(lambda part: -_energy(part)),
        ),
        "sum_of_magnitudes": Misconception(
            "You compare sums of magnitudes. APS uses the sum of squares, the norm of the exercise.",
            _most(lambda part: part.abs().sum()),
        ),
        "rows_only": Misconception(
            "You choose among two of the four: by row or by column. Choose both, i and j.",
            lambda image: max(_components(image)[0::2], key=_energy),
            lambda image: max(_components(image)[:2], key=_energy),
        ),
    },
)
