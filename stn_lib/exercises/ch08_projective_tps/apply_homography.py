"""Check `apply_homography(theta, points)`: the sources of points under a projective theta.

Convention: theta maps OUTPUT to INPUT, row by row on (x, y, 1); its third row gives w, which is positive at all points.

Args: theta: float64 (3, 3), whose last number can differ from 1; points: float64 (K, 2), as (x, y).
Returns: The sources, (K, 2).

Example:
    >>> apply_homography(lambda theta, points: points @ theta[:2, :2].T + theta[:2, 2]).misconception
    'not_divided'
"""

from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.ch03_affine.affine_matrices import random_tenth, random_theta
from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        last = [random_tenth(generator, -5, 5), random_tenth(generator, -4, 4), 1.2 + k / 10]
        theta = torch.cat([random_theta(generator), torch.tensor([last], dtype=torch.float64)])
        while abs(torch.linalg.det(theta)) < 0.1:
            theta[:2] = random_theta(generator)
        points = torch.zeros(1 + k % 4, 2, dtype=torch.float64)
        while (points @ theta[2, :2]).abs().min() < 0.03:  # no division by 0 if the last number is left out
            points = (2 * torch.rand(points.shape, generator=generator, dtype=torch.float64) - 1).round(decimals=1)
        cases.append(Case({"theta": theta, "points": points}))
    return cases


def _meeting_point(theta: Tensor, points: Tensor) -> Tensor:
    """Map the vertical and the horizontal line through each point, and intersect them."""
    lines = torch.linalg.inv(theta).T
    sources = []
    for x, y in points.tolist():
        vertical, horizontal = (lines @ theta.new_tensor(line) for line in ([1, 0, -x], [0, 1, -y]))
        meeting = torch.linalg.cross(vertical, horizontal)
        sources.append(meeting[:2] / meeting[2])
    return torch.stack(sources)


def _mapped(theta: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """The two coordinates before the division, and w (K, 1)."""
    mapped = torch.cat([points, torch.ones_like(points[:, :1])], dim=1) @ theta.T
    return mapped[:, :2], mapped[:, 2:]


def _with(change: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A function of the coordinates before the division, of w, of theta and of the points."""
    return lambda theta, points: change(*_mapped(theta, points), theta, points)


def _overwritten(theta: Tensor, points: Tensor) -> Tensor:
    """x is replaced by its source before y's source is computed from it."""
    (a, b, c), (d, e, f), (g, h, i) = theta.tolist()
    x, y = points.unbind(1)
    w = g * x + h * y + i
    x = (a * x + b * y + c) / w
    return torch.stack([x, (d * x + e * y + f) / w], dim=1)


apply_homography = exercise(
    __name__,
    number="8.1",
    cases=_cases,
    oracle=_meeting_point,
    oracle_name="the intersection of two mapped lines",
    misconceptions={
        "not_divided": Misconception(
            "You do not divide by w. The third row gives w = g x + h y + i at each point; divide both coordinates by it.",
            _with(lambda mapped, w, theta, points: mapped),
        ),
        "three_coordinates": Misconception(
            "You return three coordinates. Divide the first two by the third, and return those two.",
            lambda theta, points: torch.cat(_mapped(theta, points), dim=1),
            lambda theta, points: torch.cat(_mapped(theta, points), dim=1) / _mapped(theta, points)[1],
        ),
        "multiplied": Misconception(
            "You multiply by w. Divide by it.", _with(lambda mapped, w, theta, points: mapped * w)
        ),
        "x_only": Misconception(
            "You divide one coordinate only. Both are divided by w.",
            _with(lambda mapped, w, theta, points: torch.cat([mapped[:, :1] / w, mapped[:, 1:]], dim=1)),
            _with(lambda mapped, w, theta, points: torch.cat([mapped[:, :1], mapped[:, 1:] / w], dim=1)),
        ),
        "same_w": Misconception(
            "You divide all points by the same number, the last one of theta. w is different at each point: g x + h y + i.",
            _with(lambda mapped, w, theta, points: mapped / theta[2, 2]),
        ),
        "last_is_one": Misconception(
            "You add 1 in w, but the last number of theta is not 1 here: w = g x + h y + i.",
            _with(lambda mapped, w, theta, points: mapped / (w - theta[2, 2] + 1)),
            _with(lambda mapped, w, theta, points: mapped / (w + 1)),
        ),
        "w_of_result": Misconception(
            "You compute w from the mapped coordinates. It comes from the output point: w = g x + h y + i with its x and y.",
            _with(lambda mapped, w, theta, points: mapped / (mapped @ theta[2, :2] + theta[2, 2])[:, None]),
        ),
        "divided_twice": Misconception(
            "You divide by w twice, or by its square. Once is enough.",
            _with(lambda mapped, w, theta, points: mapped / w**2),
        ),
        "unit_vector": Misconception(
            "You divide by the length of the three coordinates. Divide by the third one, w.",
            lambda theta, points: torch.nn.functional.normalize(torch.cat(_mapped(theta, points), dim=1), dim=1)[:, :2],
            _with(lambda mapped, w, theta, points: mapped / w.norm()),
        ),
        "normalised_twice": Misconception(
            "You divide theta by its last number in some places only. Divide all nine numbers by it, or none.",
            _with(lambda mapped, w, theta, points: mapped / (w / theta[2, 2])),
        ),
        "last_forgotten": Misconception(
            "The last number of theta is missing in w = g x + h y + i.",
            _with(lambda mapped, w, theta, points: mapped / (w - theta[2, 2])),
        ),
        "shift_not_divided": Misconception(
            "You divide before you add the shift. Add it first, then divide the whole sum by w.",
            _with(lambda mapped, w, theta, points: (mapped - theta[:2, 2]) / w + theta[:2, 2]),
        ),
        "shift_lost": Misconception(
            "The third column is missing: append 1 to each point before you multiply.",
            _with(lambda mapped, w, theta, points: (mapped - theta[:2, 2]) / w),
            _with(lambda mapped, w, theta, points: (mapped - theta[:2, 2]) / (w - theta[2, 2])),
        ),
        "transposed": Misconception(
            "You multiply by the transpose. theta multiplies a point from the left; for points in rows that is `points @ theta.T`.",
            lambda theta, points: torch.divide(*_mapped(theta.T, points)),
            lambda theta, points: _mapped(theta.T, points)[0],
        ),
        "inverse": Misconception(
            "You apply the inverse of theta. It maps output points to their sources: use it as it is.",
            lambda theta, points: torch.divide(*_mapped(torch.linalg.inv(theta), points)),
        ),
        "coordinates_exchanged": Misconception(
            "You exchanged x and y: a point is (x, y).",
            lambda theta, points: torch.divide(*_mapped(theta, points.flip(1))),
            lambda theta, points: torch.divide(*_mapped(theta, points)).flip(1),
            lambda theta, points: torch.divide(*_mapped(theta, points.flip(1))).flip(1),
        ),
        "w_of_column": Misconception(
            "You compute w from the third column. It comes from the third row: g, h, i.",
            lambda theta, points: _mapped(theta, points)[0] / _mapped(theta.T, points)[1],
        ),
        "absolute": Misconception(
            "You use |g|, |h| or squares in w. Keep the signs: w = g x + h y + i.",
            _with(lambda mapped, w, theta, points: mapped / (points.abs() @ theta[2, :2].abs() + theta[2, 2])[:, None]),
            _with(lambda mapped, w, theta, points: mapped / (points @ theta[2, :2].abs() + theta[2, 2])[:, None]),
        ),
        "overwritten": Misconception(
            "You replace x by its new value before you compute y from the old one. Keep both old coordinates.",
            _overwritten,
        ),
        "first_point": Misconception(
            "You use w of one point for all. Each point has its own w: keep it as a column (K, 1).",
            _with(lambda mapped, w, theta, points: mapped / w[0]),
            _with(lambda mapped, w, theta, points: mapped / w.mean()),
        ),
        "displacement": Misconception(
            "You return how far each point moves. Return its source.",
            lambda theta, points: torch.divide(*_mapped(theta, points)) - points,
        ),
    },
)
