"""Check `bounded_window(raw)`: a theta that only scales and shifts, and keeps the window inside the image.

Convention: from (a, b, c): s = ½ + ½ σ(a), t_x = (1 − s) tanh(b), t_y = (1 − s) tanh(c).

Args: raw: float64 (3,).
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
    return [Case({"raw": numbers}) for numbers in raw]


def _window(
    raw: Tensor,
    scale: Callable[[Tensor], Tensor] = lambda a: 0.5 + 0.5 * torch.sigmoid(a),
    room: Callable[[Tensor], Tensor] = lambda s: 1 - s,
    squash: Callable[[Tensor], Tensor] = torch.tanh,
) -> Tensor:
    s = scale(raw[0])
    x, y = room(s) * squash(raw[1:])
    zero = torch.zeros_like(s)
    return torch.stack([s, zero, x, zero, s, y]).view(2, 3)


bounded_window = exercise(
    __name__,
    number="6.2",
    cases=_cases,
    oracle=_window,
    oracle_name="s = ½ + ½ σ(a), t = (1 − s) tanh(b), (1 − s) tanh(c)",
    misconceptions={
        "unbounded": Misconception(
            "You use the raw numbers directly, so a bad step can still move the window out of the image.",
            lambda raw: _window(raw, lambda a: a, lambda s: 1, lambda b: b),
        ),
        "room_forgotten": Misconception(
            "Your centre can move too far, and part of the window is then outside. It has room for 1 − s only.",
            lambda raw: _window(raw, room=lambda s: 1),
            lambda raw: _window(raw, room=lambda s: s),
        ),
        "scale_from_zero": Misconception(
            "Your scale runs from 0 to 1. At 0 all pixels sample one point, and the gradient says little. Keep the scale above ½.",
            lambda raw: _window(raw, torch.sigmoid),
        ),
        "one_direction": Misconception(
            "Your shift is never negative: the window can only move to the right and down. tanh has both signs.",
            lambda raw: _window(raw, squash=torch.sigmoid),
        ),
        "shift_clamped": Misconception(
            "You clamp. Beyond the bound a clamped number has no gradient and never comes back. tanh has a gradient everywhere.",
            lambda raw: _window(raw, squash=lambda b: b.clamp(-1, 1)),
        ),
        "x_and_y_exchanged": Misconception(
            "You exchanged x and y of the shift: the first row of theta makes x_s.", lambda raw: _window(raw[[0, 2, 1]])
        ),
        "sign_of_scale_argument": Misconception(
            "Your scale shrinks as a grows. σ(a) grows with a.",
            lambda raw: _window(raw, lambda a: 1 - 0.5 * torch.sigmoid(a)),
        ),
    },
)
