"""The exercises about shifted pictures: what is asked, the right answer, and what goes wrong.

Convention: pictures are float64 tensors (H, W); a positive dx moves to the right, a positive dy down; zeros come in.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.attempt import Case, Named
from stn_lib.exercises.draw import draw_image, draw_integer, draw_size
from stn_lib.exercises.frame import Exercise, Misconception


def _shift(image: Tensor, dx: int, dy: int) -> Tensor:
    height, width = image.shape
    rows, columns = torch.arange(height) - dy, torch.arange(width) - dx
    known = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    return torch.where(known, image[rows.clamp(0, height - 1)][:, columns.clamp(0, width - 1)], 0.0)


def _edge_repeated(image: Tensor, dx: int, dy: int) -> Tensor:
    rows = (torch.arange(image.shape[0]) - dy).clamp(0, image.shape[0] - 1)
    columns = (torch.arange(image.shape[1]) - dx).clamp(0, image.shape[1] - 1)
    return image[rows][:, columns]


def _draw_shifts(generator: torch.Generator) -> list[Case]:
    cases = []
    for dx, dy in ((1, 0), (0, 1), (-1, 0), (0, -2), (2, 1), (-1, 2), (1, -1), (-2, -1), (0, 0)):
        cases.append(Case({"image": draw_image(generator, draw_size(generator, 3, 6)), "dx": dx, "dy": dy}))
    for dx, dy in ((7, 0), (0, -7), (-9, 8)):  # all of it leaves
        image = draw_image(generator, draw_size(generator, 2, 5))
        cases.append(Case({"image": image, "dx": dx, "dy": dy}, plain=False))
    return cases


SHIFT = Exercise(
    "1.1",
    "shift",
    _draw_shifts,
    _shift,
    "index arithmetic",
    (
        Misconception(
            "wraps_round",
            "What leaves on one side comes in on the other, as `torch.roll` does it. Here zeros come in.",
            (lambda image, dx, dy: image.roll((dy, dx), (0, 1)),),
        ),
        Misconception(
            "edge_repeated",
            "The last row or column is repeated. Here zeros come in.",
            (_edge_repeated,),
        ),
        Misconception(
            "sign",
            "Your picture moves the other way. A positive dx moves it to the right: pixel (x, y) of the answer is pixel "
            "(x − dx, y − dy) of the picture.",
            (
                lambda image, dx, dy: _shift(image, -dx, -dy),
                lambda image, dx, dy: image.roll((-dy, -dx), (0, 1)),
            ),
        ),
        Misconception(
            "dx_dy_swapped",
            "dx and dy are exchanged. dx moves along a row, which is the SECOND index of `image[row, column]`.",
            (
                lambda image, dx, dy: _shift(image, dy, dx),
                lambda image, dx, dy: image.roll((dx, dy), (0, 1)),
                lambda image, dx, dy: _shift(image, -dy, -dx),
            ),
        ),
        Misconception(
            "one_axis",
            "Only one of dx and dy does something. Move along both axes.",
            (lambda image, dx, dy: _shift(image, dx, 0), lambda image, dx, dy: _shift(image, 0, dy)),
        ),
    ),
    plain="Where a part of the picture stays inside",
)


def _convolution(weights: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda x: F.conv2d(x[None, None], weights.to(x)[None, None], padding="same")[0, 0]


def _ramp(x: Tensor) -> Tensor:
    return x * torch.arange(x.shape[1]).to(x)


def _hold(x: Tensor) -> Tensor:
    """Keeps every second column, and shows it twice: what a stride leaves."""
    return x[:, ::2].repeat_interleave(2, dim=1)[:, : x.shape[1]]


def _draw_functions(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(28):
        side = (3, 5)[k % 2]
        weights = torch.randint(-3, 4, (side, side), generator=generator).double()
        weights[0, 0] = 2.0  # never blind to one corner: the border matters
        function = (
            Named(f"a convolution of {side} × {side}", _convolution(weights)),
            Named("x times its column", _ramp),
            Named("every second column, shown twice", _hold),
        )[(0, 1, 0, 2)[k % 4]]
        image = draw_image(generator, (draw_integer(generator, 9, 10), draw_integer(generator, 11, 13)))
        dx, dy = ((1, 0), (-1, 1), (1, 1), (-1, 0))[k // 4 % 4]
        cases.append(
            Case({"f": function, "image": image, "dx": dx, "dy": dy, "margin": (3, 4)[k // 2 % 2] - (k % 3 == 0)})
        )
    return cases


def _inside(gap: Tensor, margin: int) -> Tensor:
    return gap[margin : gap.shape[0] - margin, margin : gap.shape[1] - margin]


def _gap(f: Any, image: Tensor, dx: int, dy: int) -> Tensor:
    return f(_shift(image, dx, dy)) - _shift(f(image), dx, dy)


def _error(gap: Callable[..., Tensor], cut: bool = True, end: Callable[[Tensor], Tensor] = lambda g: g.abs().max()):
    return lambda f, image, dx, dy, margin: end(_inside(gap(f, image, dx, dy), margin if cut else 0))


EQUIVARIANCE = Exercise(
    "1.2",
    "equivariance_error",
    _draw_functions,
    _error(_gap),
    "the definition, worked out by index",
    (
        Misconception(
            "invariance",
            "You compare f(Tx) with f(x): that is invariance. For equivariance compare f(Tx) with T f(x): shift the answer, "
            "too.",
            tuple(_error(lambda f, x, dx, dy: f(_shift(x, dx, dy)) - f(x), cut) for cut in (True, False)),
        ),
        Misconception(
            "border_forgotten",
            "You count the pixels at the border, where the shift has lost something. Leave out `margin` of them on each side.",
            (_error(_gap, False),),
        ),
        Misconception(
            "shifted_back",
            "One of the two shifts goes the other way. T is the same shift for the picture and for the answer.",
            (_error(lambda f, x, dx, dy: f(_shift(x, dx, dy)) - _shift(f(x), -dx, -dy)),),
        ),
        Misconception(
            "not_absolute",
            "You take the largest difference with its sign; a negative one counts as much. Take absolute values first.",
            (
                _error(_gap, end=lambda g: g.max()),
                _error(lambda *a: -_gap(*a), end=lambda g: g.max()),
                _error(_gap, end=lambda g: g.max().abs()),
            ),
        ),
        Misconception(
            "mean_or_sum",
            "You average or add the differences. Take the largest: one pixel that is wrong is enough.",
            tuple(
                _error(_gap, cut, end)
                for cut in (True, False)
                for end in (
                    lambda g: g.abs().mean(),
                    lambda g: g.abs().sum(),
                    lambda g: g.square().mean(),
                    lambda g: g.norm(),
                )
            ),
        ),
    ),
)
