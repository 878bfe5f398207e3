"""Check `thin_plate(point, controls, sources)`: the source of a point under a thin plate spline.

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


def _scipy(point: Tensor, controls: Tensor, sources: Tensor, smoothing: float = 0.0) -> Tensor:
    # Imported here: scipy.interpolate takes longer to import than all exercises together.
    from scipy.interpolate import RBFInterpolator

    spline = RBFInterpolator(
        controls.numpy(), sources.numpy(), kernel="thin_plate_spline", degree=1, smoothing=smoothing
    )
    return torch.from_numpy(spline(point.numpy()[None])[0])


def _plane(points: Tensor) -> Tensor:
    return torch.cat([points, torch.ones_like(points[:, :1])], dim=1)


def _thin(distance: Tensor) -> Tensor:
    return distance * torch.xlogy(distance, distance)


def _solved(
    phi: Callable[[Tensor], Tensor] = _thin, plane: Callable[[Tensor], Tensor] = _plane, norm: float = 2.0
) -> Callable:
    """The spline with another kernel, another affine part or another distance."""

    def spline(point: Tensor, controls: Tensor, sources: Tensor) -> Tensor:
        flat = plane(controls)
        none = flat.new_zeros(flat.shape[1], flat.shape[1])
        upper = torch.cat([phi(torch.cdist(controls, controls, norm)), flat], dim=1)
        system = torch.cat([upper, torch.cat([flat.T, none], dim=1)])
        weights = torch.linalg.pinv(system) @ torch.cat([sources, none.new_zeros(len(none), 2)])
        return (torch.cat([phi(torch.cdist(point[None], controls, norm)), plane(point[None])], dim=1) @ weights)[0]

    return spline


def _no_conditions(point: Tensor, controls: Tensor, sources: Tensor) -> Tensor:
    terms = torch.cat([_thin(torch.cdist(controls, controls)), _plane(controls)], dim=1)
    weights = torch.linalg.pinv(terms) @ sources
    return (torch.cat([_thin(torch.cdist(point[None], controls)), _plane(point[None])], dim=1) @ weights)[0]


def _affine_part(point: Tensor, controls: Tensor, sources: Tensor) -> Tensor:
    """The affine part of the spline, without its bending terms."""
    flat = _plane(controls)
    upper = torch.cat([_thin(torch.cdist(controls, controls)), flat], dim=1)
    system = torch.cat([upper, torch.cat([flat.T, flat.new_zeros(3, 3)], dim=1)])
    weights = torch.linalg.solve(system, torch.cat([sources, sources.new_zeros(3, 2)]))
    return (_plane(point[None]) @ weights[-3:])[0]


def _plane_only(point: Tensor, controls: Tensor, sources: Tensor) -> Tensor:
    return (_plane(point[None]) @ torch.linalg.pinv(_plane(controls)) @ sources)[0]


thin_plate = exercise(
    __name__,
    number="8.3",
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
        "logarithm_alone": Misconception(
            "Your kernel is log r. A thin plate has φ(r) = r² log r, and 0 where r is 0.",
            _solved(lambda r: torch.where(r > 0, r, 1.0).log()),
            *(_solved(lambda r, k=k: r.clamp(min=10 ** (-k / 2)).log()) for k in range(4, 25)),
        ),
        "other_kernel": Misconception(
            "Your kernel is a different one. A thin plate has φ(r) = r² log r, where r is the distance, not its square.",
            _solved(lambda r: _thin(r * r) / 2),
            _solved(lambda r: torch.xlogy(r * r, r + 1)),
            _solved(lambda r: torch.xlogy(r, r)),
            _solved(lambda r: r),
            _solved(lambda r: r * r),
            _solved(lambda r: r**3),
            *(_solved(phi, lambda points: points[:, :1] ** 0) for phi in (lambda r: r, lambda r: -r, lambda r: r**3)),
            *(_solved(phi, lambda points: points[:, :0]) for phi in (lambda r: r, lambda r: r**3)),
            *(_solved(lambda r, e=e: (-e * r * r).exp(), lambda points: points[:, :0]) for e in (0.5, 1.0, 2.0)),
        ),
        "no_constant": Misconception(
            "Your affine part has no constant: add the column 1.", _solved(plane=lambda points: points)
        ),
        "constant_only": Misconception(
            "Your affine part has the constant only: add the columns x and y.",
            _solved(plane=lambda points: points[:, :1] ** 0),
        ),
        "wrong_direction": Misconception(
            "You map the sources to the control points. The point is in the OUTPUT, as the control points are: the map goes from "
            "them to the sources.",
            lambda point, controls, sources: _scipy(point, sources, controls),
        ),
        "offset": Misconception(
            "You return the displacement of the point. Return its source position.",
            lambda point, controls, sources: _scipy(point, controls, sources) - point,
        ),
        "affine_part_lost": Misconception(
            "You add up the bending terms only. Add the affine part at the point as well.",
            lambda point, controls, sources: _scipy(point, controls, sources) - _affine_part(point, controls, sources),
        ),
        "bending_lost": Misconception(
            "You evaluate the affine part only. Add the weights times φ of the distances from the point to the control points.",
            _affine_part,
        ),
        "stiffness": Misconception(
            "Your spline misses its control points, because a number is added to the diagonal of the system. Leave it out.",
            *(
                lambda point, controls, sources, smoothing=smoothing: _scipy(point, controls, sources, smoothing)
                for smoothing in (0.01, 0.1, 1.0, 10.0)
            ),
        ),
        "distance_weights": Misconception(
            "You weight the sources by distance, which is not a spline. Solve the system for the weights.",
            *(
                lambda point, controls, sources, power=power: (
                    (torch.cdist(point[None], controls) ** -power)
                    / (torch.cdist(point[None], controls) ** -power).sum()
                    @ sources
                )[0]
                for power in (1, 2)
            ),
            lambda point, controls, sources: sources.mean(0),
            lambda point, controls, sources: point + (sources - controls).mean(0),
        ),
        "nearest": Misconception(
            "That is the source of the closest control point. Between control points the spline is smooth: solve the system.",
            lambda point, controls, sources: sources[torch.cdist(point[None], controls).argmin()],
        ),
        "displacement_added": Misconception(
            "You fit the sources and add the point. Add it only if you fit the displacements, sources − controls.",
            lambda point, controls, sources: _scipy(point, controls, sources) + point,
        ),
        "exchanged": Misconception(
            "You exchanged x and y in the answer.",
            lambda point, controls, sources: _scipy(point, controls, sources).flip(0),
        ),
        "other_distance": Misconception(
            "Your distance is not the straight line between two points: r = √(Δx² + Δy²).",
            _solved(norm=1.0),
            _solved(norm=float("inf")),
        ),
        "controls_left_out": Misconception(
            "You use four control points. Their number K is `len(controls)`.",
            lambda point, controls, sources: _solved()(point, controls[:4], sources[:4]),
        ),
    },
)
