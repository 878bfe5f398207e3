"""Check `sample_on_background(images, grid, background)`: a bilinear sampler with `background` outside the image.

Convention: as torch's grid_sample with ``align_corners=False``, but every value outside the image is `background`. The
gradient must reach the images and the grid.

Args: images: float64 (N, C, H, W), with one or more channels; grid: float64 (N, H', W', 2); background: a number.
Returns: The sampled images, float64 (N, C, H', W').

Example:
    >>> sample_on_background(lambda images, grid, b: F.grid_sample(images, grid, align_corners=False)).misconception
    'frame_of_zeros'
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from stn_lib.exercises.framework import Case, Misconception, exercise, random_image, random_integer, random_size


def _cases(generator: torch.Generator) -> list[Case]:
    cases = []
    for k in range(8):
        size = random_size(generator, 3, 5)
        images = torch.stack([random_image(generator, size) for _ in range(1 + k % 2)])[None] - 3.5  # no pixel is 0
        grid = 2.6 * torch.rand(1, 2, 4, 2, generator=generator, dtype=torch.float64) - 1.3
        grid[0, 0, 0] = torch.tensor([1.4, 0.1])  # far outside, and at the border
        grid[0, 1, 1, 0] = 1.05
        background = (0.4 + 0.1 * random_integer(generator, 1, 9)) * (-1) ** (k % 3)
        cases.append(Case({"images": images, "grid": grid.round(decimals=2), "background": round(background, 1)}))
    return cases


def _sample(images: Tensor, grid: Tensor, padding: str = "zeros", corners: bool = False) -> Tensor:
    return F.grid_sample(images, grid, padding_mode=padding, align_corners=corners)


def _share_inside(images: Tensor, grid: Tensor) -> Tensor:
    """The weight of the pixels inside at each point."""
    return _sample(torch.ones_like(images), grid)


def _with_border(images: Tensor, grid: Tensor, background: float, mode: str = "bilinear") -> Tensor:
    """Sample an image with a border of the background that is wide enough for all points, at scaled coordinates."""
    border = 8
    height, width = images.shape[2:]
    wide = F.pad(images, (border, border, border, border), value=background)
    scale = grid.new_tensor([width / (width + 2 * border), height / (height + 2 * border)])
    return F.grid_sample(wide, grid * scale, mode, align_corners=False)


sample_on_background = exercise(
    __name__,
    number="6.5",
    cases=_cases,
    oracle=_with_border,
    oracle_name="torch's sampler on an image with a wide border of the background",
    gradient=("images", "grid"),
    misconceptions={
        "frame_of_zeros": Misconception(
            "Outside, you use 0, but the background of these images is not 0: the output gets a frame.",
            lambda images, grid, background: _sample(images, grid),
        ),
        "border": Misconception(
            "Outside, you continue or mirror the image. Its outermost pixels need not be background: use the given number.",
            lambda images, grid, background: _sample(images, grid, "border"),
            lambda images, grid, background: _sample(images, grid, "reflection"),
        ),
        "added_only": Misconception(
            "You add the background everywhere. Subtract it first: then 0 IS the background, and adding it restores everything.",
            lambda images, grid, background: _sample(images, grid) + background,
        ),
        "subtracted_only": Misconception(
            "You subtract the background and do not add it again.",
            lambda images, grid, background: _sample(images - background, grid),
        ),
        "sign": Misconception(
            "You add the background first and subtract it afterwards. Do it the other way round.",
            lambda images, grid, background: _sample(images + background, grid) - background,
        ),
        "nearest": Misconception(
            "You take the nearest pixel. A bilinear sampler interpolates, also between a pixel and the background.",
            lambda images, grid, background: _with_border(images, grid, background, "nearest"),
        ),
        "hard_edge": Misconception(
            "You set points beyond ±1 to the background, and leave the others. But within half a pixel of the border, the "
            "sampler already mixes in the outside, as 0.",
            lambda images, grid, background: torch.where(
                (grid.abs() > 1).any(-1)[:, None], background, _sample(images, grid)
            ),
            lambda images, grid, background: torch.where(
                (grid.abs() > 1).any(-1)[:, None], background, _sample(images, grid, "border")
            ),
            lambda images, grid, background: _sample(images, grid) + background * (grid.abs() > 1).any(-1)[:, None],
        ),
        "mask_twice": Misconception(
            "You multiply the sampled values by the mask. They are weighted by it already: add (1 − mask) · background alone.",
            lambda images, grid, background: (
                _sample(images, grid) * _share_inside(images, grid) + background * (1 - _share_inside(images, grid))
            ),
        ),
        "hard_mask": Misconception(
            "You choose the sampled value or the background for each point. Near the border a point is a mixture of both: "
            "mix them by their weights.",
            lambda images, grid, background: torch.where(
                _share_inside(images, grid) == 0, background, _sample(images, grid)
            ),
            lambda images, grid, background: torch.where(
                _share_inside(images, grid) < 1 - 1e-9, background, _sample(images, grid)
            ),
        ),
        "border_without_rescaling": Misconception(
            "You pad the image and keep the grid. The padded image is larger, so the same normalised point is elsewhere: rescale "
            "the grid.",
            *(
                lambda images, grid, background, k=k: _sample(F.pad(images, (k, k, k, k), value=background), grid)
                for k in (1, 2)
            ),
        ),
        "corners_aligned": Misconception(
            "You sample with `align_corners=True`. This book uses False, as torch does by default.",
            lambda images, grid, background: _sample(images - background, grid, corners=True) + background,
            lambda images, grid, background: _sample(images, grid, corners=True),
        ),
        "grid_clamped": Misconception(
            "You clamp the grid to −1 … 1, so all points outside sample the border. Leave it: outside is the background.",
            lambda images, grid, background: _sample(images - background, grid.clamp(-1, 1)) + background,
            lambda images, grid, background: _sample(images, grid.clamp(-1, 1)),
        ),
        "axes_exchanged": Misconception(
            "You exchanged x and y: the last axis of the grid is (x, y).",
            lambda images, grid, background: _with_border(images, grid.flip(-1), background),
        ),
        "weight_of_the_inside": Misconception(
            "You weight the background by the mask, which is the weight of the pixels inside. Its own weight is 1 − mask.",
            lambda images, grid, background: _sample(images, grid) + background * _share_inside(images, grid),
            lambda images, grid, background: (
                _sample(images, grid) * (1 - _share_inside(images, grid)) + background * _share_inside(images, grid)
            ),
        ),
        "weights_inside": Misconception(
            "You divide by the weights of the pixels inside. A pixel outside has the value `background`, and keeps its weight.",
            lambda images, grid, background: torch.where(
                _share_inside(images, grid) > 0, _sample(images, grid) / _share_inside(images, grid), background
            ),
        ),
        "another_background": Misconception(
            "Your background is computed from the image. Use the number `background`.",
            *(
                lambda images, grid, background, of=of: _sample(images - of(images), grid) + of(images)
                for of in (torch.mean, torch.min, torch.max)
            ),
        ),
        "bicubic": Misconception(
            'You interpolate with `mode="bicubic"`. Use bilinear interpolation.',
            lambda images, grid, background: (
                F.grid_sample(images - background, grid, "bicubic", align_corners=False) + background
            ),
        ),
    },
)
