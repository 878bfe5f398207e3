"""The exercises that make a whole picture: what is asked, torch's answer, and what goes wrong.

Convention: pictures are float64 tensors (H, W); theta maps normalised OUTPUT coordinates to INPUT ones;
outside reads 0.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises import draw, wrong
from stn_lib.exercises.frame import Exercise, Misconception
from stn_lib.exercises.points import variants


def _torch_warp(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool = False) -> Tensor:
    grid = F.affine_grid(theta[None], [1, 1, *out_size], align_corners=align_corners)
    return F.grid_sample(image[None, None], grid, align_corners=align_corners)[0, 0]


def _torch_shrink(image: Tensor, factor: int) -> Tensor:
    return F.avg_pool2d(image[None, None], factor)[0, 0]


def _input_size(image: Tensor, theta: Tensor, out_size: tuple[int, int], align_corners: bool = False) -> Tensor:
    return wrong.pull(image, theta, tuple(image.shape), align_corners)


def _exchanged_rows(theta: Tensor) -> Tensor:
    return theta.flip(0)


def _exchanged_columns(theta: Tensor) -> Tensor:
    return theta[:, [1, 0, 2]]


def _four_then_two(theta: Tensor) -> Tensor:
    a, b, c, d, e, f = theta.flatten()
    return torch.stack([torch.stack([a, b, e]), torch.stack([c, d, f])])


def _turned(theta: Tensor) -> Tensor:
    return torch.cat([theta[:, :2].T, theta[:, 2:]], 1)


WARP = Exercise(
    "5.4",
    "warp",
    draw.draw_warps,
    _torch_warp,
    "torch's `affine_grid` and `grid_sample`",
    (
        Misconception(
            "output_size_ignored",
            "Your output has the size of the input. The grid has one point for each OUTPUT pixel: build it "
            "from `out_size`.",
            (_input_size,),
        ),
        Misconception(
            "grid_yx",
            "Your grid is (y, x). A point is (x, y), columns first, while a size is (H, W): the first row of "
            "theta gives x, and x picks the column.",
            (
                *variants(
                    wrong.pull,
                    "change",
                    _exchanged_rows,
                    _exchanged_columns,
                    lambda theta: _exchanged_rows(_exchanged_columns(theta)),
                ),
                *variants(wrong.pull, "exchange", True),
            ),
        ),
        Misconception(
            "forward",
            "This is the forward mapping: theta was used from input to output, or inverted. theta takes each "
            "OUTPUT pixel to the place in the input where it reads.",
            (*variants(wrong.pull, "change", wrong.inverse), wrong.push),
        ),
        Misconception(
            "align_corners",
            "Half a pixel off: align_corners. With False the outer EDGES of the corner pixels are at ±1, "
            "with True their centres. The grid and the sampler must both follow the one that was asked for.",
            variants(
                wrong.pull,
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
        Misconception(
            "last_row_lost",
            "The last row and column are lost: a neighbour at H − 1 or W − 1 is still inside. Test "
            "`0 <= index < size` for each of the four neighbours.",
            tuple(
                wrong.pull_by_points(sample)
                for sample in (
                    *variants(wrong.blend, "read", wrong.lose_last),
                    wrong.inside_only(0, 0, closed=False),
                    wrong.inside_only(-1, 0, closed=False),
                )
            ),
        ),
        Misconception(
            "rim_lost",
            "A point less than one pixel outside still has neighbours inside. Test each neighbour in place "
            "of the point: only the neighbours outside read 0.",
            tuple(wrong.pull_by_points(wrong.inside_only(low, 0, closed=True)) for low in (0, -1)),
        ),
        Misconception(
            "theta_order",
            "theta is read in the wrong order. Its rows are (a, b, e) and (c, d, f): the last COLUMN is the "
            "shift. (a, b, c, d, e, f) is the order of a textbook, not of torch.",
            variants(wrong.pull, "change", _four_then_two, lambda theta: theta.reshape(3, 2).T, _turned),
        ),
        Misconception(
            "sizes_mixed",
            "The source point was turned into pixels with the size of the OUTPUT. It lies in the input: use "
            "`image.shape`.",
            variants(wrong.pull, "unit", lambda in_size, out_size: out_size),
        ),
        Misconception(
            "theta_in_pixels",
            "theta was applied to pixel numbers. It acts on normalised coordinates, −1 to 1: normalise the "
            "output pixel first, and turn the source point into pixels after.",
            (wrong.pull_in_pixels,),
        ),
        Misconception(
            "padding_ignored",
            "Your picture goes on outside, where it should read 0: a neighbour outside adds nothing.",
            (
                *variants(wrong.pull, "padding_mode", "border", "reflection"),
                *(
                    wrong.pull_by_points(sample)
                    for sample in variants(
                        wrong.blend, "read", wrong.wrap, wrong.raw, wrong.wrap_negative, wrong.clamp_far
                    )
                ),
            ),
        ),
        Misconception(
            "rounded",
            "The source points are rounded to whole pixels. Blend the four pixels around each.",
            (
                *variants(wrong.pull, "mode", "nearest"),
                wrong.pull_by_points(variants(wrong.nearest, "round_", math.floor)[0]),
            ),
        ),
    ),
)


def _resized(**options: object) -> Callable[[Tensor, int], Tensor]:
    def resize(image: Tensor, factor: int) -> Tensor:
        size = [side // factor for side in image.shape]
        return F.interpolate(image[None, None], size, **options)[0, 0]

    return resize


def _blocks(image: Tensor, factor: int) -> Tensor:
    """The picture as (rows of blocks, factor, columns of blocks, factor)."""
    height, width = image.shape
    return image.reshape(height // factor, factor, width // factor, factor)


SHRINK = Exercise(
    "5.5",
    "shrink",
    draw.draw_shrinks,
    _torch_shrink,
    "torch's `avg_pool2d`",
    (
        Misconception(
            "strided",
            "You keep every k-th pixel and throw the others away: fine stripes turn into coarse ones "
            "(aliasing). Take the mean of each factor × factor block.",
            (
                lambda image, k: image[::k, ::k],
                lambda image, k: image[k // 2 :: k, k // 2 :: k],
                lambda image, k: image[k - 1 :: k, k - 1 :: k],
            ),
        ),
        Misconception(
            "no_antialias",
            "Bilinear without antialiasing reads four pixels of each block, however large it is. Take the "
            "mean of the whole block.",
            (_resized(mode="bilinear", align_corners=False), _resized(mode="bilinear", align_corners=True)),
        ),
        Misconception(
            "maximum",
            "You keep the largest value of each block: bright details grow. Take the mean.",
            (lambda image, k: _blocks(image, k).amax((1, 3)),),
        ),
        Misconception(
            "sum_not_mean",
            "You add up each block. Divide by the number of its pixels, factor × factor.",
            (lambda image, k: _blocks(image, k).sum((1, 3)), lambda image, k: _blocks(image, k).sum((1, 3)) / k),
        ),
        Misconception(
            "one_axis",
            "Only one axis is averaged. Take the mean over the rows AND the columns of each block.",
            (
                lambda image, k: _blocks(image, k).mean(1)[:, :, 0],
                lambda image, k: _blocks(image, k).mean(3)[:, 0],
                lambda image, k: _blocks(image, k).mean(1).reshape(image.shape[0] // k, image.shape[1]),
                lambda image, k: _blocks(image, k).mean(3).reshape(image.shape[0], image.shape[1] // k),
            ),
        ),
    ),
)
