"""Check `bounded_window(raw)`: a theta that only scales and shifts, and keeps the window inside the image.

Convention: from (a, b, c): s = ½ + ½ sigmoid(a), t_x = (1 − s) tanh(b), t_y = (1 − s) tanh(c). The gradient must reach
the three numbers.

Args: raw: float64 (3,), numbers of any size.
Returns: theta, float64 (2, 3).

Example:
    >>> bounded_window(lambda raw: torch.eye(2, 3).double()).passed
    False
"""

from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    raw = [torch.randint(-25, 26, (3,), generator=generator).double() / 10 + 0.05 for _ in range(10)]
    raw += [torch.tensor([2.0, b, c], dtype=torch.float64) for b, c in ((800, 0.4), (0.3, 900), (750, 850))]
    return [Case({"raw": numbers}) for numbers in raw]


def _window(
    raw: Tensor,
    scale: Callable[[Tensor], Tensor] = lambda a: 0.5 + 0.5 * torch.sigmoid(a),
    room: Callable[[Tensor], Tensor] = lambda s: 1 - s,
    squash: Callable[[Tensor], Tensor] = torch.tanh,
    order: tuple[int, ...] = (0, 1, 2, 3, 4, 5),
) -> Tensor:
    """The window; each option is a possible mistake."""
    s = scale(raw[0])
    x, y = room(s) * squash(raw[1:])
    zero = torch.zeros_like(s)
    return torch.stack([s, zero, x, zero, s, y])[list(order)].view(2, 3)


def _clamped(raw: Tensor) -> Tensor:
    s = 0.5 + 0.5 * torch.sigmoid(raw[0])
    x, y = raw[1:].clamp(-(1 - s).item(), (1 - s).item())
    return torch.stack([s, 0 * s, x, 0 * s, s, y]).view(2, 3)


def _one_axis(raw: Tensor) -> Tensor:
    theta = _window(raw)
    theta[1, 1] = 1
    return theta


bounded_window = exercise(
    __name__,
    number="6.2",
    cases=_cases,
    oracle=_window,
    oracle_name="s = ½ + ½ sigmoid(a), t = (1 − s) tanh(b), (1 − s) tanh(c)",
    gradient=("raw",),
    misconceptions={
        "unbounded": Misconception(
            "You use the raw numbers directly, so a large step can still move the window out of the image.",
            lambda raw: _window(raw, lambda a: a, lambda s: 1, lambda b: b),
        ),
        "shift_unbounded": Misconception(
            "Your shift has no bound, so the window can leave the image. tanh keeps it between −1 and 1.",
            lambda raw: _window(raw, squash=lambda b: b),
            lambda raw: _window(raw, room=lambda s: 1, squash=lambda b: b),
        ),
        "room_forgotten": Misconception(
            "You left out the factor 1 − s. Without it the window can leave the image.",
            lambda raw: _window(raw, room=lambda s: 1),
        ),
        "room_is_s": Misconception(
            "You multiply the shift by s, or by 1 + s. The larger the window, the less room it has: multiply by 1 − s.",
            lambda raw: _window(raw, room=lambda s: 1 + s),
            lambda raw: _window(raw, room=lambda s: s),
        ),
        "half_the_room": Misconception(
            "Your shift uses half of its room. The image is 2 wide, from −1 to 1, so a centre has room for 1 − s on each side.",
            lambda raw: _window(raw, room=lambda s: (1 - s) / 2),
        ),
        "scale_from_zero": Misconception(
            "Your scale runs from 0 to 1. Near 0 all source points lie close together, and the gradient of theta says little. Keep "
            "it above ½: ½ + ½ sigmoid(a).",
            lambda raw: _window(raw, torch.sigmoid),
            lambda raw: _window(raw, lambda a: 0.5 + 0.5 * torch.tanh(a)),
        ),
        "scale_below_half": Misconception(
            "Your scale is at most ½. It is ½ + ½ sigmoid(a), from ½ to 1.",
            lambda raw: _window(raw, lambda a: 0.5 * torch.sigmoid(a)),
        ),
        "scale_above_one": Misconception(
            "Your scale can exceed 1, and then the window is larger than the image. Add half of the sigmoid to ½.",
            lambda raw: _window(raw, lambda a: 0.5 + torch.sigmoid(a)),
            lambda raw: _window(raw, lambda a: 1 + 0.5 * torch.sigmoid(a)),
        ),
        "scale_unbounded": Misconception(
            "Your scale has no bound. sigmoid keeps its part between 0 and 1: ½ + ½ sigmoid(a).",
            lambda raw: _window(raw, lambda a: 0.5 + 0.5 * a),
            lambda raw: _window(raw, lambda a: a),
        ),
        "scale_clamped": Misconception(
            "You clamp the scale. Beyond the bound a clamped number has a gradient of 0 and cannot return. Use the sigmoid.",
            lambda raw: _window(raw, lambda a: a.clamp(0.5, 1)),
            lambda raw: _window(raw, lambda a: (0.5 + torch.sigmoid(a)).clamp(max=1)),
        ),
        "tanh_of_the_product": Misconception(
            "You multiply by 1 − s before tanh. Multiply after it: tanh keeps the number below 1, the factor keeps it in the image.",
            lambda raw: torch.cat(
                [_window(raw)[:, :2], torch.tanh((0.5 - 0.5 * torch.sigmoid(raw[0])) * raw[1:, None])], 1
            ),
        ),
        "one_direction": Misconception(
            "Your shift is never negative: the window can move to the right and down only. tanh has both signs.",
            lambda raw: _window(raw, squash=torch.sigmoid),
        ),
        "another_squash": Misconception(
            "Your shift is bounded, but by another function. The exercise asks for tanh(b); 2 sigmoid(b) − 1, for example, is "
            "tanh(b/2).",
            lambda raw: _window(raw, squash=lambda b: 2 * torch.sigmoid(b) - 1),
            lambda raw: _window(raw, squash=lambda b: torch.atan(b) * 2 / torch.pi),
            lambda raw: _window(raw, squash=torch.sin),
            lambda raw: _window(raw, squash=lambda b: b / (1 + b.abs())),
        ),
        "shift_clamped": Misconception(
            "You clamp the shift. Beyond the bound a clamped number has a gradient of 0 and cannot return. Use tanh.",
            lambda raw: _window(raw, squash=lambda b: b.clamp(-1, 1)),
            _clamped,
        ),
        "x_and_y_exchanged": Misconception(
            "You exchanged x and y of the shift: b moves along x and belongs to the first row of theta.",
            lambda raw: _window(raw[[0, 2, 1]]),
        ),
        "one_shift_for_both": Misconception(
            "You use one number for both shifts. b belongs to x, c to y.",
            lambda raw: _window(raw[[0, 1, 1]]),
            lambda raw: _window(raw[[0, 2, 2]]),
        ),
        "scale_last": Misconception(
            "You take the scale from the last number. The order is (a, b, c): scale, shift along x, shift along y.",
            lambda raw: _window(raw[[2, 0, 1]]),
        ),
        "one_axis": Misconception("You scale x alone. s is in both rows: [[s, 0, t_x], [0, s, t_y]].", _one_axis),
        "shift_in_the_wrong_column": Misconception(
            "The six numbers are not in the order of theta. Its rows are s, 0, t_x and 0, s, t_y.",
            lambda raw: _window(raw, order=(0, 2, 4, 1, 3, 5)),
            lambda raw: _window(raw, order=(2, 0, 1, 5, 3, 4)),
            lambda raw: _window(raw, order=(0, 1, 3, 4, 2, 5)),
            lambda raw: _window(raw, order=(0, 2, 1, 3, 5, 4)),
            lambda raw: _window(raw, order=(0, 1, 2, 0, 1, 5)),
            lambda raw: _window(raw, order=(0, 1, 2, 4, 3, 5)),
        ),
        "sign_of_scale_argument": Misconception(
            "Your scale shrinks as a grows. sigmoid(a) grows with a.",
            lambda raw: _window(raw, lambda a: 1 - 0.5 * torch.sigmoid(a)),
        ),
        "shift_sign": Misconception(
            "The sign of your shift is inverted: it is (1 − s) tanh(b), without a minus.",
            lambda raw: _window(raw, room=lambda s: s - 1),
        ),
        "overflow": Misconception(
            "`exp` of a large number is infinite, and your answer becomes NaN. Use `torch.sigmoid` and `torch.tanh`, which take numbers "
            "of any size.",
            lambda raw: _window(raw, squash=lambda b: (b.exp() - (-b).exp()) / (b.exp() + (-b).exp())),
            lambda raw: _window(raw, squash=lambda b: ((2 * b).exp() - 1) / ((2 * b).exp() + 1)),
        ),
        "another_scale": Misconception(
            "Your scale has the correct bounds, but by another function. The exercise has sigmoid(a); ½ + ½ tanh(a), for example, is "
            "sigmoid(2a).",
            lambda raw: _window(raw, lambda a: 0.75 + 0.25 * torch.tanh(a)),
            lambda raw: _window(raw, lambda a: 0.75 + 0.5 * torch.atan(a) / torch.pi),
        ),
    },
)
