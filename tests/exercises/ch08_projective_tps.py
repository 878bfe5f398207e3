"""Functions as learners write them in chapter 8: correct, mistaken, and neither."""

import math

import numpy as np
import torch

from stn_lib import transforms
from tests.exercises.answers import Answers


def projected(theta, points, slip=None):
    """Point by point, entry by entry; at most one slip."""
    (a, b, c), (d, e, f), (g, h, i) = theta.tolist()
    if slip == "transposed":
        (a, d, g), (b, e, h), (c, f, i) = (a, b, c), (d, e, f), (g, h, i)
    found, first = [], None
    for x, y in points.tolist():
        if slip == "coordinates_exchanged":
            x, y = y, x
        if slip == "w_of_column":
            g, h = c, f
        w = g * x + h * y + {"last_is_one": 1, "last_forgotten": 0}.get(slip, i)
        first = first or w
        if slip == "absolute":
            w = abs(g) * x + abs(h) * y + i
        if slip == "normalised_twice":
            w /= i
        if slip == "divided_twice":
            w *= w
        if slip == "unit_vector":
            w = math.sqrt((a * x + b * y + c) ** 2 + (d * x + e * y + f) ** 2 + w**2)
        if slip == "w_of_result":
            w = g * (a * x + b * y + c) + h * (d * x + e * y + f) + i
        if slip == "same_w":
            w = i
        if slip == "first_point":
            w = first
        new_x, new_y = a * x + b * y + c, d * x + e * y + f
        if slip == "not_divided":
            found.append((new_x, new_y))
        elif slip == "multiplied":
            found.append((new_x * w, new_y * w))
        elif slip == "x_only":
            found.append((new_x / w, new_y))
        elif slip == "shift_not_divided":
            found.append(((new_x - c) / w + c, (new_y - f) / w + f))
        elif slip == "shift_lost":
            found.append(((a * x + b * y) / w, (d * x + e * y) / w))
        elif slip == "three_coordinates":
            found.append((new_x / w, new_y / w, 1.0))
        elif slip == "overwritten":
            x = new_x / w
            found.append((x, (d * x + e * y + f) / w))
        else:
            found.append((new_x / w, new_y / w))
    return found


PROJECTED = {
    slip: (lambda theta, points, slip=slip: projected(theta, points, slip))
    for slip in (
        "not_divided", "three_coordinates", "multiplied", "x_only", "same_w", "last_is_one", "normalised_twice",
        "last_forgotten", "shift_not_divided", "shift_lost", "transposed", "coordinates_exchanged", "w_of_column",
        "absolute", "overwritten", "w_of_result", "divided_twice", "unit_vector",
        "first_point",
    )
} | {
    "inverse": lambda theta, points: projected(theta.inverse(), points),
    "displacement": lambda theta, points: torch.tensor(projected(theta, points)) - points,
}  # fmt: skip


def at_corners(theta):
    return [sum(theta[2] * torch.tensor([x, y, 1.0])) for x in (-1.0, 1.0) for y in (-1.0, 1.0)]


HORIZONS = {
    "half_square": lambda theta: min(
        theta[2] @ torch.tensor([x, y, 1.0]).double() for x in (-0.5, 0.5) for y in (-0.5, 0.5)
    ),
    "other_row": lambda theta: min(theta[1] @ torch.tensor([x, y, 1.0]).double() for x in (-1, 1) for y in (-1, 1)),
    "one_corner": lambda theta: theta[2].sum(),
    "negated": lambda theta: abs(theta[2, 0]) + abs(theta[2, 1]) - theta[2, 2],
    "centre": lambda theta: theta[2, 2],
    "absolute": lambda theta: min(abs(w) for w in at_corners(theta)),
    "clamped": lambda theta: max(0.0, min(at_corners(theta))),
    "unit_square": lambda theta: min(theta[2] @ torch.tensor([x, y, 1.0]).double() for x in (0, 1) for y in (0, 1)),
    "all_rows": lambda theta: min(min(theta @ torch.tensor([x, y, 1.0]).double()) for x in (-1, 1) for y in (-1, 1)),
    "sign_in_difference": lambda theta: theta[2, 2] - max(theta[2, :2]),
    "distance": lambda theta: theta[2, 2] - theta[2, :2].norm(),
    "signs_of_sum": lambda theta: theta[2, 2] - abs(theta[2, 0] + theta[2, 1]),
    "divided": lambda theta: min(at_corners(theta)) / theta[2, 2],
    "without_last": lambda theta: -theta[2, :2].abs().sum(),
    "smallest_entry": lambda theta: theta[2].min(),
    "largest": lambda theta: max(at_corners(theta)),
    "one_axis": lambda theta: theta[2, 2] - theta[2, :2].abs().max(),
    "last_is_one": lambda theta: 1 - theta[2, :2].abs().sum(),
    "column_for_row": lambda theta: theta[2, 2] - abs(theta[0, 2]) - abs(theta[1, 2]),
}


def bent(r):
    return r * r * math.log(r) if r else 0.0


def plated(point, controls, sources, phi=bent, plane=(0, 1, 2), conditions=True, stiffness=0.0, distance=math.dist):
    """By numpy, entry by entry."""
    point, controls, sources = point.numpy(), controls.numpy(), sources.numpy()
    if conditions is None:
        controls, sources = sources, controls
    flat = np.column_stack([controls, np.ones(len(controls))])[:, list(plane)]
    dense = np.array([[phi(distance(p, q)) for q in controls] for p in controls])
    dense += stiffness * np.eye(len(controls))
    upper = np.hstack([dense, flat])
    lower = np.hstack([flat.T, np.zeros((len(plane), len(plane)))])
    if conditions is False:
        weights = np.linalg.lstsq(upper, sources, rcond=None)[0]
    else:
        zeros = np.zeros((len(plane), 2))
        weights = np.linalg.lstsq(np.vstack([upper, lower]), np.vstack([sources, zeros]), rcond=None)[0]
    terms = [*(phi(distance(point, q)) for q in controls), *np.append(point, 1.0)[list(plane)]]
    return torch.from_numpy(np.array(terms) @ weights)


def flat_only(point, controls, sources):
    flat = np.column_stack([controls.numpy(), np.ones(len(controls))])
    weights = np.linalg.lstsq(flat, sources.numpy(), rcond=None)[0]
    return tuple(np.append(point.numpy(), 1.0) @ weights)


def affine_part(point, controls, sources):
    """The affine part of the spline at a point, by numpy."""
    flat = np.column_stack([controls.numpy(), np.ones(len(controls))])
    dense = np.array([[bent(math.dist(p, q)) for q in controls.numpy()] for p in controls.numpy()])
    whole = np.block([[dense, flat], [flat.T, np.zeros((3, 3))]])
    weights = np.linalg.inv(whole) @ np.vstack([sources.numpy(), np.zeros((3, 2))])
    return torch.from_numpy(np.append(point.numpy(), 1.0) @ weights[-3:])


PLATES = {
    "logarithm_alone": (
        lambda *inputs: plated(*inputs, phi=lambda r: math.log(r + 1e-9)),
        lambda *inputs: plated(*inputs, phi=lambda r: math.log(r * r) if r else 0.0),
    ),
    "no_affine_part": lambda *inputs: plated(*inputs, plane=()),
    "no_side_conditions": lambda *inputs: plated(*inputs, conditions=False),
    "affine_only": flat_only,
    "other_kernel": lambda *inputs: plated(*inputs, phi=lambda r: bent(r * r)),
    "no_constant": lambda *inputs: plated(*inputs, plane=(0, 1)),
    "constant_only": lambda *inputs: plated(*inputs, plane=(2,)),
    "wrong_direction": lambda *inputs: plated(*inputs, conditions=None),
    "offset": lambda *inputs: plated(*inputs) - inputs[0],
    "affine_part_lost": lambda *inputs: plated(*inputs) - affine_part(*inputs),
    "bending_lost": affine_part,
    "stiffness": lambda *inputs: plated(*inputs, stiffness=0.1),
    "distance_weights": lambda point, controls, sources: sources.mean(dim=0),
    "nearest": lambda point, controls, sources: sources[(controls - point).norm(dim=1).argmin()],
    "displacement_added": lambda *inputs: inputs[0] + plated(*inputs),
    "exchanged": lambda *inputs: plated(*inputs)[[1, 0]],
    "other_distance": lambda *inputs: plated(*inputs, distance=lambda p, q: np.abs(p - q).sum()),
    "controls_left_out": lambda point, controls, sources: plated(point, controls[:4], sources[:4]),
}

ANSWERS = {
    "apply_homography": Answers(
        correct=(projected, lambda theta, points: transforms.apply(theta[None], points[None])[0]),
        mistaken=PROJECTED,
        unexplained=(lambda theta, points: points,),
    ),
    "smallest_w": Answers(
        correct=(
            lambda theta: theta[2, 2] - abs(theta[2, 0]) - abs(theta[2, 1]),
            lambda theta: min(at_corners(theta)),
        ),
        mistaken=HORIZONS,
        unexplained=(lambda theta: theta.min(),),
    ),
    "thin_plate": Answers(
        # A kernel twice as large has weights half as large: the same spline.
        correct=(plated, lambda *inputs: plated(*inputs, phi=lambda r: 2 * bent(r))),
        mistaken=PLATES,
        unexplained=(lambda point, controls, sources: sources[0],),
    ),
}
