"""Functions as learners write them in chapter 3: correct, mistaken, and neither."""

import math

import numpy as np
import torch

from stn_lib import transforms
from stn_lib.exercises import ch03_affine as check
from tests.exercises.answers import Answers, slips


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
    "outer_shift_transformed": lambda outer, inner: affinely(outer, inner, lambda A, t, s: A @ (s + t)),
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


def opencv(matrix, size, slip=None):
    """By numpy, with the map from normalised coordinates to pixels written out; at most one slip."""
    height, width = size[::-1] if slip == "sides_exchanged" else size
    sides = np.array([width, height])
    half, middle = sides / 2, (sides - 1) / 2
    if slip == "corners_aligned":
        half = middle
    if slip == "half_a_pixel":
        middle = half
    to_pixel = np.vstack([np.column_stack([np.diag(half), middle]), [0, 0, 1]])
    whole = np.vstack([matrix.numpy(), [0, 0, 1]])
    back = whole if slip == "not_inverted" else np.linalg.inv(whole)
    if slip == "wrong_order":
        theta = to_pixel @ back @ np.linalg.inv(to_pixel)
    elif slip == "still_in_pixels":
        theta = back
    elif slip == "shift_scaled_only":
        theta = back.copy()
        theta[:2, 2] /= half
    else:
        theta = np.linalg.inv(to_pixel) @ back @ to_pixel
    return torch.from_numpy(theta[:2])


def decomposed_by_library(theta):
    parts = transforms.decompose(theta[None])
    return torch.cat([parts.rotation, parts.shear, parts.scale[0]])


ANSWERS = {
    "rotation": Answers(
        correct=(turn, lambda angle: transforms.rotation(torch.tensor(angle, dtype=torch.float64))[0]),
        mistaken=ROTATIONS,
        unexplained=(lambda angle: rows([1, 0, 0], [0, 1, 0]),),
    ),
    "compose": Answers(
        correct=(
            lambda outer, inner: affinely(outer, inner, lambda A, t, s: A @ s + t),
            lambda outer, inner: transforms.compose(outer[None], inner[None])[0],
        ),
        mistaken=COMPOSITIONS,
        unexplained=(lambda outer, inner: outer,),
    ),
    "invert": Answers(
        correct=(
            lambda theta: inverse(theta, lambda B, t: -B @ t),
            lambda theta: transforms.invert(theta[None])[0],
        ),
        mistaken=INVERSES,
        unexplained=(lambda theta: theta / 2,),
    ),
    "decompose": Answers(
        correct=(taken_apart, decomposed_by_library),
        mistaken=slips(taken_apart, check.decompose),
        unexplained=(lambda theta: (0.0, 0.0, 1.0, 1.0),),
    ),
    "smallest_w": Answers(
        correct=(lambda theta: theta[2, 2] - abs(theta[2, 0]) - abs(theta[2, 1]),),
        mistaken=HORIZONS,
        unexplained=(lambda theta: theta.min(),),
    ),
    "thin_plate": Answers(
        # A kernel twice as large has weights half as large: the same spline.
        correct=(plated, lambda *inputs: plated(*inputs, phi=lambda r: 2 * bent(r))),
        mistaken=PLATES,
        unexplained=(lambda point, controls, sources: sources[0],),
    ),
    "theta_from_opencv": Answers(
        correct=(
            opencv,
            lambda matrix, size: transforms.from_pixel_matrix(matrix, size, direction="forward")[0],
        ),
        mistaken=slips(opencv, check.theta_from_opencv),
        unexplained=(lambda matrix, size: torch.eye(2, 3).double(),),
    ),
}
