"""Affine, projective and thin plate spline transforms: build, apply, compose, invert, decompose, convert to pixels.

Convention of the whole module: theta maps OUTPUT to INPUT coordinates, in normalised coordinates unless a name says pixel;
y points down; angles are in radians. Affine is (N, 2, 3), row-major on (x, y, 1); projective (N, 3, 3), with a third
row to divide by; a thin plate spline is (N, K, 2), the source points of K control points.

Raises of the whole module: TypeError for what is no real number, and for tensors of integers, of complex numbers, of 8 bits,
sparse or nested. NaN and infinity are refused with a ValueError.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from stn_lib import _validate
from stn_lib._precision import full_precision, wide

Numbers = float | Sequence[float] | Tensor
DIRECTIONS = ("forward", "inverse")
AXES = ("xy", "yx")
ORIGINS = ("pixel", "corner", "center")


def identity(batch: int = 1, *, dtype: torch.dtype | None = None, device=None) -> Tensor:
    """theta that leaves an image as it is.

    Args:
        batch: N.
        dtype, device: of the result.

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: a batch that is no whole number of 0 or more.

    Example:
        >>> identity(1).tolist()
        [[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]

    Chapter: 3
    """
    _validate.whole("batch", batch, 0)
    return torch.eye(2, 3, dtype=dtype, device=device).repeat(batch, 1, 1)


@full_precision
def translation(shift: Numbers) -> Tensor:
    """theta that samples `shift` further to the right and down, so that the content moves left and up.

    Convention: in normalised coordinates; 2 / W is one pixel (``align_corners=False``).

    Args:
        shift: (x, y), as (2,) or (N, 2).

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: a last axis that is not (x, y), NaN or infinity.

    Example:
        >>> translation((0.4, 0.0))[0].tolist()
        [[1.0, 0.0, 0.4000000059604645], [0.0, 1.0, 0.0]]

    Chapter: 3
    """
    shift = _pairs("shift", shift)
    return _assemble(torch.eye(2, dtype=shift.dtype, device=shift.device).expand(shift.shape[0], 2, 2), shift)


@full_precision
def rotation(angle: Numbers) -> Tensor:
    """theta with the matrix [[cos, -sin], [sin, cos]]: rotates the content counter-clockwise on the screen.

    Convention: a rotation in normalised coordinates is a rotation in pixels only if the image is square; otherwise it
    shears the image. `theta_to_normalized` converts a rotation in pixels.

    Args:
        angle: radians, a number or (N,).

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: more than one axis, NaN or infinity.

    Example:
        >>> rotation(torch.pi / 2)[0].round(decimals=4).tolist()
        [[-0.0, -1.0, 0.0], [1.0, -0.0, 0.0]]

    Chapter: 3
    """
    angle = _numbers("angle", angle)
    cos, sin = angle.cos(), angle.sin()
    return _assemble(_matrix(cos, -sin, sin, cos))


@full_precision
def scaling(scale: Numbers) -> Tensor:
    """theta that samples `scale` times as far from the centre: 2 makes the content half as large.

    Args:
        scale: one number for both axes, a tensor (N,) of such numbers, or (x, y) as a plain pair or as (N, 2).

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: a scale of 0, which samples one point everywhere, or NaN; a plain sequence that is not a pair.

    Example:
        >>> scaling(2.0)[0].tolist()
        [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
        >>> scaling((-1.0, 1.0))[0].tolist()  # a mirror
        [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]

    Chapter: 3
    """
    plain = not isinstance(scale, Tensor)
    scale = _validate.as_numbers("scale", scale)
    if plain and scale.ndim == 1:  # (x, y), as for a translation; a batch of scales must be a tensor
        scale = _pairs("scale", scale)
    pairs = scale if scale.ndim == 2 else scale.reshape(-1, 1).expand(-1, 2)
    if scale.ndim > 2 or pairs.shape[-1] != 2:
        raise ValueError(f"expected scale as a number, (N,) or (N, 2), got {_validate.shape_of(scale)}")
    if _validate.refuted(lambda: (pairs.detach() != 0).all()):
        raise ValueError("expected a scale other than 0, got 0: every output pixel would sample the same point")
    x, y = pairs.unbind(-1)
    zero = torch.zeros_like(x)
    return _assemble(_matrix(x, zero, zero, y))


@full_precision
def shear(amount: Numbers) -> Tensor:
    """theta that samples further to the right the lower the pixel is: x_s = x + amount * y.

    Args:
        amount: a number or (N,).

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: more than one axis, NaN or infinity.

    Example:
        >>> shear(0.5)[0].tolist()
        [[1.0, 0.5, 0.0], [0.0, 1.0, 0.0]]

    Chapter: 3
    """
    amount = _numbers("amount", amount)
    one, zero = torch.ones_like(amount), torch.zeros_like(amount)
    return _assemble(_matrix(one, amount, zero, one))


@full_precision
def attention(scale: Numbers, shift: Numbers) -> Tensor:
    """theta of a window that moves and zooms, without rotation: [[s, 0, t_x], [0, s, t_y]].

    Args:
        scale: s, a number or (N,); 0.5 samples a window of half the side.
        shift: (t_x, t_y), the window's centre, (2,) or (N, 2), normalised.

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: a scale of 0, a shift that is not (x, y), or batches that do not fit.

    Example:
        >>> attention(0.5, (0.25, -0.25))[0].tolist()
        [[0.5, 0.0, 0.25], [0.0, 0.5, -0.25]]

    Source: Jaderberg et al. 2015, equation 2.
    Chapter: 3
    """
    like = next((value for value in (scale, shift) if isinstance(value, Tensor)), None)
    scale, shift = _validate.as_numbers("scale", scale, like), _validate.as_numbers("shift", shift, like)
    return compose(translation(shift), scaling(scale))


@full_precision
def homogeneous(theta: Tensor) -> Tensor:
    """An affine theta with the third row 0 0 1: the same transform as a projective one.

    Args:
        theta: (N, 2, 3).

    Returns:
        (N, 3, 3).

    Raises:
        ValueError: another shape.

    Example:
        >>> homogeneous(translation((0.5, 0.0)))[0].tolist()
        [[1.0, 0.0, 0.5], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]

    Chapter: 3
    """
    _validate.theta(theta)
    last = theta.new_tensor([0.0, 0.0, 1.0])
    return torch.cat([theta, last.expand(theta.shape[0], 1, 3)], dim=1)


@full_precision
def projective(parameters: Tensor) -> Tensor:
    """The projective theta of eight parameters, row by row; the ninth entry is 1.

    Convention: a multiple of theta is the same transform, which is why eight numbers are enough.

    Args:
        parameters: (N, 8).

    Returns:
        (N, 3, 3).

    Raises:
        ValueError: another shape.

    Example:
        >>> projective(torch.tensor([[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.5, 0.0]]))[0, 2].tolist()
        [-0.5, 0.0, 1.0]

    Source: Jaderberg et al. 2015, section 3.2.
    Chapter: 8
    """
    _validate.floating("parameters", parameters)
    if parameters.ndim != 2 or parameters.shape[1] != 8:
        raise ValueError(f"expected parameters of shape (N, 8), got {_validate.shape_of(parameters)}")
    _validate.finite("parameters", parameters)
    return F.pad(parameters, (0, 1), value=1.0).view(-1, 3, 3)  # len(parameters) would be fixed in a traced graph


@full_precision
def homography(targets: Tensor, sources: Tensor) -> Tensor:
    """The projective theta that maps four points to four others.

    Convention: theta maps output to input, so `targets` lie in the output and `sources` in the input. Each pair gives
    two linear equations in the eight parameters: x_s (g x + h y + 1) = a x + b y + c has no products of unknowns.

    Args:
        targets, sources: (N, 4, 2), normalised.

    Returns:
        (N, 3, 3), the last number 1.

    Raises:
        ValueError: shapes, dtypes or devices that do not fit, three points on a line, or a map that sends the centre (0, 0) to infinity.

    Example:
        >>> corners = torch.tensor([[[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]])
        >>> homography(corners, 0.5 * corners)[0].round(decimals=4).abs().tolist()
        [[0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 1.0]]

    Chapter: 8
    """
    for name, four in (("targets", targets), ("sources", sources)):
        _validate.points(name, four, 4)
        _no_three_on_a_line(name, four)
    if targets.shape[0] != sources.shape[0]:
        raise ValueError(f"expected targets and sources of one batch size, got {len(targets)} and {len(sources)}")
    if targets.dtype != sources.dtype or targets.device != sources.device:
        raise ValueError(
            f"expected targets and sources of one dtype and device, got {targets.dtype} on {targets.device} and "
            f"{sources.dtype} on {sources.device}: use sources.to(targets)"
        )
    x, y = targets.unbind(-1)
    u, v = sources.unbind(-1)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    for_x = torch.stack([x, y, one, zero, zero, zero, -x * u, -y * u], dim=-1)
    for_y = torch.stack([zero, zero, zero, x, y, one, -x * v, -y * v], dim=-1)
    equations = torch.cat([for_x, for_y], dim=1)
    parameters, info = torch.linalg.solve_ex(equations, torch.cat([u, v], dim=1))
    # Some processors round a singular system to a regular one, whose solution is about 1 / eps.
    largest = 1 / (16 * torch.finfo(parameters.dtype).eps)
    if _validate.refuted(lambda: (info == 0).all() & (parameters.detach().abs() < largest).all()):
        raise ValueError("expected points whose map keeps (0, 0) finite, got a horizon through it: move the points")
    return projective(parameters)


@full_precision
def apply(theta: Tensor, points: Tensor) -> Tensor:
    """The input points that theta maps output points to.

    Args:
        theta: (N, 2, 3) affine, (N, 3, 3) projective, or (N, 3, 4) affine in space.
        points: (N, K, 2), in space (N, K, 3).

    Returns:
        The shape of the points.

    Raises:
        ValueError: shapes that do not fit, or a point on the horizon.

    Example:
        >>> apply(torch.tensor([[[0.0, 0.5, 0.6], [1.0, 0.0, 0.4]]]), torch.tensor([[[2.0, 2.0]]]))[0, 0].tolist()
        [1.600000023841858, 2.4000000953674316]

    Chapter: 3
    """
    rows, columns = _check_theta(theta)
    _validate.points("points", points, dimensions=columns - 1)
    if theta.shape[0] != points.shape[0]:
        raise ValueError(f"expected theta and points of one batch size, got {len(theta)} and {len(points)}")
    if theta.dtype != points.dtype or theta.device != points.device:
        raise ValueError(
            f"expected theta and points of one dtype and device, got {theta.dtype} on {theta.device} and "
            f"{points.dtype} on {points.device}: use points.to(theta)"
        )
    mapped = points @ theta[:, :, :-1].transpose(1, 2) + theta[:, None, :, -1]
    if rows < columns:
        return mapped
    w = mapped[..., 2:]
    if _validate.refuted(lambda: (w.detach() != 0).all()):
        raise ValueError("expected points off the horizon, got one that theta maps to infinity")
    return mapped[..., :2] / w


@full_precision
def compose(outer: Tensor, inner: Tensor) -> Tensor:
    """theta that applies `inner` to the coordinates first, then `outer`: the matrix product outer · inner.

    Convention: coordinates travel from output to input, so warping an image with `outer` and the result with
    `inner` equals one warp with the composed theta.

    Args:
        outer, inner: both (N, 2, 3), both (N, 3, 3), or both (N, 3, 4); a batch of 1 is used for the whole batch.

    Returns:
        The shape of the inputs.

    Raises:
        ValueError: shapes, batches, dtypes or devices that do not fit.

    Example:
        >>> turn_then_shift = compose(translation((0.5, 0.0)), rotation(torch.pi / 2))
        >>> turn_then_shift[0, :, 2].tolist()
        [0.5, 0.0]
        >>> compose(rotation(torch.pi / 2), translation((0.5, 0.0)))[0, :, 2].round(decimals=4).tolist()
        [-0.0, 0.5]

    Chapter: 3
    """
    rows, columns = _check_theta(outer)
    if _check_theta(inner) != (rows, columns):
        raise ValueError(
            f"expected two theta of one kind, got {_validate.shape_of(outer)} and {_validate.shape_of(inner)}: "
            "make the affine one projective with homogeneous()"
        )
    if outer.shape[0] != inner.shape[0] and 1 not in (outer.shape[0], inner.shape[0]):
        raise ValueError(f"expected batches of one size, or of 1, got {len(outer)} and {len(inner)}")
    if outer.dtype != inner.dtype or outer.device != inner.device:
        raise ValueError(
            f"expected two theta of one dtype and device, got {outer.dtype} on {outer.device} and "
            f"{inner.dtype} on {inner.device}: use inner.to(outer)"
        )
    if rows == columns:
        return outer @ inner
    linear = outer[:, :, :-1]
    return torch.cat([linear @ inner[:, :, :-1], linear @ inner[:, :, -1:] + outer[:, :, -1:]], dim=2)


@full_precision
def invert(theta: Tensor) -> Tensor:
    """The inverse of theta.

    Convention: a theta counts as flat if its determinant is below 2e-7 of the products that it is the difference of, all
    added: then float32 cannot tell it from 0. Scales, however different along x and y, do not matter.

    Args:
        theta: (N, 2, 3), (N, 3, 3), or (N, 3, 4).

    Returns:
        The shape of the input.

    Raises:
        ValueError: a theta that flattens the image to a line or a point, or space to a plane.

    Example:
        >>> compose(rotation(0.3), invert(rotation(0.3))).allclose(identity(), atol=1e-6)
        True

    Chapter: 3
    """
    rows, columns = _check_theta(theta)
    linear = theta[:, :, :rows]
    if rows == 3:  # the columns of the inverse are the products of pairs of rows
        p, q, r = linear.unbind(1)
        adjugate = torch.stack([torch.linalg.cross(u, v) for u, v in ((q, r), (r, p), (p, q))], dim=2)
        determinant = (p * adjugate[:, :, 0]).sum(-1)
    else:
        (a, b), (c, d) = (row.unbind(-1) for row in linear.unbind(1))
        adjugate, determinant = _matrix(d, -b, -c, a), a * d - b * c
    flat = ~(determinant.detach().abs() > 2e-7 * _permanent(linear.detach().abs()))
    if _validate.refuted(lambda: ~flat.any()):
        at = int(flat.nonzero()[0, 0])
        raise ValueError(
            f"expected an invertible theta, got determinant {determinant[at].item():.3g} at index {at}: it maps the "
            "image to a line or a point"
        )
    inverse = adjugate / determinant[:, None, None]
    if rows == columns:
        return inverse
    return torch.cat([inverse, -(inverse @ theta[:, :, -1:])], dim=2)


def _permanent(linear: Tensor) -> Tensor:
    """The products that a determinant adds and subtracts, all added: (N,), what its rounding error is measured by.

    A scaled row or column scales both alike. So the measure is the same in pixels, and for scales that differ greatly
    between x and y.
    """
    first, *rows = linear.unbind(1)
    if len(rows) == 1:
        return (first * rows[0].flip(1)).sum(1)
    q, r = rows
    return sum(first[:, i] * (q[:, j] * r[:, k] + q[:, k] * r[:, j]) for i, j, k in ((0, 1, 2), (1, 0, 2), (2, 0, 1)))


def control_points(rows: int = 4, columns: int = 4, *, dtype: torch.dtype | None = None, device=None) -> Tensor:
    """A lattice of control points over the image, from -1 to 1 along both axes; as theta, a spline's identity.

    Args:
        rows, columns: how many; at least 2 each.
        dtype, device: of the result.

    Returns:
        (rows * columns, 2), row by row, (x, y).

    Raises:
        ValueError: rows or columns that are no whole number of 2 or more.

    Example:
        >>> control_points(2, 3).tolist()
        [[-1.0, -1.0], [0.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [0.0, 1.0], [1.0, 1.0]]

    Chapter: 8
    """
    _validate.whole("rows", rows, 2)
    _validate.whole("columns", columns, 2)
    x, y = (torch.linspace(-1, 1, count, dtype=dtype, device=device) for count in (columns, rows))
    return torch.stack([x.expand(rows, columns), y[:, None].expand(rows, columns)], dim=-1).reshape(-1, 2)


@full_precision
def tps_weights(points: Tensor, controls: Tensor, regularization: float = 0.0) -> Tensor:
    """The weight of each control point's source at each point of a thin plate spline.

    Convention:
        The spline is a·x + b·y + c plus a sum over the control points of w_k φ(distance to it), φ(r) = r² log r,
        separately for x_s and y_s. K equations require that the spline meets the sources; three more keep
        the affine part out of w: the w sum to 0, and so do w x and w y. The solution is linear in the sources, so one
        matrix, computed once, holds it.

    Args:
        points: (M, 2), where the spline is evaluated; in the output, normalised.
        controls: (K, 2), the control points; in the output, normalised.
        regularization: 0 meets every source; larger values bend less, until only the affine part is left.

    Returns:
        (M, K) in float64: the source of point m is the sum over k of weights[m, k] · source[k].

    Raises:
        ValueError: fewer than 3 control points, all on one line, two in one place without regularisation, or a
            negative regularisation.

    Example:
        >>> corners = control_points(2, 2)
        >>> tps_weights(torch.zeros(1, 2), corners)[0].round(decimals=4).tolist()  # the middle: a quarter of each
        [0.25, 0.25, 0.25, 0.25]

    Source: Bookstein 1989, Principal warps; Jaderberg et al. 2015, section 3.2.
    Chapter: 8
    """
    for name, value in (("points", points), ("controls", controls)):
        _validate.floating(name, value)
        _validate.points(name, value[None])
    _validate.real("regularization", regularization)
    if not 0 <= regularization < float("inf"):
        raise ValueError(f"expected a regularization of 0 or more, got {regularization}")
    # In float64 on the CPU: it is computed once, and Apple's GPUs have no float64.
    points, controls = (p.detach().to("cpu", torch.float64) for p in (points, controls))
    count = len(controls)
    middle = controls - controls.mean(0) if count else controls
    if count < 3 or _validate.refuted(lambda: torch.linalg.matrix_rank(middle, rtol=1e-6) >= 2):
        raise ValueError(f"expected 3 control points or more, not all on one line, got {controls.tolist()}")
    if regularization == 0 and _validate.refuted(lambda: torch.pdist(controls).min() > 1e-6 * middle.norm()):
        raise ValueError("expected control points in different places, got two in one: move one, or regularise")
    return _spline_basis(points, controls) @ _spline_solution(controls, regularization)


def lattice_weights(points: Tensor) -> Tensor:
    """`tps_weights` (M, 16) of the 4 by 4 lattice, solved beforehand, at points (M, 2) in float64."""
    _validate.floating("points", points)
    controls = control_points(dtype=torch.float64, device=points.device)
    return _spline_basis(points, controls) @ points.new_tensor(_LATTICE_SOLUTION)


def _spline_solution(controls: Tensor, regularization: float) -> Tensor:
    """The sources' coefficients of the K bends and of x, y and 1: (K + 3, K)."""
    count = len(controls)
    system = controls.new_zeros(count + 3, count + 3)
    system[:count, :count] = _bend(controls, controls) + regularization * torch.eye(count).to(controls)
    system[:count, count:] = _plane(controls)
    system[count:, :count] = _plane(controls).T
    return torch.linalg.inv(system)[:, :count]  # the last three right-hand sides are 0


def _spline_basis(points: Tensor, controls: Tensor) -> Tensor:
    """φ of the distance to each control point, then x, y and 1: (M, K + 3)."""
    return torch.cat([_bend(points, controls), _plane(points)], dim=1)


def _bend(points: Tensor, controls: Tensor) -> Tensor:
    """φ(r) = r² log r of all distances, (M, K); 0 where r is 0."""
    square = (points[:, None] - controls[None]).square().sum(-1)
    return torch.xlogy(square, square) / 2


def _plane(points: Tensor) -> Tensor:
    return torch.cat([points, torch.ones_like(points[:, :1])], dim=1)


# A list: a tensor would keep the mode in which this module was imported, such as inference mode.
_LATTICE_SOLUTION = _spline_solution(control_points(dtype=torch.float64), 0.0).tolist()


def _no_three_on_a_line(name: str, points: Tensor) -> None:
    """(N, 4, 2), of which each three must span a triangle."""
    four = points.detach()
    size = (four - four.mean(1, keepdim=True)).square().sum((1, 2))
    for skipped in range(4):
        p, q, r = (four[:, k] for k in range(4) if k != skipped)
        (ax, ay), (bx, by) = (q - p).unbind(-1), (r - p).unbind(-1)
        flat = (ax * by - ay * bx).abs() <= 1e-6 * size
        if _validate.refuted(lambda flat=flat: ~flat.any()):
            at = int(flat.nonzero()[0, 0])
            raise ValueError(
                f"expected four {name} of which no three lie on a line, got {four[at].tolist()} at index {at}"
            )


def _check_theta(theta: Tensor, others: Sequence[tuple[int, int]] = ((3, 3), (3, 4))) -> tuple[int, int]:
    """The form (rows, columns) of theta: one of `others`, projective or affine in space; any other must be affine, (2, 3)."""
    form = tuple(theta.shape[1:]) if isinstance(theta, Tensor) and theta.ndim == 3 else (2, 3)
    rows, columns = form if form in others else (2, 3)
    _validate.theta(theta, rows, columns)
    return rows, columns


def _check_planar(theta: Tensor) -> int:
    """The rows of an affine or projective theta: 2 or 3."""
    return _check_theta(theta, ((3, 3),))[0]


class Decomposition(NamedTuple):
    """theta = translation · rotation · shear · scaling · perspective; each field as the function of its name takes it.

    Args:
        rotation: (N,) radians.
        shear: (N,).
        scale: (N, 2), x and y; y is negative where theta reflects, x never.
        translation: (N, 2).
        perspective: (N, 2), the first two numbers of a last row (g, h, 1); None for an affine theta.
    """

    rotation: Tensor
    shear: Tensor
    scale: Tensor
    translation: Tensor
    perspective: Tensor | None = None


@full_precision
def decompose(theta: Tensor) -> Decomposition:
    """Factors theta into translation · rotation · shear · scaling, and a projective one into these and a perspective.

    Convention: perspective acts first, then scaling. The factors are not unique: another order gives other numbers, and
    a reflection could be assigned to x. Here the x scale is positive and the y scale has the determinant's sign.

    Args:
        theta: (N, 2, 3) or (N, 3, 3), invertible.

    Returns:
        A `Decomposition`.

    Raises:
        ValueError: a theta that is not invertible, or whose last number is 0: it sends the centre to infinity.

    Example:
        >>> parts = decompose(torch.tensor([[[0.0, 0.5, 0.6], [1.0, 0.0, 0.4]]]))
        >>> parts.scale.tolist()  # the worked example: a swap of axes with a squeeze, no rotation
        [[1.0, -0.5]]

    Chapter: 3
    """
    if _check_planar(theta) == 3:
        last = theta[:, 2:]
        if _validate.refuted(lambda: (last[..., 2].detach() != 0).all()):
            raise ValueError("expected a theta whose last number is not 0, got one that sends (0, 0) to infinity")
        theta = theta / last[..., 2:]
        perspective = theta[:, 2, :2]
        # (A | t; g h 1) = (A - t (g h) | t; 0 0 1) · (1 0 0; 0 1 0; g h 1)
        affine = torch.cat([theta[:, :2, :2] - theta[:, :2, 2:] * perspective[:, None], theta[:, :2, 2:]], dim=2)
        return decompose(affine)._replace(perspective=perspective)
    invert(theta)  # raises if theta is not invertible
    a, b, c, d = theta[:, 0, 0], theta[:, 0, 1], theta[:, 1, 0], theta[:, 1, 1]
    scale_x = torch.hypot(a, c)
    cos, sin = a / scale_x, c / scale_x
    scale_y = cos * d - sin * b
    shear_amount = (cos * b + sin * d) / scale_y
    return Decomposition(torch.atan2(sin, cos), shear_amount, torch.stack([scale_x, scale_y], 1), theta[:, :, 2])


@full_precision
def recompose(parts: Decomposition) -> Tensor:
    """The theta of a `Decomposition`.

    Example:
        >>> theta = torch.tensor([[[0.9, -0.4, 0.1], [0.3, 1.2, -0.2]]])
        >>> recompose(decompose(theta)).allclose(theta, atol=1e-6)
        True

    Chapter: 3
    """
    if not isinstance(parts, Decomposition):
        raise TypeError(f"expected a Decomposition, got {type(parts).__name__}: write Decomposition(rotation, …)")
    rotated = compose(translation(parts.translation), rotation(parts.rotation))
    affine = compose(rotated, compose(shear(parts.shear), scaling(parts.scale)))
    if parts.perspective is None:
        return affine
    last = F.pad(wide(_pairs("perspective", parts.perspective)), (0, 1), value=1.0)[:, None]
    rest = torch.eye(2, 3).to(last).expand(last.shape[0], 2, 3)
    return homogeneous(affine) @ torch.cat([rest, last], dim=1)


@full_precision
def theta_to_pixel(
    theta: Tensor, in_size: Sequence[int], out_size: Sequence[int] | None = None, align_corners: bool = False
) -> Tensor:
    """The same map between pixel coordinates: output pixel (x, y) to input pixel, counted from 0.

    Args:
        theta: (N, 2, 3), or (N, 3, 3), normalised.
        in_size, out_size: (H, W) of the input and of the output; the output's is the input's if None.
        align_corners: the convention of the normalised coordinates.

    Returns:
        The shape of theta, in pixels.

    Raises:
        ValueError: shapes that do not fit, or ``align_corners`` with a side of one pixel, which spans nothing.

    Example:
        >>> theta_to_pixel(rotation(torch.pi / 6), (20, 60))[0, :, :2].round(decimals=3).tolist()
        [[0.8659999966621399, -1.5], [0.16699999570846558, 0.8659999966621399]]

    Chapter: 4
    """
    rows = _check_planar(theta)
    to_input = _units(theta, rows, in_size, align_corners)
    to_output = _units(theta, rows, in_size if out_size is None else out_size, align_corners)
    return compose(compose(to_input, theta), invert(to_output))


@full_precision
def theta_to_normalized(
    theta: Tensor, in_size: Sequence[int], out_size: Sequence[int] | None = None, align_corners: bool = False
) -> Tensor:
    """The inverse of `theta_to_pixel`: a map between pixel coordinates as theta.

    Args:
        theta: (N, 2, 3), or (N, 3, 3), output to input, in pixels counted from 0. `from_pixel_matrix` takes the matrices
            of OpenCV and others.
        in_size, out_size, align_corners: as in `theta_to_pixel`.

    Returns:
        The shape of theta, normalised.

    Raises:
        ValueError: as `theta_to_pixel`.

    Example:
        >>> three_pixels = torch.tensor([[[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]])
        >>> theta_to_normalized(three_pixels, (20, 60))[0, 0].round(decimals=4).tolist()
        [1.0, 0.0, 0.10000000149011612]

    Chapter: 4
    """
    rows = _check_planar(theta)
    to_input = _units(theta, rows, in_size, align_corners)
    to_output = _units(theta, rows, in_size if out_size is None else out_size, align_corners)
    return compose(compose(invert(to_input), theta), to_output)


@full_precision
def from_pixel_matrix(
    matrix: Tensor | np.ndarray | Sequence,
    in_size: Sequence[int],
    out_size: Sequence[int] | None = None,
    align_corners: bool = False,
    *,
    direction: str,
    axes: str = "xy",
    origin: str = "pixel",
) -> Tensor:
    """theta of a matrix in pixels that another library uses: OpenCV, scipy, scikit-image, Pillow, torchvision.

    Convention:
        ``direction="forward"``: the matrix maps input to output, as ``cv2.getRotationMatrix2D`` returns it and
        ``cv2.warpAffine`` takes it. ``"inverse"``: output to input, as theta, in ``scipy.ndimage.affine_transform``,
        ``PIL.Image.transform``, ``skimage.transform.warp`` and with ``cv2.WARP_INVERSE_MAP``.
        ``axes="yx"``: (row, column), as in scipy. ``origin``, where a coordinate is 0: at the centre of the first
        ``"pixel"`` (OpenCV, scipy, scikit-image), at the upper left ``"corner"``, half a pixel before it (Pillow), or at
        the ``"center"`` of each image (inside torchvision).

    Args:
        matrix: (2, 3) or (3, 3), or a batch of them; nested lists and integers get torch's default dtype.
        in_size, out_size: (H, W) of the input and of the output; the output's is the input's if None.
        align_corners: the convention of theta; use the same in the grid and in the sampler.
        direction, axes, origin: the convention of the matrix.

    Returns:
        (N, 2, 3) for an `affine_grid`, or (N, 3, 3) for a `projective_grid`, as many rows as the matrix.

    Raises:
        TypeError: a matrix that does not hold real numbers.
        ValueError: another shape or an unknown convention, NaN or infinity, a forward matrix without an inverse, or sizes
            as in `theta_to_pixel`.

    Example:
        >>> to_the_right = [[1, 0, 3], [0, 1, 0]]  # in OpenCV, the content moves by 3 pixels
        >>> from_pixel_matrix(to_the_right, (20, 60), direction="forward").allclose(translation((-6 / 60, 0.0)))
        True

    Chapter: 3
    """
    for name, value, known in (("direction", direction, DIRECTIONS), ("axes", axes, AXES), ("origin", origin, ORIGINS)):
        _validate.one_of(name, value, known)
    matrix = _matrices(matrix)
    rows = matrix.shape[1]
    if axes == "yx":
        matrix = matrix[:, [1, 0, 2][:rows]][:, :, [1, 0, 2]]
    to_input = _units(matrix, rows, in_size, align_corners, origin)
    to_output = _units(matrix, rows, in_size if out_size is None else out_size, align_corners, origin)
    if direction == "inverse":
        return compose(compose(invert(to_input), matrix), to_output)
    # Inverted in normalised coordinates: in pixels large shifts hide the determinant of a homography.
    return invert(compose(compose(invert(to_output), matrix), to_input))


def _matrices(matrix: Tensor | np.ndarray | Sequence) -> Tensor:
    """Matrices (N, 2, 3) or (N, 3, 3) of finite numbers, from a tensor, an array or nested lists."""
    if not isinstance(matrix, Tensor):
        keep = isinstance(matrix, np.ndarray)
        try:
            matrix = torch.from_numpy(np.array(matrix))  # a copy: an array may be flipped or read-only
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"expected matrix as a tensor, an array or nested lists of numbers, got {matrix!r}: write "
                "[[a, b, c], [d, e, f]]"
            ) from error
        matrix = matrix if keep or matrix.is_complex() else matrix.to(torch.get_default_dtype())
    _validate.dense("matrix", matrix)
    if matrix.is_complex():
        raise TypeError(f"expected matrix of real numbers, got {matrix.dtype}")
    matrix = wide(matrix) if matrix.is_floating_point() else matrix.to(torch.get_default_dtype())
    if matrix.ndim not in (2, 3) or tuple(matrix.shape[-2:]) not in ((2, 3), (3, 3)):
        hints = {
            (2, 2): "append the offset as a third column",
            (3, 2): "did you transpose it?",
            (6,): "use numpy.reshape(matrix, (2, 3))",
            (8,): "append 1 and use numpy.reshape(matrix, (3, 3))",
        }
        hint = hints.get(tuple(matrix.shape[-2:]), "one matrix for each image, or one for all")
        raise ValueError(
            f"expected matrix of shape (2, 3), (3, 3), (N, 2, 3) or (N, 3, 3), got {_validate.shape_of(matrix)}: {hint}"
        )
    if _validate.refuted(lambda: matrix.detach().isfinite().all()):
        raise ValueError("expected matrix of finite numbers, got NaN or infinity: look for what computed it")
    return matrix.reshape(-1, *matrix.shape[-2:])


def _units(like: Tensor, rows: int, size: Sequence[int], align_corners: bool, origin: str = "pixel") -> Tensor:
    """The map (1, rows, 3) from normalised to pixel coordinates of an image, which are 0 at the origin."""
    height, width = _validate.image_size(size)
    if align_corners and 1 in (height, width):
        raise ValueError(f"expected sides of at least 2 pixels with align_corners=True, got {(height, width)}")
    slack = 1 if align_corners else 0
    x, y = (width - slack) / 2, (height - slack) / 2
    middle = {"pixel": ((width - 1) / 2, (height - 1) / 2), "corner": (width / 2, height / 2), "center": (0.0, 0.0)}
    middle_x, middle_y = middle[origin]
    matrix = [[x, 0.0, middle_x], [0.0, y, middle_y], [0.0, 0.0, 1.0]]
    return torch.tensor([matrix[:rows]], dtype=like.dtype, device=like.device)


def _assemble(linear: Tensor, shift: Tensor | None = None) -> Tensor:
    shift = linear.new_zeros(linear.shape[0], 2) if shift is None else shift
    return torch.cat([linear, shift[:, :, None]], dim=2)


def _matrix(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    return torch.stack([a, b, c, d], dim=-1).view(-1, 2, 2)


def _numbers(name: str, value: Numbers) -> Tensor:
    tensor = _validate.as_numbers(name, value)
    if tensor.ndim > 1:
        raise ValueError(f"expected {name} as a number or (N,), got {_validate.shape_of(tensor)}")
    return tensor.reshape(-1)


def _pairs(name: str, value: Numbers) -> Tensor:
    tensor = _validate.as_numbers(name, value)
    if tensor.ndim not in (1, 2) or tensor.shape[-1] != 2:
        raise ValueError(f"expected {name} as (x, y) or (N, 2), got {_validate.shape_of(tensor)}")
    return tensor.reshape(-1, 2)
