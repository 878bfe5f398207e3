"""Check `decompose(theta)`: angle, shear, x scale and y scale of rotation · shear · scaling.

Convention: scaling acts first; the x scale is positive, the y scale has the determinant's sign; as
`stn_lib.transforms.decompose`. Angles that differ by a full rotation are equal.

Args: theta: float64 (2, 3).
Returns: Four numbers: the angle in radians, the shear, the x scale, the y scale.

Example:
    >>> decompose(lambda theta: (0.0, 0.0, 1.0, 1.0)).passed
    False
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import random_theta
from stn_lib.exercises.framework import Case, Misconception, exercise


class _AngleCase(Case):
    """A case whose answers are compared with their angle between −π and π."""

    def call(self, function: Callable[..., Any]) -> Any:
        answer = super().call(function)
        try:
            angle, *others = answer
            return (math.remainder(float(angle), 2 * math.pi), *others)
        except (TypeError, ValueError, RuntimeError):  # not four numbers: the framework says so
            return answer


def _cases(generator: torch.Generator) -> list[Case]:
    cases = [_AngleCase({"theta": random_theta(generator)}) for _ in range(12)]
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


def _by_angle(angle: Callable[[float, float, float, float], float], back: int = 1) -> Callable[[Tensor], Tensor]:
    """All four numbers from this angle, by rotating the second column back, or forward (-1)."""

    def of(theta: Tensor) -> Tensor:
        (a, b), (c, d) = theta[:, :2].tolist()
        value = angle(a, b, c, d)
        cos, sin = math.cos(value), back * math.sin(value)
        scale_y = cos * d - sin * b
        return torch.tensor([value, (cos * b + sin * d) / scale_y, math.hypot(a, c), scale_y], dtype=torch.float64)

    return of


def _plain_qr(theta: Tensor) -> Tensor:
    q, r = torch.linalg.qr(theta[:, :2])
    return torch.stack([torch.atan2(q[1, 0], q[0, 0]), r[0, 1] / r[1, 1], r[0, 0], r[1, 1]])


def _singular_values(theta: Tensor) -> Tensor:
    u, s, v = torch.linalg.svd(theta[:, :2])
    rotation = u @ v
    return torch.stack([torch.atan2(rotation[1, 0], rotation[0, 0]), 0 * s[0], s[0], s[1]])


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
        "order_of_numbers": Misconception(
            "Your four numbers are correct, but in another order. Return (angle, shear, x scale, y scale).",
            lambda theta: _parts()(theta)[[0, 2, 3, 1]],
            lambda theta: _parts()(theta)[[2, 3, 1, 0]],
            lambda theta: _parts()(theta)[[2, 3, 0, 1]],
            lambda theta: _parts()(theta)[[1, 0, 2, 3]],
            lambda theta: _parts()(theta)[[1, 2, 3, 0]],
            lambda theta: _parts()(theta)[[0, 2, 1, 3]],
        ),
        "angle_from_row": Misconception(
            "You compute the angle from the first ROW. Scaling and shear act first and keep the direction of the x "
            "axis, so the angle is that of the first column: atan2(c, a).",
            _parts(angle=lambda a, b, c, d, correct: math.atan2(-b, a)),
            _by_angle(lambda a, b, c, d: math.atan2(-b, a)),
            _parts(angle=lambda a, b, c, d, correct: math.atan2(b, a)),
            _parts(angle=lambda a, b, c, d, correct: math.atan2(c, d)),
            _by_angle(lambda a, b, c, d: math.atan2(c, d)),
        ),
        "angle_from_second_column": Misconception(
            "You compute the angle from the second column. The shear changes its direction; the first column keeps the angle: "
            "atan2(c, a).",
            _parts(angle=lambda a, b, c, d, correct: math.atan2(-b, d)),
            _by_angle(lambda a, b, c, d: math.atan2(-b, d)),
        ),
        "angle_of_closest_rotation": Misconception(
            "That is the angle of the closest rotation (as from singular values). With the scaling and the shear acting first, "
            "the angle is that of the first column: atan2(c, a).",
            _parts(angle=lambda a, b, c, d, correct: math.atan2(c - b, a + d)),
            _by_angle(lambda a, b, c, d: math.atan2(c - b, a + d)),
            _singular_values,
        ),
        "atan2_exchanged": Misconception(
            "You exchanged the arguments of atan2: the sine comes first, atan2(c, a).",
            _parts(angle=lambda a, b, c, d, correct: math.atan2(a, c)),
            _by_angle(lambda a, b, c, d: math.atan2(a, c)),
        ),
        "acos_or_asin": Misconception(
            "acos loses the sign of the angle, and asin loses its quadrant. Use atan2(c, a).",
            _parts(angle=lambda a, b, c, d, correct: math.acos(a / correct["scale_x"])),
            _by_angle(lambda a, b, c, d: math.acos(a / math.hypot(a, c))),
            _parts(angle=lambda a, b, c, d, correct: math.asin(c / correct["scale_x"])),
            _by_angle(lambda a, b, c, d: math.asin(c / math.hypot(a, c))),
        ),
        "angle_sign": Misconception(
            "The angle has the wrong sign: sin is at the lower left, so the angle is atan2(c, a).",
            _parts(angle=lambda a, b, c, d, correct: -correct["angle"]),
            _by_angle(lambda a, b, c, d: math.atan2(-c, a)),
        ),
        "negative_x_scale": Misconception(
            "Your x scale is negative in some cases. A rotation by 180° and both signs reversed give the same matrix: choose "
            "the positive x scale.",
            _plain_qr,
            _parts(
                angle=lambda a, b, c, d, correct: math.atan(c / a),
                scale_x=lambda a, b, c, d, correct: math.copysign(correct["scale_x"], a),
                scale_y=lambda a, b, c, d, correct: math.copysign(1, a) * correct["scale_y"],
            ),
        ),
        "atan_of_quotient": Misconception(
            "c / a loses the quadrant: where a is negative, the angle is off by 180°. Use atan2.",
            _parts(angle=lambda a, b, c, d, correct: math.atan(c / a)),
            _by_angle(lambda a, b, c, d: math.atan(c / a)),
        ),
        "degrees": Misconception(
            "Give the angle in radians.", _parts(angle=lambda a, b, c, d, correct: math.degrees(correct["angle"]))
        ),
        "scales_from_diagonal": Misconception(
            "You take the scales from the diagonal, where the rotation has mixed them with its cosine. The x scale is "
            "the length of the first column.",
            _parts(scale_x=lambda a, b, c, d, correct: a, scale_y=lambda a, b, c, d, correct: d),
            _parts(scale_x=lambda a, b, c, d, correct: abs(a), scale_y=lambda a, b, c, d, correct: abs(d)),
            _parts(scale_y=lambda a, b, c, d, correct: d),
            _parts(scale_x=lambda a, b, c, d, correct: a),
            _parts(scale_y=lambda a, b, c, d, correct: d / math.cos(correct["angle"])),
        ),
        "scales_from_rows": Misconception(
            "You take the lengths of the ROWS. The first column says where theta sends the x axis.",
            _parts(scale_x=lambda a, b, c, d, correct: math.hypot(a, b)),
            _parts(
                scale_x=lambda a, b, c, d, correct: math.hypot(a, b),
                scale_y=lambda a, b, c, d, correct: math.hypot(c, d),
            ),
            _parts(
                scale_x=lambda a, b, c, d, correct: math.hypot(a, b),
                scale_y=lambda a, b, c, d, correct: (a * d - b * c) / math.hypot(a, b),
            ),
        ),
        "shear_in_scale": Misconception(
            "The length of the second column contains the shear. The y scale is the determinant over the x scale.",
            _parts(scale_y=lambda a, b, c, d, correct: math.hypot(b, d)),
            _parts(scale_y=lambda a, b, c, d, correct: math.copysign(math.hypot(b, d), correct["scale_y"])),
        ),
        "rotated_the_wrong_way": Misconception(
            "You rotate the second column forward by the angle. Rotate it BACK: y scale = cos · d − sin · b.",
            _by_angle(lambda a, b, c, d: math.atan2(c, a), back=-1),
        ),
        "scales_exchanged": Misconception(
            "You exchanged the two scales: the x scale comes first.",
            _parts(
                scale_x=lambda a, b, c, d, correct: correct["scale_y"],
                scale_y=lambda a, b, c, d, correct: correct["scale_x"],
            ),
        ),
        "root_of_determinant": Misconception(
            "The root of the determinant is the mean of the two scales, not the y scale. Divide the determinant by the x scale.",
            _parts(scale_y=lambda a, b, c, d, correct: math.sqrt(abs(a * d - b * c))),
            _parts(
                scale_x=lambda a, b, c, d, correct: math.sqrt(abs(a * d - b * c)),
                scale_y=lambda a, b, c, d, correct: math.sqrt(abs(a * d - b * c)),
            ),
        ),
        "scale_is_determinant": Misconception(
            "Your y scale is the whole determinant. The determinant is the product of both scales: divide it by the x scale.",
            _parts(scale_y=lambda a, b, c, d, correct: a * d - b * c),
        ),
        "squared_scale": Misconception(
            "Your x scale is squared: take the root of a² + c².",
            _parts(scale_x=lambda a, b, c, d, correct: correct["scale_x"] ** 2),
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
        "shear_sign": Misconception(
            "The shear has the wrong sign.", _parts(shear=lambda a, b, c, d, correct: -correct["shear"])
        ),
        "shear_is_angle": Misconception(
            "You return the angle of the shear. Return the number k itself, its tangent.",
            _parts(shear=lambda a, b, c, d, correct: math.atan(correct["shear"])),
        ),
        "shear_not_rotated_back": Misconception(
            "You take the shear from theta itself, which is rotated. Rotate the second column back first, or use "
            "(a b + c d) / (a d − b c).",
            _parts(shear=lambda a, b, c, d, correct: b),
            _parts(shear=lambda a, b, c, d, correct: b / a),
            _parts(shear=lambda a, b, c, d, correct: b / d),
            _parts(shear=lambda a, b, c, d, correct: b / correct["scale_x"]),
            _parts(shear=lambda a, b, c, d, correct: b / correct["scale_y"]),
        ),
        "shear_of_rows": Misconception(
            "Your shear is computed from the rows. The columns are the images of the axes: (a b + c d) / (a d − b c).",
            _parts(shear=lambda a, b, c, d, correct: (a * c + b * d) / (a * d - b * c)),
        ),
        "shear_without_sign": Misconception(
            "You divide the shear by |a d − b c|. If theta reflects, the determinant is negative: keep its sign.",
            _parts(shear=lambda a, b, c, d, correct: math.copysign(1, correct["scale_y"]) * correct["shear"]),
        ),
        "shear_not_divided": Misconception(
            "Your shear still contains the y scale: scaling acts first. Divide by it.",
            _parts(shear=lambda a, b, c, d, correct: correct["shear"] * correct["scale_y"]),
            _parts(shear=lambda a, b, c, d, correct: a * b + c * d),
        ),
    },
)
