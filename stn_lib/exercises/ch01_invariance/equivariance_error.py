"""Check `equivariance_error(f, image, dx, dy, margin)`: the largest |f(Tx) − T f(x)| inside the margin.

Convention: T is the shift of exercise 1.1; pixels less than `margin` from an edge do not count.

Args: f: a function of images, (H, W) to (H, W); image: float64 (H, W); dx, dy, margin: integers.
Returns: A number.

Example:
    >>> equivariance_error(lambda f, image, dx, dy, margin: 0.0).passed
    False
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.ch01_invariance.shift import shift_by_index
from stn_lib.exercises.framework import Case, Misconception, Named, exercise, random_image, random_integer


def _convolution(weights: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda x: F.conv2d(x[None, None], weights.to(x)[None, None], padding="same")[0, 0]


def _ramp(x: Tensor) -> Tensor:
    return x * torch.arange(x.shape[1]).to(x)


def _stripes(x: Tensor) -> Tensor:
    return x * (1 - 2 * (torch.arange(x.shape[1]) % 2)).to(x)


def _hold(x: Tensor) -> Tensor:
    """Keep every second column and repeat it, as after a stride of 2."""
    return x[:, ::2].repeat_interleave(2, dim=1)[:, : x.shape[1]]


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(28):
        side = (3, 5)[k % 2]
        weights = torch.randint(-3, 4, (side, side), generator=generator).double()
        weights[0, 0] = 2.0  # never 0 in this corner: the border matters
        function = (
            Named(f"a convolution of {side} × {side}", _convolution(weights)),
            Named("x times its column", _ramp),
            Named("x with the sign of every second column changed", _stripes),
            Named("every second column, repeated", _hold),
        )[k % 4]
        image = random_image(generator, (random_integer(generator, 11, 12), random_integer(generator, 13, 15)))
        dx, dy = ((2, 0), (-1, 2), (1, 1), (-2, 0))[k // 4 % 4]
        cases.append(
            Case({"f": function, "image": image, "dx": dx, "dy": dy, "margin": (1, 3)[k // 2 % 2] + (k % 3 == 0)})
        )
    return cases


def _inside(difference: Tensor, margin: int) -> Tensor:
    return difference[margin : difference.shape[0] - margin, margin : difference.shape[1] - margin]


def _difference(f: Any, image: Tensor, dx: int, dy: int) -> Tensor:
    return f(shift_by_index(image, dx, dy)) - shift_by_index(f(image), dx, dy)


def _error(
    difference: Callable[..., Tensor], cut: bool = True, end: Callable[[Tensor], Tensor] = lambda g: g.abs().max()
):
    return lambda f, image, dx, dy, margin: end(_inside(difference(f, image, dx, dy), margin if cut else 0))


def _swapped(f: Any, image: Tensor, dx: int, dy: int) -> Tensor:
    return _difference(f, image, dy, dx)


def _rolled(f: Any, image: Tensor, dx: int, dy: int) -> Tensor:
    return f(image.roll((dy, dx), (0, 1))) - f(image).roll((dy, dx), (0, 1))


def _cropped_first(f: Any, image: Tensor, dx: int, dy: int, margin: int) -> Tensor:
    return _difference(f, _inside(image, margin), dx, dy).abs().max()


equivariance_error = exercise(
    __name__,
    number="1.2",
    cases=_cases,
    oracle=_error(_difference),
    oracle_name="the definition, worked out by index",
    misconceptions={
        "invariance": Misconception(
            "You compare f(Tx) with f(x): that is invariance. For equivariance compare f(Tx) with T f(x): shift the output, too.",
            *(_error(lambda f, x, dx, dy: f(shift_by_index(x, dx, dy)) - f(x), cut) for cut in (True, False)),
        ),
        "border_forgotten": Misconception(
            "You count the pixels at the border, where the shift loses content. Leave out `margin` pixels on each side.",
            _error(_difference, False),
        ),
        "shifted_back": Misconception(
            "One of the two shifts goes the other way. T is the same shift for the input and for the output.",
            _error(lambda f, x, dx, dy: f(shift_by_index(x, dx, dy)) - shift_by_index(f(x), -dx, -dy)),
        ),
        "magnitudes_subtracted": Misconception(
            "You subtract magnitudes. Subtract f(Tx) and T f(x) first, then take the absolute value.",
            _error(lambda f, x, dx, dy: f(shift_by_index(x, dx, dy)).abs() - shift_by_index(f(x), dx, dy).abs()),
            lambda f, x, dx, dy, m: (
                _inside(f(shift_by_index(x, dx, dy)), m).max() - _inside(shift_by_index(f(x), dx, dy), m).max()
            ).abs(),
        ),
        "other_shift": Misconception(
            "Your T uses only one of dx and dy, or has a wrong sign. T moves the content to the right by dx and down by dy.",
            _error(lambda f, x, dx, dy: _difference(f, x, dx, 0)),
            _error(lambda f, x, dx, dy: _difference(f, x, 0, dy)),
            _error(lambda f, x, dx, dy: _difference(f, x, dx, -dy)),
            _error(lambda f, x, dx, dy: _difference(f, x, -dx, dy)),
            _error(lambda f, x, dx, dy: _difference(f, x, -dx, -dy)),
        ),
        "dx_dy_swapped": Misconception(
            "You exchanged dx and dy in at least one of the shifts. T moves the content to the right by dx and down by dy.",
            *(_error(_swapped, cut) for cut in (True, False)),
            _error(lambda f, x, dx, dy: f(shift_by_index(x, dy, dx)) - shift_by_index(f(x), dx, dy)),
            _error(lambda f, x, dx, dy: f(shift_by_index(x, dx, dy)) - shift_by_index(f(x), dy, dx)),
        ),
        "input_not_shifted": Misconception(
            "You shift only the output. Compare f of the SHIFTED image with the shifted f of the image.",
            *(_error(lambda f, x, dx, dy: f(x) - shift_by_index(f(x), dx, dy), cut) for cut in (True, False)),
        ),
        "circular": Misconception(
            "Your T is a circular shift, as with `torch.roll`. Use the shift of exercise 1.1: zeros enter.",
            *(_error(_rolled, cut) for cut in (True, False)),
            _error(lambda f, x, dx, dy: f(shift_by_index(x, dx, dy)) - f(x).roll((dy, dx), (0, 1))),
            _error(lambda f, x, dx, dy: f(x.roll((dy, dx), (0, 1))) - shift_by_index(f(x), dx, dy)),
        ),
        "compares_with_image": Misconception(
            "You compare f(Tx) with an image to which f was not applied. Compare it with T f(x).",
            *(
                _error(lambda f, x, dx, dy: f(shift_by_index(x, dx, dy)) - shift_by_index(x, dx, dy), c)
                for c in (True, False)
            ),
            *(_error(lambda f, x, dx, dy: f(shift_by_index(x, dx, dy)) - x, c) for c in (True, False)),
        ),
        "undone": Misconception(
            "You shift f(Tx) back and compare it with f(x), so your margin is around other pixels. Compare f(Tx) with T f(x).",
            *(
                _error(lambda f, x, dx, dy: shift_by_index(f(shift_by_index(x, dx, dy)), -dx, -dy) - f(x), cut)
                for cut in (True, False)
            ),
        ),
        "relative": Misconception(
            "You divide by the size of the output. Return the largest difference itself.",
            lambda f, x, dx, dy, m: _error(_difference)(f, x, dx, dy, m) / _inside(f(x), m).abs().max(),
            lambda f, x, dx, dy, m: _error(_difference)(f, x, dx, dy, m) / f(x).abs().max(),
        ),
        "not_reduced": Misconception(
            "You return the whole map of differences. Return one number, its largest absolute value.",
            _error(_difference, end=lambda g: g),
            _error(_difference, end=lambda g: g.abs()),
        ),
        "one_sided_margin": Misconception(
            "You leave out the margin on some sides only. Leave out `margin` pixels on all four sides.",
            lambda f, x, dx, dy, margin: _difference(f, x, dx, dy)[margin:, margin:].abs().max(),
            lambda f, x, dx, dy, margin: _difference(f, x, dx, dy)[:-margin, :-margin].abs().max(),
            lambda f, x, dx, dy, margin: _difference(f, x, dx, dy)[margin:-margin].abs().max(),
            lambda f, x, dx, dy, margin: _difference(f, x, dx, dy)[:, margin:-margin].abs().max(),
        ),
        "margin_off_by_one": Misconception(
            "Your margin is one pixel too wide or too narrow. Leave out exactly `margin` pixels on each side.",
            *(lambda f, x, dx, dy, m, k=k: _inside(_difference(f, x, dx, dy), m + k).abs().max() for k in (1, -1)),
        ),
        "cropped_first": Misconception(
            "You cut off the margin of the image before f and T. Compute both on the whole image and cut the DIFFERENCE.",
            _cropped_first,
            lambda f, x, dx, dy, m: (
                (f(_inside(shift_by_index(x, dx, dy), m)) - shift_by_index(f(_inside(x, m)), dx, dy)).abs().max()
            ),
        ),
        "not_absolute": Misconception(
            "You take the largest difference with its sign; a negative difference counts as much. Take absolute values first.",
            _error(_difference, end=lambda g: g.max()),
            _error(lambda *a: -_difference(*a), end=lambda g: g.max()),
            _error(_difference, end=lambda g: g.max().abs()),
        ),
        "mean_or_sum": Misconception(
            "You do not take the largest difference. One wrong pixel is enough, so use the maximum of the absolute values, not "
            "their mean, sum, minimum or number.",
            *(
                _error(_difference, cut, end)
                for cut in (True, False)
                for end in (
                    lambda g: g.abs().mean(),
                    lambda g: g.abs().sum(),
                    lambda g: g.square().mean(),
                    lambda g: g.norm(),
                    lambda g: g.square().mean().sqrt(),
                    lambda g: g.square().sum(),
                    lambda g: g.abs().min(),
                    lambda g: g.abs().median(),
                    lambda g: (g.abs() > 1e-6).double().sum(),
                    lambda g: (g.abs() > 1e-6).double().mean(),
                )
            ),
        ),
        "squared": Misconception(
            "You square the differences. Return the largest ABSOLUTE difference.",
            *(_error(_difference, cut, lambda g: g.square().max()) for cut in (True, False)),
        ),
        "applied_twice": Misconception(
            "You apply f twice. Compare f(Tx) with T f(x), each with one f.",
            lambda f, x, dx, dy, m: _error(_difference)(lambda image: f(f(image)), x, dx, dy, m),
        ),
    },
)
