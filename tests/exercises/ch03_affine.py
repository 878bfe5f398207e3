"""Functions as learners write them in chapter 3: correct, mistaken, and neither."""

import math

import numpy as np
import torch

from stn_lib import transforms
from stn_lib.exercises import ch03_affine as check
from tests.exercises.answers import Answers, slips


def rows(*lists):
    return torch.tensor(lists, dtype=torch.float64)


def rotated(angle, order="c-s+s+c"):
    """A learner's matrix by its four entries, such as "c-s+s+c": cos, minus sin, sin, cos."""
    values = {"c": math.cos(angle), "s": math.sin(angle)}
    a, b, c, d = (values[order[k]] * (-1 if k and order[k - 1] == "-" else 1) for k in (0, 2, 4, 6))
    return rows([a, b, 0.0], [c, d, 0.0])


ROTATIONS = {
    "tangent": lambda angle: rows([1, -np.tan(angle), 0], [np.tan(angle), 1, 0]),
    "shifts_last": lambda angle: torch.tensor(
        [math.cos(angle), -math.sin(angle), math.sin(angle), math.cos(angle), 0, 0], dtype=torch.float64
    ).reshape(2, 3),
    "no_shift_column": lambda angle: rows([math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]),
    "three_rows": lambda angle: torch.cat([rotated(angle), rows([0, 0, 1])]),
    "transposed": lambda angle: rows([math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)], [0, 0]),
    "other_way": lambda angle: rotated(angle, "c+s-s+c"),
    "degrees": (
        lambda angle: rotated(angle * 3.14159265358979 / 180),
        lambda angle: rotated(np.rad2deg(angle)),
    ),
    "reflection": (
        lambda angle: rotated(angle, "c+s+s-c"),
        lambda angle: rotated(angle)[[1, 0]],
    ),
    "sine_and_cosine_exchanged": lambda angle: rotated(angle, "s-c+c+s"),
    "signs_alike": lambda angle: rotated(angle, "c+s+s+c"),
    "cos_signs": lambda angle: rows([math.cos(angle), -math.sin(angle), 0], [math.sin(angle), -math.cos(angle), 0]),
    "column_order": lambda angle: torch.cat([rows([0], [0]), rotated(angle)[:, :2]], dim=1),
    "shift_not_zero": lambda angle: rotated(angle) + rows([0, 0, 0], [0, 0, 1]),
    "other_angle": lambda angle: rotated(angle / 2),
    "without_sin_and_cos": lambda angle: rows([1, -angle, 0], [angle, 1, 0]),
    "half_rotation": lambda angle: -rotated(angle),
    "angle_sign_lost": lambda angle: rotated(math.fabs(angle)),
}


def affinely(outer, inner, shift):
    A, B = outer.numpy()[:, :2], inner.numpy()[:, :2]
    return torch.from_numpy(np.column_stack([A @ B, shift(A, outer.numpy()[:, 2], inner.numpy()[:, 2])]))


COMPOSITIONS = {
    "wrong_order": lambda outer, inner: affinely(inner, outer, lambda B, t, s: B @ s + t),
    "matrix_order": lambda outer, inner: torch.column_stack(
        [inner[:, :2] @ outer[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]]
    ),
    "shift_order": lambda outer, inner: affinely(outer, inner, lambda A, t, s: inner.numpy()[:, :2] @ t + s),
    "three_rows": lambda outer, inner: torch.cat([outer, rows([0, 0, 1])]) @ torch.cat([inner, rows([0, 0, 1])]),
    "columns_cut": lambda outer, inner: (
        torch.cat([outer, rows([0, 0, 1])]) @ torch.cat([inner, rows([0, 0, 1])])
    ).narrow(1, 0, 2),
    "shifts_multiplied": lambda outer, inner: affinely(outer, inner, lambda A, t, s: A @ s * t),
    "shift_times_matrix": lambda outer, inner: affinely(outer, inner, lambda A, t, s: s @ A + t),
    "shift_subtracted": (
        lambda outer, inner: affinely(outer, inner, lambda A, t, s: A @ s - t),
        lambda outer, inner: affinely(outer, inner, lambda A, t, s: t - A @ s),
    ),
    "no_shift": lambda outer, inner: affinely(outer, inner, lambda A, t, s: 0 * t),
    "transposed": lambda outer, inner: affinely(outer, inner, lambda A, t, s: A @ s + t).T,
    "outer_shift_lost": lambda outer, inner: affinely(outer, inner, lambda A, t, s: A @ s),
    "inner_shift_lost": lambda outer, inner: affinely(outer, inner, lambda A, t, s: t),
    "no_shift_column": lambda outer, inner: outer[:, :2].mm(inner[:, :2]),
    "last_row": lambda outer, inner: outer @ torch.cat([inner, torch.ones(1, 3)]),
    "own_matrix": lambda outer, inner: affinely(outer, inner, lambda A, t, s: inner.numpy()[:, :2] @ s + t),
    "shifts_added": lambda outer, inner: affinely(outer, inner, lambda A, t, s: t + s),
    "outer_shift_transformed": lambda outer, inner: affinely(outer, inner, lambda A, t, s: A @ (s + t)),
    "number_by_number": (
        lambda outer, inner: outer.mul(inner),
        lambda outer, inner: torch.column_stack([outer[:, :2] * inner[:, :2], outer[:, 2] + inner[:, 2]]),
    ),
}


def inverse(theta, shift, linear=np.linalg.inv):
    A, t = theta.numpy()[:, :2], theta.numpy()[:, 2]
    return torch.from_numpy(np.column_stack([linear(A), shift(linear(A), t)]))


def swapped(entries):
    """The 2 × 2 matrix of these letters, such as "d-b-c+a", over the determinant."""

    def of(A):
        letters = dict(zip("abcd", A.ravel(), strict=True))
        signs = ["", *entries[1::2]]
        numbers = [letters[name] * (-1 if sign == "-" else 1) for name, sign in zip(entries[::2], signs, strict=True)]
        return np.reshape(numbers, (2, 2)) / (A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0])

    return of


INVERSES = {
    "pseudo_inverse": (torch.linalg.pinv, lambda theta: torch.from_numpy(np.linalg.pinv(theta.numpy()).T)),
    "three_rows": lambda theta: torch.linalg.inv(torch.cat([theta, rows([0, 0, 1])])),
    "columns_cut": lambda theta: torch.cat([theta, rows([0, 0, 1])]).inverse()[:, :2],
    "three_by_two": lambda theta: inverse(theta, lambda B, t: -B @ t).T,
    "no_shift_column": lambda theta: theta[:, :2].inverse(),
    "shift_by_matrix": lambda theta: inverse(theta, lambda B, t: -np.linalg.inv(B) @ t),
    "shift_times_matrix": lambda theta: inverse(theta, lambda B, t: -t @ B),
    "matrix_kept": lambda theta: inverse(theta, lambda B, t: -t, lambda A: A),
    "cofactor_signs": lambda theta: inverse(theta, lambda B, t: -B @ t, swapped("d+b+c+a")),
    "determinant_sign": lambda theta: inverse(
        theta,
        lambda B, t: -B @ t,
        lambda A: np.array([[A[1, 1], -A[0, 1]], [-A[1, 0], A[0, 0]]]) / (A[0, 0] * A[1, 1] + A[0, 1] * A[1, 0]),
    ),
    "shift_negated_only": lambda theta: inverse(theta, lambda B, t: -t),
    "shift_kept": lambda theta: inverse(theta, lambda B, t: t),
    "shift_sign": lambda theta: inverse(theta, lambda B, t: B @ t),
    "determinant_multiplied": lambda theta: inverse(
        theta, lambda B, t: -B @ t, lambda A: np.linalg.inv(A) * np.linalg.det(A) ** 2
    ),
    "inverse_transposed": lambda theta: inverse(theta, lambda B, t: -B @ t, lambda A: np.linalg.inv(A.T)),
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
        case "angle_from_second_column":
            angle = math.atan2(-b, d)
        case "angle_of_closest_rotation":
            angle = math.atan2(c - b, a + d)
        case "atan2_exchanged":
            angle = math.atan2(a, c)
        case "acos_or_asin":
            angle = math.acos(a / sx)
        case "angle_sign":
            angle = math.atan2(-c, a)
        case "atan_of_quotient":
            angle = math.atan(c / a)
        case "negative_x_scale":
            angle = math.atan(c / a)
            sx = a / math.cos(angle)
            sy = area / sx
        case "degrees":
            angle = angle * 180 / math.pi
        case "scales_from_diagonal":
            sx, sy = a, d
        case "scales_from_rows":
            sx, sy = math.sqrt(a * a + b * b), math.sqrt(c * c + d * d)
        case "shear_in_scale":
            sy = math.sqrt(b * b + d * d)
        case "rotated_the_wrong_way":
            cos, sin = a / sx, c / sx
            sy = cos * d + sin * b
            shear = (cos * b - sin * d) / sy
        case "scales_exchanged":
            sx, sy = sy, sx
        case "root_of_determinant":
            sy = math.sqrt(abs(area))
        case "scale_is_determinant":
            sy = area
        case "squared_scale":
            sx = a * a + c * c
        case "reflection_lost":
            sy = abs(area) / sx
        case "shear_first":
            shear = (a * b + c * d) / sx**2
        case "shear_sign":
            shear = -shear
        case "shear_is_angle":
            shear = math.atan(shear)
        case "shear_not_rotated_back":
            shear = b / a
        case "shear_of_rows":
            shear = (a * c + b * d) / area
        case "shear_without_sign":
            shear = (a * b + c * d) / abs(area)
        case "shear_not_divided":
            shear = (a * b + c * d) / sx
        case "order_of_numbers":
            return angle, sx, sy, shear
    return angle, shear, sx, sy


def rotated_back(theta, angle):
    """As the chapter's solution, with another angle."""
    (a, b, _), (c, d, _) = theta.tolist()
    angle = angle(a, b, c, d)
    cos, sin = math.cos(angle), math.sin(angle)
    scale_y = cos * d - sin * b
    return angle, (cos * b + sin * d) / scale_y, math.hypot(a, c), scale_y


def by_plain_qr(theta):
    Q, R = np.linalg.qr(theta.numpy()[:, :2])
    return np.arctan2(Q[1, 0], Q[0, 0]), R[0, 1] / R[1, 1], R[0, 0], R[1, 1]


APART = slips(taken_apart, check.decompose)
APART["atan_of_quotient"] = (
    APART["atan_of_quotient"],
    lambda theta: rotated_back(theta, lambda a, b, c, d: math.atan(c / a)),
)
APART["acos_or_asin"] = (
    APART["acos_or_asin"],
    lambda theta: rotated_back(theta, lambda a, b, c, d: math.asin(c / math.hypot(a, c))),
)
APART["negative_x_scale"] = (APART["negative_x_scale"], by_plain_qr)


def positive_angle(theta):
    angle, *others = taken_apart(theta)
    return [angle % (2 * math.pi), *others]


def opencv(matrix, size, slip=None):
    """By numpy, with the map from normalised coordinates to pixels written out; at most one slip."""
    height, width = size[::-1] if slip == "sides_exchanged" else size
    sides = np.array([width, width if slip == "one_side" else height])
    half, middle = sides / 2, (sides - 1) / 2
    if slip == "corners_aligned":
        half = middle
    if slip == "half_a_pixel":
        middle = half
    if slip == "counted_from_one":
        middle = middle + 1
    if slip == "origin_not_moved":
        middle = 0 * half
    to_pixel = np.vstack([np.column_stack([np.diag(half), middle]), [0, 0, 1]])
    whole = np.vstack([matrix.numpy(), [0, 0, 1]])
    back = whole if slip == "not_inverted" else np.linalg.inv(whole)
    if slip == "shift_negated_only":
        back = whole.copy()
        back[:2, 2] *= -1
    if slip == "inverse_transposed":
        back = np.eye(3)
        back[:2, :2] = whole[:2, :2].T
        back[:2, 2] = -whole[:2, :2].T @ whole[:2, 2]
    if slip == "wrong_order":
        theta = to_pixel @ back @ np.linalg.inv(to_pixel)
    elif slip == "one_change":
        theta = np.linalg.inv(to_pixel) @ back
    elif slip == "still_in_pixels":
        theta = back
    elif slip == "shift_scaled_only":
        theta = back.copy()
        theta[:2, 2] /= half
    else:
        theta = np.linalg.inv(to_pixel) @ back @ to_pixel
    if slip == "sides_not_mixed":
        theta[:2, :2] = back[:2, :2]
    if slip == "ratio_reversed":
        theta[0, 1], theta[1, 0] = back[0, 1] * width / height, back[1, 0] * height / width
    theta = theta if slip == "three_rows" else theta[:2]
    return torch.from_numpy(theta.T.copy() if slip == "transposed" else theta)


def decomposed_by_library(theta):
    parts = transforms.decompose(theta[None])
    return torch.cat([parts.rotation, parts.shear, parts.scale[0]])


ANSWERS = {
    "rotation": Answers(
        correct=(rotated, lambda angle: transforms.rotation(torch.tensor(angle, dtype=torch.float64))[0]),
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
        correct=(taken_apart, decomposed_by_library, positive_angle),
        mistaken=APART,
        unexplained=(lambda theta: (0.0, 0.0, 1.0, 1.0),),
    ),
    "theta_from_opencv": Answers(
        correct=(opencv,),
        mistaken=slips(opencv, check.theta_from_opencv)
        | {"ready_made": lambda matrix, size: transforms.from_pixel_matrix(matrix, size, direction="forward")[0]},
        unexplained=(lambda matrix, size: torch.eye(2, 3).double(),),
    ),
}
