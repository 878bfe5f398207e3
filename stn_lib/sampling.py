"""The sampler: interpolate an image between its pixels, differentiably. From scratch, and equal to torch's.

Each mode is a weighted sum of neighbouring pixels; a weight is a weight along y times a weight along x. The image gets a border of zeros, so that no neighbour needs a special case, and is stored flat, so that a neighbour is one index.
"""

import math

import torch
from torch import Tensor

from stn_lib import _validate
from stn_lib._pixels import Bilinear, Pixels
from stn_lib._precision import wide
from stn_lib.coordinates import to_pixel

MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")
# The batch is computed in blocks of about this many output values, so that the intermediate results of a block fit into
# the processor's cache and the next block reuses their memory.
_BLOCK = 2**18
_CUBIC = -0.75  # the free parameter of the cubic convolution kernel; torch uses the same


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Tensor:
    """Sample images at the points of a grid, as ``torch.nn.functional.grid_sample``.

    Convention:
        Grid points are normalised (x, y), see `stn_lib.coordinates`. On a pixel, the derivative with respect to the
        point is the one to the right and downwards. Where border or reflection padding keeps the value constant, it
        is 0. ``"nearest"`` rounds halves to the even pixel; its derivative with respect to the point is 0.

    Args:
        input: U, (N, C, H, W), any floating dtype.
        grid: (N, H', W', 2), of the same dtype, or float32 for images of half precision.
        mode: ``"bilinear"``, ``"nearest"`` or ``"bicubic"``.
        padding_mode: the values outside: ``"zeros"``, ``"border"`` or ``"reflection"``.
        align_corners: the convention that the grid was made with.

    Returns:
        V, (N, C, H', W'), of the images' dtype.

    Raises:
        TypeError: integer images or grids.
        ValueError: shapes, dtypes or batches that do not fit, unknown modes, NaN or infinity in the grid.

    Example:
        >>> squares = torch.arange(1.0, 17.0).reshape(1, 1, 4, 4) ** 2
        >>> point = torch.tensor([[[[-0.45, -0.05]]]])  # (1.6, 2.4), counted from 1
        >>> round(grid_sample(squares, point).item(), 2)
        55.92

    Source: Jaderberg et al. 2015, equations 3 and 5; Keys 1981 for bicubic.
    Chapter: 5
    """
    _validate.one_of("mode", mode, MODES)
    _validate.one_of("padding_mode", padding_mode, PADDINGS)
    _validate.sampling(input, grid)
    read = {"bilinear": _bilinear, "nearest": _nearest, "bicubic": _bicubic}[mode]
    height, width = input.shape[2:]

    def sample(image: Tensor, x: Tensor, y: Tensor) -> Tensor:
        x, y = to_pixel(x, width, align_corners), to_pixel(y, height, align_corners)
        _validate.pixel_coordinates((x, y), padding_mode)
        # A grid in half precision is as coarse as torch's, but the interpolation is not: see `_inside`.
        return read(wide(image), x, y, padding_mode, align_corners).to(input.dtype)

    whole = (input, *grid.movedim(-1, 0))
    if torch.compiler.is_compiling():  # a graph may leave the batch open, and with it the number of blocks
        return sample(*whole)
    blocks = math.ceil(input.shape[1] * grid[..., 0].numel() / _BLOCK)
    if blocks <= 1:
        return sample(*whole)
    return torch.cat([sample(*block) for block in zip(*(part.chunk(blocks) for part in whole), strict=True)])


def antialiased_sample(
    input: Tensor,
    grid: Tensor,
    samples: int = 2,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Tensor:
    """Sample an image at several points inside each output pixel, and take their mean.

    Where a transform shrinks an image, `grid_sample` skips pixels between its points: fine stripes become coarse ones. A mean over the whole output pixel skips none, as long as its points are at most a pixel of the input apart.

    Convention:
        An output pixel extends halfway to its neighbours in the grid; the points are the centres of ``samples`` times
        ``samples`` equal parts of it.

    Args:
        input: U, (N, C, H, W).
        grid: (N, H', W', 2), with at least two rows and two columns.
        samples: points along each axis of an output pixel; the factor by which the transform shrinks, or more.
        mode, padding_mode, align_corners: as `grid_sample`.

    Returns:
        V, (N, C, H', W'), of the images' dtype.

    Raises:
        TypeError, ValueError: as `grid_sample`; fewer than one sample, a grid of one row or column.

    Example:
        >>> from stn_lib.coordinates import base_grid
        >>> stripes = torch.tensor([1.0, 0.0]).repeat(4).expand(1, 1, 8, 8)
        >>> grid = base_grid((2, 2))[None]  # a quarter of the side
        >>> antialiased_sample(stripes, grid, samples=4)[0, 0, 0].tolist()
        [0.5, 0.5]

    Source: Foley et al., Computer Graphics: Principles and Practice, on supersampling.
    Chapter: 5
    """
    _validate.sampling(input, grid)
    fine = grid_sample(input, subpixel_grid(grid, samples), mode, padding_mode, align_corners)
    return mean_of_samples(fine, samples)


def subpixel_grid(grid: Tensor, samples: int) -> Tensor:
    """Compute the points inside each output pixel that `antialiased_sample` uses.

    Args:
        grid: (N, H, W, 2), or in space (N, D, H, W, 3); at least two points along each axis.
        samples: points along each axis of an output pixel.

    Returns:
        (N, samples * H, samples * W, 2), or in space the same with a third axis.

    Raises:
        TypeError: a grid that is no floating dense tensor.
        ValueError: another shape, fewer than one sample, an axis with a single point.

    Example:
        >>> row = torch.tensor([-0.5, 0.5])
        >>> grid = torch.stack(torch.meshgrid(row, row, indexing="xy"), -1)[None]
        >>> subpixel_grid(grid, 2)[0, 0, :, 0].tolist()
        [-0.75, -0.25, 0.25, 0.75]

    Chapter: 5
    """
    _validate.samples(samples)
    _validate.floating("grid", grid)
    if grid.ndim not in (4, 5) or grid.shape[-1] != grid.ndim - 2:
        raise ValueError(
            f"expected grid of shape (N, H, W, 2) or (N, D, H, W, 3), got {_validate.shape_of(grid)}: the last axis holds "
            "(x, y) or (x, y, z)"
        )
    if samples == 1:
        return grid
    if min(grid.shape[1:-1]) < 2:
        raise ValueError(
            f"expected a grid with at least two points along each axis, got {_validate.shape_of(grid)}: the size of an "
            "output pixel is the distance to its neighbours"
        )
    offsets = (torch.arange(samples, dtype=grid.dtype, device=grid.device) + 0.5) / samples - 0.5
    for axis in range(1, grid.ndim - 1):
        steps = grid.diff(dim=axis)  # from one output pixel to the next
        middle = (steps.narrow(axis, 1, steps.shape[axis] - 1) + steps.narrow(axis, 0, steps.shape[axis] - 1)) / 2
        slope = torch.cat([steps.narrow(axis, 0, 1), middle, steps.narrow(axis, steps.shape[axis] - 1, 1)], axis)
        shape = [1] * (grid.ndim + 1)
        shape[axis + 1] = samples
        grid = (grid.unsqueeze(axis + 1) + offsets.view(shape) * slope.unsqueeze(axis + 1)).flatten(axis, axis + 1)
    return grid


def mean_of_samples(fine: Tensor, samples: int) -> Tensor:
    """Take the mean of each output pixel's samples: (N, C, samples * H, samples * W) to (N, C, H, W), also in space."""
    _validate.samples(samples)
    _validate.floating("fine", fine)
    if samples == 1:
        return fine
    for axis in range(2, fine.ndim):
        fine = fine.unflatten(axis, (-1, samples)).mean(axis + 1)
    return fine


def linearized_sample(
    input: Tensor,
    grid: Tensor,
    spread: float = 2.0,
    samples: int = 8,
    padding_mode: str = "zeros",
    align_corners: bool = False,
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Sample as bilinear `grid_sample`, with a derivative that extends beyond the next pixel.

    Convention:
        Around each point, auxiliary points are drawn from a normal distribution and sampled bilinearly; a plane is
        fitted to their values by least squares. The value is the bilinear one. Its derivative with respect to the point
        is the plane's; with respect to the pixels it is the bilinear one.

    Args:
        input: U, (N, C, H, W).
        grid: (N, H', W', 2).
        spread: standard deviation of the auxiliary points, in pixels of the input.
        samples: auxiliary points per point; at least 3, which a plane needs.
        padding_mode, align_corners: as `grid_sample`.
        generator: for the auxiliary points; torch's own if None.

    Returns:
        V, (N, C, H', W').

    Raises:
        TypeError, ValueError: as `grid_sample`; a spread that is no positive number, samples that are no whole number of
            3 or more.

    Example:
        >>> ramp = torch.arange(12.0).view(1, 1, 1, 12).expand(1, 1, 5, 12)
        >>> point = torch.zeros(1, 1, 1, 2, requires_grad=True)
        >>> linearized_sample(ramp, point, spread=1.0, padding_mode="border").sum().backward()
        >>> [round(abs(slope), 3) for slope in point.grad.flatten().tolist()]  # 1 per pixel; half the width is 6 pixels
        [6.0, 0.0]

    Source: Jiang et al. 2019, Linearized Multi-Sampling; here the value stays bilinear.
    Chapter: 6
    """
    _validate.sampling(input, grid)
    _validate.real("spread", spread)
    if not 0 < spread < float("inf"):
        raise ValueError(f"expected a spread of more than 0 pixels, got {spread}")
    _validate.samples(samples)
    if samples < 3:
        raise ValueError(f"expected at least 3 samples, which a plane needs, got {samples}")
    height, width = input.shape[2:]
    images, grid = wide(input), wide(grid)  # half precision cannot hold the products of small offsets
    points = grid.detach()
    value = grid_sample(images, points, "bilinear", padding_mode, align_corners)
    slack = 1 if align_corners else 0
    pixel = [2 / max(side - slack, 1) for side in (width, height)]  # normalised
    count, rows, columns = grid.shape[:3]
    shape = (samples, count, rows, columns, 2)
    noise = grid.new_empty(shape).normal_(generator=generator)  # torch.randn with a generator fixes an exported batch
    offsets = noise * grid.new_tensor(pixel) * spread
    with torch.no_grad():
        read = [grid_sample(images, points + one, "bilinear", padding_mode, align_corners) for one in offsets]
        slope = _plane_slope(offsets, torch.stack(read))
    return (value + (slope * (grid - points)[:, None]).sum(-1)).to(input.dtype)


def _plane_slope(offsets: Tensor, values: Tensor) -> Tensor:
    """Least squares: offsets (K, N, H, W, 2), values (K, N, C, H, W) to slopes (N, C, H, W, 2)."""
    offsets, values = offsets - offsets.mean(0), values - values.mean(0)
    x, y = offsets[:, :, None].unbind(-1)
    xx, xy, yy = (x * x).sum(0), (x * y).sum(0), (y * y).sum(0)
    xv, yv = (x * values).sum(0), (y * values).sum(0)
    area = xx * yy - xy * xy  # 0 only if all points are on a line, which has probability 0
    return torch.stack([(yy * xv - xy * yv) / area, (xx * yv - xy * xv) / area], dim=-1)


def _bilinear(image: Tensor, x: Tensor, y: Tensor, padding: str, align_corners: bool) -> Tensor:
    height, width = image.shape[2:]
    x = _inside(x, width, padding, align_corners, rim=2)
    y = _inside(y, height, padding, align_corners, rim=2)
    return Bilinear.apply(image, x, y)


def _nearest(image: Tensor, x: Tensor, y: Tensor, padding: str, align_corners: bool) -> Tensor:
    height, width = image.shape[2:]
    x = _inside(x, width, padding, align_corners, rim=1)
    y = _inside(y, height, padding, align_corners, rim=1)
    pixels = Pixels(image, rim=1)
    value = pixels.read(pixels.index(x.detach().round(), y.detach().round()))
    # round() has derivative 0: this factor of 1 makes the output depend on the point, with a gradient of exactly 0.
    tie = 1 + sum(c.round() - c.detach().round() for c in (x, y))
    return value * tie.unsqueeze(1)


def _bicubic(image: Tensor, x: Tensor, y: Tensor, padding: str, align_corners: bool) -> Tensor:
    height, width = image.shape[2:]
    x, y = wide(x), wide(y)
    if padding == "zeros":  # further out, all sixteen pixels are zeros
        x, y = x.clamp(-3, width + 1), y.clamp(-3, height + 1)
    left, top = x.detach().floor(), y.detach().floor()
    pixels = Pixels(image, rim=4)
    # Here the indices of the pixels are padded, not the point, as in torch.
    columns = [_inside(left + k, width, padding, align_corners, rim=4) for k in (-1, 0, 1, 2)]
    rows = [_inside(top + k, height, padding, align_corners, rim=4) for k in (-1, 0, 1, 2)]
    weights_x, weights_y = cubic_weights((x - left).unsqueeze(1)), cubic_weights((y - top).unsqueeze(1))
    total = 0
    for row, weight_y in zip(rows, weights_y, strict=True):
        along = [w * pixels.read(pixels.index(c, row)) for c, w in zip(columns, weights_x, strict=True)]
        total = total + weight_y * sum(along)
    return total


def cubic_weights(t: Tensor) -> list[Tensor]:
    """The weights of the pixels at -1, 0, 1, 2 for a point t of the way from pixel 0 to pixel 1.

    Args:
        t: any shape, from 0 to 1.

    Returns:
        Four tensors of t's shape that add up to 1.

    Example:
        >>> [w.item() for w in cubic_weights(torch.tensor(0.5))]
        [-0.09375, 0.59375, 0.59375, -0.09375]

    Source: Keys, Cubic Convolution Interpolation, 1981, with a = -0.75.
    Chapter: 5
    """
    _validate.floating("t", t)
    a = _CUBIC

    def near(d: Tensor) -> Tensor:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Tensor) -> Tensor:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _inside(value: Tensor, side: int, padding: str, align_corners: bool, rim: int) -> Tensor:
    """Pad a pixel coordinate: the result is inside the image; with zeros, inside the image and its border."""
    if padding == "reflection":
        low, high = (0.0, side - 1.0) if align_corners else (-0.5, side - 0.5)
        value = _reflect(value, low, high)
    value = wide(value)  # half precision cannot hold the pixel numbers of a row of 300
    if padding == "zeros":
        with torch.no_grad():  # in the border and beyond, values and slopes are 0
            return value.clamp_(-rim, side - 1 + rim)
    free = (value > 0) & (value < side - 1)
    # A point beyond the outermost centres does not change the value: its derivative is 0, on the centres too, as in
    # torch.
    return torch.where(free, value, value.detach().clamp(0, side - 1))


def _reflect(value: Tensor, low: float, high: float) -> Tensor:
    """Reflect at two mirrors until the value is between them."""
    span = high - low
    if span == 0:
        return value.clamp(0, 0)  # a single pixel
    away = torch.fmod((value - low).abs(), 2 * span)
    return torch.minimum(away, 2 * span - away) + low
