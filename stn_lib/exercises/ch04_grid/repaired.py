"""Check `repaired(image, theta)`: a warp that is correct for images that are not square and for every theta.

Convention: as torch's affine_grid and grid_sample, bilinear, zeros outside, ``align_corners=False``; the output has the
size of the image. Each misconception but the mixed conventions leaves every image unchanged if theta is the identity.

Args: image: float64 (H, W); theta: float64 (2, 3).
Returns: The warped image, of shape (H, W).

Example:
    >>> repaired(lambda image, theta: image).passed
    False
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.ch04_grid.grid_conventions import from_rows, inverse
from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for _ in range(8):
        height, width = random_size(generator, 3, 5)
        mean = from_rows([0.9, 0.0, 0.0], [0.0, 0.9, 0.0])
        theta = mean + 0.5 * (2 * torch.rand(2, 3, generator=generator, dtype=torch.float64) - 1)
        # At least .1 from the mean in every number, so that each wrong number is visible.
        theta = torch.where((theta - mean).abs() < 0.1, theta + 0.2, theta)
        image = random_image(generator, (height, width + 3))
        # + .0013: no point is halfway between two pixels, where rounding errors would decide the nearest
        cases.append(Case({"image": image, "theta": theta.round(decimals=2) + 0.0013}))
    return cases


def _warp(
    image: Tensor, theta: Tensor, *, align_corners: bool = False, mode: str = "bilinear", padding: str = "zeros"
) -> Tensor:
    grid = F.affine_grid(theta[None], (1, 1, *image.shape), align_corners=align_corners)
    return F.grid_sample(image[None, None], grid, mode, padding, align_corners=align_corners)[0, 0]


def _mixed(image: Tensor, theta: Tensor, grid_corners: bool) -> Tensor:
    grid = F.affine_grid(theta[None], (1, 1, *image.shape), align_corners=grid_corners)
    return F.grid_sample(image[None, None], grid, align_corners=not grid_corners)[0, 0]


def _truncated(image: Tensor, theta: Tensor, to_integer: Callable[[Tensor], Tensor]) -> Tensor:
    """Source points rounded down or towards 0 in place of interpolation."""
    sides = torch.tensor([image.shape[1], image.shape[0]], dtype=torch.float64)
    grid = F.affine_grid(theta[None], (1, 1, *image.shape), align_corners=False)
    pixel = to_integer(((grid + 1) * sides - 1) / 2 + 1e-9)
    return F.grid_sample(image[None, None], (2 * pixel + 1) / sides - 1, align_corners=False)[0, 0]


def _rim_lost(image: Tensor, theta: Tensor) -> Tensor:
    """0 at each source point that is beyond the outermost pixel centres."""
    sides = torch.tensor([image.shape[1], image.shape[0]], dtype=torch.float64)
    grid = F.affine_grid(theta[None], (1, 1, *image.shape), align_corners=False)[0]
    return _warp(image, theta) * (grid.abs() <= 1 - 1 / sides).all(-1)


def _repeated(image: Tensor, theta: Tensor) -> Tensor:
    """The image comes again on each side, as with indices modulo the size."""
    times = torch.tensor([[3.0], [3.0]], dtype=torch.float64)
    theta, size = theta / times, image.shape
    grid = F.affine_grid(theta[None], (1, 1, *size), align_corners=False)
    return F.grid_sample(image.repeat(3, 3)[None, None], grid, align_corners=False)[0, 0]


def _rounded(pixel: Tensor, axis: int) -> Tensor:
    """x (axis 0) or y (axis 1) rounded to the nearest pixel."""
    return torch.where(torch.arange(2) == axis, pixel.round(), pixel)


def _sides_exchanged(image: Tensor, theta: Tensor) -> Tensor:
    """x converted to pixels by the height, y by the width."""
    sides = torch.tensor([image.shape[1], image.shape[0]], dtype=torch.float64)
    grid = F.affine_grid(theta[None], (1, 1, *image.shape), align_corners=False)
    pixel = ((grid + 1) * sides.flip(0) - 1) / 2
    return F.grid_sample(image[None, None], (2 * pixel + 1) / sides - 1, align_corners=False)[0, 0]


def _half_pixels_lost(image: Tensor, theta: Tensor) -> Tensor:
    """Pixel k at 2 k / n − 1, in the output and in the input."""
    corner = torch.tensor([1 / image.shape[1], 1 / image.shape[0]], dtype=torch.float64)
    shift = theta[:, 2] - theta[:, :2] @ corner + corner
    return _warp(image, torch.cat([theta[:, :2], shift[:, None]], dim=1))


def _in_pixels(image: Tensor, theta: Tensor, about: str) -> Tensor:
    """Apply theta to pixels, about the first pixel or the middle; its shift stays in normalised coordinates."""
    height, width = image.shape
    half = torch.tensor([width / 2, height / 2], dtype=torch.float64)
    linear = torch.diag(1 / half) @ theta[:, :2] @ torch.diag(half)
    shift = theta[:, 2]
    if about == "corner":  # the centre of the first pixel does not move
        first = 1 / (2 * half) - 1
        shift = shift + first - linear @ first
    return _warp(image, torch.cat([linear, shift[:, None]], dim=1))


def _transposed(theta: Tensor) -> Tensor:
    return torch.cat([theta[:, :2].T, theta[:, 2:]], dim=1)


def _other(change: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda image, theta: _warp(image, change(theta))


repaired = exercise(
    __name__,
    number="4.6",
    cases=_cases,
    oracle=_warp,
    oracle_name="torch's affine_grid and grid_sample",
    misconceptions={
        "as_it_was": Misconception(
            "Both mistakes are still there: the matrix is used transposed, and the source points are rounded.",
            lambda image, theta: _warp(image, _transposed(theta), mode="nearest"),
        ),
        "transposed": Misconception(
            "The matrix is used transposed: x_s must take the first ROW of theta. The identity is its own transpose "
            "and hides the mistake.",
            _other(_transposed),
        ),
        "inverted": Misconception(
            "You use the inverse of theta. The identity is its own inverse and hides the mistake.", _other(inverse)
        ),
        "row_before_column": Misconception(
            "You exchanged x and y throughout: theta is applied to (y, x). The identity treats both alike and hides the mistake.",
            _other(lambda theta: theta.flip(0)[:, [1, 0, 2]]),
        ),
        "about_the_corner": Misconception(
            "The matrix rotates and scales about the first pixel. Normalised coordinates have their 0 at the centre.",
            lambda image, theta: _in_pixels(image, theta, "corner"),
        ),
        "square_only": Misconception(
            "The matrix acts on pixels, which is the same only if the image is square. Apply it to normalised coordinates.",
            lambda image, theta: _in_pixels(image, theta, "middle"),
        ),
        "shift_in_pixels": Misconception(
            "You add the shift in pixels. It is in normalised coordinates: 1 is half the width.",
            lambda image, theta: _warp(
                image,
                torch.cat([theta[:, :2], theta[:, 2:] * from_rows([2 / image.shape[1]], [2 / image.shape[0]])], dim=1),
            ),
        ),
        "shift_lost": Misconception(
            "The shift is missing. The identity has none and hides the mistake.",
            _other(lambda theta: theta * torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64)),
        ),
        "nearest": Misconception(
            "You take the nearest pixel. With the identity every point is on a pixel, which hides the mistake.",
            lambda image, theta: _warp(image, theta, mode="nearest"),
        ),
        "corners_aligned": Misconception(
            "Grid and sampler both put −1 and 1 on the centres of the outermost pixels, so the identity fits. Here "
            "they are the edges.",
            lambda image, theta: _warp(image, theta, align_corners=True),
        ),
        "conventions_mixed": Misconception(
            "Grid and sampler use different conventions: give both calls `align_corners=False`.",
            lambda image, theta: _mixed(image, theta, True),
            lambda image, theta: _mixed(image, theta, False),
        ),
        "truncated": Misconception(
            "You cut the source points to whole pixels, with `floor`, `int` or `long`. Interpolate between the four "
            "neighbours. With the identity nothing is cut, which hides the mistake.",
            lambda image, theta: _truncated(image, theta, torch.floor),
            lambda image, theta: _truncated(image, theta, torch.trunc),
        ),
        "border": Misconception(
            "Outside, you continue, mirror or repeat the image. Here the outside is 0. With the identity no point is outside, which "
            "hides the mistake.",
            lambda image, theta: _warp(image, theta, padding="border"),
            lambda image, theta: _warp(image, theta, padding="reflection"),
            lambda image, theta: _repeated(image, theta),
        ),
        "shift_sign": Misconception(
            "You subtract the shift. theta says where to sample: add its last column. The identity has no shift and hides the mistake.",
            _other(lambda theta: theta * torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)),
        ),
        "rim_lost": Misconception(
            "A point less than one pixel outside still has neighbours inside. Test each neighbour, not the point: only the neighbours "
            "outside are 0.",
            _rim_lost,
        ),
        "bicubic": Misconception(
            'You interpolate with `mode="bicubic"`. Use bilinear interpolation.',
            lambda image, theta: _warp(image, theta, mode="bicubic"),
        ),
        "weights_crossed": Misconception(
            "The weights are crossed: the nearer a pixel is to the source point, the larger its weight.",
            lambda image, theta: _truncated(image, theta, lambda pixel: 2 * pixel.floor() + 1 - pixel),
        ),
        "grid_yx": Misconception(
            "Your source points are (y, x). The first row of theta gives x, and a grid holds (x, y).",
            _other(lambda theta: theta.flip(0)),
            _other(lambda theta: theta[:, [1, 0, 2]]),
        ),
        "sides_exchanged": Misconception(
            "You convert x to pixels with the height. x belongs to the width, y to the height.",
            _sides_exchanged,
        ),
        "half_pixels_lost": Misconception(
            "You leave out the half pixels. The centre of pixel k is at (2 k + 1) / n − 1, and the way back is ((x + 1) n − 1) / 2.",
            _half_pixels_lost,
        ),
        "edge_lost": Misconception(
            "You lose the first or the last row and column. Test `0 <= index < size` for each of the four neighbours.",
            lambda image, theta: _warp(F.pad(image[:-1, :-1], (0, 1, 0, 1)), theta),
            lambda image, theta: _warp(F.pad(image[1:, 1:], (1, 0, 1, 0)), theta),
        ),
        "one_axis": Misconception(
            "You interpolate along one axis and round along the other. Interpolate along both.",
            *(
                lambda image, theta, axis=axis: _truncated(image, theta, lambda pixel: _rounded(pixel, axis))
                for axis in (0, 1)
            ),
        ),
    },
)
