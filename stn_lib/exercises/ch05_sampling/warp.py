"""Check `warp(image, theta, out_size, align_corners=False)`: a whole affine warp.

Convention: theta maps normalised OUTPUT coordinates (x, y, 1) to INPUT ones; bilinear; outside is 0.

Args: image: float64 (H, W); theta: float64 (2, 3); out_size: (H', W'); align_corners: a bool, passed by keyword.
Returns: The output image, of shape (H', W'). `affine_grid` and `grid_sample` are not allowed.

Example:
    >>> warp(lambda image, theta, out_size, align_corners=False: image.new_zeros(out_size)).passed
    False

Source: Jaderberg et al. 2015, equations 1 and 5.
"""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.ch05_sampling import faulty_samplers as faulty
from stn_lib.exercises.ch05_sampling import faulty_warps
from stn_lib.exercises.ch05_sampling import random_points as points
from stn_lib.exercises.ch05_sampling.faulty_samplers import variants
from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_size
from stn_lib.grid import affine_grid


def _random_thetas(generator: torch.Generator, count: int) -> list[Tensor]:
    """Draw affine matrices with one decimal, far from singular."""
    thetas = []
    while len(thetas) < count:
        theta = torch.randint(-9, 10, (2, 3), generator=generator).to(torch.float64) / 10
        theta[:, 2] /= 2
        determinant = float(theta[0, 0] * theta[1, 1] - theta[0, 1] * theta[1, 0])
        if abs(determinant) >= 0.25 and float(theta.abs().min()) >= 0.05:
            thetas.append(theta)
    return thetas


def _cases(generator: torch.Generator) -> list[Case]:
    """Draw cases with each convention; the reflections at the start sample exactly the last row and column."""
    cases = []
    for flip in ((-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)):
        size = random_size(generator)
        theta = torch.tensor([[flip[0], 0, 0], [0, flip[1], 0]], dtype=torch.float64)
        inputs = {"image": random_image(generator, size), "theta": theta, "out_size": size}
        cases.append(Case(inputs | {"align_corners": True}, ("align_corners",)))
    for k, theta in enumerate(_random_thetas(generator, 14)):
        inputs = _random_inputs(generator, theta, align_corners=k % 2 == 1)
        while _has_halves(**inputs):
            inputs = _random_inputs(generator, theta, align_corners=k % 2 == 1)
        cases.append(Case(inputs, ("align_corners",)))
    return cases


def _random_inputs(generator: torch.Generator, theta: Tensor, align_corners: bool) -> dict[str, Any]:
    image, out_size = random_image(generator, random_size(generator)), random_size(generator)
    return {"image": image, "theta": theta, "out_size": out_size, "align_corners": align_corners}


def _has_halves(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool) -> bool:
    """Whether a source point is halfway between two pixels, where rounding errors would decide the nearest."""
    sources = zip(faulty_warps.source(theta, out_size, align_corners), (image.shape[1], image.shape[0]), strict=True)
    fractions = torch.stack([faulty_warps.pixel(value, size, align_corners) % 1 for value, size in sources])
    return bool((fractions - 0.5).abs().min() < 1e-6)


def _torch_warp(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool = False) -> Tensor:
    grid = F.affine_grid(theta[None], [1, 1, *out_size], align_corners=align_corners)
    return F.grid_sample(image[None, None], grid, align_corners=align_corners)[0, 0]


def _four_then_two(theta: Tensor) -> Tensor:
    a, b, c, d, e, f = theta.flatten()
    return torch.stack([torch.stack([a, b, e]), torch.stack([c, d, f])])


def _transposed(theta: Tensor) -> Tensor:
    return torch.cat([theta[:, :2].T, theta[:, 2:]], 1)


warp = exercise(
    __name__,
    number="5.4",
    cases=_cases,
    oracle=_torch_warp,
    oracle_name="torch's `affine_grid` and `grid_sample`",
    forbidden=(F.affine_grid, affine_grid.__wrapped__, *points.READY_SAMPLERS),
    misconceptions={
        "output_size_ignored": Misconception(
            "Your output has the size of the input. The grid has one point for each OUTPUT pixel: build it from `out_size`.",
            lambda image, theta, out_size, align_corners=False: faulty_warps.pull(
                image, theta, tuple(image.shape), align_corners
            ),
        ),
        "grid_yx": Misconception(
            "Your grid is (y, x). A point is (x, y), columns first, while a size is (H, W): the first row of theta "
            "gives x, and x picks the column.",
            *variants(
                faulty_warps.pull,
                "change",
                lambda theta: theta.flip(0),
                lambda theta: theta[:, [1, 0, 2]],
                lambda theta: theta.flip(0)[:, [1, 0, 2]],
            ),
            *variants(faulty_warps.pull, "exchange", True),
        ),
        "forward": Misconception(
            "This is the forward mapping: you use theta from input to output, or its inverse. theta maps each OUTPUT "
            "pixel to the position in the input where it is sampled.",
            *variants(faulty_warps.pull, "change", faulty_warps.inverse),
            faulty_warps.push,
        ),
        "align_corners": Misconception(
            "Half a pixel off: align_corners. With False the outer EDGES of the corner pixels are at ±1, with True "
            "their centres. The grid and the sampler must both use the one that the caller passes.",
            *variants(
                faulty_warps.pull,
                "aligned",
                lambda a: (False, False),
                lambda a: (True, True),
                lambda a: (a, not a),
                lambda a: (not a, a),
                lambda a: (not a, not a),
                lambda a: (False, True),
                lambda a: (True, False),
                lambda a: (a, False),
                lambda a: (a, True),
                lambda a: (False, a),
                lambda a: (True, a),
            ),
        ),
        "last_row_lost": Misconception(
            "You lose the last row and column: a neighbour at H − 1 or W − 1 is still inside. Test `0 <= index < "
            "size` for each of the four neighbours.",
            *(
                faulty_warps.pull_by_points(sample)
                for sample in (
                    *variants(faulty.interpolate, "read", faulty.lose_last),
                    faulty.inside_only(0, closed=False),
                    faulty.inside_only(-1, closed=False),
                )
            ),
        ),
        "rim_lost": Misconception(
            points.RIM,
            *(faulty_warps.pull_by_points(faulty.inside_only(low, closed=True)) for low in (0, -1)),
        ),
        "theta_order": Misconception(
            "You use the six numbers in the wrong order. theta's rows are (a, b, e) and (c, d, f): the last COLUMN is "
            "the shift. (a, b, c, d, e, f) is the order of a textbook, not of torch.",
            *variants(faulty_warps.pull, "change", _four_then_two, lambda theta: theta.reshape(3, 2).T, _transposed),
        ),
        "sizes_mixed": Misconception(
            "You convert the source point to pixels with the size of the OUTPUT. It is in the input: use `image.shape`.",
            *variants(faulty_warps.pull, "unit", lambda in_size, out_size: out_size),
        ),
        "sizes_exchanged": Misconception(
            "You exchanged height and width: a size is (H, W). x belongs to the width, y to the height.",
            *variants(faulty_warps.pull, "unit", lambda in_size, out_size: in_size[::-1]),
        ),
        "shift_lost": Misconception(
            "The shift is missing: add the last column of theta to each source point.",
            *variants(faulty_warps.pull, "change", lambda theta: theta * torch.tensor([1.0, 1.0, 0.0]).double()),
        ),
        "y_upwards": Misconception(
            "Your y points upwards. The first row has the smallest y, near −1, in the output and in the input.",
            *variants(
                faulty_warps.pull,
                "change",
                lambda theta: theta * torch.tensor([1.0, -1.0, 1.0]).double(),
                lambda theta: theta * torch.tensor([[1.0], [-1.0]]).double(),
                lambda theta: theta * torch.tensor([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]).double(),
            ),
        ),
        "theta_in_pixels": Misconception(
            "You apply theta to pixel numbers. It acts on normalised coordinates, −1 to 1: normalise the output pixel "
            "first, and convert the source point to pixels after that.",
            faulty_warps.pull_in_pixels,
        ),
        "padding_ignored": Misconception(
            "Your image continues outside, where it should be 0: a neighbour outside adds nothing.",
            *variants(faulty_warps.pull, "padding_mode", "border", "reflection"),
            *(
                faulty_warps.pull_by_points(sample)
                for sample in variants(
                    faulty.interpolate, "read", faulty.wrap, faulty.raw, faulty.wrap_negative, faulty.clamp_far
                )
            ),
        ),
        "rounded": Misconception(
            "You round the source points to whole pixels. Interpolate between the four pixels around each.",
            *variants(faulty_warps.pull, "mode", "nearest"),
            faulty_warps.pull_by_points(variants(faulty.nearest, "round_", math.floor)[0]),
        ),
        "theta_ignored": Misconception(
            "You do not use theta: the source of each output pixel is the pixel itself. Multiply (x, y, 1) by theta.",
            *variants(faulty_warps.pull, "change", lambda theta: torch.eye(2, 3, dtype=theta.dtype)),
        ),
        "shift_sign": Misconception(
            "You subtract the shift. theta says where to sample: add its last column.",
            *variants(faulty_warps.pull, "change", lambda theta: theta * torch.tensor([1.0, 1.0, -1.0]).double()),
        ),
        "shift_scaled": Misconception(
            "Your shift is half as large, or twice. theta's last column is in normalised coordinates already: add it as it is.",
            *variants(
                faulty_warps.pull,
                "change",
                lambda theta: theta * torch.tensor([1.0, 1.0, 0.5]).double(),
                lambda theta: theta * torch.tensor([1.0, 1.0, 2.0]).double(),
            ),
        ),
        "output_transposed": Misconception(
            "Your output has W' rows and H' columns: `out_size` is (H', W').",
            lambda image, theta, out_size, align_corners=False: faulty_warps.pull(
                image, theta, out_size[::-1], align_corners
            ),
        ),
        "counted_from_one": Misconception(
            "Your source points are one pixel off: you count pixels from 1. The first pixel is pixel 0.",
            *(faulty_warps.pull_by_points(sample) for sample in faulty.counted_from_one(faulty.interpolate)),
        ),
        "half_pixels_lost": Misconception(
            "You leave out the half pixels. With `align_corners=False` the centre of pixel k is at (2 k + 1) / n − 1, and the way back "
            "is ((x + 1) n − 1) / 2.",
            faulty_warps.half_pixels_lost,
        ),
        "truncated": Misconception(
            "`int()` or `.long()` rounds towards 0: −0.3 becomes 0, while the pixel to the left of −0.3 is −1. Use `floor` first.",
            faulty_warps.pull_by_points(*variants(faulty.interpolate, "floor", math.trunc)),
        ),
        "weights_crossed": Misconception(
            "The weights are crossed. The nearer a pixel is to the source point, the larger its weight.",
            *(
                faulty_warps.pull_by_points(sample)
                for sample in variants(faulty.interpolate, "weights", *faulty.CROSSED_WEIGHTS)
            ),
        ),
        "plain_mean": Misconception(
            "You take the mean of the four neighbours, wherever the point is. Weight each by the area of the opposite rectangle.",
            faulty_warps.pull_by_points(*variants(faulty.interpolate, "weights", lambda u, v: (0.5, 0.5))),
        ),
        "one_axis": Misconception(
            "You interpolate along one axis only. Interpolate along x in two rows, then along y between the results.",
            *(
                faulty_warps.pull_by_points(sample)
                for sample in variants(
                    faulty.interpolate,
                    "weights",
                    lambda u, v: (u, 0.0),
                    lambda u, v: (0.0, v),
                    lambda u, v: (u, round(v)),
                    lambda u, v: (round(u), v),
                )
            ),
        ),
        "first_row_lost": Misconception(
            "You lose the first row and column: an index of 0 is inside. Test `0 <= index < size` for each of the four neighbours.",
            faulty_warps.pull_by_points(*variants(faulty.interpolate, "read", faulty.lose_first)),
        ),
        "shift_in_pixels": Misconception(
            "You convert theta's shift from pixels. It is in normalised coordinates already, as all of theta: add it as it is.",
            lambda image, theta, out_size, align_corners=False: faulty_warps.pull(
                image,
                torch.cat(
                    [theta[:, :2], theta[:, 2:] * torch.tensor([[2 / n] for n in image.shape[::-1]]).double()], 1
                ),
                out_size,
                align_corners,
            ),
        ),
    },
)
