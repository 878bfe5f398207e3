"""The checks of chapter 3: every misconception is fed as a learner would write it, and named."""

import math

import numpy as np
import torch

from stn_lib import transforms
from stn_lib.exercises import affine as check
from stn_lib.exercises import matrices, splines


def rows(*lists):
    return torch.tensor(lists, dtype=torch.float64)


def turn(angle, order="c-s+s+c"):
    """A learner's matrix by its four entries, such as "c-s+s+c": cos, minus sin, sin, cos."""
    values = {"c": math.cos(angle), "s": math.sin(angle)}
    a, b, c, d = (values[order[k]] * (-1 if k and order[k - 1] == "-" else 1) for k in (0, 2, 4, 6))
    return rows([a, b, 0.0], [c, d, 0.0])


ROTATIONS = {
    "other_way": lambda angle: turn(angle, "c+s-s+c"),
    "degrees": lambda angle: turn(angle * 3.14159265358979 / 180),
    "reflection": lambda angle: turn(angle, "c+s+s-c"),
    "sine_and_cosine_exchanged": lambda angle: turn(angle, "s-c+c+s"),
    "signs_alike": lambda angle: turn(angle, "c+s+s+c"),
}


def affinely(outer, inner, shift):
    A, B = outer.numpy()[:, :2], inner.numpy()[:, :2]
    return torch.from_numpy(np.column_stack([A @ B, shift(A, outer.numpy()[:, 2], inner.numpy()[:, 2])]))


COMPOSITIONS = {
    "wrong_order": lambda outer, inner: affinely(inner, outer, lambda B, t, s: B @ s + t),
    "outer_shift_lost": lambda outer, inner: affinely(outer, inner, lambda A, t, s: A @ s),
    "inner_shift_lost": lambda outer, inner: affinely(outer, inner, lambda A, t, s: t),
    "shifts_added": lambda outer, inner: affinely(outer, inner, lambda A, t, s: t + s),
    "outer_shift_turned": lambda outer, inner: affinely(outer, inner, lambda A, t, s: A @ (s + t)),
    "number_by_number": lambda outer, inner: outer.mul(inner),
}


def inverse(theta, shift, linear=np.linalg.inv):
    A, t = theta.numpy()[:, :2], theta.numpy()[:, 2]
    return torch.from_numpy(np.column_stack([linear(A), shift(linear(A), t)]))


INVERSES = {
    "shift_negated_only": lambda theta: inverse(theta, lambda B, t: -t),
    "shift_kept": lambda theta: inverse(theta, lambda B, t: t),
    "shift_sign": lambda theta: inverse(theta, lambda B, t: B @ t),
    "shift_lost": lambda theta: inverse(theta, lambda B, t: np.zeros(2)),
    "transposed": lambda theta: inverse(theta, lambda B, t: -B @ t, np.transpose),
    "determinant_forgotten": lambda theta: inverse(
        theta, lambda B, t: -B @ t, lambda A: np.array([[A[1, 1], -A[0, 1]], [-A[1, 0], A[0, 0]]])
    ),
    "number_by_number": lambda theta: theta.reciprocal(),
}


def taken_apart(theta, slip=None):
    """As a learner writes it, with at most one slip."""
    (a, b, _), (c, d, _) = theta.tolist()
    area = a * d - b * c
    sx, angle = math.sqrt(a * a + c * c), math.atan2(c, a)
    sy = area / sx
    shear = (a * b + c * d) / area
    match slip:
        case "angle_from_row":
            angle = math.atan2(-b, a)
        case "angle_sign":
            angle = math.atan2(-c, a)
        case "atan_of_quotient":
            angle = math.atan(c / a)
        case "degrees":
            angle = angle * 180 / math.pi
        case "scales_from_diagonal":
            sx, sy = a, d
        case "scales_from_rows":
            sx, sy = math.sqrt(a * a + b * b), math.sqrt(c * c + d * d)
        case "shear_in_scale":
            sy = math.sqrt(b * b + d * d)
        case "reflection_lost":
            sy = abs(area) / sx
        case "shear_first":
            shear = (a * b + c * d) / sx**2
        case "shear_not_divided":
            shear = (a * b + c * d) / sx
    return angle, shear, sx, sy


SLIPS = [m.key for m in matrices.DECOMPOSE.misconceptions]
DECOMPOSITIONS = {slip: lambda theta, slip=slip: taken_apart(theta, slip) for slip in SLIPS}

HORIZONS = {
    "one_corner": lambda theta: theta[2].sum(),
    "centre": lambda theta: theta[2, 2],
    "largest": lambda theta: max(theta[2] @ rows([x, y, 1.0])[0] for x in (-1.0, 1.0) for y in (-1.0, 1.0)),
    "one_axis": lambda theta: theta[2, 2] - theta[2, :2].abs().max(),
    "last_is_one": lambda theta: 1 - theta[2, :2].abs().sum(),
    "column_for_row": lambda theta: theta[2, 2] - abs(theta[0, 2]) - abs(theta[1, 2]),
}


def bent(r):
    return r * r * math.log(r) if r else 0.0


def plated(point, controls, sources, phi=bent, plane=(0, 1, 2), conditions=True):
    """By numpy, entry by entry."""
    point, controls, sources = point.numpy(), controls.numpy(), sources.numpy()
    if conditions is None:
        controls, sources = sources, controls
    flat = np.column_stack([controls, np.ones(len(controls))])[:, list(plane)]
    dense = np.array([[phi(math.dist(p, q)) for q in controls] for p in controls])
    upper = np.hstack([dense, flat])
    lower = np.hstack([flat.T, np.zeros((len(plane), len(plane)))])
    if conditions is False:
        weights = np.linalg.lstsq(upper, sources, rcond=None)[0]
    else:
        zeros = np.zeros((len(plane), 2))
        weights = np.linalg.lstsq(np.vstack([upper, lower]), np.vstack([sources, zeros]), rcond=None)[0]
    terms = [*(phi(math.dist(point, q)) for q in controls), *np.append(point, 1.0)[list(plane)]]
    return torch.from_numpy(np.array(terms) @ weights)


def flat_only(point, controls, sources):
    flat = np.column_stack([controls.numpy(), np.ones(len(controls))])
    weights = np.linalg.lstsq(flat, sources.numpy(), rcond=None)[0]
    return tuple(np.append(point.numpy(), 1.0) @ weights)


PLATES = {
    "no_affine_part": lambda *inputs: plated(*inputs, plane=()),
    "no_side_conditions": lambda *inputs: plated(*inputs, conditions=False),
    "affine_only": flat_only,
    "other_kernel": lambda *inputs: plated(*inputs, phi=lambda r: bent(r * r)),
    "constant_only": lambda *inputs: plated(*inputs, plane=(2,)),
    "wrong_direction": lambda *inputs: plated(*inputs, conditions=None),
    "offset": lambda *inputs: plated(*inputs) - inputs[0],
}
TABLES = {
    "rotation": ROTATIONS,
    "compose": COMPOSITIONS,
    "invert": INVERSES,
    "decompose": DECOMPOSITIONS,
    "smallest_w": HORIZONS,
    "thin_plate": PLATES,
}
EXERCISES = [
    matrices.ROTATION,
    matrices.COMPOSE,
    matrices.INVERT,
    matrices.DECOMPOSE,
    matrices.SMALLEST_W,
    splines.THIN_PLATE,
]


def test_right_answers_pass():
    """Oracle: numbers worked out by numpy and by loops, and the library, which the checks do not use."""
    for seed in range(5):
        assert check.rotation(turn, seed=seed).passed
        assert check.compose(lambda o, i: affinely(o, i, lambda A, t, s: A @ s + t), seed=seed).passed
        assert check.invert(lambda theta: inverse(theta, lambda B, t: -B @ t), seed=seed).passed
        assert check.decompose(taken_apart, seed=seed).passed
        assert check.smallest_w(lambda theta: theta[2, 2] - abs(theta[2, 0]) - abs(theta[2, 1]), seed=seed).passed
        assert check.thin_plate(plated, seed=seed).passed
        # A kernel twice as large has weights half as large: the same spline.
        assert check.thin_plate(lambda *inputs: plated(*inputs, phi=lambda r: 2 * bent(r)), seed=seed).passed
    assert check.rotation(lambda angle: transforms.rotation(torch.tensor(angle, dtype=torch.float64))[0]).passed
    assert check.compose(lambda o, i: transforms.compose(o[None], i[None])[0]).passed
    assert check.invert(lambda theta: transforms.invert(theta[None])[0]).passed

    def by_library(theta):
        parts = transforms.decompose(theta[None])
        return torch.cat([parts.rotation, parts.shear, parts.scale[0]])

    assert check.decompose(by_library).passed


def test_what_no_misconception_explains_gets_no_name():
    assert check.rotation(lambda angle: rows([1, 0, 0], [0, 1, 0])).misconception is None
    assert check.compose(lambda outer, inner: outer).misconception is None
    assert check.invert(lambda theta: theta / 2).misconception is None
    assert check.decompose(lambda theta: (0.0, 0.0, 1.0, 1.0)).misconception is None
    assert check.smallest_w(lambda theta: theta.min()).misconception is None
    assert check.thin_plate(lambda point, controls, sources: sources[0]).misconception is None
