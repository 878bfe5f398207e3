"""Check `decompose(theta)`: angle, shear, x scale and y scale of rotation · shear · scaling.

Convention: scaling acts first; the x scale is positive, the y scale has the determinant's sign; as
`stn_lib.transforms.decompose`.

Args: theta: float64 (2, 3).
Returns: Four numbers: the angle in radians, the shear, the x scale, the y scale.

Example:
    >>> decompose(lambda theta: (0.0, 0.0, 1.0, 1.0)).passed
    False
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import random_theta
from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    cases = [Case({"theta": random_theta(generator)}) for _ in range(12)]
    for case in cases[:4]:  # these reflect
        theta = case.inputs["theta"]
        theta[1] *= -torch.linalg.det(theta[:, :2]).sign()
    return cases


def _factors(theta: Tensor) -> tuple[float, float, float, float]:
    """angle, shear, x scale, y scale by QR: A = rotation · [[s_x, k s_y], [0, s_y]], s_x positive."""
    q, r = torch.linalg.qr(theta[:, :2])
    flip = torch.diag(torch.sign(r.diagonal()))
    q, r = q @ flip, flip @ r  # both of the diagonal positive
    if torch.linalg.det(q) < 0:  # the reflection goes into y
        q, r = q @ torch.diag(q.new_tensor([1.0, -1.0])), torch.diag(q.new_tensor([1.0, -1.0])) @ r
    scale_y = r[1, 1].item()
    return math.atan2(q[1, 0].item(), q[0, 0].item()), r[0, 1].item() / scale_y, r[0, 0].item(), scale_y


def _parts(**changed: Callable[..., float]) -> Callable[[Tensor], Tensor]:
    """The correct four numbers, some of them replaced by a function of theta and the correct ones."""

    def of(theta: Tensor) -> Tensor:
        correct = dict(zip(("angle", "shear", "scale_x", "scale_y"), _factors(theta), strict=True))
        (a, b), (c, d) = theta[:, :2].tolist()
        return torch.tensor(
            [changed[name](a, b, c, d, correct) if name in changed else value for name, value in correct.items()],
            dtype=torch.float64,
        )

    return of


decompose = exercise(
    __name__,
    number="3.4",
    cases=_cases,
    oracle=_parts(),
    oracle_name="torch's QR decomposition, with the signs of the convention",
    misconceptions={
        "angle_from_row": Misconception(
            "You compute the angle from the first ROW. Scaling and shear act first and keep the direction of the x "
            "axis, so the angle is that of the first column: atan2(c, a).",
            _parts(angle=lambda a, b, c, d, correct: math.atan2(-b, a)),
        ),
        "angle_sign": Misconception(
            "The angle has the wrong sign: sin is at the lower left, so the angle is atan2(c, a).",
            _parts(angle=lambda a, b, c, d, correct: -correct["angle"]),
        ),
        "atan_of_quotient": Misconception(
            "c / a loses the quadrant: where a is negative, the angle is off by 180°. Use atan2.",
            _parts(angle=lambda a, b, c, d, correct: math.atan(c / a)),
        ),
        "degrees": Misconception(
            "Give the angle in radians.", _parts(angle=lambda a, b, c, d, correct: math.degrees(correct["angle"]))
        ),
        "scales_from_diagonal": Misconception(
            "You take the scales from the diagonal, where the rotation has mixed them with its cosine. The x scale is "
            "the length of the first column.",
            _parts(scale_x=lambda a, b, c, d, correct: a, scale_y=lambda a, b, c, d, correct: d),
            _parts(scale_x=lambda a, b, c, d, correct: abs(a), scale_y=lambda a, b, c, d, correct: abs(d)),
        ),
        "scales_from_rows": Misconception(
            "You take the lengths of the ROWS. The first column says where theta sends the x axis.",
            _parts(
                scale_x=lambda a, b, c, d, correct: math.hypot(a, b),
                scale_y=lambda a, b, c, d, correct: math.hypot(c, d),
            ),
        ),
        "shear_in_scale": Misconception(
            "The length of the second column contains the shear. The y scale is the determinant over the x scale.",
            _parts(scale_y=lambda a, b, c, d, correct: math.hypot(b, d)),
        ),
        "reflection_lost": Misconception(
            "If the determinant is negative, theta reflects, and the y scale must be negative.",
            _parts(scale_y=lambda a, b, c, d, correct: abs(correct["scale_y"])),
            _parts(
                scale_y=lambda a, b, c, d, correct: abs(correct["scale_y"]),
                shear=lambda a, b, c, d, correct: math.copysign(1, correct["scale_y"]) * correct["shear"],
            ),
        ),
        "shear_first": Misconception(
            "Your shear is that of another order, in which the shear acts first. Here the scaling acts first, then the shear.",
            _parts(shear=lambda a, b, c, d, correct: correct["shear"] * correct["scale_y"] / correct["scale_x"]),
        ),
        "shear_not_divided": Misconception(
            "Your shear still contains the y scale: scaling acts first. Divide by it.",
            _parts(shear=lambda a, b, c, d, correct: correct["shear"] * correct["scale_y"]),
        ),
    },
)
