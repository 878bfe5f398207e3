"""The exercises about theta: rotation, composition, inverse, decomposition, the horizon; and what goes wrong.

Convention: theta is a float64 tensor (2, 3), or (3, 3) where it is projective; it maps OUTPUT to INPUT, row-major on
(x, y, 1), in normalised units; y points down; angles are in radians. The oracles are torch's matrix exponential, its
products and inverses of 3 x 3 matrices and its QR decomposition, none of which the learner writes.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.attempt import Case
from stn_lib.exercises.draw import draw_integer
from stn_lib.exercises.frame import Exercise, Misconception


def _theta(linear: Tensor, shift: Tensor | None = None) -> Tensor:
    shift = torch.zeros(2, dtype=torch.float64) if shift is None else shift
    return torch.cat([linear, shift[:, None]], dim=1)


def _square(theta: Tensor) -> Tensor:
    return torch.cat([theta, torch.tensor([[0.0, 0.0, 1.0]], dtype=theta.dtype)])


def _tenth(generator: torch.Generator, low: int, high: int) -> float:
    """One decimal, never 0: a number that is easy to follow by hand and hides nothing."""
    return (draw_integer(generator, low, high) or high) / 10


def _draw_theta(generator: torch.Generator) -> Tensor:
    """No entry is 0, the determinant is neither 0 nor 1, the map is no rotation."""
    while True:
        theta = torch.tensor([[_tenth(generator, -15, 15) for _ in range(3)] for _ in range(2)], dtype=torch.float64)
        area = torch.linalg.det(theta[:, :2]).item()
        if abs(area) > 0.3 and abs(abs(area) - 1) > 0.1 and abs(theta[0, 0] - theta[1, 1]) > 0.15:
            return theta


def _draw_angles(generator: torch.Generator) -> list[Case]:
    return [Case({"angle": _tenth(generator, low, low + 12)}) for low in (1, 16, -13, -29, 2, -14, 17, -28)]


def _exponential(angle: float) -> Tensor:
    turn = torch.tensor([[0.0, -angle], [angle, 0.0]], dtype=torch.float64)
    return _theta(torch.linalg.matrix_exp(turn))


def _matrix(a: Callable, b: Callable, c: Callable, d: Callable) -> Callable[[float], Tensor]:
    def of(angle: float) -> Tensor:
        return _theta(torch.tensor([[a(angle), b(angle)], [c(angle), d(angle)]], dtype=torch.float64))

    return of


def _minus(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda angle: -function(angle)


_cos, _sin = math.cos, math.sin

ROTATION = Exercise(
    "3.1",
    "rotation",
    _draw_angles,
    _exponential,
    "torch's matrix exponential of a turn",
    (
        Misconception(
            "other_way",
            "Your theta turns the content clockwise: the minus belongs to the sine at the upper right. (Transposing a "
            "rotation does the same.)",
            (lambda angle: _exponential(-angle),),
        ),
        Misconception(
            "degrees",
            "The angle comes in radians and goes to `sin` and `cos` as it is. You convert it.",
            (lambda angle: _exponential(math.radians(angle)), lambda angle: _exponential(math.degrees(angle))),
        ),
        Misconception(
            "reflection",
            "The determinant of your matrix is −1: it reflects. A rotation has cos twice on the diagonal.",
            (
                _matrix(_cos, _sin, _sin, _minus(_cos)),
                _matrix(_minus(_cos), _sin, _sin, _cos),
                _matrix(_cos, _minus(_sin), _minus(_sin), _minus(_cos)),
            ),
        ),
        Misconception(
            "sine_and_cosine_exchanged",
            "At angle 0 a rotation is the identity, so cos stands on the diagonal. Exchange sine and cosine.",
            (
                _matrix(_sin, _minus(_cos), _cos, _sin),
                _matrix(_sin, _cos, _minus(_cos), _sin),
                _matrix(_sin, _cos, _cos, _sin),
            ),
        ),
        Misconception(
            "signs_alike",
            "Both sines have the same sign, so x and y are squeezed together. One of them, the upper right, is negative.",
            (_matrix(_cos, _sin, _sin, _cos), _matrix(_cos, _minus(_sin), _minus(_sin), _cos)),
        ),
    ),
)


def _draw_pairs(generator: torch.Generator) -> list[Case]:
    return [Case({"outer": _draw_theta(generator), "inner": _draw_theta(generator)}) for _ in range(8)]


def _product(outer: Tensor, inner: Tensor) -> Tensor:
    return (_square(outer) @ _square(inner))[:2]


COMPOSE = Exercise(
    "3.2",
    "compose",
    _draw_pairs,
    _product,
    "the product of the two 3 × 3 matrices",
    (
        Misconception(
            "wrong_order",
            "You apply `outer` first. The inner one acts on the point first, so its matrix stands to the right.",
            (lambda outer, inner: _product(inner, outer), lambda outer, inner: inner[:, :2] @ outer),
        ),
        Misconception(
            "outer_shift_lost",
            "The shift of `outer` is missing: 2 × 3 matrices do not multiply as square ones do. Give each the row 0 0 1, "
            "multiply, take the upper two rows.",
            (lambda outer, inner: outer[:, :2] @ inner,),
        ),
        Misconception(
            "inner_shift_lost",
            "The shift of `inner` is missing. It is moved, too: the matrix of `outer` is applied to it.",
            (lambda outer, inner: _theta(outer[:, :2] @ inner[:, :2], outer[:, 2]),),
        ),
        Misconception(
            "shifts_added",
            "You add the two shifts. `outer` turns and scales the shift of `inner` before its own is added.",
            (
                lambda outer, inner: _theta(outer[:, :2] @ inner[:, :2], outer[:, 2] + inner[:, 2]),
                lambda outer, inner: _theta(inner[:, :2] @ outer[:, :2], outer[:, 2] + inner[:, 2]),
            ),
        ),
        Misconception(
            "outer_shift_turned",
            "You apply the matrix of `outer` to both shifts. Its own shift comes last: A₂ (A₁ p + t₁) + t₂.",
            (lambda outer, inner: _theta(outer[:, :2] @ inner[:, :2], outer[:, :2] @ (inner[:, 2] + outer[:, 2])),),
        ),
        Misconception(
            "number_by_number",
            "You combine the numbers one by one. One map after the other is a product of MATRICES, `@`.",
            (lambda outer, inner: outer * inner, lambda outer, inner: outer + inner),
        ),
    ),
)


def _inverse(theta: Tensor) -> Tensor:
    return torch.linalg.inv(_square(theta))[:2]


def _adjugate(theta: Tensor) -> Tensor:
    (a, b), (c, d) = theta[:, :2].tolist()
    return torch.tensor([[d, -b], [-c, a]], dtype=theta.dtype)


def _undo(linear: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The inverse as if `linear` gave that of the matrix."""
    return lambda theta: _theta(linear(theta), -linear(theta) @ theta[:, 2])


def _inverse_with(shift: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def of(theta: Tensor) -> Tensor:
        inverse = torch.linalg.inv(theta[:, :2])
        return _theta(inverse, shift(inverse, theta[:, 2]))

    return of


INVERT = Exercise(
    "3.3",
    "invert",
    lambda generator: [Case({"theta": _draw_theta(generator)}) for _ in range(8)],
    _inverse,
    "the inverse of the 3 × 3 matrix",
    (
        Misconception(
            "shift_negated_only",
            "The shift is only negated. It must go back through the inverse as well: −A⁻¹ t.",
            (_inverse_with(lambda inverse, t: -t),),
        ),
        Misconception(
            "shift_kept",
            "The shift is that of theta itself. Undoing x_s = A x + t gives x = A⁻¹ x_s − A⁻¹ t.",
            (_inverse_with(lambda inverse, t: t),),
        ),
        Misconception(
            "shift_sign",
            "The shift has the wrong sign: x = A⁻¹ (x_s − t), so it is −A⁻¹ t.",
            (_inverse_with(lambda inverse, t: inverse @ t),),
        ),
        Misconception(
            "shift_lost",
            "The inverse has a shift as well: −A⁻¹ t.",
            (_inverse_with(lambda inverse, t: 0 * t),),
        ),
        Misconception(
            "transposed",
            "You transpose. That inverts a rotation, and nothing else: theta scales and shears, too.",
            (_undo(lambda theta: theta[:, :2].T), lambda theta: _theta(theta[:, :2].T, -theta[:, 2])),
        ),
        Misconception(
            "determinant_forgotten",
            "d −b −c a is right but for one thing: divide by the determinant a d − b c.",
            (_undo(_adjugate),),
        ),
        Misconception(
            "number_by_number",
            "You invert the numbers one by one. The inverse of a matrix is another thing; so is the negative.",
            (lambda theta: 1 / theta, lambda theta: _theta(1 / theta[:, :2], -theta[:, 2]), lambda theta: -theta),
        ),
    ),
)


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
    """The right four numbers, some of them replaced by a function of theta and the right ones."""

    def of(theta: Tensor) -> Tensor:
        right = dict(zip(("angle", "shear", "scale_x", "scale_y"), _factors(theta), strict=True))
        (a, b), (c, d) = theta[:, :2].tolist()
        return torch.tensor(
            [changed[name](a, b, c, d, right) if name in changed else value for name, value in right.items()],
            dtype=torch.float64,
        )

    return of


DECOMPOSE = Exercise(
    "3.4",
    "decompose",
    lambda generator: [Case({"theta": _draw_theta(generator)}) for _ in range(12)],
    _parts(),
    "torch's QR decomposition, with its signs sorted out",
    (
        Misconception(
            "angle_from_row",
            "You read the angle from the first ROW. Scaling and shear act first and leave the x axis its direction, so the "
            "angle is that of the first column: atan2(c, a).",
            (_parts(angle=lambda a, b, c, d, right: math.atan2(-b, a)),),
        ),
        Misconception(
            "angle_sign",
            "The angle has the wrong sign: sin stands at the lower left, so it is atan2(c, a).",
            (_parts(angle=lambda a, b, c, d, right: -right["angle"]),),
        ),
        Misconception(
            "atan_of_quotient",
            "c / a forgets in which quadrant the point lies: where a is negative the angle is half a turn off. Use atan2.",
            (_parts(angle=lambda a, b, c, d, right: math.atan(c / a)),),
        ),
        Misconception(
            "degrees",
            "The angle is wanted in radians.",
            (_parts(angle=lambda a, b, c, d, right: math.degrees(right["angle"])),),
        ),
        Misconception(
            "scales_from_diagonal",
            "You read the scales from the diagonal, where the rotation has mixed them with its cosine. The x scale is the "
            "length of the first column.",
            (
                _parts(scale_x=lambda a, b, c, d, right: a, scale_y=lambda a, b, c, d, right: d),
                _parts(scale_x=lambda a, b, c, d, right: abs(a), scale_y=lambda a, b, c, d, right: abs(d)),
            ),
        ),
        Misconception(
            "scales_from_rows",
            "You take the lengths of the ROWS. What happens to the x axis stands in the first column.",
            (
                _parts(
                    scale_x=lambda a, b, c, d, right: math.hypot(a, b),
                    scale_y=lambda a, b, c, d, right: math.hypot(c, d),
                ),
            ),
        ),
        Misconception(
            "shear_in_scale",
            "The length of the second column contains the shear. The y scale is the determinant over the x scale.",
            (_parts(scale_y=lambda a, b, c, d, right: math.hypot(b, d)),),
        ),
        Misconception(
            "reflection_lost",
            "Where the determinant is negative, theta reflects, and the y scale has to be negative.",
            (
                _parts(scale_y=lambda a, b, c, d, right: abs(right["scale_y"])),
                _parts(
                    scale_y=lambda a, b, c, d, right: abs(right["scale_y"]),
                    shear=lambda a, b, c, d, right: math.copysign(1, right["scale_y"]) * right["shear"],
                ),
            ),
        ),
        Misconception(
            "shear_first",
            "That is the shear of another order, in which it acts first. Here the scaling does, and the shear comes after it.",
            (_parts(shear=lambda a, b, c, d, right: right["shear"] * right["scale_y"] / right["scale_x"]),),
        ),
        Misconception(
            "shear_not_divided",
            "Your shear still contains the y scale: scaling acts first. Divide by it.",
            (_parts(shear=lambda a, b, c, d, right: right["shear"] * right["scale_y"]),),
        ),
    ),
    tolerance=1e-4,
)


def _draw_projective(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(10):
        theta = torch.tensor([[_tenth(generator, -9, 9) for _ in range(3)] for _ in range(3)], dtype=torch.float64)
        signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))[k % 4]
        # g and h of different size, and a third number that is not 1
        theta[2] = torch.tensor([signs[0] * _tenth(generator, 1, 4), signs[1] * _tenth(generator, 5, 8), 1.2 + k / 10])
        cases.append(Case({"theta": theta}))
    return cases


def _row(function: Callable[[float, float, float], float]) -> Callable[[Tensor], Tensor]:
    return lambda theta: torch.tensor(function(*theta[2].tolist()), dtype=torch.float64)


def _corners(theta: Tensor) -> Tensor:
    corners = torch.tensor([[x, y, 1.0] for x in (-1, 1) for y in (-1, 1)], dtype=theta.dtype)
    return (corners @ theta[2]).min()


SMALLEST_W = Exercise(
    "3.5",
    "smallest_w",
    _draw_projective,
    _corners,
    "the smallest w of the four corners",
    (
        Misconception(
            "one_corner",
            "You look at one corner. Which corner comes closest to the horizon depends on the signs of g and h.",
            (
                _row(lambda g, h, i: g + h + i),
                _row(lambda g, h, i: i - g - h),
                _row(lambda g, h, i: i + g - h),
                _row(lambda g, h, i: i - g + h),
            ),
        ),
        Misconception(
            "centre",
            "That is w in the centre of the picture. At the corners g x + h y is added or taken away.",
            (_row(lambda g, h, i: i),),
        ),
        Misconception(
            "largest",
            "That is the LARGEST w, at the corner farthest from the horizon.",
            (_row(lambda g, h, i: i + abs(g) + abs(h)),),
        ),
        Misconception(
            "one_axis",
            "You go to the middle of a side. At a corner g and h both count.",
            (
                _row(lambda g, h, i: i - abs(g)),
                _row(lambda g, h, i: i - abs(h)),
                _row(lambda g, h, i: i - max(abs(g), abs(h))),
            ),
        ),
        Misconception(
            "last_is_one",
            "The last number of theta need not be 1.",
            (_row(lambda g, h, i: 1 - abs(g) - abs(h)), _row(lambda g, h, i: 1 - (abs(g) + abs(h)) / i)),
        ),
        Misconception(
            "column_for_row",
            "You use the third COLUMN, which holds the shift. w comes from the third row.",
            (
                lambda theta: theta[2, 2] - theta[:2, 2].abs().sum(),
                lambda theta: _corners(theta.T),
            ),
        ),
    ),
)
