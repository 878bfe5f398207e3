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
    """Signed images. For each wrong choice there are four images on which it keeps another component."""
    correct, cases = _most(_energy), []
    for wrong in (lambda image: _greedy(image, 0), lambda image: _greedy(image, 1), _independent, _most(torch.var)):
        cases += _differing(generator, wrong, correct)
    for wrong_score in (
        torch.sum,
        lambda p: p.sum().abs(),
        torch.max,
        lambda p: p.abs().max(),
        lambda p: p.abs().sum(),
    ):
        cases += _differing(generator, _most(wrong_score), correct)
    return cases


def _differing(
    generator: torch.Generator, wrong: Callable[[Tensor], Tensor], correct: Callable[[Tensor], Tensor]
) -> list[Case]:
    cases: list[Case] = []
    while len(cases) < 4:
        height, width = (2 * side for side in random_size(generator, 2, 4))
        image = random_image(generator, (height, width)) - random_integer(generator, 1, height * width)
        if not torch.equal(wrong(image), correct(image)):
            cases.append(Case({"image": image}))
    return cases


def _greedy(image: Tensor, first: int) -> Tensor:
    """Choose the stronger half of the rows (or columns), then the stronger half of what is left."""
    for axis in (first, 1 - first):
        halves = [image[i::2] if axis == 0 else image[:, i::2] for i in (0, 1)]
        image = max(halves, key=lambda half: float(_energy(half)))
    return image


def _independent(image: Tensor) -> Tensor:
    """Choose the stronger half of the rows, and, of the whole image, the stronger half of the columns."""
    i = int(_energy(image[1::2]) > _energy(image[0::2]))
    j = int(_energy(image[:, 1::2]) > _energy(image[:, 0::2]))
    return image[i::2, j::2]


def _exchanged(image: Tensor) -> Tensor:
    """Return image[j::2, i::2], where image[i::2, j::2] is the strongest."""
    i, j = max(((i, j) for i in (0, 1) for j in (0, 1)), key=lambda k: float(_energy(image[k[0] :: 2, k[1] :: 2])))
    return image[j::2, i::2]


def _quadrant(image: Tensor) -> Tensor:
    height, width = image.shape[0] // 2, image.shape[1] // 2
    parts = [image[i : i + height, j : j + width] for i in (0, height) for j in (0, width)]
    return max(parts, key=lambda part: float(_energy(part)))


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
        "one_axis_after_the_other": Misconception(
            "You choose between the two halves of the rows and between those of the columns. Compare all FOUR components at once.",
            _independent,
            lambda image: _greedy(image, 0),
            lambda image: _greedy(image, 1),
        ),
        "variance": Misconception(
            "You compare variances, which ignore the mean. Compare the sums of squares.",
            _most(torch.var),
        ),
        "other_norm": Misconception(
            "You compare another norm. Compare the sums of the squares of all values.",
            _most(lambda part: torch.linalg.matrix_norm(part, 2)),
            _most(lambda part: torch.linalg.matrix_norm(part, "nuc")),
            _most(lambda part: (part**4).sum()),
            _most(lambda part: part.abs().sum(dim=1).amax()),
        ),
        "index_or_norm": Misconception(
            "You return the number or the norm of the strongest component. Return the component itself.",
            lambda image: torch.stack([_energy(part) for part in _components(image)]).argmax(),
            lambda image: torch.stack([_energy(part) for part in _components(image)]).max(),
            lambda image: torch.stack([_energy(part) for part in _components(image)]).max().sqrt(),
        ),
        "scaled": Misconception(
            "You divide the component by its norm. Return its values unchanged.",
            lambda image: (lambda part: part / part.norm())(_most(_energy)(image)),
        ),
        "blocks": Misconception(
            "You cut the image into four blocks. A component holds every second row and every second column: image[i::2, j::2].",
            _quadrant,
        ),
        "all_four": Misconception(
            "You return all four components. Return the one with the largest sum of squares.",
            lambda image: torch.stack(_components(image)),
        ),
        "combined": Misconception(
            "You combine the four components pixel by pixel. Choose ONE component for the whole image.",
            lambda image: torch.stack(_components(image)).gather(
                0, torch.stack(_components(image)).abs().argmax(0, keepdim=True)
            )[0],
            lambda image: torch.stack(_components(image)).norm(dim=0),
            lambda image: torch.stack(_components(image)).amax(0),
            lambda image: torch.stack(_components(image)).mean(0),
        ),
        "fixed_after_first": Misconception(
            "You choose along one axis by the norm of half the image, and keep the first half of the other axis. Compare the "
            "four components.",
            lambda image: max(image[0::2], image[1::2], key=_energy)[:, ::2],
            lambda image: max(image[:, 0::2], image[:, 1::2], key=_energy)[::2],
        ),
        "rows_only": Misconception(
            "You choose among two of the four components. Compare all four: i and j are 0 or 1, independently.",
            lambda image: max(_components(image)[0::2], key=_energy),
            *(
                lambda image, pair=pair: max((_components(image)[k] for k in pair), key=_energy)
                for pair in ((0, 1), (0, 3), (1, 2), (1, 3), (2, 3))
            ),
            lambda image: max((image[0::2], image[1::2]), key=_energy),
            lambda image: max((image[:, 0::2], image[:, 1::2]), key=_energy),
        ),
        "indices_exchanged": Misconception(
            "You exchanged i and j: you compare image[i::2, j::2] and return image[j::2, i::2].",
            _exchanged,
        ),
        "squared_returned": Misconception(
            "You return squares or magnitudes. Return the values of the component itself.",
            lambda image: _most(_energy)(image).abs(),
            lambda image: _most(_energy)(image).square(),
        ),
    },
)
