"""Check `thin_plate(point, controls, sources)`: where a thin plate spline samples a point.

Convention: as `stn_lib.transforms.tps_weights`, without regularisation: control points are in the output, their sources
in the input; points are (x, y).

Args: point: float64 (2,); controls, sources: float64 (K, 2).
Returns: The source position of the point, two numbers.

Example:
    >>> thin_plate(lambda point, controls, sources: point).passed
    False
"""

from collections.abc import Callable

import torch
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        count = 4 + k % 3
        # Around a circle of varying radius: no three on one line, no two close together.
        angle = 2 * torch.pi * (torch.arange(count) + 0.6 * torch.rand(count, generator=generator)) / count
        radius = 0.5 + 0.4 * torch.rand(count, generator=generator)
        controls = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
        sources = controls + 0.5 * (2 * torch.rand(count, 2, generator=generator) - 1)
        point = 2 * torch.rand(2, generator=generator) - 1
        numbers = {"point": point, "controls": controls, "sources": sources}
        cases.append(Case({name: value.double().round(decimals=2) for name, value in numbers.items()}))
    return cases


def _scipy(point: Tensor, controls: Tensor, sources: Tensor) -> Tensor:
    # Imported here: scipy.interpolate takes longer to import than all exercises together.
    from scipy.interpolate import RBFInterpolator

    spline = RBFInterpolator(controls.numpy(), sources.numpy(), kernel="thin_plate_spline", degree=1)
    return torch.from_numpy(spline(point.numpy()[None])[0])


def _plane(points: Tensor) -> Tensor:
    return torch.cat([points, torch.ones_like(points[:, :1])], dim=1)


def _thin(distance: Tensor) -> Tensor:
    return distance * torch.xlogy(distance, distance)


def _solved(phi: Callable[[Tensor], Tensor] = _thin, plane: Callable[[Tensor], Tensor] = _plane) -> Callable:
    """The spline with another kernel or another affine part."""

    def spline(point: Tensor, controls: Tensor, sources: Tensor) -> Tensor:
        flat = plane(controls)
        none = flat.new_zeros(flat.shape[1], flat.shape[1])
        upper = torch.cat([phi(torch.cdist(controls, controls)), flat], dim=1)
        system = torch.cat([upper, torch.cat([flat.T, none], dim=1)])
        weights = torch.linalg.pinv(system) @ torch.cat([sources, none.new_zeros(len(none), 2)])
        return (torch.cat([phi(torch.cdist(point[None], controls)), plane(point[None])], dim=1) @ weights)[0]

    return spline


def _no_conditions(point: Tensor, controls: Tensor, sources: Tensor) -> Tensor:
    terms = torch.cat([_thin(torch.cdist(controls, controls)), _plane(controls)], dim=1)
    weights = torch.linalg.pinv(terms) @ sources
    return (torch.cat([_thin(torch.cdist(point[None], controls)), _plane(point[None])], dim=1) @ weights)[0]


def _plane_only(point: Tensor, controls: Tensor, sources: Tensor) -> Tensor:
    return (_plane(point[None]) @ torch.linalg.pinv(_plane(controls)) @ sources)[0]


thin_plate = exercise(
    __name__,
    number="3.6",
    cases=_cases,
    oracle=_scipy,
    oracle_name="scipy's thin plate spline",
    misconceptions={
        "no_affine_part": Misconception(
            "The three columns x, y, 1 are missing: without them the spline cannot represent an affine map.",
            _solved(plane=lambda points: points[:, :0]),
        ),
        "no_side_conditions": Misconception(
            "Your weights meet the points, but other weights do as well. Three conditions make them unique: the "
            "weights, the weights times x, and the weights times y each sum to 0.",
            _no_conditions,
        ),
        "affine_only": Misconception(
            "That is the closest affine map, which misses the points. The weights of φ bend it onto them.", _plane_only
        ),
        "other_kernel": Misconception(
            "Your kernel is a different one. A thin plate has φ(r) = r² log r, where r is the distance, not its square.",
            _solved(lambda r: _thin(r * r)),
            _solved(lambda r: torch.xlogy(r, r)),
            _solved(lambda r: r),
            _solved(lambda r: r * r),
            _solved(lambda r: r**3),
        ),
        "constant_only": Misconception(
            "Your affine part has the constant only: add the columns x and y.",
            _solved(plane=lambda points: points[:, :1] ** 0),
        ),
        "wrong_direction": Misconception(
            "You map the sources to the control points. The spline is evaluated at a point of the OUTPUT, where the "
            "control points are.",
            lambda point, controls, sources: _scipy(point, sources, controls),
        ),
        "offset": Misconception(
            "You return the displacement of the point. Return its source position.",
            lambda point, controls, sources: _scipy(point, controls, sources) - point,
        ),
    },
)
