"""theta for the affine family: make, compose, invert, take apart, and change units.

Convention of the whole module: theta (N, 2, 3) maps OUTPUT to INPUT coordinates, row-major on (x, y, 1), in
normalised units unless a name says pixel; y points down; angles are in radians.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from stn_lib import _validate

Numbers = float | Sequence[float] | Tensor


def identity(batch: int = 1, *, dtype: torch.dtype | None = None, device=None) -> Tensor:
    """theta that leaves a picture as it is.

    Args:
        batch: N.
        dtype, device: of the result.

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: a negative batch.

    Example:
        >>> identity(1).tolist()
        [[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]

    Chapter: 3
    """
    if batch < 0:
        raise ValueError(f"expected a batch of 0 or more, got {batch}")
    return torch.eye(2, 3, dtype=dtype, device=device).repeat(batch, 1, 1)


def translation(shift: Numbers) -> Tensor:
    """theta that reads `shift` further to the right and down, so that the content moves left and up.

    Convention: in normalised units; 2 / W of them are one pixel (``align_corners=False``).

    Args:
        shift: (x, y), as (2,) or (N, 2).

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: a last axis that is not (x, y).

    Example:
        >>> translation((0.4, 0.0))[0].tolist()
        [[1.0, 0.0, 0.4000000059604645], [0.0, 1.0, 0.0]]

    Chapter: 3
    """
    shift = _pairs("shift", shift)
    return _assemble(torch.eye(2, dtype=shift.dtype, device=shift.device).expand(len(shift), 2, 2), shift)


def rotation(angle: Numbers) -> Tensor:
    """theta with the matrix [[cos, -sin], [sin, cos]]: turns the content counter-clockwise on the screen.

    Convention: a rotation of normalised coordinates is one of the picture only if the picture is square; otherwise it
    shears, and `theta_to_normalized` makes it right.

    Args:
        angle: radians, a number or (N,).

    Returns:
        (N, 2, 3).

    Example:
        >>> rotation(torch.pi / 2)[0].round(decimals=4).tolist()
        [[-0.0, -1.0, 0.0], [1.0, -0.0, 0.0]]

    Chapter: 3
    """
    angle = _numbers("angle", angle)
    cos, sin = angle.cos(), angle.sin()
    return _assemble(_matrix(cos, -sin, sin, cos))


def scaling(scale: Numbers) -> Tensor:
    """theta that reads `scale` times as far out: 2 makes the content half as large.

    Args:
        scale: one number for both axes, (N,), or pairs (x, y) as (N, 2).

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: a scale of 0, which reads one point everywhere.

    Example:
        >>> scaling(2.0)[0].tolist()
        [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]

    Chapter: 3
    """
    scale = _floating("scale", scale)
    pairs = scale if scale.ndim == 2 else scale.reshape(-1, 1).expand(-1, 2)
    if pairs.shape[-1] != 2:
        raise ValueError(f"expected scale as a number, (N,) or (N, 2), got {_validate.shape_of(scale)}")
    if bool((pairs.detach() == 0).any()):
        raise ValueError("expected a scale other than 0, got 0: it would read one and the same point everywhere")
    x, y = pairs.unbind(-1)
    zero = torch.zeros_like(x)
    return _assemble(_matrix(x, zero, zero, y))


def shear(amount: Numbers) -> Tensor:
    """theta that reads further to the right the further down: x_s = x + amount * y.

    Args:
        amount: a number or (N,).

    Returns:
        (N, 2, 3).

    Example:
        >>> shear(0.5)[0].tolist()
        [[1.0, 0.5, 0.0], [0.0, 1.0, 0.0]]

    Chapter: 3
    """
    amount = _numbers("amount", amount)
    one, zero = torch.ones_like(amount), torch.zeros_like(amount)
    return _assemble(_matrix(one, amount, zero, one))


def attention(scale: Numbers, shift: Numbers) -> Tensor:
    """theta of a window that only moves and zooms: [[s, 0, t_x], [0, s, t_y]].

    Args:
        scale: s, a number or (N,); 0.5 looks at a window of half the side.
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
    scale, shift = _alike(scale, shift)
    return compose(translation(shift), scaling(scale))


def compose(outer: Tensor, inner: Tensor) -> Tensor:
    """theta that applies `inner` to the coordinates first, then `outer`: the matrix product outer · inner.

    Convention: coordinates travel from output to input, so a picture warped with `outer` and the result then with
    `inner` equals one warp with this.

    Args:
        outer, inner: (N, 2, 3), or a batch of 1 for the same one everywhere.

    Returns:
        (N, 2, 3).

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
    for theta in (outer, inner):
        _validate.theta(theta)
    if len(outer) != len(inner) and 1 not in (len(outer), len(inner)):
        raise ValueError(f"expected batches of one size, or of 1, got {len(outer)} and {len(inner)}")
    if outer.dtype != inner.dtype or outer.device != inner.device:
        raise ValueError(
            f"expected two theta of one dtype and device, got {outer.dtype} on {outer.device} and "
            f"{inner.dtype} on {inner.device}: use inner.to(outer)"
        )
    linear = outer[:, :, :2]
    return torch.cat([linear @ inner[:, :, :2], linear @ inner[:, :, 2:] + outer[:, :, 2:]], dim=2)


def invert(theta: Tensor) -> Tensor:
    """theta that undoes theta.

    Args:
        theta: (N, 2, 3).

    Returns:
        (N, 2, 3).

    Raises:
        ValueError: a theta that flattens the picture to a line or a point.

    Example:
        >>> compose(rotation(0.3), invert(rotation(0.3))).allclose(identity(), atol=1e-6)
        True

    Chapter: 3
    """
    _validate.theta(theta)
    (a, b, x), (c, d, y) = (row.unbind(-1) for row in theta.unbind(1))
    area = a * d - b * c
    size = theta.detach()[:, :, :2].flatten(1).norm(dim=1).square()
    flat = area.detach().abs() <= 1e-7 * size
    if bool(flat.any()):
        at = int(flat.nonzero()[0, 0])
        raise ValueError(
            f"expected an invertible theta, got determinant {area[at].item():.3g} at index {at}: it maps the picture to "
            "a line or a point"
        )
    inverse = _matrix(d, -b, -c, a) / area[:, None, None]
    return _assemble(inverse, -(inverse @ torch.stack([x, y], 1)[:, :, None])[:, :, 0])


class Decomposition(NamedTuple):
    """theta = translation · rotation · shear · scaling; each field as the function of its name takes it.

    Args:
        rotation: (N,) radians.
        shear: (N,).
        scale: (N, 2), x and y; y is negative where theta reflects, x never.
        translation: (N, 2).
    """

    rotation: Tensor
    shear: Tensor
    scale: Tensor
    translation: Tensor


def decompose(theta: Tensor) -> Decomposition:
    """Takes theta apart into translation · rotation · shear · scaling.

    Convention: scaling acts first. The answer is one of many: another order of the factors gives other numbers, and a
    reflection could as well be counted in x. Here the x scale is positive and the y scale has the determinant's sign.

    Args:
        theta: (N, 2, 3), invertible.

    Returns:
        A `Decomposition`.

    Raises:
        ValueError: a theta that is not invertible.

    Example:
        >>> parts = decompose(torch.tensor([[[0.0, 0.5, 0.6], [1.0, 0.0, 0.4]]]))
        >>> parts.scale.tolist()  # the worked example: a swap of axes with a squeeze, no rotation
        [[1.0, -0.5]]

    Chapter: 3
    """
    invert(theta)  # raises where it cannot be taken apart
    a, b, c, d = theta[:, 0, 0], theta[:, 0, 1], theta[:, 1, 0], theta[:, 1, 1]
    scale_x = torch.hypot(a, c)
    cos, sin = a / scale_x, c / scale_x
    scale_y = cos * d - sin * b
    shear_amount = (cos * b + sin * d) / scale_y
    return Decomposition(torch.atan2(sin, cos), shear_amount, torch.stack([scale_x, scale_y], 1), theta[:, :, 2])


def recompose(parts: Decomposition) -> Tensor:
    """The theta that `decompose` took apart.

    Example:
        >>> theta = torch.tensor([[[0.9, -0.4, 0.1], [0.3, 1.2, -0.2]]])
        >>> recompose(decompose(theta)).allclose(theta, atol=1e-6)
        True

    Chapter: 3
    """
    turned = compose(translation(parts.translation), rotation(parts.rotation))
    return compose(turned, compose(shear(parts.shear), scaling(parts.scale)))


def theta_to_pixel(
    theta: Tensor, in_size: Sequence[int], out_size: Sequence[int] | None = None, align_corners: bool = False
) -> Tensor:
    """The same map between pixel coordinates: output pixel (x, y) to input pixel, counted from 0.

    Args:
        theta: (N, 2, 3), normalised.
        in_size, out_size: (H, W) of the input and of the output; the output's is the input's if None.
        align_corners: the convention of the normalised coordinates.

    Returns:
        (N, 2, 3) in pixels.

    Raises:
        ValueError: shapes that do not fit, or ``align_corners`` with a side of one pixel, which spans nothing.

    Example:
        >>> theta_to_pixel(rotation(torch.pi / 6), (20, 60))[0, :, :2].round(decimals=3).tolist()
        [[0.8659999966621399, -1.5], [0.16699999570846558, 0.8659999966621399]]

    Chapter: 4
    """
    _validate.theta(theta)
    to_input = _units(theta, in_size, align_corners)
    to_output = _units(theta, out_size or in_size, align_corners)
    return compose(compose(to_input, theta), invert(to_output))


def theta_to_normalized(
    theta: Tensor, in_size: Sequence[int], out_size: Sequence[int] | None = None, align_corners: bool = False
) -> Tensor:
    """The inverse of `theta_to_pixel`: a map between pixel coordinates as theta.

    Args:
        theta: (N, 2, 3), in pixels counted from 0.
        in_size, out_size, align_corners: as in `theta_to_pixel`.

    Returns:
        (N, 2, 3), normalised.

    Raises:
        ValueError: as `theta_to_pixel`.

    Example:
        >>> three_pixels = torch.tensor([[[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]])
        >>> theta_to_normalized(three_pixels, (20, 60))[0, 0].round(decimals=4).tolist()
        [1.0, 0.0, 0.10000000149011612]

    Chapter: 4
    """
    _validate.theta(theta)
    to_input = _units(theta, in_size, align_corners)
    to_output = _units(theta, out_size or in_size, align_corners)
    return compose(compose(invert(to_input), theta), to_output)


def _units(like: Tensor, size: Sequence[int], align_corners: bool) -> Tensor:
    """The affine map (1, 2, 3) from normalised to pixel coordinates of a picture."""
    height, width = _validate.image_size(size)
    if align_corners and 1 in (height, width):
        raise ValueError(f"expected sides of at least 2 pixels with align_corners=True, got {(height, width)}")
    slack = 1 if align_corners else 0
    x, y = (width - slack) / 2, (height - slack) / 2
    rows = [[x, 0.0, (width - 1) / 2], [0.0, y, (height - 1) / 2]]
    return torch.tensor([rows], dtype=like.dtype, device=like.device)


def _assemble(linear: Tensor, shift: Tensor | None = None) -> Tensor:
    shift = linear.new_zeros(len(linear), 2) if shift is None else shift
    return torch.cat([linear, shift[:, :, None]], dim=2)


def _matrix(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    return torch.stack([a, b, c, d], dim=-1).view(-1, 2, 2)


def _floating(name: str, value: Numbers) -> Tensor:
    tensor = value if isinstance(value, Tensor) else torch.as_tensor(value, dtype=torch.get_default_dtype())
    _validate.floating(name, tensor)
    return tensor


def _alike(*values: Numbers) -> list[Tensor]:
    """Plain numbers take dtype and device from the tensors beside them."""
    model = next((v for v in values if isinstance(v, Tensor)), torch.empty(0))
    return [v if isinstance(v, Tensor) else torch.as_tensor(v, dtype=model.dtype, device=model.device) for v in values]


def _numbers(name: str, value: Numbers) -> Tensor:
    tensor = _floating(name, value)
    if tensor.ndim > 1:
        raise ValueError(f"expected {name} as a number or (N,), got {_validate.shape_of(tensor)}")
    return tensor.reshape(-1)


def _pairs(name: str, value: Numbers) -> Tensor:
    tensor = _floating(name, value)
    if tensor.ndim not in (1, 2) or tensor.shape[-1] != 2:
        raise ValueError(f"expected {name} as (x, y) or (N, 2), got {_validate.shape_of(tensor)}")
    return tensor.reshape(-1, 2)
