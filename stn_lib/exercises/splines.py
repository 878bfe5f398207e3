"""The exercise about thin plate splines: the linear system behind a sheet of metal that bends through given points.

Convention: control points lie in the output, their sources in the input, so the spline says where to READ; points are
(x, y). The oracle is scipy's RBFInterpolator.
"""

from collections.abc import Callable

import torch
from scipy.interpolate import RBFInterpolator
from torch import Tensor

from stn_lib.exercises.attempt import Case
from stn_lib.exercises.frame import Exercise, Misconception


def _draw(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        count = 4 + k % 3
        # Around a circle with jumps of the radius: no three on one line, none close to another.
        angle = 2 * torch.pi * (torch.arange(count) + 0.6 * torch.rand(count, generator=generator)) / count
        radius = 0.5 + 0.4 * torch.rand(count, generator=generator)
        controls = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
        sources = controls + 0.5 * (2 * torch.rand(count, 2, generator=generator) - 1)
        point = 2 * torch.rand(2, generator=generator) - 1
        numbers = {"point": point, "controls": controls, "sources": sources}
        cases.append(Case({name: value.double().round(decimals=2) for name, value in numbers.items()}))
    return cases


def _scipy(point: Tensor, controls: Tensor, sources: Tensor) -> Tensor:
    spline = RBFInterpolator(controls.numpy(), sources.numpy(), kernel="thin_plate_spline", degree=1)
    return torch.from_numpy(spline(point.numpy()[None])[0])


def _plane(points: Tensor) -> Tensor:
    return torch.cat([points, torch.ones_like(points[:, :1])], dim=1)


def _thin(distance: Tensor) -> Tensor:
    return distance * torch.xlogy(distance, distance)


def _solved(phi: Callable[[Tensor], Tensor] = _thin, plane: Callable[[Tensor], Tensor] = _plane) -> Callable:
    """The spline of another kernel, or with another part that bends nothing."""

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


THIN_PLATE = Exercise(
    "3.6",
    "thin_plate",
    _draw,
    _scipy,
    "scipy's thin plate spline",
    (
        Misconception(
            "no_affine_part",
            "The three columns x, y, 1 are missing: without them the sheet cannot even lie flat and tilted.",
            (_solved(plane=lambda points: points[:, :0]),),
        ),
        Misconception(
            "no_side_conditions",
            "Your weights meet the points, but they are not the only ones that do. The three conditions make them so: the "
            "weights, and the weights times x and times y, sum to 0.",
            (_no_conditions,),
        ),
        Misconception(
            "affine_only",
            "That is the closest affine map, which misses the points. The weights of φ bend it onto them.",
            (_plane_only,),
        ),
        Misconception(
            "other_kernel",
            "Your kernel is another one. A thin plate has φ(r) = r² log r, with r the distance, not its square.",
            (
                _solved(lambda r: _thin(r * r)),
                _solved(lambda r: torch.xlogy(r, r)),
                _solved(lambda r: r),
                _solved(lambda r: r * r),
                _solved(lambda r: r**3),
            ),
        ),
        Misconception(
            "constant_only",
            "Of the affine part only the constant is there; x and y belong to it.",
            (_solved(plane=lambda points: points[:, :1] ** 0),),
        ),
        Misconception(
            "wrong_direction",
            "You send the sources to the control points. The spline is asked at a point of the OUTPUT, where the control "
            "points lie.",
            (lambda point, controls, sources: _scipy(point, sources, controls),),
        ),
        Misconception(
            "offset",
            "You return how far the point is moved. Wanted is where it is read.",
            (lambda point, controls, sources: _scipy(point, controls, sources) - point,),
        ),
    ),
)
